"""Votes from nowhere do not count in full, real growth does, and a bad count never stands in the way of a good one."""

import math
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.attention import MOST, Attention
from digest.domain.burst import (
    ABSURD,
    BELOW_ZERO,
    TOO_SOON,
    TWICE,
    Steadied,
    believed,
    steadied,
    usual_votes,
)
from digest.domain.signal import Signal, SignalKind
from tests.builders import DAY, NOW, counts, paper

QUIET = [(-math.inf, 0), (8.0, 1), (10.0, 1), (24.0, 1)]
moments = st.lists(st.floats(-48, 2_000), min_size=1, max_size=8, unique=True).map(sorted)


@st.composite
def series(draw: st.DrawFn) -> list[tuple[float, int]]:
    """Draw counts of any kind: rising, falling, leaping."""
    return [(hours, draw(st.integers(0, 2_000) | st.integers(0, MOST))) for hours in draw(moments)]


def midnight() -> datetime:
    """Give the moment on which the day of the tests began."""
    return NOW.replace(hour=0)


def weighed(*signals: Signal, listed_on: date = DAY, hours: float = 2_000) -> Steadied:
    """Give what is believed of signals at some hour."""
    attention = Attention(paper=paper(), listings=(("huggingface", listed_on),), signals=signals)
    return believed(attention, midnight() + timedelta(hours=hours))


@given(series(), st.lists(series(), max_size=3))
def test_the_believed_count_is_never_above_the_seen_one_nor_below_zero(
    votes: list[tuple[float, int]], others: list[list[tuple[float, int]]]
) -> None:
    steady = steadied(votes, others)
    assert steady.votes is not None
    assert 0 <= steady.votes <= votes[-1][1]
    assert steady.seen == votes[-1][1]
    assert not steady.warning or steady.votes < steady.seen


@given(series(), st.lists(series(), max_size=2), st.integers(0, 7), st.integers(1, 10**6))
def test_votes_added_at_any_moment_never_lower_the_belief(
    votes: list[tuple[float, int]], others: list[list[tuple[float, int]]], since: int, added: int
) -> None:
    votes = [(hours, min(count, MOST - added)) for hours, count in votes]
    more = [(hours, count + added * (at >= since)) for at, (hours, count) in enumerate(votes)]
    one, other = steadied(votes, others).votes, steadied(more, others).votes
    assert one is not None
    assert other is not None
    assert other >= one - 1e-6 * max(1.0, one)


@given(series(), st.integers(1, 10**6))
def test_what_else_rises_never_lowers_the_belief(votes: list[tuple[float, int]], stars: int) -> None:
    began, ended = votes[0][0] - 1, votes[-1][0]
    alone, echoed = steadied(votes).votes, steadied(votes, [[(began, 0), (ended, stars)]]).votes
    assert alone is not None
    assert echoed is not None
    assert echoed >= alone


@pytest.mark.parametrize("hours", [1, 2, 3])
@pytest.mark.parametrize("burst", [100, 200, 500])
@pytest.mark.parametrize("stood", [0, 5, 12, 20])
def test_a_burst_from_nowhere_is_damped_and_said(stood: int, burst: int, hours: int) -> None:
    steady = steadied([(8, stood), (8 + hours, stood + burst)], [QUIET], usual=lambda _: 5)
    assert steady.votes is not None
    assert stood < steady.votes < stood + 50
    assert f"a jump from {stood} to {stood + burst} upvotes within {hours} h" in steady.warning
    assert f"counted as {steady.votes:.0f}: usual is 5 at that age" in steady.warning
    assert steady.warning.endswith("nothing else rose with it")


def test_the_sentence_says_what_is_usual_to_whom_it_is_told() -> None:
    said = steadied([(8, 12), (10, 140)], [QUIET], usual=lambda hours: 4 if hours == 10 else 1_000).warning
    assert said.startswith("a jump from 12 to 140 upvotes within 2 h, counted as 40: usual is 4 at that age, and ")
    assert usual_votes(-5) == usual_votes(0) < usual_votes(8) < usual_votes(24)


