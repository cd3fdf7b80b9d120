"""Counts over time are drawn as they were: over 0, on one axis, a column holding what was known at its moment."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.plot import BLOCKS, UNKNOWN, Line, in_blocks, lines
from tests.builders import NOW

COUNTS = st.lists(st.tuples(st.integers(0, 500), st.integers(-5, 10**12)), min_size=1, max_size=40)


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def line(*counts: tuple[float, int]) -> Line:
    [drawn] = lines([("upvotes", [(at(hours), count) for hours, count in counts])])
    return drawn


@given(COUNTS, st.integers(1, 120))
def test_a_line_is_as_wide_as_it_is_told_and_its_points_never_leave_the_picture(
    counts: list[tuple[int, int]], width: int
) -> None:
    drawn = line(*sorted(counts))
    assert len(drawn.blocks(width)) == width
    assert set(drawn.blocks(width)) <= set(BLOCKS + UNKNOWN)
    assert all(0 <= x <= 600 and 0 <= y <= 80 for x, y in drawn.points(600, 80))


def test_more_is_never_drawn_lower() -> None:
    blocks = line(*((hours, hours) for hours in range(9))).blocks(9)
    assert blocks == "▁▁▂▃▄▅▆▇█"


def test_votes_that_vanish_are_drawn_as_a_fall() -> None:
    assert line((0, 8), (1, 4), (2, 0)).blocks(3) == "█▄▁"


def test_two_series_share_one_axis_and_what_was_not_counted_yet_is_blank() -> None:
    drawn = lines([("upvotes", [(at(0), 2), (at(8), 16)]), ("stars", [(at(4), 5)]), ("points", [])])
    assert [one.blocks(5) for one in drawn] == ["▁▁▁▁█", "  ███"]
    said = in_blocks(drawn, width=25).splitlines()
    assert said == [
        f"upvotes  {'▁' * 24}█  2 to 16",
        f"stars    {' ' * 12}{'█' * 13}  5",
        "         03-17 09:00   03-17 17:00  UTC, 2026",
    ]


@pytest.mark.parametrize("count", [0, 7])
def test_a_single_count_stands_at_the_end(count: int) -> None:
    drawn = line((0, count))
    assert drawn.blocks(4) == ("   ▁" if count == 0 else "   █")
    assert drawn.points(600, 80) == ((600.0, 80.0 if count == 0 else 0.0),)
    assert in_blocks([drawn], width=14).splitlines()[1] == "            03-17 09:00  UTC, 2026"


def test_nothing_is_drawn_of_nothing() -> None:
    assert lines([("upvotes", [])]) == ()
    assert in_blocks(()) == ""
