"""arXiv's calendar: on which days it announces, which batch must be there by now, and why a day is silent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
DEADLINE = time(14)
HOLIDAYS = "2026-01-01 2026-01-19 2026-06-19 2026-07-03 2026-09-07 2026-11-26 2026-12-25 2026-12-29 2026-12-31"
"""Days of 2026 on which arXiv said it would not announce; others are told at short notice, so this is a setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementCalendar:
    """When arXiv announces: Monday to Friday, but for holidays; days are those of US Eastern time, as feeds are dated.

    Examples
    --------
    >>> calendar = AnnouncementCalendar(holidays=frozenset({date(2026, 11, 26)}))
    >>> calendar.silence(date(2026, 11, 26)), calendar.silence(date(2026, 11, 28)), calendar.silence(date(2026, 11, 27))
    ('holiday', 'weekend', '')
    """

    holidays: frozenset[date] = frozenset()

    def silence(self, day: date) -> str:
        """Say why nothing is announced on a day, or give an empty text."""
        if day.weekday() >= 5:
            return "weekend"
        return "holiday" if day in self.holidays else ""

    def next_announcing(self, day: date) -> date:
        """Give the first announcing day from `day` on."""
        while self.silence(day):
            day += timedelta(days=1)
        return day

    def announcing(self, since: date, until: date) -> list[date]:
        """List the announcing days from `since` to `until`."""
        days = (since + timedelta(days=step) for step in range((until - since).days + 1))
        return [day for day in days if not self.silence(day)]

    def announced_on(self, submitted_at: datetime) -> date:
        """Give the feed day of a paper submitted at a moment: the deadline is 14:00 Eastern on announcing weekdays.

        What comes in between two deadlines is announced in the evening of the second and dated the day after.

        >>> from datetime import UTC
        >>> calendar = AnnouncementCalendar()
        >>> [calendar.announced_on(datetime(2026, 3, day, hour, tzinfo=UTC)).isoformat()
        ...  for day, hour in ((17, 17), (17, 19), (20, 19))]
        ['2026-03-18', '2026-03-19', '2026-03-24']
        """
        local = submitted_at.astimezone(EASTERN)
        closed_on = local.date() if local.time() < DEADLINE else local.date() + timedelta(days=1)
        while closed_on.weekday() >= 5:
            closed_on += timedelta(days=1)
        return self.next_announcing(closed_on + timedelta(days=1))


def read_holidays(days: Iterable[str]) -> frozenset[date]:
    """Read days as 2026-11-26; raises ValueError for what is none."""
    return frozenset(date.fromisoformat(day) for day in days)
