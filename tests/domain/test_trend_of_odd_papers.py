"""Whatever comes in, a score is defined: finite, within its bounds, and the good papers beside it keep their places."""

import json
from datetime import timedelta

import pytest

from digest.domain.attention import Attention
from digest.domain.history import AuthorHistory
from digest.domain.score import TrendScore
from digest.domain.signal import SignalKind
from digest.domain.trend import Trend
from tests.builders import DAY, NOW, attention, counts
from tests.season import learnt

MODELS = pytest.mark.parametrize("trend", [Trend(), learnt()], ids=["untaught", "learnt"])
STARS = SignalKind.STARS
TOMORROW, LAST_WEEK = DAY + timedelta(days=1), DAY - timedelta(days=7)
GOOD = [attention(n, votes=[(8, 3 * n)]) for n in range(1, 7)]
ODD = {
    "of the future": attention(50, listed=DAY + timedelta(days=400)),
    "voted on in the future": attention(50, votes=[(8, 30)], listed=TOMORROW),
    "negative": attention(50, votes=[(8, -41)], beside=counts((8, -9), kind=STARS)),
    "absurd": attention(50, votes=[(8, 10**12)], beside=counts((8, 10**12), kind=STARS)),
    "the most there can be": attention(50, votes=[(8, 10**9)], beside=counts((8, 10**9), kind=STARS)),
    "counted in the future": attention(50, votes=[(90, 41)], beside=counts((90, 9), kind=STARS)),
    "counted before its day": attention(50, votes=[(-200, 41)]),
    "3,000 authors": attention(50, authors=tuple(f"Author {n}" for n in range(3_000))),
    "no authors": attention(50, authors=()),
    "no abstract": attention(50, abstract=""),
    "nothing but a key": attention(50, title="", abstract="", authors=(), categories=()),
    "of long ago": attention(50, votes=[(8, 41)], listed=DAY - timedelta(days=4_000)),
}
odd = pytest.mark.parametrize("seen", ODD.values(), ids=ODD)


def scores(trend: Trend, *seen: Attention, hours: float = 0) -> list[TrendScore]:
    return trend.score(seen, AuthorHistory(), day=DAY, now=NOW + timedelta(hours=hours))


@MODELS
@odd
def test_an_odd_paper_has_a_score_of_finite_numbers(trend: Trend, seen: Attention) -> None:
    [alone] = scores(trend, seen)
    *good, beside = scores(trend, *GOOD, seen)
    for one in (alone, beside):
        json.dumps(one.to_json(), allow_nan=False)
        assert 0 <= one.value <= one.percentile <= 1
        assert 0 <= one.low <= one.high < 10**10
        assert 0 <= one.chance <= 1
        assert one.strength < 10**5
        assert one.evidence
    assert [one.strength for one in good] == pytest.approx([one.strength for one in scores(trend, *GOOD)])
    assert [one.value for one in good] == sorted(one.value for one in good)


@MODELS
def test_no_papers_have_no_scores_and_one_stands_in_the_middle(trend: Trend) -> None:
    assert scores(trend) == []
    assert [one.percentile for one in scores(trend, GOOD[0])] == [0.5]


@MODELS
@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("negative", "count below zero"),
        ("absurd", "count beyond a billion"),
        ("counted in the future", "count dated in the future"),
        ("the most there can be", "1,000,000,000 upvotes at first sight"),
    ],
)
def test_a_count_that_cannot_be_weighs_nothing_and_is_told_to_the_operator(
    trend: Trend, name: str, warning: str
) -> None:
    bad, none = scores(trend, ODD[name]), scores(trend, attention(50, on_site=DAY))
    assert bad[0].warning.startswith(warning)
    if name != "the most there can be":
        assert bad[0].strength == pytest.approx(none[0].strength)
        assert not bad[0].has_votes
        assert bad[0].evidence[0] == "no votes yet"


@MODELS
def test_a_good_count_beside_a_bad_one_stands(trend: Trend) -> None:
    good, mixed = attention(votes=[(8, 41)]), attention(votes=[(7, 10**12), (8, 41), (8.5, -3), (50, 90)])
    [one], [other] = scores(trend, good), scores(trend, mixed)
    assert other.strength == one.strength
    assert other.evidence == one.evidence
    assert (one.warning, bool(other.warning)) == ("", True)


@MODELS
def test_a_paper_of_the_future_is_not_faded_and_not_lifted(trend: Trend) -> None:
    [future] = scores(trend, attention(listed=TOMORROW, on_site=TOMORROW))
    [today] = scores(trend, attention(on_site=DAY))
    assert (future.strength, future.value) == (today.strength, today.value)


@MODELS
def test_a_source_that_was_silent_for_a_week_makes_no_burst_and_its_return_counts(trend: Trend) -> None:
    silent = attention(votes=[(8, 12)], listed=LAST_WEEK)
    back = attention(votes=[(8, 12), (8 + 7 * 24, 90)], listed=LAST_WEEK)
    [before], [after] = scores(trend, silent), scores(trend, back)
    assert after.strength > before.strength
    assert (before.warning, after.warning) == ("", "")
    assert before.evidence[0].startswith("12 upvotes in 8 h")
    assert after.evidence[0].startswith("90 upvotes in 7 days")


@MODELS
def test_papers_of_a_field_of_three_are_drawn_to_the_whole(trend: Trend) -> None:
    crowd = [attention(n, votes=[(8, 20 + n)]) for n in range(1, 61)]
    three = [attention(n, votes=[(8, n - 60)], categories=("hep-th",)) for n in (61, 62, 63)]
    places = [one.percentile for one in scores(trend, *crowd, *three)]
    assert max(places[60:]) < 0.25 < 0.9 < max(places[:60])
