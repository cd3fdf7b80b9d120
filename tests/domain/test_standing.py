"""A place is the share of papers of the same age left behind, in the own field as far as the operator says."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.standing import standing
from tests.builders import DAY

FIELDS = ("", "cs.CL", "math.CO")
papers = st.lists(
    st.tuples(st.floats(-5, 50), st.sampled_from(FIELDS), st.integers(0, 6)), min_size=1, max_size=40
)  # fmt: skip


def places(told: list[tuple[float, str, int]], balance: float) -> list[float]:
    """Give the places of papers told as (strength, field, days ago)."""
    days = [DAY - timedelta(days=ago) for _, _, ago in told]
    strengths = np.array([strength for strength, _, _ in told])
    return [
        float(place) for place in standing(strengths, [one[1] for one in told], days, field_balance=balance).percentiles
    ]


@given(papers, st.floats(0, 1))
def test_a_place_lies_from_0_to_1_and_of_like_papers_the_stronger_never_stands_lower(
    told: list[tuple[float, str, int]], balance: float
) -> None:
    placed = places(told, balance)
    assert all(0 <= place <= 1 for place in placed)
    for (strength, field, ago), place in zip(told, placed, strict=True):
        for (other, of, when), rival in zip(told, placed, strict=True):
            if (field, ago) == (of, when) and strength >= other:
                assert place >= rival - 1e-12


@given(papers)
def test_without_balance_strength_orders_whatever_the_field(told: list[tuple[float, str, int]]) -> None:
    one_day = [(strength, field, 0) for strength, field, _ in told]
    placed = places(one_day, 0.0)
    ranks = np.argsort(np.argsort([strength for strength, _, _ in one_day]))
    assert sorted(range(len(placed)), key=lambda at: (placed[at], ranks[at])) == np.argsort(ranks).tolist()
    assert np.mean(placed) == pytest.approx(0.5)


@pytest.mark.parametrize("balance", [0.0, 0.3, 1.0])
def test_equal_strengths_stand_at_equal_places(balance: float) -> None:
    placed = places([(2.0, "cs.CL", 0)] * 3 + [(9.0, "cs.CL", 0)], balance)
    assert placed[0] == placed[1] == placed[2] < placed[3]


def test_balance_lifts_a_quiet_fields_best_beside_a_loud_ones() -> None:
    told = [(5 + n / 10, "cs.CL", 0) for n in range(40)] + [(0.1 + n / 1000, "math.CO", 0) for n in range(40)]
    loud, quiet = (places(told, 0.0)[at] for at in (39, 79))
    assert [loud, quiet] == pytest.approx([0.99375, 0.49375])
    loud, quiet = (places(told, 1.0)[at] for at in (39, 79))
    assert (round(loud, 2), round(quiet, 2)) == (0.99, 0.93)
    assert places(told, 1.0)[79] > places(told, 1.0)[38 - 5], "the quiet field's best passes the loud one's good"
    assert quiet > places(told, 0.5)[79] > places(told, 0.0)[79]


def test_a_field_of_three_papers_is_drawn_to_the_whole() -> None:
    crowd = [(5 + n / 10, "cs.CL", 0) for n in range(100)]
    three = [(0.1 * n, "math.CO", 0) for n in (1, 2, 3)]
    best_of_three = places(crowd + three, 1.0)[-1]
    best_of_forty = places(crowd + [(0.01 * n, "math.CO", 0) for n in range(1, 41)], 1.0)[-1]
    assert best_of_three < 0.4 < 0.9 < best_of_forty


def test_a_paper_without_a_field_is_compared_with_all() -> None:
    told = [(1.0, "cs.CL", 0), (2.0, "", 0), (3.0, "cs.CL", 0), (4.0, "", 0)]
    assert [places(told, 1.0)[at] for at in (1, 3)] == [places(told, 0.0)[at] for at in (1, 3)]


def test_only_papers_listed_within_a_day_are_of_the_same_age() -> None:
    [alone] = places([(1.0, "cs.CL", 4)], 0.5)
    assert places([(1.0, "cs.CL", 4), (9.0, "cs.CL", 2), (9.0, "cs.CL", 6)], 0.5)[0] == alone == 0.5
    assert places([(1.0, "cs.CL", 4), (9.0, "cs.CL", 3)], 0.5)[0] < alone


def test_one_paper_stands_in_the_middle_of_itself() -> None:
    assert standing(np.array([3.0]), ["cs.CL"], [date(2026, 3, 2)], field_balance=0.5).percentiles.tolist() == [0.5]
