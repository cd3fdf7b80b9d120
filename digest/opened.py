"""Opens the house for a command; what cannot work is said in a sentence, with the status of a wrong call."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from digest import console

if TYPE_CHECKING:
    from digest.service import Service
    from digest.settings import Settings


@contextmanager
def opened() -> Iterator["Service"]:
    """Open the house with the settings as they are."""
    from digest.service import Service, StoreError

    try:
        with Service(_settings()) as service:
            yield service
    except StoreError as error:
        console.refuse(str(error))
    except OSError as error:
        console.refuse(f"{error.filename or 'a file'}: {error.strerror or error}")


def _settings() -> "Settings":
    from dotenv import dotenv_values
    from pydantic import ValidationError

    from digest.settings import Settings

    known = {f"DIGEST_{name.upper()}" for name in Settings.model_fields}
    told = {*os.environ, *(name.upper() for name in dotenv_values(".env"))}
    unknown = sorted(name for name in told if name.startswith("DIGEST_") and name not in known)
    if unknown:
        console.refuse(f"{', '.join(unknown)}: no such setting; the README lists them")
    try:
        return Settings()
    except ValidationError as error:
        console.refuse("; ".join(_sentence(dict(one)) for one in error.errors()))


def _sentence(one: dict[str, Any]) -> str:
    name = "_".join(map(str, one["loc"])).upper().removeprefix("DIGEST_")
    said = str(one["msg"]).removeprefix("Value error, ")
    return f"DIGEST_{name}: {said}" if name else said
