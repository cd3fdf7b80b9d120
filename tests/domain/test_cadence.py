"""An issue is due at the reader's own hour, once a period, across clock changes and year ends."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.cadence import WEEKLY_ON, Cadence, Frequency, zone_names

CHANGING = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Beirut", "UTC"]
moments = st.integers(1_546_300_800, 2_114_380_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
cadences = st.builds(
    Cadence,
    frequency=st.sampled_from(Frequency),
    hour=st.integers(0, 23),
    zone=st.sampled_from(CHANGING) | st.sampled_from(zone_names()),
)


def dues(cadence: Cadence, after: str, count: int) -> list[str]:
    moment, found = datetime.fromisoformat(after), []
    for _ in range(count):
        moment = cadence.next_due(moment)
        found.append(f"{moment:%m-%dT%H:%M}")
    return found


@pytest.mark.parametrize(
    ("zone", "hour", "after", "expected"),
    [
        ("Europe/Berlin", 7, "2026-03-28T00:00+00:00", ["03-28T06:00", "03-29T05:00", "03-30T05:00"]),
        ("Europe/Berlin", 2, "2026-03-28T00:00+00:00", ["03-28T01:00", "03-29T01:00", "03-30T00:00"]),
        ("Europe/Berlin", 2, "2026-10-24T00:00+00:00", ["10-25T00:00", "10-26T01:00", "10-27T01:00"]),
        ("America/New_York", 2, "2026-03-07T12:00+00:00", ["03-08T07:00", "03-09T06:00"]),
        ("America/New_York", 1, "2026-10-31T12:00+00:00", ["11-01T05:00", "11-02T06:00"]),
        ("Australia/Lord_Howe", 2, "2026-10-02T16:00+00:00", ["10-03T15:30", "10-04T15:00"]),
        ("Australia/Lord_Howe", 7, "2026-04-03T21:00+00:00", ["04-04T20:30", "04-05T20:30"]),
    ],
)
def test_the_local_hour_is_kept_over_clock_changes(zone: str, hour: int, after: str, expected: list[str]) -> None:
    assert dues(Cadence(zone=zone, hour=hour), after, len(expected)) == expected


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        (Frequency.DAILY, ["12-31T07:00", "01-01T07:00", "01-02T07:00"]),
        (Frequency.WEEKDAYS, ["12-31T07:00", "01-01T07:00", "01-04T07:00"]),
        (Frequency.WEEKLY, ["01-01T07:00", "01-08T07:00", "01-15T07:00"]),
    ],
)
def test_the_year_end_is_a_day_like_any_other(frequency: Frequency, expected: list[str]) -> None:
    assert dues(Cadence(frequency=frequency), "2026-12-31T00:00+00:00", 3) == expected


def test_a_due_moment_is_not_due_after_itself() -> None:
    assert dues(Cadence(), "2026-03-17T07:00+00:00", 1) == ["03-18T07:00"]
    assert dues(Cadence(), "2026-03-17T06:59:59.999999+00:00", 1) == ["03-17T07:00"]


@pytest.mark.parametrize(
    ("frequency", "zone", "due", "period"),
    [
        (Frequency.DAILY, "Asia/Tokyo", "2026-03-16T22:00+00:00", "2026-03-17"),
        (Frequency.WEEKDAYS, "America/New_York", "2026-03-17T03:00+00:00", "2026-03-16"),
        (Frequency.WEEKLY, "UTC", "2027-01-01T07:00+00:00", "2026-W53"),
        (Frequency.WEEKLY, "UTC", "2026-01-02T07:00+00:00", "2026-W01"),
    ],
)
def test_a_period_is_the_readers_own_day_or_week(frequency: Frequency, zone: str, due: str, period: str) -> None:
    assert Cadence(frequency=frequency, zone=zone).period(datetime.fromisoformat(due)) == period


@given(cadences, moments)
def test_the_next_due_moment_is_later_at_the_right_hour_and_none_lies_between(
    cadence: Cadence, after: datetime
) -> None:
    due, zone = cadence.next_due(after), ZoneInfo(cadence.zone)
    local = due.astimezone(zone)
    assert due > after
    if cadence.frequency is Frequency.WEEKLY:
        assert local.weekday() == WEEKLY_ON
    if cadence.frequency is Frequency.WEEKDAYS:
        assert local.weekday() < 5
    before = (due - timedelta(minutes=1)).astimezone(zone)
    skipped = (local.utcoffset() or timedelta()) > (before.utcoffset() or timedelta())
    assert (local.hour, local.minute) == (cadence.hour, 0) or skipped
    probe = after
    while (probe := probe + timedelta(hours=5)) < due:
        assert cadence.next_due(probe) == due


@given(cadences, moments)
def test_due_moments_follow_on_each_other_with_a_period_each(cadence: Cadence, after: datetime) -> None:
    following = [after]
    for _ in range(9):
        following.append(cadence.next_due(following[-1]))
    longest = {Frequency.DAILY: 1, Frequency.WEEKDAYS: 3, Frequency.WEEKLY: 7}[cadence.frequency]
    gaps = [second - first for first, second in pairwise(following[1:])]
    assert all(timedelta(hours=20) < gap <= timedelta(days=longest, hours=2) for gap in gaps)
    assert len({cadence.period(due) for due in following[1:]}) == 9


@pytest.mark.parametrize("wrong", [{"hour": 24}, {"hour": -1}, {"zone": "Mars/Olympus"}, {"zone": "../etc/passwd"}])
def test_hours_and_zones_that_do_not_exist_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"hour|zone"):
        Cadence(**wrong)  # type: ignore[arg-type]


@given(cadences, moments)
def test_the_last_due_moment_is_the_one_before_the_next(cadence: Cadence, until: datetime) -> None:
    last = cadence.last_due(until)
    assert last <= until < cadence.next_due(last)
    assert cadence.next_due(last) == cadence.next_due(until)
