"""The record of authors: what their other papers gathered, shrunk by caution, and nothing the paper itself did."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.history import MOST_AUTHORS, AuthorHistory

names = st.sampled_from(["Ann Lee", "Bo Ek", "Cy Orr", "Di Fu"])
told = st.lists(
    st.tuples(st.integers(0, 9), st.integers(-5, 10**9)), max_size=12
)  # fmt: skip
WRITERS = {str(n): ["Ann Lee", "Bo Ek", "Cy Orr"][n % 3 :] for n in range(10)}


def heard(counts: list[tuple[int, int]]) -> AuthorHistory:
    """Give a history told of counts as (number of a paper, votes), in order."""
    history = AuthorHistory()
    for number, votes in counts:
        history.observe(str(number), WRITERS[str(number)], votes)
    return history


@given(told, st.integers(0, 9), st.integers(0, 10**6))
def test_a_papers_own_votes_never_enter_its_authors_record(counts: list[tuple[int, int]], own: int, votes: int) -> None:
    others = [(number, count) for number, count in counts if number != own]
    authors = WRITERS[str(own)]
    with_own = heard([*others, (own, votes)])
    assert with_own.record_of(authors, without=str(own)) == pytest.approx(heard(others).record_of(authors), abs=1e-6)


@given(told)
def test_only_the_last_count_of_a_paper_counts(counts: list[tuple[int, int]]) -> None:
    last = dict(counts)
    authors = ["Ann Lee", "Bo Ek", "Cy Orr"]
    known = heard(list(last.items()))
    assert heard(counts).record_of(authors) == pytest.approx(known.record_of(authors), rel=1e-6, abs=1e-6)
    assert heard(counts).usual_ == pytest.approx(known.usual_, rel=1e-6, abs=1e-6)


def test_one_great_paper_says_less_than_many() -> None:
    history = AuthorHistory()
    history.observe("once", ["Ann Lee"], 100)
    for n in range(9):
        history.observe(f"often {n}", ["Bo Ek"], 100)
        history.observe(f"never {n}", ["Cy Orr"], 0)
    above = {name: history.record_of([name])[0] for name in ("Ann Lee", "Bo Ek", "Cy Orr", "Di Fu")}
    assert above["Cy Orr"] < above["Di Fu"] == 0 < above["Ann Lee"] < above["Bo Ek"]


def test_only_those_whose_papers_were_above_the_usual_are_well_known() -> None:
    history = AuthorHistory()
    for key, author, votes in (("a", "Ann Lee", 90), ("b", "Bo Ek", 1), ("c", "Cy Orr", 60)):
        history.observe(key, [author], votes)
    authors = ["Ann Lee", "Bo Ek", "Cy Orr", "Di Fu"]
    assert history.known_among(authors) == 2
    assert history.known_among(authors, without="c") == 1


def test_a_count_below_zero_is_none() -> None:
    history = AuthorHistory()
    history.observe("a", ["Ann Lee"], -7)
    assert (history.usual_, history.record_of(["Ann Lee"])) == (0, (0, 0, 1))


def test_of_thousands_of_authors_the_first_hundred_are_looked_at() -> None:
    crowd, history = [f"Author {n}" for n in range(3_000)], AuthorHistory()
    history.observe("a", crowd, 49)
    assert history.record_of(crowd)[2] == MOST_AUTHORS
    assert history.record_of(crowd[MOST_AUTHORS:]) == (0, 0, 0)


def test_a_name_given_twice_is_one_author() -> None:
    history = AuthorHistory()
    history.observe("a", ["Ann Lee", "Ann Lee"], 49)
    assert history.record_of(["Ann Lee", "Ann Lee"]) == history.record_of(["Ann Lee"])
    history.observe("b", ["Bo Ek"], 0)
    assert history.known_among(["Ann Lee", "Ann Lee"]) == 1
