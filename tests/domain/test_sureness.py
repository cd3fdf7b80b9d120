"""How sure a strength is, told by situation and against the bar of its own field."""

import numpy as np
import pytest

from digest.domain.growth import Growth
from digest.domain.history import AuthorHistory
from digest.domain.strength import SITUATIONS, slate_of
from digest.domain.sureness import Sureness
from digest.domain.trend import Trend
from digest.domain.usual import Usual
from digest.store.models import pack, unpack
from tests.builders import DAY, NOW, attention

SEEN = [
    attention(1, votes=[(8, 49)]),
    attention(2, on_site=DAY),
    attention(3),
    attention(4, votes=[(8, 49)], categories=("math.CO",)),
]
SLATE = slate_of(SEEN, Trend().forecast_, AuthorHistory(), Usual(), now=NOW)
STRENGTHS = np.array([9.0, 3.0, 1.0, 9.0])


def test_an_interval_is_never_below_the_votes_seen_however_unsure_it_is() -> None:
    sure = Sureness()
    for situation in SITUATIONS:
        sure.of_[situation].low_ = sure.of_[situation].high_ = np.full(3, -50.0)
    low, high, _ = sure.of(SLATE, STRENGTHS, Growth())
    assert low.tolist() == high.tolist() == [7, 0, 0, 7]


def test_each_situation_is_as_sure_as_it_was_found_to_be() -> None:
    sure = Sureness()
    sure.is_taught = True
    for offset, situation in enumerate(SITUATIONS, 1):
        sure.of_[situation].high_ = np.full(3, 10.0 * offset)
    _, high, _ = sure.of(SLATE, STRENGTHS, Growth())
    # After 8 hours 37 % of the root votes are still to come.
    assert high == pytest.approx(STRENGTHS + np.array([3.7, 20, 30, 3.7]))


def test_untaught_a_paper_that_is_seldom_picked_is_held_to_end_without_a_vote() -> None:
    _, high, chances = Sureness().of(SLATE, STRENGTHS, Growth())
    listed = SLATE.situations == "listed"
    assert chances[listed].tolist() == SLATE.expectation.chances[listed].tolist()
    assert (high[listed] == 0).tolist() == (chances[listed] < 0.1).tolist()


def test_a_chance_is_measured_against_the_bar_of_the_own_field_or_of_all() -> None:
    low_bar, high_bar = (
        Sureness({"listed": 0.0, "picked": 7.0, "picked math.CO": bar, "math.CO": bar}).of(SLATE, STRENGTHS, Growth())[
            2
        ]
        for bar in (1.0, 20.0)
    )
    assert low_bar[3] > low_bar[0] == high_bar[0] > high_bar[3]


def test_what_was_learnt_comes_back_from_its_arrays() -> None:
    sure = Sureness({"listed": 1.0, "picked": 5.0, "picked cs.CL": 3.5})
    sure.of_["picked"].levels_ = np.array([0.0, 3.0, 9.0])
    again = Sureness.from_arrays(unpack(pack(sure.to_arrays())))
    assert again.bars == sure.bars
    ours, theirs = (np.array(one.of(SLATE, STRENGTHS, Growth())).tolist() for one in (sure, again))
    assert theirs == ours
