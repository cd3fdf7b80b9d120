"""An Edition is the frozen shared half of a day: candidates, trend scores, vectors, near-duplicates, compiled cards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.domain.background import Background
from digest.domain.identity import is_named
from digest.domain.interests import with_common
from digest.domain.paper import Paper
from digest.domain.product import Product
from digest.domain.profile import Topic, TopicKind, is_in
from digest.domain.relevance import Vectoriser, holds_phrase, likeness
from digest.domain.rising import Rising
from digest.domain.score import TrendScore

WINDOW = timedelta(days=8)
"""How far back candidates reach, so that a weekly issue finds its week."""
STALE_AFTER = timedelta(days=4)
"""How old an edition may be to make issues from: a long weekend, and not more."""
WORDS_A_MINUTE = 200
MINUTES_TO_DECIDE = 0.5
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Desk:
    """What choosing needs on the desk: an edition, its papers by row number, and what its vectors are made of.

    What is the same for every reader is worked out once and kept.
    """

    edition: Edition
    papers: Mapping[int, Paper]
    vectoriser: Vectoriser
    background: Background
    _members: dict[tuple[TopicKind, str], NDArray[np.intp]] = field(default_factory=dict, repr=False)
    _words: dict[Topic, frozenset[str]] = field(default_factory=dict, repr=False)
    _before: dict[int, NDArray[np.intp]] = field(default_factory=dict, repr=False)

    @cached_property
    def positions(self) -> dict[int, int]:
        """Where in the edition each paper stands."""
        return {candidate.paper_id: position for position, candidate in enumerate(self.edition.candidates)}

    @cached_property
    def vectors(self) -> sparse.csr_array:
        """The vectors of the candidates, with a last column for the words common to all papers."""
        return with_common(self.edition.vectors, self.background.common_)

    @cached_property
    def product(self) -> Product:
        """What multiplies interests with these vectors."""
        return Product(self.vectors)

    @cached_property
    def alike(self) -> NDArray[np.float32]:
        """The cosine of every two candidates."""
        return likeness(self.edition.vectors)

    @cached_property
    def minutes(self) -> NDArray[np.float32]:
        """How long title and abstract of each candidate take to read and think about, in quarters of a minute."""
        words = [len(self.papers[one.paper_id].abstract.split()) for one in self.edition.candidates]
        return (np.rint(4 * (np.array(words) / WORDS_A_MINUTE + MINUTES_TO_DECIDE)) / 4).astype(np.float32)

    @cached_property
    def works(self) -> dict[int, list[int]]:
        """Positions of near-duplicates by the number of their group, of groups that hold more than one."""
        groups: dict[int, list[int]] = {}
        for position, number in enumerate(self.edition.clusters.tolist()):
            groups.setdefault(number, []).append(position)
        return {number: places for number, places in groups.items() if len(places) > 1}

    def members(self, topic: Topic) -> NDArray[np.intp]:
        """Give the positions of the papers that a topic names: in it, by or from it, or holding its phrase.

        Worked out once a topic.
        """
        name = (topic.kind, topic.words.casefold())
        if name not in self._members:
            found = sorted(self.positions[number] for number, paper in self.papers.items() if names(topic, paper))
            self._members[name] = np.array(found, np.intp)
        return self._members[name]

    def words_of(self, topic: Topic) -> frozenset[str]:
        """Give the terms of a phrase and those beside it; worked out once a topic."""
        if topic not in self._words:
            row = self.background.row_of(topic, self.vectoriser)
            self._words[topic] = frozenset(self.vectoriser.terms_[column] for column in row.indices.tolist())
        return self._words[topic]

    def before(self, days: int) -> NDArray[np.intp]:
        """Positions of the candidates listed longer ago than the last `days` days of the edition."""
        if days not in self._before:
            since = self.edition.day - timedelta(days=days - 1)
            old = [at for at, candidate in enumerate(self.edition.candidates) if candidate.listed_on < since]
            self._before[days] = np.array(old, np.intp)
        return self._before[days]


def names(topic: Topic, paper: Paper) -> bool:
    """Whether a topic names a paper.

    >>> paper = Paper(key="arxiv:1", title="On arms", authors=("Ann Lee",), categories=("cs.RO",))
    >>> [names(Topic(words=words, kind=kind), paper) for words, kind in
    ...  (("cs", TopicKind.CATEGORY), ("a. lee", TopicKind.AUTHOR), ("arm", TopicKind.PHRASE))]
    [True, True, True]
    """
    if topic.kind is TopicKind.CATEGORY:
        return is_in(paper.categories, topic.words)
    if topic.kind is TopicKind.AUTHOR:
        return any(is_named(name, topic.words) for name in paper.authors)
    if topic.kind is TopicKind.ORGANISATION:
        return holds_phrase(topic.words, paper.organisation, paper.affiliation)
    return holds_phrase(topic.words, paper.title, paper.abstract)
