"""The trend score: more votes never count less, unknown is not zero, and every number says what it rests on."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.trend import NO_VOTES, Attention, Trend

FITTED = Trend().fit([Attention(upvotes=v, hours=12) for v in (1, 3, 7, 31)])
votes, hours, days = st.integers(0, 10**9), st.floats(0, 1e6), st.integers(0, 3_000)


def value(**seen: float | None) -> float:
    [score] = FITTED.score([Attention(**seen)])  # type: ignore[arg-type]
    return score.value


@given(votes, votes, hours, days)
def test_more_votes_never_count_less(one: int, other: int, seen: float, ago: int) -> None:
    fewer, more = sorted([one, other])
    assert value(upvotes=fewer, hours=seen, days_ago=ago) <= value(upvotes=more, hours=seen, days_ago=ago)


@given(st.none() | votes, hours, days, st.sampled_from([Trend(), FITTED]))
def test_whatever_comes_in_the_score_lies_from_0_to_1(upvotes: int | None, seen: float, ago: int, trend: Trend) -> None:
    [score] = trend.score([Attention(upvotes=upvotes, hours=seen, days_ago=ago)])
    assert math.isfinite(score.value)
    assert 0 <= score.value < 1
    assert score.evidence


def test_unknown_is_not_zero() -> None:
    assert value() > value(upvotes=0, hours=24)
    assert value(upvotes=0, hours=0) > value()
    assert not FITTED.score([Attention()])[0].has_votes
    assert FITTED.score([Attention(upvotes=0)])[0].has_votes


def test_attention_fades_between_days_and_never_within_one() -> None:
    assert value() == value(hours=23)
    assert value(upvotes=7, hours=1e9) == pytest.approx(value(upvotes=7, hours=1e12))
    faded = [value(upvotes=31, hours=12, days_ago=ago) for ago in range(8)]
    assert faded == sorted(faded, reverse=True)
    assert len(set(faded)) == 8


def test_half_is_the_usual_attention() -> None:
    assert value(upvotes=FITTED.usual_upvotes_, hours=1e9) == pytest.approx(0.5, abs=0.02)
    assert Trend().fit([Attention(), Attention(upvotes=0)]).usual_ == Trend().usual_


@pytest.mark.parametrize(
    ("seen", "evidence"),
    [
        (Attention(), NO_VOTES),
        (Attention(comments=3, stars=9), NO_VOTES),
        (Attention(upvotes=1, hours=0.2), ("1 upvote in 1 h, usual 5",)),
        (Attention(upvotes=0, hours=47.4), ("0 upvotes in 47 h, usual 5",)),
        (
            Attention(upvotes=1200, hours=72, comments=1, stars=2500),
            ("1,200 upvotes in 3 days, usual 5", "1 comment", "2,500 stars on GitHub"),
        ),
    ],
)
def test_the_evidence_says_what_the_score_rests_on(seen: Attention, evidence: tuple[str, ...]) -> None:
    assert FITTED.score([seen])[0].evidence == evidence
