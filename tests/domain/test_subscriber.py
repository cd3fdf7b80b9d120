"""A pause ends when a day begins where the reader lives, whatever the clocks there do that night."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.domain.cadence import Cadence, zone_names
from digest.domain.subscriber import LONGEST_PAUSE, Refused, end_of_pause, pause_days

MOMENT = timedelta(microseconds=1)
NOON = datetime(2026, 3, 17, 12, tzinfo=UTC)


@given(zone=st.sampled_from(zone_names()), day=st.dates(date(2024, 1, 1), date(2037, 12, 31)))
@example(zone="America/Havana", day=date(2026, 3, 8)).via("midnight is skipped")
@example(zone="America/Havana", day=date(2026, 11, 1)).via("midnight comes twice")
@example(zone="Asia/Beirut", day=date(2026, 3, 29)).via("midnight is skipped")
@example(zone="Asia/Beirut", day=date(2026, 10, 25)).via("midnight is put off")
def test_a_pause_ends_at_local_midnight_or_the_first_moment_after_it(zone: str, day: date) -> None:
    cadence = Cadence(zone=zone)
    end = end_of_pause(cadence, day, datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=9))
    assert (cadence.day_of(end), cadence.day_of(end - MOMENT)) == (day, day - timedelta(days=1))
    before, at = ((end - step).astimezone(ZoneInfo(zone)) for step in (MOMENT, timedelta()))
    assert at.time() == time() or at.utcoffset() != before.utcoffset(), (
        "midnight, unless the clock was put on just then"
    )


@pytest.mark.parametrize(
    ("zone", "first"),
    [("UTC", "2026-03-18"), ("Pacific/Kiritimati", "2026-03-19"), ("Pacific/Pago_Pago", "2026-03-18")],
)
def test_a_pause_ends_after_the_readers_own_today_and_within_a_year(zone: str, first: str) -> None:
    cadence = Cadence(zone=zone)
    days = pause_days(cadence, NOON)
    assert days == (date.fromisoformat(first), date.fromisoformat(first) + LONGEST_PAUSE - timedelta(days=1))
    for day in days:
        assert end_of_pause(cadence, day, NOON) > NOON
    for day in (days[0] - timedelta(days=1), days[1] + timedelta(days=1), date.min, date.max):
        with pytest.raises(Refused, match=f"a pause ends after today, from {first} to {days[1]}"):
            end_of_pause(cadence, day, NOON)
