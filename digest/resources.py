"""What ships beside the code: where templates, migrations and sample lie, and the one Jinja2 environment."""

from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from digest.domain.text import shorten, wrap

PACKAGE = Path(__file__).parent


@cache
def resource_dir(name: str) -> Path:
    """Find a folder inside the package first (in a wheel), beside it second (in a checkout).

    Raises
    ------
    FileNotFoundError
        If the installation is incomplete.
    """
    for folder in (PACKAGE / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the folder {name!r} is missing from this installation; install the package again")


def day_words(day: date) -> str:
    """Say a day as people do.

    >>> day_words(date(2026, 11, 20))
    'Friday, 20 November 2026'
    """
    return f"{day:%A}, {day.day} {day:%B} {day.year}"


@cache
def templates() -> Environment:
    """Give the environment that mail and web share: HTML escaped by itself, unknown names are errors."""
    environment = Environment(
        loader=FileSystemLoader(resource_dir("templates")),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"shorten": shorten, "wrap": wrap, "day_words": day_words}
    return environment
