"""Weighs every paper of an edition for many readers at once: one sparse product, the trend folded in, the rules."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.domain.diversity import FIRST, Limits, Places, Pool
from digest.domain.edition import Desk
from digest.domain.interests import LESS, followed_rows
from digest.domain.profile import Stance, Topic, TopicKind
from digest.domain.reader import Reader
from digest.domain.relevance import Floats
from digest.domain.subscriber import LENGTHS

NEAR = 0.25
"""The relevance a paper must pass to be called near a topic: one common word in passing reaches no more."""
IN_CATEGORY = 0.5
"""What standing in a followed category counts, where a clear match counts 1: a category is wide."""
NAMED = 0.9
"""What being by or from whom a reader follows counts: a clear match of words still says why."""
STEPS = 1e5
"""Scores that are equal to five digits are equal: the earlier candidate wins."""
BEST = 50
"""How many of the best papers of a reader are looked at for an issue that is not all alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The papers of an edition as readers weigh them.

    Attributes
    ----------
    rows : csr_array of shape (n_rows, n_terms + 1), the interests of all readers one after another
    starts : int array of shape (n_readers + 1,), the row at which each reader's interests begin
    products : float32 array of shape (n_rows, n_papers), how near each paper is to each interest
    less : float32 array of shape (n_readers, n_papers) or (n_readers, 1), the product of each paper with what is not
        wanted, 0 where it does not pass `LESS * NEAR`
    relevance, score : float32 arrays of shape (n_readers, n_papers); a score is -inf where a rule bars the paper
    weight, scale : float32 arrays of shape (n_readers,), how much trend and relevance weigh
    first : (reader, position) pairs, as two arrays, of papers that must be shown
    """

    rows: sparse.csr_array
    starts: Places
    products: Floats
    less: Floats
    relevance: Floats
    score: Floats
    weight: Floats
    scale: Floats
    first: tuple[Places, Places]

    def nearest(self, positions: Places) -> Places:
        """Give, for positions of shape (n_readers, n), the row each paper is nearest to, or -1 where there is none."""
        best = np.full(positions.shape, NEAR, np.float32)
        row = np.full(positions.shape, -1, np.intp)
        counts = np.diff(self.starts)
        for slot in range(int(counts.max(initial=0))):
            having = np.flatnonzero(counts > slot)
            rows = self.starts[having] + slot
            found = self.products[rows[:, None], positions[having]]
            is_nearer = found > best[having]
            best[having] = np.where(is_nearer, found, best[having])
            row[having] = np.where(is_nearer, rows[:, None], row[having])
        return row


def weigh(desk: Desk, readers: Sequence[Reader]) -> Weighed:
    """Weigh every paper for every reader.

    With w the weight of the trend, the score of a paper is

        (1 - w) relevance + w trend,

    where relevance is the product with the nearest interest, 0 if that does not pass `NEAR`, less the product with
    what the reader wants less of; 1 is a clear match. For a reader who named nothing that papers here hold and
    liked nothing the trend counts in full.
    """
    rows, starts = followed_rows([one.interests for one in readers])
    products = desk.product.times(rows)
    for start, one in zip(starts, readers, strict=False):
        _name(desk, one.followed, products, int(start))
    relevance = _of_nearest(products, starts)
    relevance *= relevance > NEAR
    less = _less(desk, readers)
    relevance -= _with_rules(desk, readers, less)
    has_wishes = np.array([one.has_wishes for one in readers])
    weight = np.where(has_wishes, [one.wishes.trend_weight for one in readers], 1).astype(np.float32)
    scale = np.array([1 - one.wishes.trend_weight for one in readers], np.float32)
    score = scale[:, None] * relevance
    score += weight[:, None] * desk.edition.trend
    bar_rules(desk, readers, score)
    return Weighed(
        rows=rows,
        starts=starts,
        products=products,
        less=less,
        relevance=relevance,
        score=score,
        weight=weight,
        scale=scale,
        first=_first(desk, readers),
    )


def _of_nearest(products: Floats, starts: Places) -> Floats:
    """Give the largest product of each reader with each paper, an array of shape (n_readers, n_papers)."""
    relevance, counts = products[starts[:-1]], np.diff(starts)
    for slot in range(1, int(counts.max(initial=0))):
        having = np.flatnonzero(counts > slot)
        relevance[having] = np.maximum(relevance[having], products[starts[having] + slot])
    return relevance


def _name(desk: Desk, followed: Sequence[Topic], products: Floats, start: int) -> None:
    """Count what a rule names as near: one word among hundreds would never reach the bar."""
    for row, topic in enumerate(followed, start):
        if topic.kind is not TopicKind.PHRASE:
            products[row, desk.members(topic)] = worth(topic)


def worth(topic: Topic) -> float:
    """Give what a rule counts where it names a paper: half a clear match for a category, a clear one for a name."""
    return IN_CATEGORY if topic.kind is TopicKind.CATEGORY else NAMED


def _less(desk: Desk, readers: Sequence[Reader]) -> Floats:
    """Work out how near papers are to what is not wanted; one column where nobody wants less of anything."""
    if not any(one.unwanted or one.interests.less_size for one in readers):
        return np.zeros((len(readers), 1), np.float32)
    rows = sparse.csr_array(sparse.vstack([one.interests.less for one in readers], format="csr"))
    less = desk.product.times(rows)
    less *= less > LESS * NEAR
    return less


def _with_rules(desk: Desk, readers: Sequence[Reader], less: Floats) -> Floats:
    """Add what categories, authors and organisations count that are not wanted."""
    if less.shape[1] == 1:
        return less
    counted = less.copy()
    for reader, one in enumerate(readers):
        for topic in one.unwanted:
            if topic.kind is not TopicKind.PHRASE:
                counted[reader, desk.members(topic)] += LESS * worth(topic)
    return counted


def bar_rules(desk: Desk, readers: Sequence[Reader], score: Floats) -> None:
    """Bar what no score may bring: too old, sent before or nearly the same as what was, never wanted."""
    for reader, one in enumerate(readers):
        score[reader, desk.before(one.window.days)] = -np.inf
        for topic in one.wishes.topics:
            if topic.stance is Stance.NEVER:
                score[reader, desk.members(topic)] = -np.inf
        if one.seen:
            score[reader, seen_places(desk, one)] = -np.inf


def seen_places(desk: Desk, reader: Reader) -> list[int]:
    """Give the positions of what a reader was sent, and of what is nearly the same."""
    places = [desk.positions[number] for number in reader.seen if number in desk.positions]
    groups = {int(desk.edition.clusters[place]) for place in places} & desk.works.keys()
    return places + [place for number in groups for place in desk.works[number]]


def _first(desk: Desk, readers: Sequence[Reader]) -> tuple[Places, Places]:
    found = [
        (reader, place)
        for reader, one in enumerate(readers)
        for topic in one.followed
        if topic.is_rule
        for place in desk.members(topic).tolist()
    ]
    pairs = np.array(sorted(set(found)), np.intp).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def pool_of(weighed: Weighed) -> Pool:
    """Give the best papers of every reader, what must be shown before all others."""
    readers, papers = weighed.score.shape
    most = min(BEST, papers)
    passing = (weighed.score >= _bound(weighed.score, most)).view(np.int8)
    passing[weighed.first] = 2
    at = np.flatnonzero(passing)
    reader, place = np.divmod(at, papers)
    # One number holds score and place, so that the order of equal scores is the same everywhere and no place is looked
    # up. What is barred comes last, even where it must be shown.
    score = weighed.score.take(at).astype(np.float64)
    steps = np.rint(np.maximum(score, -3 * FIRST) * -STEPS)
    steps[passing.take(at) == 2] -= FIRST * STEPS
    key = steps * papers + place
    span = 20 * FIRST * STEPS * papers  # More than any two keys of a reader lie apart.
    best = np.sort(key + reader * span)[np.searchsorted(reader, np.arange(readers))[:, None] + np.arange(most)]
    best -= np.arange(readers)[:, None] * span
    positions = best.astype(np.intp) % papers
    nearest = weighed.nearest(positions)
    return Pool(
        positions=positions,
        score=np.take_along_axis(weighed.score, positions, axis=1),
        topic=np.where(nearest < 0, 0, nearest - weighed.starts[:-1, None] + 1),
        first=best < -FIRST / 2 * STEPS * papers,
    )


def _bound(score: Floats, most: int) -> Floats:
    """Give a score that at least `most` papers of each reader reach, and not many more; shape (n_readers, 1).

    Of the best of each few papers the last but `most`: they are fewer to put in order than all papers.
    """
    readers, papers = score.shape
    few = max(papers // (4 * BEST), 1)
    groups = papers // few
    best: Floats = score[:, : few * groups].reshape(readers, few, groups).max(axis=1)
    best.partition(groups - most, axis=1)
    best -= np.float32(2 / STEPS)  # Papers whose scores are equal to five digits reach it too.
    return best[:, groups - most, None]


def limits_of(readers: Sequence[Reader], weighed: Weighed, clusters: NDArray[np.int32]) -> Limits:
    """Give what bounds the issue of every reader; one that follows many people may grow to the longest there is."""
    wishes = [one.wishes for one in readers]
    is_open = np.isfinite(weighed.score[weighed.first])
    works = np.unique([weighed.first[0][is_open], clusters[weighed.first[1][is_open]]], axis=1)
    must = np.bincount(works[0].astype(np.intp), minlength=len(readers))
    return Limits(
        length=np.array([one.length for one in wishes], np.intp),
        first=np.minimum(must, LENGTHS[-1]),
        minutes=np.array([one.minutes or np.inf for one in wishes], np.float32),
        bar=np.array([one.bar or -np.inf for one in wishes], np.float32),
        breadth=np.array([one.breadth for one in wishes], np.float32),
    )
