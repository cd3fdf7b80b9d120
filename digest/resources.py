"""What ships beside the code: where templates, migrations and sample lie, and the one Jinja2 environment."""

from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from digest.domain.text import shorten, wrap
from digest.domain.wished import rhythm

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


def moment_words(moment: datetime, zone: str) -> str:
    """Say a moment where somebody lives.

    >>> from datetime import UTC
    >>> moment_words(datetime(2026, 11, 20, 12, tzinfo=UTC), "America/New_York")
    'Friday, 20 November 2026, at 07:00 (America/New York)'
    """
    local = moment.astimezone(ZoneInfo(zone))
    return f"{day_words(local.date())}, at {local:%H:%M} ({zone.replace('_', ' ')})"


def period_words(period: str) -> str:
    """Say the day or the ISO week an issue stands for.

    >>> period_words("2026-11-20"), period_words("2026-W47")
    ('Friday, 20 November 2026', 'week 47 of 2026')
    """
    year, _, week = period.partition("-W")
    return f"week {int(week)} of {year}" if week else day_words(date.fromisoformat(period))


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
    environment.filters |= {"shorten": shorten, "wrap": wrap, "day_words": day_words, "rhythm": rhythm}
    return environment
