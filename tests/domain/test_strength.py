"""A strength is what its formula says, in every situation a paper can be in, and its parts are shared out fairly."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.domain.forecast import GROUPS, LEAST, Expectation
from digest.domain.growth import Counts, Growth
from digest.domain.history import AuthorHistory
from digest.domain.signal import SignalKind
from digest.domain.strength import LOUDEST, PARTS, Slate, parts_of, slate_of
from digest.domain.trend import Trend
from digest.domain.usual import Usual
from tests.builders import DAY, NOW, attention, counts
from tests.season import learnt

MODELS = pytest.mark.parametrize("of_season", [False, True], ids=["untaught", "learnt"])
STARS = counts((8, 900), kind=SignalKind.STARS, source="github")
SEEN = [
    attention(1, votes=[(8, 41)]),
    attention(2, on_site=DAY),
    attention(3),
    attention(4, beside=STARS),
    attention(5, votes=[(8, 0)], beside=STARS),
    attention(6, votes=[(4, 1), (7, 9)], listed=None, on_site=DAY),
]


def slate(of_season: bool) -> tuple[Slate, Trend]:
    trend = learnt() if of_season else Trend()
    return slate_of(SEEN, trend.forecast_, AuthorHistory(), trend.usual_, now=NOW), trend


@MODELS
def test_the_parts_add_up_to_the_formula_of_each_situation(of_season: bool) -> None:
    laid, trend = slate(of_season)
    assert laid.situations.tolist() == ["voted", "picked", "listed", "listed", "voted", "voted"]
    roots, chances = laid.expectation.roots, laid.expectation.chances
    ends = trend.growth_.ends(Counts(np.sqrt(np.nan_to_num(laid.votes)), laid.hours, roots))
    formula = np.where(laid.situations == "voted", ends, np.where(laid.situations == "picked", roots, roots * chances))
    parts = parts_of(laid, trend.growth_, trend.usual_, others=0.0)
    assert parts.sum(axis=1) == pytest.approx(formula, abs=1e-9)
    assert not parts[:, -1].any()


@MODELS
def test_only_votes_fill_the_part_of_votes_and_only_other_counts_that_of_elsewhere(of_season: bool) -> None:
    laid, trend = slate(of_season)
    parts = dict(zip(PARTS, parts_of(laid, trend.growth_, trend.usual_, others=0.1).T, strict=True))
    assert (parts["votes"] > 0).tolist() == [True, False, False, False, False, True]
    assert (parts["elsewhere"] > 0).tolist() == [False, False, False, True, True, False]


def test_counts_elsewhere_matter_less_the_less_is_to_come_and_stop_at_a_bound() -> None:
    growth = Growth()
    amounts = []
    for hours in (8, 24, 80):
        seen = attention(votes=[(hours, 9)], beside=counts((hours, 900), kind=SignalKind.STARS, source="github"))
        laid = slate_of([seen], Trend().forecast_, AuthorHistory(), Usual(), now=NOW.replace(day=30))
        amounts.append(parts_of(laid, growth, Usual(), others=0.1)[0, -1])
        assert amounts[-1] == pytest.approx(0.1 * LOUDEST * growth.to_come(np.array([hours]))[0])
    assert amounts == sorted(amounts, reverse=True)


amounts = st.lists(st.floats(-3, 3), min_size=4, max_size=4)


@given(st.floats(0.3, 9), amounts, st.floats(-4, 4), amounts, st.sampled_from(range(1, len(GROUPS))))
def test_of_a_product_each_side_gets_its_fair_share(
    root: float, roots: list[float], odd: float, odds: list[float], silent: int
) -> None:
    root_parts, odds_parts = np.array([[root, *roots]]), np.array([[odd, *odds]])
    root_parts[0, silent] = odds_parts[0, silent] = 0.0
    assume(root_parts.sum() >= LEAST)
    likely = 1 / (1 + np.exp(-odds_parts.sum(axis=1)))
    expectation = Expectation(root_parts.sum(axis=1), likely, root_parts, odds_parts, [[]])
    laid = Slate(
        seen=[attention()], now=NOW, expectation=expectation, votes=np.array([np.nan]), hours=np.zeros(1), warnings=[""]
    )
    parts = dict(zip(PARTS, parts_of(laid, Growth(), Usual(), others=0.1)[0], strict=True))
    assert sum(parts.values()) == pytest.approx(likely[0] * expectation.roots[0], abs=1e-9)
    assert parts[GROUPS[silent]] == 0, "a group that says nothing weighs nothing"
    assert parts["usual"] == pytest.approx(root / (1 + np.exp(-odd)), abs=1e-6), "what is usual is a usual paper"


def test_what_was_counted_after_the_moment_makes_nobody_picked() -> None:
    seen = [attention(votes=[(30, 41)]), attention(beside=counts((30, 41)))]
    laid = slate_of(seen, Trend().forecast_, AuthorHistory(), Usual(), now=NOW)
    assert laid.situations.tolist() == ["picked", "listed"]
    assert np.isnan(laid.votes).all()
