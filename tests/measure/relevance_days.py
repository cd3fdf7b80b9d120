"""Recorded days of arXiv with readers made up for them: what a service would have on its desk."""

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from digest.actions.publish import NEAR_DUPLICATE
from digest.domain.background import Background, learnt_from
from digest.domain.edition import DAILY_WINDOW, Candidate, Desk, Edition
from digest.domain.identity import paper_key
from digest.domain.interests import interests_of
from digest.domain.paper import Paper
from digest.domain.profile import Reaction
from digest.domain.reader import Reader
from digest.domain.relevance import Vectoriser, clusters_of, terms_of_paper
from digest.domain.score import TrendScore
from digest.domain.subscriber import Wishes
from tests.measure.relevance_learning import Phrases
from tests.measure.relevance_readers import SEED
from tests.measure.relevance_scorer import LIKED_AT

BACKGROUND = 20_000
ANNOUNCING = 100
"""Papers from which a day counts as one on which arXiv announced."""
TYPED = 0.6
"""The share of readers who type one to four phrases; the others like papers about one to four things."""
MOST_PHRASES = 4
LIKED_OF_EACH = 2
ALIKE = 15
"""Of how many papers nearest to a first one the others are drawn that a reader likes as well."""
Days = Mapping[date, Sequence[Paper]]


def recorded(data: Path) -> Days:
    """Read the recorded listings, day after day."""
    days: dict[date, list[Paper]] = {}
    for path in sorted(data.glob("arxiv_inputs_*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for record in map(json.loads, lines):
                paper = Paper(
                    key=paper_key(arxiv=record["arxiv_id"]),
                    title=record["title"],
                    abstract=record["abstract"],
                    authors=tuple(record["authors"]),
                    categories=tuple(record["categories"]),
                )
                days.setdefault(date.fromisoformat(record["listing_date"]), []).append(paper)
    return dict(sorted(days.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The papers of the time before the days that are measured, the newest last, and what they teach."""

    papers: Sequence[Paper]
    vectoriser: Vectoriser
    background: Background


def past_of(days: Days, before: date) -> Past:
    """Learn from the newest papers before a day."""
    papers = [paper for day, listed in days.items() if day < before for paper in listed][-BACKGROUND:]
    vectoriser, background = learnt_from([terms_of_paper(paper) for paper in papers])
    return Past(papers=papers, vectoriser=vectoriser, background=background)


def desk_of(listed: Sequence[tuple[date, Paper]], day: date, past: Past) -> Desk:
    """Lay out the papers of a window; trends are spread evenly by the hash of a paper's key."""
    papers = [paper for _, paper in listed]
    vectors = past.vectoriser.transform(terms_of_paper(paper) for paper in papers)
    clusters = clusters_of(vectors, NEAR_DUPLICATE)
    trends = [TrendScore(value=zlib.crc32(paper.key.encode()) / 2**32, evidence=()) for paper in papers]
    candidates = tuple(
        Candidate(paper_id=at, paper_key=paper.key, listed_on=on, trend=trend, cluster=int(cluster), card="")
        for at, ((on, paper), trend, cluster) in enumerate(zip(listed, trends, clusters, strict=True), 1)
    )
    edition = Edition(
        id=1,
        day=day,
        revision=1,
        created_at=datetime.combine(day, time(9), UTC),
        candidates=candidates,
        vectors=vectors,
        vectoriser=1,
        frames={},
    )
    return Desk(
        edition=edition,
        papers=dict(enumerate(papers, 1)),
        vectoriser=past.vectoriser,
        background=past.background,
    )


def window(days: Days, day: date) -> list[tuple[date, Paper]]:
    """Give what a daily issue of a day chooses from, each paper once."""
    found: dict[str, tuple[date, Paper]] = {}
    for on, listed in days.items():
        if day - DAILY_WINDOW < on <= day:
            found |= {paper.key: (on, paper) for paper in listed if paper.key not in found}
    return list(found.values())


class Crowd:
    """Readers made up one after another, whose phrases and liked papers come from the newest papers of the past."""

    def __init__(self, past: Past, *, among: int) -> None:
        self.past, self.chance = past, np.random.default_rng(SEED)
        self.phrases = Phrases(past.vectoriser, past.background)
        self.start = max(len(past.papers) - among, 0)
        self.vectors = past.background.vectors[self.start :]

    def reader(self, wishes: Wishes) -> Reader:
        """Make up a reader who types one to four phrases, or likes papers about one to four things."""
        count = int(self.chance.integers(1, MOST_PHRASES + 1))
        firsts = self.chance.choice(self.vectors.shape[0], count, replace=False).tolist()
        if self.chance.random() < TYPED:
            topics = tuple(dict.fromkeys(self.phrases.of(self.past.papers[self.start + one]) for one in firsts))
            return self._of(replace(wishes, topics=topics), [])
        return self._of(wishes, [number for one in firsts for number in self._alike(one)])

    def _alike(self, first: int) -> list[int]:
        """Give a paper and some of those nearest to it."""
        near = (self.vectors @ self.vectors[[first]].T).toarray().ravel()
        alike = self.start + np.argsort(-near, kind="stable")[1:ALIKE]
        return [self.start + first, *self.chance.choice(alike, LIKED_OF_EACH - 1, replace=False).tolist()]

    def _of(self, wishes: Wishes, liked: Sequence[int]) -> Reader:
        numbers = list(dict.fromkeys(liked))
        reactions = [Reaction(paper_id=number, liked=True, at=LIKED_AT) for number in numbers]
        papers = {number: self.past.papers[number] for number in numbers}
        known = interests_of(wishes.topics, reactions, papers, self.past.vectoriser, self.past.background)
        return Reader(wishes=wishes, interests=known)


def readers_of(past: Past, count: int, *, among: int, wishes: Wishes) -> list[Reader]:
    """Make up readers with the same wishes but for their topics."""
    crowd = Crowd(past, among=among)
    return [crowd.reader(wishes) for _ in range(count)]


def last_days(days: Days, count: int) -> list[date]:
    """Give the last days on which arXiv announced."""
    return [day for day, listed in days.items() if len(listed) >= ANNOUNCING][-count:]


def weeks_before(days: Days, day: date, weeks: int) -> int:
    """Count the papers of the weeks before a day."""
    return sum(len(listed) for on, listed in days.items() if day - timedelta(weeks=weeks) <= on < day)
