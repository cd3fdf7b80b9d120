"""What a reader gets: the best by a sum of two parts, nothing barred, nothing twice."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.domain.cadence import Cadence, Frequency
from digest.domain.edition import Candidate, Desk, Edition
from digest.domain.issue import Entry
from digest.domain.paper import Paper
from digest.domain.profile import Stance, read_topics
from digest.domain.relevance import Vectoriser, clusters_of, terms_of_paper
from digest.domain.score import TrendScore
from digest.domain.selection import CLEAR_MATCH, choose, select, vectors_for
from digest.domain.subscriber import Wishes
from tests.builders import DAY, NOW, paper
from tests.cast import TASTES, wishes_of

SUBJECTS = ["robot manipulation", "speech recognition", "video generation", "protein design", "language models"]


def desk_of(papers: list[Paper], days_ago: list[int] | None = None) -> Desk:
    vectoriser = Vectoriser().fit([terms_of_paper(one) for one in papers])
    vectors = vectoriser.transform([terms_of_paper(one) for one in papers])
    ago = days_ago or [0] * len(papers)
    trend = [TrendScore(value=2.0 ** (-days / 2) * (1 - i / 200), evidence=()) for i, days in enumerate(ago)]
    clusters = clusters_of(vectors, 0.8)
    candidates = tuple(
        Candidate(
            paper_id=i + 1, paper_key=one.key, listed_on=DAY - timedelta(days=ago[i]), trend=trend[i],
            cluster=int(clusters[i]), card=f"card{i}",
        )
        for i, one in enumerate(papers)
    )  # fmt: skip
    edition = Edition(
        id=1, day=DAY, revision=1, created_at=NOW, candidates=candidates, vectors=vectors, vectoriser=1, frames={}
    )
    return Desk(edition=edition, papers=dict(enumerate(papers, 1)), vectoriser=vectoriser)


def chosen(desk: Desk, wishes: Wishes, seen: set[int] | None = None) -> list[Entry]:
    [entries] = choose(desk, [wishes], [vectors_for(desk, wishes)], [seen or set()])
    return entries


PAPERS = [paper(i, title=f"On {SUBJECTS[i % 5]} {i}", abstract=f"Words number{i} of kind{i} say{i}") for i in range(30)]
DESK = desk_of(PAPERS)


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.integers(1, 600), st.integers(3, 25), st.floats(0, 1), st.sampled_from([2, 40, 900]))
def test_selecting_equals_a_plain_sort(seed: int, papers: int, length: int, weight: float, groups: int) -> None:
    random = np.random.default_rng(seed)
    relevance, trend = (random.choice([0, 0.1, 0.2, 0.3, 0.7], papers).astype(np.float32) for _ in range(2))
    clusters = random.integers(0, groups, papers).astype(np.int32)
    barred = set(random.choice(papers, papers // 4).tolist())
    picks = select(relevance, trend, trend_weight=weight, length=length, barred=barred, clusters=clusters)
    score = (1 - weight) / CLEAR_MATCH * relevance + weight * trend
    expected: list[int] = []
    for position in sorted(set(range(papers)) - barred, key=lambda i: (-score[i], i)):
        if len(expected) < length and clusters[position] not in clusters[expected]:
            expected.append(position)
    assert [pick.position for pick in picks] == expected
    assert [pick.score for pick in picks] == pytest.approx([float(score[i]) for i in expected], abs=1e-6)


@pytest.mark.parametrize("name", TASTES)
def test_every_entry_explains_its_own_score(name: str) -> None:
    wishes = wishes_of(name)
    entries = chosen(DESK, wishes)
    assert [entry.rank for entry in entries] == list(range(1, wishes.length + 1))
    assert [entry.score for entry in entries] == sorted((entry.score for entry in entries), reverse=True)
    for entry in entries:
        assert entry.score == entry.from_relevance + entry.from_trend
        shown = sum(share for _, share in entry.terms) * (1 - wishes.trend_weight) / CLEAR_MATCH
        assert shown <= entry.from_relevance + 1e-5
        assert bool(entry.topic) == bool(entry.terms) == (entry.from_relevance > 0)
        if len(entry.terms) < 5:
            assert shown == pytest.approx(entry.from_relevance, abs=1e-5)


def test_the_nearest_topic_is_named() -> None:
    first, *_ = chosen(DESK, Wishes(topics=read_topics(["speech recognition", "protein design"]), trend_weight=0))
    assert first.topic in first.title
    assert first.why.startswith(f"Near your topic “{first.topic}”")


@pytest.mark.parametrize("never", ["robot manipulation", "Video", "cs.CL", "CS.cl", "cs"])
def test_what_a_reader_never_wants_never_comes(never: str) -> None:
    wanted = Wishes(topics=read_topics(["video"]) + read_topics([never], stance=Stance.NEVER), length=25)
    entries = chosen(DESK, wanted)
    assert not [entry for entry in entries if never.casefold() in entry.title.casefold()]
    assert len(entries) == (0 if never.startswith(("c", "C")) else 24)


def test_a_followed_category_counts_for_every_paper_in_it() -> None:
    papers = [replace(one, categories=("cs.RO", "cs.CL") if i % 3 == 0 else ("cs.CL",)) for i, one in enumerate(PAPERS)]
    entries = chosen(desk_of(papers), Wishes(topics=read_topics(["cs.ro"]), trend_weight=0, length=10))
    assert [entry.paper_id % 3 for entry in entries] == [1] * 10
    assert {(entry.topic, entry.why) for entry in entries} == {("cs.ro", "In cs.ro, which you follow.")}


def test_papers_shown_before_do_not_come_again() -> None:
    wishes = Wishes(length=10)
    first = {entry.paper_id for entry in chosen(DESK, wishes)}
    second = {entry.paper_id for entry in chosen(DESK, wishes, first)}
    assert (len(first), len(second), first & second) == (10, 10, set())


def test_two_near_duplicates_never_come_together() -> None:
    twins = [replace(one, key=f"{one.key}9") for one in PAPERS[:10]]
    entries = chosen(desk_of(PAPERS[:10] + twins), Wishes(length=25))
    assert [entry.paper_id for entry in entries] == list(range(1, 11))


def test_a_reader_without_topics_gets_the_trending_list() -> None:
    entries = chosen(DESK, Wishes(trend_weight=0))
    assert [entry.paper_id for entry in entries] == list(range(1, 11))
    assert {entry.why for entry in entries} == {"Among what gathers most attention."}
    assert all(entry.from_relevance == 0 and entry.from_trend > 0 for entry in entries)


def test_readers_chosen_together_get_what_each_gets_alone() -> None:
    readers = [*map(wishes_of, TASTES), Wishes()]
    together = choose(DESK, readers, [vectors_for(DESK, one) for one in readers], [set() for _ in readers])
    assert together == [chosen(DESK, one) for one in readers]


@pytest.mark.parametrize(("frequency", "reach"), [(Frequency.DAILY, 3), (Frequency.WEEKDAYS, 3), (Frequency.WEEKLY, 8)])
def test_a_daily_issue_reaches_back_a_weekend_and_a_weekly_one_a_week(frequency: Frequency, reach: int) -> None:
    desk = desk_of(PAPERS[:12], days_ago=list(range(12)))
    entries = chosen(desk, Wishes(cadence=Cadence(frequency=frequency), length=25))
    assert sorted(entry.paper_id for entry in entries) == list(range(1, reach + 1))
