"""arXiv's calendar: which day's batch must be there, over clock changes, weekends and the holidays of 2026."""

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.domain.calendar import HOLIDAYS, AnnouncementCalendar, read_holidays

CALENDAR = AnnouncementCalendar(holidays=read_holidays(HOLIDAYS.split()))


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-01-01", "holiday"), ("2026-01-19", "holiday"), ("2026-06-19", "holiday"), ("2026-07-03", "holiday"),
        ("2026-09-07", "holiday"), ("2026-11-26", "holiday"), ("2026-12-25", "holiday"), ("2026-12-29", "holiday"),
        ("2026-12-31", "holiday"), ("2026-11-27", ""), ("2026-11-28", "weekend"), ("2026-12-30", ""),
    ],
)  # fmt: skip
def test_silent_days_of_2026_have_their_reason(day: str, reason: str) -> None:
    assert CALENDAR.silence(date.fromisoformat(day)) == reason


@pytest.mark.parametrize(
    ("submitted", "announced"),
    [
        ("2026-03-16T17:59Z", "2026-03-17"),  # Monday 13:59 Eastern: announced Monday evening, dated Tuesday.
        ("2026-03-16T18:00Z", "2026-03-18"),  # Monday 14:00: with Tuesday's, dated Wednesday.
        ("2026-03-20T17:59Z", "2026-03-23"),  # Friday before the deadline: Sunday evening, dated Monday.
        ("2026-03-20T18:00Z", "2026-03-24"),  # Friday after it, and all weekend: Monday evening, dated Tuesday.
        ("2026-03-22T12:00Z", "2026-03-24"),
        ("2026-03-06T18:59Z", "2026-03-09"),  # Winter time: the deadline is 19:00 UTC,
        ("2026-03-09T18:00Z", "2026-03-11"),  # summer time, three days later: 18:00 UTC.
        ("2026-11-24T20:00Z", "2026-11-27"),  # The day it would be dated is Thanksgiving: the next one.
    ],
)
def test_a_paper_is_announced_by_the_deadline_it_met(submitted: str, announced: str) -> None:
    assert CALENDAR.announced_on(datetime.fromisoformat(submitted)) == date.fromisoformat(announced)


def test_every_submission_of_a_year_is_announced_on_an_announcing_day_within_a_week() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    last = date(2026, 1, 1)
    while moment.year == 2026:
        day = CALENDAR.announced_on(moment)
        assert not CALENDAR.silence(day)
        assert timedelta(0) < day - moment.date() <= timedelta(days=7)
        assert day >= last, "a later submission is never announced earlier"
        last, moment = day, moment + timedelta(hours=1)


def test_a_wrong_holiday_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid isoformat"):
        read_holidays(["26 November"])