@pytest.mark.parametrize(
    "votes",
    [
        [(7.8, 5), (24, 9), (120, 14), (400, 19)],
        [(7.8, 10), (24, 55), (48, 90), (120, 180)],
        [(24, 105), (120, 359), (744, 518)],
        [(4.3, 130), (8, 150), (24, 214)],
        [(7.8, 183)],
        [(24, 301), (120, 491)],
    ],
)
def test_real_growth_counts_in_full(votes: list[tuple[float, int]]) -> None:
    assert steadied(votes) == Steadied(votes=votes[-1][1], seen=votes[-1][1], hours=votes[-1][0])


@pytest.mark.parametrize(
    "others",
    [
        [[(-math.inf, 0), (8.0, 1), (10.0, 40)]],
        [QUIET, [(8.0, 20), (10.0, 150)]],
        [QUIET, [(-math.inf, 0), (11.0, 120)]],
        [QUIET, [(8.0, 5_000), (30.0, 6_500)]],
    ],
    ids=["comments", "stars", "points first seen after it", "stars the next day"],
)
def test_news_that_shows_elsewhere_too_is_not_punished(others: list[list[tuple[float, int]]]) -> None:
    steady = steadied([(8, 12), (10, 140)], others)
    assert (steady.votes, steady.warning) == (140, "")


def test_one_comment_does_not_vouch_for_a_burst_and_a_few_only_for_some_of_it() -> None:
    one = steadied([(8, 12), (10, 512)], [[(-math.inf, 0), (8, 0), (10, 1)]])
    few = steadied([(8, 12), (10, 512)], [[(-math.inf, 0), (8, 0), (10, 4)]])
    assert one.votes == steadied([(8, 12), (10, 512)], [QUIET]).votes
    assert one.votes is not None
    assert few.votes is not None
    assert one.votes < few.votes < 512
    assert few.warning.endswith("more than what rose with it explains")


def test_where_nothing_else_was_counted_nobody_says_that_it_did_not_rise() -> None:
    assert steadied([(8, 5), (10, 205)]).warning.endswith("nothing else is known to have risen with it")
    assert steadied([(8, 5), (10, 205)], [[(8.0, 3)]]).warning.endswith("nothing else is known to have risen with it")


def test_stars_that_rose_long_after_do_not_vouch_for_a_burst() -> None:
    assert steadied([(8, 5), (10, 205), (200, 210)], [[(8.0, 20), (10.0, 20), (190.0, 900)]]).warning


def test_many_small_steps_reach_no_further_than_one() -> None:
    steps = steadied([(8, 5), *((8 + step / 60, 5 + 2 * step) for step in range(1, 101))])
    once = steadied([(8, 5), (8 + 100 / 60, 205)])
    assert steps.votes is not None
    assert once.votes is not None
    assert steps.votes <= once.votes + 1e-9
    assert steps.warning


def test_a_burst_is_not_forgiven_later_but_what_comes_on_top_counts() -> None:
    burst = steadied([(8, 5), (10, 205)])
    later = steadied([(8, 5), (10, 205), (34, 207), (100, 215)])
    assert burst.votes is not None
    assert later.votes == pytest.approx(burst.votes + 10)
    assert later.warning == burst.warning


def test_of_votes_that_vanish_the_lower_later_count_holds() -> None:
    assert steadied([(8, 5), (10, 205), (24, 9)]) == Steadied(votes=9.0, seen=9, hours=24)
    assert steadied([(8, 40), (24, 0)]).votes == 0
    partly = steadied([(8, 5), (10, 505), (24, 105)])
    assert "from 5 to 105 upvotes within 2 h" in partly.warning


