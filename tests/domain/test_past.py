"""The past as a lesson: what was known on each paper's day, untouched by whatever came later."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest

from digest.domain.attention import Attention
from digest.domain.growth import Growth
from digest.domain.past import Past, bars_of, past_of, seen_to_the_end
from digest.domain.signal import Signal, SignalKind
from tests.builders import DAY, attention, counts
from tests.season import BEGAN, season

EARLY = [one for one in season() if one.began_on < BEGAN + timedelta(days=30)]
LATER = datetime.combine(BEGAN + timedelta(days=60), time(), UTC)


def days(ago: int) -> date:
    return DAY - timedelta(days=ago)


def past(*history: Attention, at: date = DAY) -> Past:
    return past_of(history, datetime.combine(at, time(), UTC), Growth())


def test_whatever_was_counted_later_the_numbers_of_a_day_stay() -> None:
    before = past_of(EARLY, LATER, Growth())
    turned = datetime.combine(BEGAN + timedelta(days=15), time(), UTC)
    flood = [replace(one, signals=(*one.known_at(turned).signals, *loud(one, turned))) for one in EARLY]
    after = past_of(flood, LATER, Growth())
    known = np.array([one.began_on <= turned.date() for one in before.seen])
    assert (before.numbers[known] == after.numbers[known]).all()
    assert (before.numbers[~known] != after.numbers[~known]).any(), "the flood is heard by those who come after it"


def loud(one: Attention, since: datetime) -> list[Signal]:
    """Give a thousand votes at a moment, and no more than that."""
    [count] = counts((0, 1_000), number=1, since=since.date())
    return [replace(count, paper_key=one.paper.key)]


def test_papers_that_came_later_change_no_numbers_of_earlier_days() -> None:
    some, all_of_them = past_of(EARLY[:400], LATER, Growth()), past_of(EARLY, LATER, Growth())
    whole_days = sum(one.began_on < EARLY[400].began_on for one in EARLY)
    assert (some.numbers[:whole_days] == all_of_them.numbers[:whole_days]).all()


def test_counts_after_the_moment_are_not_seen() -> None:
    turned = datetime.combine(BEGAN + timedelta(days=25), time(), UTC)
    whole = past_of(EARLY, turned, Growth())
    known = past_of([one.known_at(turned) for one in EARLY], turned, Growth())
    np.testing.assert_array_equal(whole.roots, known.roots)
    np.testing.assert_array_equal(whole.numbers, known.numbers)


def test_papers_younger_than_seven_days_and_those_of_the_future_are_not_learnt_from() -> None:
    papers = [attention(n, listed=days(ago)) for n, ago in enumerate((8, 7, 6, 0, -3), 1)]
    assert [one.began_on for one in past(*papers).seen] == [days(8), days(7)]


def test_the_papers_come_in_order_of_their_day() -> None:
    papers = [attention(n, listed=days(ago)) for n, ago in enumerate((9, 30, 20), 1)]
    assert [one.began_on for one in past(*papers).seen] == [days(30), days(20), days(9)]


def test_a_papers_own_votes_never_enter_its_authors_record() -> None:
    early = attention(1, votes=[(-30, 90), (-2, 100)], listed=days(20))
    assert past(early).numbers[0, :3].tolist() == [0, 0, 0]
    known = past(attention(2, votes=[(8, 25)], listed=days(30)), early).numbers[1]
    assert (known[1], known[2]) == (pytest.approx(2 * 5 / 2.5), pytest.approx(np.log1p(2)))


def test_votes_of_a_young_paper_count_for_its_authors_from_the_day_they_were_seen() -> None:
    first = attention(1, votes=[(8, 25)], listed=days(30), authors=("Ann Lee",))
    same_day, next_day = (attention(n, listed=days(ago), authors=("Ann Lee",)) for n, ago in ((2, 30), (3, 29)))
    assert past(first, same_day, next_day).numbers[:, 1].tolist() == [0, 0, pytest.approx(5 / 2.5)]


def test_a_paper_nobody_picked_has_no_end_and_one_with_no_votes_ended_at_0() -> None:
    ends = past(attention(1, listed=days(20)), attention(2, votes=[(200, 0)], listed=days(20))).roots
    assert np.isnan(ends[0])
    assert ends[1] == 0


def test_standing_where_people_vote_without_any_count_is_no_end() -> None:
    [end] = past(attention(1, listed=None, on_site=days(20))).roots
    assert np.isnan(end)


def test_a_last_count_seen_early_is_put_forward_to_the_end() -> None:
    early, late = (attention(n, votes=[(hours, 16)], listed=days(20)) for n, hours in ((1, 8), (2, 400)))
    ends = past(early, late).roots
    assert ends.tolist() == [pytest.approx(4 / 0.63), 4]


def test_of_the_counts_only_those_of_picked_papers_come_each_with_its_paper() -> None:
    stars = counts((9, 70), kind=SignalKind.STARS, source="github", since=days(20))
    told = past(
        attention(1, listed=days(20), beside=stars),
        attention(2, votes=[(8, 4), (30, 9)], listed=days(20), beside=stars),
    )
    seen, owners = told.counts(np.array([1.5, 2.5]), datetime.combine(DAY, time(), UTC))
    assert (seen.roots.tolist(), seen.hours.tolist(), owners.tolist()) == ([2, 3], [8, 30], [1, 1])
    assert seen.expected.tolist() == [2.5, 2.5]


def test_only_listings_say_who_was_not_picked() -> None:
    on_site = attention(1, votes=[(8, 4)], listed=None, on_site=days(20))
    assert past(on_site, attention(2, listed=days(20))).is_listed.tolist() == [False, True]


def test_the_place_is_how_far_down_the_ids_of_its_day_a_paper_stands() -> None:
    papers = [attention(n, listed=days(20)) for n in (30, 10, 20)] + [attention(5, listed=days(21))]
    on_site = attention(40, votes=[(8, 4)], listed=None, on_site=days(20))
    assert past(*papers, on_site).numbers[:, 4].tolist() == [0, 0, 0.5**4, 1, 0]


def test_growth_is_learnt_from_papers_with_an_early_count_and_a_late_one() -> None:
    told = [attention(1, votes=[(8, 4), (20, 9)]), attention(2, votes=[(90, 9)]), attention(3, votes=[(8, 4), (90, 9)])]
    [(hours, roots)] = seen_to_the_end(told, datetime.combine(days(-30), time(), UTC))
    assert (hours.tolist(), roots.tolist()) == ([8, 90], [2, 3])


def test_the_bar_of_a_field_counts_papers_nobody_picked_and_a_small_field_has_none() -> None:
    voted = [attention(n, votes=[(400, 100)], listed=days(40), categories=("cs.CL",)) for n in range(1, 21)]
    silent = [attention(n, listed=days(40), categories=("cs.CL",)) for n in range(21, 61)]
    quiet = [attention(n, listed=days(40), categories=("math.CO",)) for n in range(61, 161)]
    small = [attention(n, listed=days(40), categories=("hep-th",)) for n in (161, 162, 163)]
    bars = bars_of(past(*voted, *silent, *quiet, *small))
    assert {name: bars[name] for name in ("cs.CL", "math.CO", "picked")} == {"cs.CL": 10, "math.CO": 0, "picked": 10}
    assert "hep-th" not in bars
    assert "picked cs.CL" not in bars, "twenty picked papers are too few for a bar of their own"


def test_the_days_of_votes_are_those_of_picked_papers() -> None:
    told = [
        attention(n, votes=[(8, 4)] if ago < 40 else [], listed=days(ago)) for n, ago in enumerate((60, 30, 20, 41))
    ]
    assert past(*told).voted_days == (days(30), days(20))
    assert past(told[0]).voted_days is None


def test_without_any_history_there_is_nothing_to_learn() -> None:
    empty = past()
    assert (empty.papers, len(empty.numbers), len(empty.roots)) == ([], 0, 0)
