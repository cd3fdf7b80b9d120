"""Learning from a season: it ranks what it has not seen, its chances come true, and the same history gives the same."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import groupby

import numpy as np
import pytest

from digest.domain.attention import Attention
from digest.domain.calibration import COVERED, Floats
from digest.domain.score import TrendScore
from digest.domain.trend import ENOUGH, SPAN, TooLittle, Trend
from tests.builders import DAY, attention, counts
from tests.season import BEGAN, UNTIL, bare, held_out, known_until, learnt, season

ENDS = np.array([np.sqrt(one.signals[-1].value) if one.signals else 0.0 for one in held_out()])
"""The root votes the held-out papers ended at; 0 for one that was never picked."""
LAST = UNTIL + timedelta(days=56)


def voted(count: int, days: int, *, youngest: int = 8) -> list[Attention]:
    """Give papers that were voted on, spread over days."""
    ago = [youngest + at * days // max(1, count - 1) for at in range(count)]
    return [
        attention(at, votes=[(8, at % 9), (100, at % 50)], listed=DAY - timedelta(days=ago[at])) for at in range(count)
    ]


@cache
def forecast_by(of_season: bool) -> list[TrendScore]:
    """Score the held-out papers as their mornings' listings show them."""
    trend = learnt() if of_season else Trend()
    authors = known_until(UNTIL)
    scored: list[TrendScore] = []
    for day, papers in groupby(bare(held_out()), key=lambda one: one.listed_on):
        morning = datetime.combine(day, time(9), UTC)
        scored += trend.score(list(papers), authors, day=day, now=morning)
    return scored


def caught(strengths: Floats) -> float:
    """Give the votes the strongest tenth gathered, as a share of what the best tenth could."""
    tenth = len(ENDS) // 10
    return float(sum(ENDS[np.argsort(-strengths)[:tenth]] ** 2) / sum(np.sort(ENDS**2)[-tenth:]))


def test_papers_it_has_not_seen_are_ranked_better_than_by_the_formula_and_by_chance() -> None:
    by_learning, by_formula = (caught(np.array([one.strength for one in forecast_by(told)])) for told in (True, False))
    random = np.random.default_rng(5)
    by_chance = np.mean([caught(random.random(len(ENDS))) for _ in range(50)])
    assert by_learning > 0.65
    assert by_learning > by_formula + 0.3
    assert by_formula > by_chance + 0.05


def test_of_papers_given_a_chance_that_share_reach_the_top_of_their_field() -> None:
    found, bars = forecast_by(True), learnt().sure_.bars
    chances = np.array([one.chance for one in found])
    is_top = np.array([end > bars.get(one.field, bars["listed"]) for one, end in zip(found, ENDS, strict=True)])
    assert np.mean(is_top) == pytest.approx(np.mean(chances), abs=0.05)
    for alike in np.array_split(np.argsort(chances, kind="stable"), 5):
        assert np.mean(is_top[alike]) == pytest.approx(np.mean(chances[alike]), abs=0.06)
    assert np.mean((chances - is_top) ** 2) < 0.95 * np.mean((is_top.mean() - is_top) ** 2)


def test_the_interval_of_a_first_count_holds_four_in_five_ends() -> None:
    picked = [one for one in held_out() if one.signals]
    mornings = [replace(one, signals=one.signals[:1]) for one in picked]
    found = learnt().score(mornings, known_until(UNTIL), day=LAST.date(), now=LAST)
    ends = [one.signals[-1].value for one in picked]
    inside = [score.low <= end <= score.high for score, end in zip(found, ends, strict=True)]
    assert np.mean(inside) == pytest.approx(COVERED, abs=0.07)


def test_the_same_history_teaches_the_same_to_the_byte() -> None:
    again = Trend().fit(season()[::-1], UNTIL).to_arrays()
    for name, array in Trend().fit(season()[::-1], UNTIL).to_arrays().items():
        assert array.tobytes() == again[name].tobytes(), name


def test_the_order_in_which_papers_are_told_teaches_nothing() -> None:
    turned = Trend().fit(season()[::-1], UNTIL)
    one, other = (
        trend.score(list(bare(held_out()[:200])), known_until(UNTIL), day=LAST.date(), now=LAST)
        for trend in (learnt(), turned)
    )
    assert [score.strength for score in one] == pytest.approx([score.strength for score in other], rel=1e-6)


def test_nothing_of_later_days_is_learnt() -> None:
    known = [one.known_at(UNTIL) for one in season() if one.began_on < UNTIL.date()]
    arrays = Trend().fit(known, UNTIL).to_arrays()
    for name, array in learnt().to_arrays().items():
        assert array.tobytes() == arrays[name].tobytes(), name


def test_counts_that_cannot_be_teach_nothing() -> None:
    absurd = [
        replace(one, signals=(*one.signals, *counts((30, 10**12), (31, -7), since=one.began_on)))
        if at % 9 == 0
        else one
        for at, one in enumerate(season())
    ]
    taught = Trend().fit(absurd, UNTIL)
    assert taught.sure_.bars == learnt().sure_.bars
    np.testing.assert_allclose(taught.forecast_.roots_.columns, learnt().forecast_.roots_.columns)


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ([], "0 papers with votes over 0 days"),
        (voted(ENOUGH - 1, 60), "299 papers with votes over 60 days"),
        (voted(ENOUGH, SPAN.days - 1), "300 papers with votes over 27 days"),
        (voted(ENOUGH + 50, 60, youngest=-60), "0 papers with votes"),
    ],
    ids=["nothing", "too few", "too short", "too young"],
)
def test_too_little_is_said_with_what_to_do(history: list[Attention], said: str) -> None:
    with pytest.raises(TooLittle, match=rf"^{said}.*300 over 28 days are needed: `digest backfill` reads the past$"):
        Trend().fit(history, UNTIL)


def test_enough_papers_of_four_weeks_are_enough() -> None:
    assert Trend().fit(voted(ENOUGH, SPAN.days), UNTIL).learnt_from_ == ENOUGH


def test_votes_that_only_began_lately_are_too_short_a_history_however_long_the_listings_are() -> None:
    listed = [attention(9_000 + at, listed=DAY - timedelta(days=8 + at % 300)) for at in range(600)]
    with pytest.raises(TooLittle, match="400 papers with votes over 10 days"):
        Trend().fit([*listed, *voted(400, 10)], UNTIL)


def test_a_place_of_votes_that_fell_silent_for_its_last_months_still_teaches() -> None:
    spoke = UNTIL.date() - timedelta(days=70)
    silent = [one if one.began_on < spoke else next(bare([one])) for one in season()]
    taught = Trend().fit(silent, UNTIL)
    found = taught.score(list(bare(held_out()[:100])), known_until(UNTIL), day=LAST.date(), now=LAST)
    assert all(np.isfinite([one.strength, one.low, one.high, one.chance]).all() for one in found)
    assert np.corrcoef([one.strength for one in found], ENDS[:100])[0, 1] > 0.2


def test_the_quality_is_told_for_each_situation_and_the_window_is_that_of_the_papers() -> None:
    trend = learnt()
    assert {name.split("_")[0] for name in trend.quality_} == {"voted", "picked", "listed"}
    for situation in ("voted", "picked", "listed"):
        assert trend.quality_[f"{situation}_brier_skill"] > 0
        assert 0.75 <= trend.quality_[f"{situation}_coverage"] <= 0.95
        assert trend.quality_[f"{situation}_papers"] > 100
    assert trend.window_ == (BEGAN, UNTIL.date() - timedelta(days=7))
