"""Which papers a reader gets: trend and relevance mixed, nothing twice, no near-duplicates, no never-topics."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.domain.cadence import Frequency
from digest.domain.edition import DAILY_WINDOW, WINDOW, Desk
from digest.domain.issue import Entry, why_of
from digest.domain.profile import Stance, Topic, TopicKind
from digest.domain.relevance import nearness, shares, terms_of_topic
from digest.domain.subscriber import Wishes

CLEAR_MATCH = 0.25
"""The cosine of a paper that is plainly on a typed topic; relevance counts in units of it."""
LOOKED_AT = 200
BAR = 0.04
"""Cosine below which a paper is not called near a topic: one common word in passing reaches no more."""
TERMS_KEPT = 5
IN_CATEGORY = 0.12
"""What standing in a followed category counts: half a clear match, since a category is wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """One chosen paper: its place in the edition and the two parts its score is the sum of."""

    position: int
    from_relevance: float
    from_trend: float

    @property
    def score(self) -> float:
        """The score the order rests on."""
        return self.from_relevance + self.from_trend


def select(
    relevance: NDArray[np.float32],
    trend: NDArray[np.float32],
    *,
    trend_weight: float,
    length: int,
    barred: Iterable[int],
    clusters: NDArray[np.int32],
) -> list[Pick]:
    """Choose the papers of one issue.

    The score of a paper is `(1 - w) relevance / CLEAR_MATCH + w trend`; at equal scores the earlier candidate wins.

    Parameters
    ----------
    relevance, trend : float32 arrays of shape (n_papers,)
    trend_weight : w, from 0 to 1
    length : the most papers to choose
    barred : positions that must not be chosen: sent before, outside the period, never-topics
    clusters : int array of shape (n_papers,); of papers with the same number only the best is chosen

    Returns
    -------
    Picks, best first; fewer than `length` where the day holds no more.

    >>> picks = select(np.array([0.25, 0, 0.1], np.float32), np.array([0.2, 0.9, 0.1], np.float32), trend_weight=0.5,
    ...                length=2, barred=[2], clusters=np.array([0, 1, 2], np.int32))
    >>> [(pick.position, round(pick.score, 2)) for pick in picks]
    [(0, 0.6), (1, 0.45)]
    """
    from_relevance = (1 - trend_weight) / CLEAR_MATCH * relevance
    from_trend = trend_weight * trend
    score = from_relevance + from_trend
    score[list(barred)] = -1.0
    picks: list[Pick] = []
    taken: set[int] = set()
    for position in _best_first(score, length + LOOKED_AT):
        if score[position] < 0 or len(picks) == length:
            break
        if int(clusters[position]) not in taken:
            taken.add(int(clusters[position]))
            parts = float(from_relevance[position]), float(from_trend[position])
            picks.append(Pick(position=int(position), from_relevance=parts[0], from_trend=parts[1]))
    return picks


def _best_first(score: NDArray[np.float32], most: int) -> Iterator[np.intp]:
    bar = np.partition(score, -most)[-most] if most < len(score) else -np.inf
    for part in (score >= bar, score < bar):  # The second is sorted only if near-duplicates used up the first.
        positions = np.flatnonzero(part)
        yield from positions[np.argsort(-score[positions], kind="stable")]


def choose(
    desk: Desk, wishes: Sequence[Wishes], vectors: Sequence[sparse.csr_array], seen: Sequence[set[int]]
) -> list[list[Entry]]:
    """Choose the entries of each reader's issue: one sparse product for all, then a selection for each.

    Parameters
    ----------
    wishes, vectors, seen : of the same length, one a reader
        What the reader wants, the vectors of the followed topics, and the papers shown before.
    """
    owners = np.concatenate([[0], np.cumsum([rows.shape[0] for rows in vectors])]).astype(np.intp)
    topics = sparse.csr_array(sparse.vstack(vectors, format="csr"))
    relevance, nearest = nearness(topics, owners, desk.edition.vectors, bar=BAR)
    chosen = []
    for reader, wanted in enumerate(wishes):
        followed = _followed(wanted)
        _count_categories(desk, followed, relevance[reader], nearest[reader], int(owners[reader]))
        picks = select(
            relevance[reader],
            desk.edition.trend,
            trend_weight=wanted.trend_weight if followed else 1.0,
            length=wanted.length,
            barred=_barred(desk, wanted, seen[reader]),
            clusters=desk.edition.clusters,
        )
        rows = [int(nearest[reader, pick.position]) for pick in picks]
        found = [followed[row - owners[reader]] if row >= 0 else None for row in rows]
        chosen.append(
            [
                _entry(desk, pick, topic, topics[row : row + 1], rank=rank, has_topics=bool(followed))
                for rank, (pick, topic, row) in enumerate(zip(picks, found, rows, strict=True), 1)
            ]
        )
    return chosen


def _count_categories(
    desk: Desk, followed: Sequence[Topic], relevance: NDArray[np.float32], nearest: NDArray[np.intp], first: int
) -> None:
    """Count a followed category as nearness of its own: one word among hundreds would never reach the bar."""
    for row, topic in enumerate(followed, first):
        if topic.kind is TopicKind.CATEGORY:
            members = np.fromiter(desk.about(topic), np.intp)
            members = members[relevance[members] < IN_CATEGORY]
            relevance[members], nearest[members] = IN_CATEGORY, row


def _entry(desk: Desk, pick: Pick, topic: Topic | None, row: sparse.csr_array, *, rank: int, has_topics: bool) -> Entry:
    candidate = desk.edition.candidates[pick.position]
    words = topic.words if topic else ""
    terms: tuple[tuple[str, float], ...] = ((words, IN_CATEGORY),) if topic else ()
    if topic and topic.kind is TopicKind.PHRASE:
        terms = shares(row, desk.edition.vectors[[pick.position]], desk.vectoriser.terms_)[:TERMS_KEPT]
    return Entry(
        rank=rank,
        paper_id=candidate.paper_id,
        paper_key=candidate.paper_key,
        title=desk.papers[candidate.paper_id].title,
        card=candidate.card,
        from_relevance=pick.from_relevance,
        from_trend=pick.from_trend,
        topic=words,
        terms=terms,
        evidence=candidate.trend.evidence,
        why=why_of(words, terms, has_topics=has_topics, has_votes=candidate.trend.has_votes),
    )


def _barred(desk: Desk, wanted: Wishes, seen: set[int]) -> set[int]:
    window = WINDOW if wanted.cadence.frequency is Frequency.WEEKLY else DAILY_WINDOW
    barred = {desk.positions[paper_id] for paper_id in seen}
    return barred.union(
        desk.before(window.days), *(desk.about(topic) for topic in wanted.topics if topic.stance is Stance.NEVER)
    )


def _followed(wanted: Wishes) -> list[Topic]:
    return [topic for topic in wanted.topics if topic.stance is Stance.FOLLOW]


def vectors_for(desk: Desk, wanted: Wishes) -> sparse.csr_array:
    """Give one row a followed topic, in the order they were typed."""
    return desk.vectoriser.transform(terms_of_topic(topic) for topic in _followed(wanted))
