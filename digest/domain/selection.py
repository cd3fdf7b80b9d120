"""Which papers a reader gets: trend and relevance mixed, nothing twice, no near-duplicates, no never-topics."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLEAR_MATCH = 0.25
"""The cosine of a paper that is plainly on a typed topic; relevance counts in units of it."""
LOOKED_AT = 200


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


def select(  # noqa: PLR0913 - each is a different rule
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


def _best_first(score: NDArray[np.float32], most: int) -> NDArray[np.intp]:
    if most >= len(score):
        return np.argsort(-score, kind="stable")
    best = np.sort(np.argpartition(-score, most)[:most])
    return best[np.argsort(-score[best], kind="stable")]
