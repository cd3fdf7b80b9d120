"""Votes grow, and by less the older a paper is; what is said of the end is never below what was seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.growth import AGES, ENOUGH, Counts, Growth

roots, ages = st.floats(0, 3e4), st.floats(0, 5_000)


def seen(*told: tuple[float, float, float]) -> Counts:
    """Give counts told as (root votes, hours, expected)."""
    table = np.array(told, float).reshape(-1, 3)
    return Counts(table[:, 0], table[:, 1], table[:, 2])


def grown(slope: float, start: float) -> Growth:
    growth = Growth()
    growth.slope_, growth.start_ = slope, start
    return growth


@given(st.lists(st.tuples(roots, ages, st.floats(0.3, 50)), min_size=1), st.floats(0, 3), st.floats(-4, 4))
def test_the_end_is_never_below_what_was_seen_and_its_parts_add_up(
    told: list[tuple[float, float, float]], slope: float, start: float
) -> None:
    growth, counts = grown(slope, start), seen(*told)
    assert (growth.ends(counts) >= counts.roots).all()
    assert sum(growth.split(counts)) == pytest.approx(growth.ends(counts), rel=1e-9, abs=1e-9)


@given(roots, roots, ages, st.floats(0.3, 50), st.floats(0, 3), st.floats(-4, 4))
def test_more_votes_never_end_lower(
    one: float, other: float, hours: float, expected: float, slope: float, start: float
) -> None:
    fewer, more = sorted([one, other])
    ends = grown(slope, start).ends(seen((fewer, hours, expected), (more, hours, expected)))
    assert ends[0] <= ends[1] + 1e-9 * max(1.0, ends[1])


@given(ages, ages)
def test_the_older_a_paper_the_less_is_to_come(one: float, other: float) -> None:
    younger, older = Growth().to_come(np.array(sorted([one, other])))
    assert 1 >= younger >= older >= 0


def test_what_was_expected_decides_while_there_are_no_votes_and_hardly_when_there_are_many() -> None:
    growth = Growth()
    none = growth.ends(seen((0, 8, 1), (0, 8, 4)))
    many = growth.ends(seen((20, 8, 1), (20, 8, 4)))
    assert 0 < 4 * (many[1] - many[0]) < none[1] - none[0]


def test_slope_and_start_are_found_again() -> None:
    random = np.random.default_rng(3)
    counts = Counts(random.uniform(0, 9, 400), random.uniform(0, 60, 400), random.uniform(1, 5, 400))
    learnt = Growth().fit(counts, grown(1.3, 0.4).ends(counts))
    assert [learnt.slope_, learnt.start_] == pytest.approx([1.3, 0.4])


def test_votes_that_only_vanish_never_teach_that_more_votes_end_lower() -> None:
    counts = seen(*[(n % 9, 8, 2) for n in range(200)])
    assert Growth().fit(counts, np.zeros(200)).slope_ == 0


@pytest.mark.parametrize("papers", [0, ENOUGH - 1])
def test_too_few_counts_teach_nothing(papers: int) -> None:
    counts = seen(*[(3, 8, 2)] * papers)
    untaught, growth = Growth(), Growth().fit(counts, np.full(papers, 9.0))
    growth.fit_shares([(np.array([8.0, 143.0]), np.array([1.0, 9.0]))] * min(papers, 20))
    assert (growth.slope_, growth.start_) == (untaught.slope_, untaught.start_)
    assert growth.shares_.tolist() == untaught.shares_.tolist()


def test_the_shares_are_those_of_papers_seen_to_the_end_and_rise() -> None:
    series = [(np.array([8.0, 24.0, 143.0]), end * np.array([0.2, 0.5, 1.0])) for end in range(1, 101)]
    shares = Growth().fit_shares(series).shares_
    at = dict(zip(AGES.tolist(), shares.tolist(), strict=True))
    assert (at[24.0], at[143.0]) == (pytest.approx(0.5), pytest.approx(1.0))
    assert at[8.0] == pytest.approx(0.3), "what is known of 0 hours and of 8 is drawn together: shares never fall"
    assert (np.diff(shares) >= 0).all()
