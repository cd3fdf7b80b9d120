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
        day = self.day_of(after)
        while not self._falls_on(day) or (due := self._due_on(day)) <= after:
            day += timedelta(days=1)
        return due

    def last_due(self, until: datetime) -> datetime:
        """Give the last due moment that is not after `until`, in UTC.

        >>> Cadence(hour=7).last_due(datetime(2026, 11, 20, 6, tzinfo=UTC)).isoformat()
        '2026-11-19T07:00:00+00:00'
        """
        day = self.day_of(until)
        while not self._falls_on(day) or (due := self._due_on(day)) > until:
            day -= timedelta(days=1)
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

    def start_of(self, day: date) -> datetime:
        """Give the moment a local day begins, in UTC: midnight, or, if the clock change skips it, what comes next.

        >>> Cadence(zone="Europe/Berlin").start_of(date(2026, 4, 3)).isoformat()
        '2026-04-02T22:00:00+00:00'
        """
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)

    def has_due_between(self, first: date, last: date) -> bool:
        """Whether an issue falls due after one local day and before another.

        >>> friday, monday = date(2026, 3, 13), date(2026, 3, 16)
        >>> [Cadence(frequency=one).has_due_between(friday, monday) for one in Frequency]
        [True, False, False]
        """
        if last - first < timedelta(days=2):
            return False
        # An issue may be due at midnight, and so at the very start of the next day.
        due = self.next_due(self.start_of(first + timedelta(days=1)) - timedelta(microseconds=1))
        return self.day_of(due) < last

    def period_on(self, day: date) -> str:
        """Name the period of an issue for a local day."""
        return week_of(day) if self.frequency is Frequency.WEEKLY else day.isoformat()

    def _due_on(self, day: date) -> datetime:
        return datetime.combine(day, time(self.hour), ZoneInfo(self.zone)).astimezone(UTC)

    def _falls_on(self, day: date) -> bool:
        if self.frequency is Frequency.WEEKLY:
            return day.weekday() == WEEKLY_ON
        return self.frequency is Frequency.DAILY or day.weekday() < 5


def day_of_period(period: str) -> date:
    """Give the local day of an issue by its period: the date, or the day of the week on which weekly issues come.

    >>> f"{day_of_period('2026-11-20'):%a %d %b}", f"{day_of_period('2026-W47'):%a %d %b}"
    ('Fri 20 Nov', 'Fri 20 Nov')
    """
    year, _, week = period.partition("-W")
    return date.fromisocalendar(int(year), int(week), WEEKLY_ON + 1) if week else date.fromisoformat(period)


def week_of(day: date) -> str:
    """Name the ISO week of a day.

    >>> week_of(date(2027, 1, 1))
    '2026-W53'
    """
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
