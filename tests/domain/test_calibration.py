"""An interval holds what it says it holds, and a probability comes true as often as it says."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.calibration import COVERED, IN_A_BIN, Calibration, Floats, quality_of

numbers = st.floats(0, 100)


def outcomes(count: int, seed: int, *, growing: float = 0.25) -> tuple[Floats, Floats, Floats]:
    """Draw expected root votes, the share to come, and ends that scatter the more the more was expected."""
    random = np.random.default_rng(seed)
    expected, left = random.uniform(0, 10, count), random.uniform(0.1, 1, count)
    return expected, left, np.maximum(expected + left * random.normal(0.5, 1 + growing * expected), 0)


@cache
def learnt(growing: float = 0.25) -> Calibration:
    expected, left, ends = outcomes(20_000, 1, growing=growing)
    return Calibration().fit(expected, ends, left=left, bars=np.full(len(ends), 6.0))


@given(st.sampled_from([Calibration(), learnt()]), numbers, st.floats(0, 1), st.floats(0, 1))
def test_an_interval_is_in_order_and_widens_with_what_is_still_to_come(
    calibration: Calibration, expected: float, one: float, other: float
) -> None:
    low, high = calibration.interval(np.full(2, expected), np.array(sorted([one, other])))
    assert (low >= 0).all()
    assert (low <= high).all()
    assert high[1] - low[1] >= high[0] - low[0] - 1e-9


@given(st.sampled_from([Calibration(), learnt()]), numbers, numbers, st.floats(0, 1), numbers)
def test_more_expected_never_makes_the_top_less_likely(
    calibration: Calibration, one: float, other: float, left: float, bar: float
) -> None:
    less, more = calibration.chance(np.array(sorted([one, other])), np.full(2, left), bars=np.full(2, bar))
    assert 0 <= less <= more <= 1


def test_four_in_five_outcomes_nothing_was_learnt_from_lie_inside() -> None:
    expected, left, ends = outcomes(20_000, 2)
    low, high = learnt().interval(expected, left)
    assert np.mean((ends >= low) & (ends <= high)) == pytest.approx(COVERED, abs=0.03)


def test_of_papers_given_a_probability_that_share_exceed_the_bar() -> None:
    expected, left, ends = outcomes(20_000, 2, growing=0.0)
    chances = learnt(growing=0.0).chance(expected, left, bars=np.full(len(ends), 6.0))
    for bottom in np.arange(0, 1, 0.1):
        inside = (chances >= bottom) & (chances <= bottom + 0.1)
        if inside.sum() >= 100:
            assert np.mean(ends[inside] > 6) == pytest.approx(chances[inside].mean(), abs=0.05), bottom


def test_few_outcomes_change_nothing() -> None:
    expected, left, ends = outcomes(IN_A_BIN - 1, 1)
    taught = Calibration().fit(expected, ends, left=left, bars=np.zeros(len(ends)))
    untaught = Calibration().to_arrays()
    assert {name: array.tolist() for name, array in taught.to_arrays().items()} == {
        name: array.tolist() for name, array in untaught.items()
    }


def test_what_was_learnt_comes_back_as_it_was() -> None:
    again = Calibration.from_arrays(learnt().to_arrays())
    expected, left, _ = outcomes(50, 3)
    assert np.array(again.interval(expected, left)).tolist() == np.array(learnt().interval(expected, left)).tolist()


def test_always_saying_the_mean_has_no_skill_and_the_opposite_less() -> None:
    is_top, held = np.arange(10) == 0, np.ones(10, bool)
    skills = [quality_of(said, is_top, held)["brier_skill"] for said in (is_top * 1.0, np.full(10, 0.1), 1.0 - is_top)]
    assert skills[:2] == [1, 0]
    assert skills[2] < 0


def test_where_nothing_is_at_the_top_no_skill_is_claimed() -> None:
    assert quality_of(np.zeros(3), np.zeros(3, bool), np.ones(3, bool))["brier_skill"] == 0
