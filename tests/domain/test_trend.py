"""The trend score: more votes never count less, unknown is not zero, nothing later leaks in, it comes back whole."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from digest.domain.attention import MOST, Attention
from digest.domain.history import AuthorHistory
from digest.domain.score import TrendScore
from digest.domain.signal import SignalKind
from digest.domain.strength import PARTS
from digest.domain.trend import Trend
from digest.store.models import pack, unpack
from tests.builders import DAY, NOW, attention, counts
from tests.season import UNTIL, held_out, known_until, learnt

MODELS = pytest.mark.parametrize("of_season", [False, True], ids=["untaught", "learnt"])
STARS = counts((8, 900), kind=SignalKind.STARS, source="github")
votes, hours, balances = st.integers(0, MOST), st.floats(0, 2_000), st.floats(0, 1)
MORNING = [one for one in held_out() if one.began_on <= UNTIL.date() + timedelta(days=3)]
"""Papers of four days, with everything that was counted of them until weeks later."""
EVE = UNTIL + timedelta(days=3, hours=20)


def trend_of(of_season: bool, **parameters: float) -> Trend:
    return Trend.from_arrays(learnt().to_arrays(), **parameters) if of_season else Trend(**parameters)


def scores(
    seen: Sequence[Attention], trend: Trend | None = None, now: datetime = NOW, history: AuthorHistory | None = None
) -> list[TrendScore]:
    return (trend or Trend()).score(seen, history or AuthorHistory(), day=now.date(), now=now)


def score(seen: Attention, trend: Trend | None = None, now: datetime = NOW) -> TrendScore:
    [found] = scores([seen], trend, now)
    return found


@MODELS
def test_the_parts_of_a_strength_add_up_to_it(of_season: bool) -> None:
    situations = [attention(1, votes=[(8, 41)], beside=STARS), attention(2, on_site=DAY), attention(3), *MORNING]
    found = scores(situations, trend_of(of_season), EVE, known_until(EVE))
    for one in found:
        assert [name for name, _ in one.parts] == list(PARTS)
        assert sum(amount for _, amount in one.parts) == pytest.approx(one.strength, abs=1e-9)
    assert {one.has_votes for one in found} == {True, False}


@settings(max_examples=60)
@given(votes, votes, hours, st.booleans())
def test_more_votes_never_count_less(one: int, other: int, seen_at: float, of_season: bool) -> None:
    trend, late = trend_of(of_season), NOW + timedelta(days=100)
    fewer, more = (score(attention(votes=[(seen_at, count)]), trend, late) for count in sorted([one, other]))
    assert fewer.strength <= more.strength * (1 + 1e-9) + 1e-9
    assert fewer.chance <= more.chance + 1e-9
    assert fewer.high <= more.high


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.none() | st.integers(0, 500), st.integers(0, 5), st.booleans()), min_size=1, max_size=12),
    balances,
    st.booleans(),
)
def test_strength_orders_the_papers_of_a_field_and_day_and_every_number_keeps_its_bounds(
    told: list[tuple[int | None, int, bool]], balance: float, of_season: bool
) -> None:
    seen = [
        attention(n, votes=[] if count is None else [(8, count)], listed=DAY - timedelta(days=ago),
                  on_site=DAY - timedelta(days=ago) if stood else None)
        for n, (count, ago, stood) in enumerate(told, 1)
    ]  # fmt: skip
    found = scores(seen, trend_of(of_season, field_balance=balance))
    for one, (_, ago, _) in zip(found, told, strict=True):
        assert 0 <= one.value <= one.percentile <= 1
        assert 0 <= one.chance <= 1
        assert 0 <= one.low <= one.high < math.inf
        for rival, (_, when, _) in zip(found, told, strict=True):
            if ago == when and one.strength >= rival.strength:
                assert one.value >= rival.value - 1e-12


@MODELS
def test_unknown_votes_are_not_zero_votes(of_season: bool) -> None:
    trend = trend_of(of_season)
    unknown, none, listed = (
        score(one, trend) for one in (attention(on_site=DAY), attention(votes=[(8, 0)]), attention())
    )
    assert (unknown.has_votes, none.has_votes, listed.has_votes) == (False, True, False)
    assert unknown.strength > none.strength
    assert unknown.strength > listed.strength
    assert unknown.evidence[0].startswith("no votes yet")
    assert none.evidence[0].startswith("0 upvotes in 8 h")


@MODELS
def test_a_value_fades_between_days_and_never_within_one(of_season: bool) -> None:
    seen = [attention(n, authors=(f"Author {n}",) * n, on_site=DAY if n % 2 else None) for n in range(1, 7)]
    morning, evening = (scores(seen, trend_of(of_season), NOW.replace(hour=hour)) for hour in (0, 23))
    assert morning == evening
    days = [score(seen[0], trend_of(of_season), NOW + timedelta(days=ago)) for ago in range(6)]
    assert [one.value for one in days] == pytest.approx([0.5 * 2 ** (-ago / 2) for ago in range(6)])
    assert len({one.strength for one in days}) == 1


@MODELS
def test_nothing_counted_later_changes_a_score(of_season: bool) -> None:
    noon = UNTIL + timedelta(days=2, hours=12)
    known = [one.known_at(noon) for one in MORNING]
    assert known != MORNING
    whole, before = (scores(seen, trend_of(of_season), noon, known_until(noon)) for seen in (MORNING, known))
    assert [replace(one, warning="") for one in whole] == before


@MODELS
def test_a_papers_own_votes_never_enter_its_authors_record(of_season: bool) -> None:
    authors, one = AuthorHistory(), attention(1, votes=[(8, 41)])
    authors.observe("other", ["Ann Lee"], 90)
    [before] = scores([one], trend_of(of_season), history=authors)
    authors.observe(one.paper.key, one.paper.authors, 10_000)
    [after] = scores([one], trend_of(of_season), history=authors)
    assert after.strength == pytest.approx(before.strength, abs=1e-9)
    assert after.evidence == before.evidence


def test_a_burst_scores_below_steady_growth_to_the_same_count_and_carries_a_warning() -> None:
    steady, burst = (
        attention(1, votes=[(8, 60), (20, 140), (34, 205)]),
        attention(2, votes=[(8, 5), (32, 5), (34, 205)]),
    )
    for of_season in (False, True):
        grown, sudden = scores([steady, burst], trend_of(of_season), NOW + timedelta(days=1, hours=6))
        assert grown.strength > sudden.strength
        assert grown.value > sudden.value
        assert grown.warning == ""
        assert sudden.warning.startswith("a jump from 5 to 205 upvotes within 2 h")
        assert "205 upvotes" in sudden.evidence[0]


@MODELS
@given(seen=st.integers(0, 400), at=st.floats(8, 500))
@settings(max_examples=60)
def test_an_interval_is_never_below_the_votes_seen(of_season: bool, seen: int, at: float) -> None:
    found = score(attention(votes=[(at, seen)]), trend_of(of_season), NOW + timedelta(days=60))
    assume(not found.warning)
    assert seen <= found.low <= found.high


def width(one: TrendScore) -> float:
    """Give the width of an interval in root votes, in which scatter is even."""
    return math.sqrt(one.high) - math.sqrt(one.low)


@MODELS
def test_an_interval_widens_with_ignorance(of_season: bool) -> None:
    trend, late = trend_of(of_season), NOW + timedelta(days=20)
    voted = [score(attention(votes=[(at, 60)]), trend, late) for at in (8, 24, 60, 143)]
    assert [width(one) for one in voted] == sorted((width(one) for one in voted), reverse=True)
    assert width(voted[0]) > 3 * width(voted[-1])
    by_votes = [width(one) / one.strength**2 for one in (score(attention(on_site=DAY), trend), voted[0], voted[-1])]
    assert by_votes == sorted(by_votes, reverse=True), "relative to what is expected: picked, voted on, old"


def test_a_quiet_fields_best_can_be_made_to_stand_beside_a_loud_ones() -> None:
    loud = [attention(n, votes=[(8, 50 + 5 * n)]) for n in range(1, 31)]
    quiet = [attention(n, votes=[(8, n % 30)], categories=("math.CO",)) for n in range(31, 60)]
    by_strength = scores(loud + quiet, Trend(field_balance=0))
    assert sorted(range(59), key=lambda at: by_strength[at].value) == sorted(
        range(59), key=lambda at: by_strength[at].strength
    )
    apart, near = by_strength[29].value - by_strength[58].value, scores(loud + quiet, Trend(field_balance=1))
    assert apart > 0.45
    assert 0 <= near[29].value - near[58].value < 0.1
    assert [one.strength for one in near] == [one.strength for one in by_strength]
    assert (near[29].field, near[58].field) == ("cs.CL", "math.CO")


@MODELS
def test_what_was_learnt_comes_back_from_its_arrays_and_scores_the_same(of_season: bool) -> None:
    trend = learnt() if of_season else Trend()
    again = Trend.from_arrays(unpack(pack(trend.to_arrays())))
    ours, theirs = (scores(MORNING, one, EVE, known_until(EVE)) for one in (trend, again))
    assert theirs == ours
    assert (again.window_, again.learnt_from_, again.quality_) == (trend.window_, trend.learnt_from_, trend.quality_)


def test_nothing_that_was_learnt_can_run_when_it_is_read() -> None:
    for name, array in learnt().to_arrays().items():
        assert not array.dtype.hasobject, name
    slipped_in = pack(learnt().to_arrays() | {"facts": np.array([print], dtype=object)})
    with pytest.raises(ValueError, match="allow_pickle=False"):
        unpack(slipped_in)


def test_a_score_comes_back_from_json() -> None:
    for one in scores(MORNING, learnt(), EVE, known_until(EVE)):
        again = TrendScore.from_json(json.loads(json.dumps(one.to_json(), allow_nan=False)))
        assert again.to_json() == one.to_json()
        assert again.value == pytest.approx(one.value, abs=1e-6)
        assert (again.parts, again.evidence, again.has_votes) == (one.parts, one.evidence, one.has_votes)


def test_a_rising_term_is_said_and_weighs_nothing() -> None:
    seen = attention(title="On test-time training")
    [plain] = scores([seen])
    [told] = Trend().score([seen], AuthorHistory(), day=DAY, now=NOW, rising=[("test-time training", "4×")])
    assert told == replace(plain, evidence=(*plain.evidence, "“test-time training” rises 4×"))


@pytest.mark.parametrize(
    ("seen", "evidence"),
    [
        (attention(), ("no votes yet",)),
        (attention(on_site=DAY), ("no votes yet",)),
        (attention(votes=[(0.2, 1)]), ("1 upvote in 1 h, usual 2",)),
        (attention(votes=[(8, 41)], beside=STARS), ("41 upvotes in 8 h, usual 5", "900 stars on GitHub")),
    ],
)
def test_the_evidence_says_what_the_score_rests_on(seen: Attention, evidence: tuple[str, ...]) -> None:
    assert score(seen).evidence == evidence
