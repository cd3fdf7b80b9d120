"""Picks the papers of many readers at once, so that an issue is near its reader and not ten times the same idea."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.domain.relevance import Floats

Places = NDArray[np.intp]
TOPIC_CAP = 0.6
"""The share of an issue one topic may take while another topic has a paper left."""
SPREAD = 2.0
"""What the likeness of two papers costs an issue at full breadth, in units of the score."""
FIRST, LATER = 100.0, 10.0
"""More than any score: what must be shown comes first, what is over its topic's cap comes last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The best papers of each reader, best first.

    Attributes
    ----------
    positions : int array of shape (n_readers, n_best), places in the edition
    score : float32 array of that shape; -inf for what may not be shown
    topic : int array of that shape: the interest each paper is nearest to, 0 for none
    first : bool array of that shape: what must be shown
    """

    positions: Places
    score: Floats
    topic: Places
    first: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What bounds the issue of each reader; arrays of shape (n_readers,).

    Attributes
    ----------
    length : the most papers
    first : the papers that must be shown, which may be more; behind `length` nothing else comes
    minutes : the most minutes of reading, infinite for no limit
    bar : the score a paper must reach
    breadth : from 0 to 1, what likeness to the papers already picked costs
    """

    length: Places
    first: Places
    minutes: Floats
    bar: Floats
    breadth: Floats


def pick(pool: Pool, limits: Limits, *, clusters: NDArray[np.int32], minutes: Floats, alike: Floats) -> Places:
    """Pick the papers of each reader, one after another.

    The next paper is the one with the largest

        score - SPREAD * breadth * (sum of its likenesses to the papers already picked)

    (maximal marginal relevance, Carbonell and Goldstein, 1998, with the sum of Borodin, Lee and Ye, 2012, in place of
    the largest likeness: it is what an issue is judged by) among those that reach the bar, are no near-duplicate of one
    picked, and fit into the minutes left. What must be shown comes first, however long it takes; a topic that has taken
    `TOPIC_CAP` of the length waits while another topic has a paper left. At equal values the better score wins, then
    the earlier paper.

    Parameters
    ----------
    clusters : int array of shape (n_papers,); of papers with the same number only one is picked
    minutes : float32 array of shape (n_papers,), what reading takes
    alike : float32 array of shape (n_papers, n_papers), the cosines of papers

    Returns
    -------
    int array of shape (n_readers, longest issue): columns of the pool in the order picked, -1 where none is left.

    >>> pool = Pool(positions=np.array([[0, 1, 2]]), score=np.array([[0.9, 0.8, 0.7]], np.float32),
    ...             topic=np.zeros((1, 3), np.intp), first=np.zeros((1, 3), bool))
    >>> limits = Limits(length=np.array([2]), first=np.array([0]), minutes=np.array([np.inf]), bar=np.zeros(1),
    ...                 breadth=np.array([0.25]))
    >>> alike = np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]], np.float32)
    >>> pick(pool, limits, clusters=np.arange(3, dtype=np.int32), minutes=np.ones(3, np.float32), alike=alike)
    array([[0, 2]])
    """
    readers, size = pool.positions.shape
    every = np.arange(readers)
    longest = np.maximum(limits.length, limits.first)
    picked = np.full((readers, int(longest.max(initial=0))), -1, np.intp)
    is_open = np.isfinite(pool.score) & ((pool.score >= limits.bar[:, None]) | pool.first)
    base = np.where(pool.first, pool.score + np.float32(FIRST), pool.score)
    group, takes = clusters[pool.positions], minutes[pool.positions]
    likeness = np.zeros((readers, size), np.float32)
    left = limits.minutes.astype(np.float32)
    taken = np.zeros((readers, int(pool.topic.max(initial=0)) + 1), np.intp)
    cap = np.ceil(TOPIC_CAP * limits.length).astype(np.intp)
    cost = (SPREAD * limits.breadth).astype(np.float32)
    is_broad = bool(cost.any())
    for slot in range(picked.shape[1]):
        is_open &= pool.first | ((takes <= left[:, None]) & (slot < limits.length)[:, None])
        full = taken >= cap[:, None]
        full[:, 0] = full[:, 1:].any(axis=1)  # What is on no topic is no reason to leave a full one.
        is_full = full[every[:, None], pool.topic]
        value = base - cost[:, None] * likeness - np.float32(LATER) * is_full
        value[~is_open] = -np.inf
        best = value.argmax(axis=1)
        goes_on = np.isfinite(value[every, best]) & (slot < longest)
        if not goes_on.any():
            break
        picked[goes_on, slot] = best[goes_on]
        place = pool.positions[every, best]
        if is_broad:
            likeness += alike[place[:, None], pool.positions]
        is_open &= group != group[every, best][:, None]
        left -= takes[every, best]
        taken[every, pool.topic[every, best]] += 1
    return picked
