"""Opens the house for a command; what cannot work is said in a sentence, with the status of a wrong call."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from digest import console

if TYPE_CHECKING:
    from digest.service import Service
    from digest.settings import Settings


class SettingsError(ValueError):
    """A setting is not known, or not right: the words say which."""


@contextmanager
def opened() -> Iterator["Service"]:
    """Open the house with the settings as they are."""
    from digest.service import Service

    with refusing(), Service(read_settings()) as service:
        yield service


@contextmanager
def refusing() -> Iterator[None]:
    """End the command with a sentence where what is done in the block cannot work as it is set."""
    from digest.service import StoreError

    try:
        yield
    except (StoreError, SettingsError) as error:
        console.refuse(str(error))
    except OSError as error:
        console.refuse(f"{error.filename or 'a file'}: {error.strerror or error}")


def read_settings() -> "Settings":
    """Read the settings as they are now, and whether the keys they name can sign.

    Raises
    ------
    SettingsError
        All that is wrong, in words for the operator.
    """
    from dotenv import dotenv_values
    from pydantic import ValidationError

    from digest.settings import Settings

    known = {f"DIGEST_{name.upper()}" for name in Settings.model_fields}
    told = {*os.environ, *(name.upper() for name in dotenv_values(".env"))}
    unknown = sorted(name for name in told if name.startswith("DIGEST_") and name not in known)
    faults = [f"{', '.join(unknown)}: no such setting; the README lists them"] if unknown else []
    try:
        settings = Settings()
    except ValidationError as error:
        faults += [_sentence(dict(one)) for one in error.errors()]
    else:
        faults += [f"DIGEST_DKIM_KEYS: {said}" for said in _faults_of_keys(settings)]
    if faults:
        raise SettingsError("; ".join(faults))
    return settings


def _faults_of_keys(settings: "Settings") -> list[str]:
    if not settings.dkim_keys:
        return []
    from digest.journeys.keys import faults_of  # It loads cryptography, which no command needs where nothing is signed.

    return faults_of(settings.dkim_keys)


def _sentence(one: dict[str, Any]) -> str:
    name = "_".join(map(str, one["loc"])).upper().removeprefix("DIGEST_")
    said = str(one["msg"]).removeprefix("Value error, ")
    return f"DIGEST_{name}: {said}" if name else said
