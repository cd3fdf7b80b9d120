"""What is usual is told by source, age and field; a field nobody knows is taken for all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.attention import Attention
from digest.domain.signal import SignalKind
from digest.domain.usual import UNKNOWN, Usual
from tests.builders import attention, counts

STARS = SignalKind.STARS


def starred(value: int, hours: float = 9, field: str = "cs.CL") -> Attention:
    stars = counts((hours, value), kind=STARS, source="github")
    return attention(beside=stars, categories=(field,))


def test_what_nobody_has_seen_is_unknown() -> None:
    assert Usual().of(STARS, "github", 9, "cs.CL") == UNKNOWN
    assert Usual().fit([starred(4)]).of(STARS, "elsewhere", 9, "cs.CL") == UNKNOWN
    assert Usual().fit([starred(4)]).of(SignalKind.COMMENTS, "github", 9, "cs.CL") == UNKNOWN


def test_counts_of_unlike_ages_are_not_mixed() -> None:
    usual = Usual().fit([starred(4, hours=9), starred(400, hours=200)])
    assert usual.of(STARS, "github", 9, "cs.CL")[0] == pytest.approx(2)
    assert usual.of(STARS, "github", 200, "cs.CL")[0] == pytest.approx(20)


def test_a_field_is_told_apart_by_many_papers_and_hardly_by_three() -> None:
    many = Usual().fit([*(starred(100) for _ in range(200)), *(starred(4, field="math.CO") for _ in range(200))])
    few = Usual().fit([*(starred(100) for _ in range(200)), *(starred(4, field="math.CO") for _ in range(3))])
    assert many.of(STARS, "github", 9, "math.CO")[0] < 3
    assert few.of(STARS, "github", 9, "math.CO")[0] > 8
    assert many.of(STARS, "github", 9, "cs.RO")[0] == pytest.approx(6), "a field nobody has seen has the usual of all"


def test_the_same_count_says_more_in_a_quiet_field() -> None:
    usual = Usual().fit([*(starred(100) for _ in range(200)), *(starred(4, field="math.CO") for _ in range(200))])
    loud, quiet = starred(64), starred(64, field="math.CO")
    assert usual.excess(quiet, quiet.signals[0]) > 1 > 0 > usual.excess(loud, loud.signals[0])


def test_a_source_that_gives_everybody_a_hundredfold_says_no_more() -> None:
    small, great = Usual().fit(map(starred, (1, 4, 9))), Usual().fit(map(starred, (100, 400, 900)))
    one, other = starred(16), starred(1600)
    assert small.excess(one, one.signals[0]) == pytest.approx(great.excess(other, other.signals[0]))


@given(st.lists(st.tuples(st.integers(-5, 10**15), st.floats(-50, 900), st.sampled_from(["", "cs.CL"]))))
def test_whatever_was_counted_the_usual_is_finite_and_comes_back_as_it_was(told: list[tuple[int, float, str]]) -> None:
    usual = Usual().fit(starred(*one) for one in told)
    again = Usual.from_json(json.loads(json.dumps(usual.to_json(), allow_nan=False)))
    for hours in (0.0, 9.0, 300.0):
        mean, scatter = usual.of(STARS, "github", hours, "cs.CL")
        assert (mean, scatter) == again.of(STARS, "github", hours, "cs.CL")
        assert mean >= 0
        assert scatter > 0


@pytest.mark.parametrize("value", [0, 2, 3, 7, 50])
def test_where_all_counts_were_equal_one_more_is_no_wonder(value: int) -> None:
    usual, one = Usual().fit([starred(value)] * 7), starred(value + 1)
    assert usual.excess(one, one.signals[0]) <= 1


def test_a_count_that_cannot_be_teaches_nothing() -> None:
    assert Usual().fit([starred(4), starred(10**12)]).to_json() == Usual().fit([starred(4)]).to_json()
