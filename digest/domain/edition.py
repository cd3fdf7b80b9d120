"""An Edition is the frozen shared half of a day: candidates, trend scores, vectors, near-duplicates, compiled cards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.domain.paper import Paper
from digest.domain.profile import Topic, TopicKind, is_in
from digest.domain.relevance import Vectoriser, holds_phrase
from digest.domain.rising import Rising
from digest.domain.score import TrendScore

WINDOW = timedelta(days=8)
"""How far back candidates reach, so that a weekly issue finds its week."""
STALE_AFTER = timedelta(days=4)
"""How old an edition may be to make issues from: a long weekend, and not more."""
DAILY_WINDOW = timedelta(days=3)
"""How far back the candidates of a daily issue reach: over a weekend and not further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A paper in the window, before any reader is considered."""

    paper_id: int
    paper_key: str
    listed_on: date
    trend: TrendScore
    cluster: int
    card: str


@dataclass(frozen=True, kw_only=True)
class Edition:
    """The frozen shared half of a UTC day, known by (day, revision).

    Attributes
    ----------
    candidates : the papers, best trend first
    vectors : csr_array of shape (n_candidates, n_terms), rows of length 1
    vectoriser : version of the vectoriser the columns belong to
    frames : names of the compiled frames and the hashes they are kept under
    rising : terms that many more papers hold than before, the day's first
    """

    id: int
    day: date
    revision: int
    created_at: datetime
    candidates: tuple[Candidate, ...]
    vectors: sparse.csr_array
    vectoriser: int
    frames: Mapping[str, str]
    rising: tuple[Rising, ...] = ()

    @cached_property
    def trend(self) -> NDArray[np.float32]:
        """Trend scores in the order of the candidates."""
        return np.array([candidate.trend.value for candidate in self.candidates], np.float32)

    @cached_property
    def clusters(self) -> NDArray[np.int32]:
        """Numbers of near-duplicate groups in the order of the candidates."""
        return np.array([candidate.cluster for candidate in self.candidates], np.int32)

    def outside(self, since: date) -> frozenset[int]:
        """Positions of the candidates listed before a day."""
        return frozenset(i for i, candidate in enumerate(self.candidates) if candidate.listed_on < since)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What choosing needs on the desk: an edition, its papers by row number, and the vectoriser of its vectors."""

    edition: Edition
    papers: Mapping[int, Paper]
    vectoriser: Vectoriser
    _about: dict[str, frozenset[int]] = field(default_factory=dict, repr=False)
    _before: dict[int, frozenset[int]] = field(default_factory=dict, repr=False)

    @cached_property
    def positions(self) -> dict[int, int]:
        """Where in the edition each paper stands."""
        return {candidate.paper_id: position for position, candidate in enumerate(self.edition.candidates)}

    def about(self, topic: Topic) -> frozenset[int]:
        """Positions of the papers that stand in a category, or hold a phrase; worked out once a topic."""
        if topic.words not in self._about:
            held = ((self.positions[number], paper) for number, paper in self.papers.items())
            if topic.kind is TopicKind.CATEGORY:
                found = frozenset(at for at, paper in held if is_in(paper.categories, topic.words))
            else:
                found = frozenset(at for at, paper in held if holds_phrase(topic.words, paper.title, paper.abstract))
            self._about[topic.words] = found
        return self._about[topic.words]

    def before(self, days: int) -> frozenset[int]:
        """Positions of the candidates listed longer ago than the last `days` days of the edition."""
        if days not in self._before:
            self._before[days] = self.edition.outside(self.edition.day - timedelta(days=days - 1))
        return self._before[days]
