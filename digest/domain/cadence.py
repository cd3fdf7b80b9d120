"""A Cadence says when a reader's issue is due and what period it stands for, in the reader's own zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

WEEKLY_ON = 4
"""Friday, counted from Monday as 0: the day of weekly issues."""


class Frequency(StrEnum):
    """How often an issue is due."""

    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"


@cache
def zone_names() -> tuple[str, ...]:
    """Name every time zone a reader may choose, sorted."""
    return tuple(sorted(name for name in available_timezones() if "/" in name or name == "UTC"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """Frequency, whole local hour (0 to 23) and IANA time zone.

    Raises
    ------
    ValueError
        For an hour or a zone that does not exist.

    Examples
    --------
    >>> early = Cadence(hour=7, zone="Europe/Berlin")
    >>> early.next_due(datetime(2026, 11, 20, 12, tzinfo=UTC)).isoformat()
    '2026-11-21T06:00:00+00:00'
    """

    frequency: Frequency = Frequency.DAILY
    hour: int = 7
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Check hour and zone."""
        if not 0 <= self.hour <= 23:
            raise ValueError(f"the hour lies between 0 and 23, not {self.hour}")
        if self.zone not in zone_names():
            raise ValueError(f"there is no time zone {self.zone!r}")

    def next_due(self, after: datetime) -> datetime:
        """Give the first due moment after `after`, in UTC.

        An hour that the clock change skips is due at the next valid moment; one that comes twice, the first time.
        """
        day = after.astimezone(ZoneInfo(self.zone)).date()
        while True:
            if self._falls_on(day):
                local = datetime.combine(day, time(self.hour), ZoneInfo(self.zone))
                if (due := local.astimezone(UTC)) > after:
                    return due
            day += timedelta(days=1)

    def last_due(self, until: datetime) -> datetime:
        """Give the last due moment that is not after `until`, in UTC.

        >>> Cadence(hour=7).last_due(datetime(2026, 11, 20, 6, tzinfo=UTC)).isoformat()
        '2026-11-19T07:00:00+00:00'
        """
        due = self.next_due(until - timedelta(days=9))
        while (later := self.next_due(due)) <= until:
            due = later
        return due

    def period(self, due: datetime) -> str:
        """Name the period an issue due then stands for: the local date, or the ISO week.

        >>> Cadence(frequency=Frequency.WEEKLY).period(datetime(2026, 11, 20, 7, tzinfo=UTC))
        '2026-W47'
        """
        return self.period_on(self.day_of(due))

    def day_of(self, moment: datetime) -> date:
        """Give the reader's local day at a moment."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def period_on(self, day: date) -> str:
        """Name the period of an issue for a local day."""
        return week_of(day) if self.frequency is Frequency.WEEKLY else day.isoformat()

    def _falls_on(self, day: date) -> bool:
        if self.frequency is Frequency.WEEKLY:
            return day.weekday() == WEEKLY_ON
        return self.frequency is Frequency.DAILY or day.weekday() < 5


def week_of(day: date) -> str:
    """Name the ISO week of a day.

    >>> week_of(date(2027, 1, 1))
    '2026-W53'
    """
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
