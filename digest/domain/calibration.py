"""How sure an expectation is: its interval, and the probability of a field's top decile, learnt from outcomes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]
COVERED = 0.8
"""Share of outcomes an interval is to hold."""
BINS = 10
MOST_MARGIN = 20.0
"""Margin, in scatters of what is to come, beyond which nothing is more certain."""
IN_A_BIN = 40
"""Outcomes that make a bin, from which quantiles are read."""


class Calibration:
    """What became of papers of which so much was expected.

    Of a paper that is expected to end at m root votes, of whose votes a share `left` is still to come, the interval is
    m + left (q1(m), q2(m)), where q1 and q2 are the 10 % and 90 % quantiles of (end - m) / left among held-out papers
    of like m, interpolated between at most ten bins of equal count. The probability of ending above a bar b is

        P(end > b) = 1 / (1 + exp(-(c0 + c1 (m - b) / left + c2 ln max(m, 0.01))))

    a logistic regression (Platt, 1999, with the logarithm beside the margin because most of what is listed expects next
    to nothing). Measured on arXiv listings it comes nearer to what came than an isotonic regression. Papers to learn it
    from were not used to learn m.

    Attributes
    ----------
    levels_, low_, high_ : arrays of shape (n_bins,)
        Expected root votes, and q1 and q2 there. Before `fit`: those of Daily Papers over a year.
    odds_ : array of shape (3,)
        c0, c1 and c2.

    Examples
    --------
    >>> calibration, root = Calibration(), np.array([3.0])
    >>> [float(end[0]) for end in calibration.interval(root, np.ones(1))]
    [1.0, 6.0]
    >>> round(float(calibration.chance(root, np.ones(1), bars=root)[0]), 2)
    0.4
    """

    def __init__(self) -> None:
        self.levels_, self.low_, self.high_ = np.array([0.0, 3.0, 8.0]), np.array([0.0, -2.0, -3.0]), np.full(3, 3.0)
        self.odds_ = np.array([-0.4, 0.8, 0.0])

    def interval(self, expected: Floats, left: Floats) -> tuple[Floats, Floats]:
        """Give low and high of the root votes at the end, not below 0; they hold 80 % of the outcomes."""
        low = expected + left * np.interp(expected, self.levels_, self.low_)
        high = expected + left * np.interp(expected, self.levels_, self.high_)
        return np.maximum(low, 0.0), np.maximum(high, 0.0)

    def chance(self, expected: Floats, left: Floats, *, bars: Floats) -> Floats:
        """Give the probability of ending above the bars."""
        chances: Floats = 1 / (
            1 + np.exp(-np.clip(self.odds_[0] + _told(expected, left, bars) @ self.odds_[1:], -50, 50))
        )
        return chances

    def fit(self, expected: Floats, ends: Floats, *, left: Floats, bars: Floats) -> "Calibration":
        """Learn from papers whose end is known; fewer than 40 change nothing."""
        if len(expected) < IN_A_BIN:
            return self
        left = np.maximum(left, 0.01)
        order = np.argsort(expected, kind="stable")
        bins = np.array_split(order, min(BINS, len(order) // IN_A_BIN))
        off = (ends - expected) / left
        self.levels_ = np.array([expected[part].mean() for part in bins])
        tail = (1 - COVERED) / 2
        self.low_, self.high_ = (np.array([np.quantile(off[part], q) for part in bins]) for q in (tail, 1 - tail))
        is_top = ends > bars
        if 0 < is_top.sum() < len(is_top):
            model = LogisticRegression(C=1e3, max_iter=1_000).fit(_told(expected, left, bars), is_top)
            self.odds_ = np.concatenate([model.intercept_, model.coef_[0]])
        return self

    def to_arrays(self) -> dict[str, Floats]:
        """Give what `from_arrays` makes the same of."""
        return {name: np.asarray(getattr(self, f"{name}_"), float) for name in NAMES}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Calibration":
        """Make what `to_arrays` gave."""
        made = cls()
        made.levels_, made.low_, made.high_, made.odds_ = (arrays[name] for name in NAMES)
        return made


NAMES = ("levels", "low", "high", "odds")


def _told(expected: Floats, left: Floats, bars: Floats) -> Floats:
    margins = (expected - bars) / np.maximum(left, 0.01)
    return np.column_stack([np.clip(margins, -MOST_MARGIN, MOST_MARGIN), np.log(np.maximum(expected, 0.01))])


def quality_of(chances: Floats, is_top: NDArray[np.bool_], held: NDArray[np.bool_]) -> dict[str, float]:
    """Measure probabilities and intervals against outcomes.

    Returns
    -------
    `brier_skill`, 1 minus the squared error over that of always saying the mean, at most 1; `coverage`, the share of
    outcomes inside their interval; `papers`.

    >>> quality_of(np.array([0.0, 1.0]), np.array([False, True]), np.array([True, False]))
    {'brier_skill': 1.0, 'coverage': 0.5, 'papers': 2}
    """
    blind = np.mean((is_top - is_top.mean()) ** 2)
    skill = 1 - np.mean((chances - is_top) ** 2) / blind if blind else 0.0
    return {"brier_skill": round(float(skill), 4), "coverage": round(float(held.mean()), 4), "papers": len(chances)}