def test_a_high_first_count_is_believed_unless_it_is_absurd() -> None:
    assert steadied([(8, 400)]).warning == ""
    absurd = steadied([(8, 12_000)], [[(8.0, 3)]])
    assert absurd.votes == pytest.approx(420, abs=1)
    assert absurd.warning == (
        "12,000 upvotes at first sight, more than twice what any paper had at that age, counted as 420: "
        "usual is 5 at that age, and nothing else is known to have risen with it"
    )
    assert steadied([(8, 2_000)], [[(-math.inf, 0), (9.0, 900)]]).warning == ""


def test_a_source_that_was_silent_for_a_week_makes_no_burst() -> None:
    assert steadied([(8, 12), (8 + 7 * 24, 160)]).warning == ""
    assert steadied([(8, 12), (10, 160)]).warning
    assert "within 7 days" in steadied([(8, 12), (8 + 7 * 24, 900)]).warning


def test_nothing_known_is_not_zero() -> None:
    assert weighed() == Steadied()
    assert weighed(*counts((8, 0))).votes == 0
    assert weighed(*counts((8, 3), kind=SignalKind.COMMENTS)).votes is None


@pytest.mark.parametrize(
    ("bad", "reason"), [((20, -1), BELOW_ZERO), ((20, 10**12), ABSURD), ((3_000, 60), TOO_SOON), ((10, 8), TWICE)]
)
def test_a_bad_count_is_left_out_with_its_reason_and_the_good_ones_stand(bad: tuple[float, int], reason: str) -> None:
    for order in (1, -1):
        steady = weighed(*counts((8, 5), (10, 7), bad)[::order])
        assert steady == Steadied(votes=7, seen=7, hours=10, left_out=(reason,))


def test_where_every_count_is_bad_no_count_is_known() -> None:
    assert weighed(*counts((8, -5), (9, -5))) == Steadied(left_out=(BELOW_ZERO, BELOW_ZERO))


def test_bad_counts_of_anything_else_vouch_for_nothing() -> None:
    stars = counts((8, 3), (10, 10**12), (10.5, -4), (2_500, 900), kind=SignalKind.STARS, source="github")
    steady = weighed(*counts((8, 5), (10, 205)), *stars)
    assert steady.warning
    assert sorted(steady.left_out) == sorted((ABSURD, BELOW_ZERO, TOO_SOON))


def test_the_same_count_told_twice_is_no_fault() -> None:
    assert weighed(*counts((8, 5)), *counts((8, 5), source="list")).left_out == ()


def test_a_count_taken_before_the_day_began_is_as_good_as_any() -> None:
    assert weighed(*counts((-30, 4), (-2, 60))).warning == ""
    assert weighed(*counts((-3, 4), (-2, 60))).warning
    early = weighed(*counts((-2, 60)))
    assert (early.votes, early.hours, early.warning) == (60, -2, "")
    assert weighed(*counts((-2, 3), (8, 40))).warning == ""


def test_comments_of_the_paper_vouch_but_stars_its_repository_always_had_do_not() -> None:
    votes = counts((8, 12), (10, 140))
    assert weighed(*votes, *counts((10, 40), kind=SignalKind.COMMENTS)).warning == ""
    assert weighed(*votes, *counts((10, 900), kind=SignalKind.POINTS, source="hackernews")).warning == ""
    assert weighed(*votes, *counts((10, 9_000), kind=SignalKind.STARS, source="github")).warning
    assert weighed(*votes, *counts((8, 1), (10, 900), kind=SignalKind.CITATIONS, source="openalex")).warning


def test_two_sources_of_stars_are_not_taken_for_one_that_rose() -> None:
    votes = counts((8, 12), (10, 140))
    near = counts((8, 3), (10, 3), kind=SignalKind.STARS)
    far = counts((9, 9_000), (10, 9_000), kind=SignalKind.STARS, source="github")
    assert weighed(*votes, *near, *far).warning
