"""What is said of a score agrees with the score: parts as shown add up, places and votes are those of the numbers."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.attention import Attention
from digest.domain.explanation import Explanation, Learnt, expected, place, shown_parts, votes
from digest.domain.score import TrendScore
from digest.domain.signal import Signal, SignalKind
from tests.builders import DAY, NOW, paper

SCORE = TrendScore(value=0.5, evidence=())
AMOUNTS = st.lists(st.floats(-50, 50), max_size=12)


@given(AMOUNTS)
def test_the_parts_as_shown_add_up_to_the_strength_as_shown(amounts: list[float]) -> None:
    parts = tuple((f"part {n}", amount) for n, amount in enumerate(amounts))
    shown = dict(shown_parts(replace(SCORE, parts=parts, strength=sum(amounts))))
    assert round(sum(shown.values()), 2) == pytest.approx(round(sum(amounts), 2), abs=1e-9)
    assert all(abs(shown.get(name, 0.0) - amount) < 0.011 for name, amount in parts)
    assert 0.0 not in shown.values()


@given(st.integers(1, 3_000), st.integers(0, 3_000))
def test_a_place_is_that_of_the_paper_among_its_field(rank: int, worse: int) -> None:
    said = place(replace(SCORE, rank=rank, among=rank + worse, field="cs.CL"))
    assert said.endswith(" cs.CL papers of its age")
    if rank + worse < 50:
        assert said.startswith(f"no. {rank} of {rank + worse} ")
    else:
        share = int(said.split()[1])
        assert rank <= share * (rank + worse) / 100 < rank + (rank + worse) / 100


def test_a_place_names_its_field_or_all_and_an_old_edition_tells_what_it_knew() -> None:
    assert place(replace(SCORE, rank=5, among=100, field="math.CO")) == "top 5 % of math.CO papers of its age"
    assert place(replace(SCORE, rank=5, among=100)) == "top 5 % of papers of its age"
    assert place(replace(SCORE, percentile=0.3)) == "scored by an older formula"


@pytest.mark.parametrize(("strength", "count"), [(-0.4, 0), (0.0, 0), (2.0, 4), (40.0, 1600)])
def test_votes_are_the_square_of_the_strength_and_never_below_0(strength: float, count: int) -> None:
    score = replace(SCORE, strength=strength, low=0.0, high=2500.0)
    assert expected(score) == count
    assert votes(score) == f"{count:,} (0 to 2,500)"


def test_counts_are_told_apart_by_kind_and_source_and_laid_out_by_their_moments() -> None:
    later = NOW + timedelta(hours=3)
    seen = [("upvotes", "huggingface", NOW, 1), ("citations", "openalex", NOW, 7), ("upvotes", "huggingface", later, 4)]
    signals = tuple(
        Signal(paper_key=paper().key, source=source, kind=SignalKind(kind), value=value, observed_at=at)
        for kind, source, at, value in seen
    )
    explained = Explanation(attention=Attention(paper=paper(), listings=(("arxiv", DAY),), signals=signals))
    assert explained.series == [("upvotes (huggingface)", [(NOW, 1), (later, 4)]), ("citations (openalex)", [(NOW, 7)])]
    assert explained.counted_at == [(NOW, [1, 7]), (later, [4, None])]


def test_a_model_without_facts_is_named_all_the_same() -> None:
    model = Learnt(version=1, made_at=NOW, learnt_from=1200, since="", until="", quality={})
    assert model.in_words == "Trend model 1, learnt on 2026-03-17 from 1,200 papers."
