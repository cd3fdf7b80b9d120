"""How votes grow: from a count at an age to the votes to expect in the end."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression

Floats = NDArray[np.float64]
AGES = np.array([0.0, 8.0, 24.0, 48.0, 79.0, 143.0, 300.0])
"""Hours at which the share of the final root votes that is in is known; between them it is interpolated."""
ENOUGH = 50
"""Counts from which something is learnt, and not taken from what is documented."""
LATE = 72.0
"""Hours after which a count is taken as final for learning how counts grow: about 96 % of the root votes are in."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of papers: root votes, hours since their day began, and the root votes expected of them beforehand."""

    roots: Floats
    hours: Floats
    expected: Floats


class Growth:
    """Votes so far, and those still to come.

    A paper with root votes r after h hours, of which e were expected before any count, ends at

        r + (1 - s(h)) (slope sqrt(r² + e²) + start)

    where s(h) is the share of the final root votes that is usually in after h hours. So votes decide as soon as there
    are many of them, what was expected decides while there are none, and both matter less the older the paper is.
    Nothing fades with age inside a day: dividing votes by age ranks a morning much worse.

    Attributes
    ----------
    shares_ : array of shape (7,)
        s at `AGES`, rising, from 0 to 1.
    slope_, start_ : float
        Learnt by least squares; what stands there before is what a year of Daily Papers gave.

    Examples
    --------
    >>> growth = Growth()
    >>> seen = Counts(roots=np.array([0.0, 4.0, 4.0]), hours=np.array([8.0, 8.0, 300.0]), expected=np.full(3, 3.0))
    >>> growth.ends(seen).round(1).tolist()
    [0.9, 5.5, 4.0]
    """

    def __init__(self) -> None:
        self.shares_ = np.array([0.4, 0.63, 0.83, 0.91, 0.97, 0.99, 1.0])
        self.slope_, self.start_ = 0.8, 0.1

    def to_come(self, hours: Floats | float) -> Floats:
        """Give the share of the final root votes that is usually still to come, from 0 to 1."""
        left: Floats = 1.0 - np.interp(hours, AGES, self.shares_)
        return left

    def ends(self, seen: Counts) -> Floats:
        """Give the root votes to expect in the end; never below those seen."""
        more = self.slope_ * np.hypot(seen.roots, seen.expected) + self.start_
        ends: Floats = seen.roots + self.to_come(seen.hours) * np.maximum(more, 0.0)
        return ends

    def split(self, seen: Counts) -> tuple[Floats, Floats, Floats]:
        """Split what `ends` gives into its parts.

        Returns
        -------
        from votes, from what was expected, from the start : three arrays that add up to `ends`
        """
        left, both = self.to_come(seen.hours), np.hypot(seen.roots, seen.expected)
        each = self.slope_ * left / np.where(both > 0, both, 1.0)
        by_votes, by_expected = seen.roots + each * seen.roots**2, each * seen.expected**2
        return by_votes, by_expected, self.ends(seen) - by_votes - by_expected

    def fit_shares(self, series: Sequence[tuple[Floats, Floats]]) -> "Growth":
        """Learn how much is usually in, from (hours, root votes) of papers that were seen to the end."""
        ages = np.concatenate([hours for hours, _ in series] or [np.zeros(0)])
        roots = np.concatenate([roots for _, roots in series] or [np.zeros(0)])
        ends = np.concatenate([np.full(len(hours), roots.max()) for hours, roots in series] or [np.zeros(0)])
        nearest = np.abs(np.log1p(ages)[:, None] - np.log1p(AGES)[None, :]).argmin(axis=1) if len(ages) else ages
        shares = self.shares_.copy()
        for at in range(len(AGES)):
            if (nearest == at).sum() >= ENOUGH and (total := ends[nearest == at].sum()) > 0:
                shares[at] = roots[nearest == at].sum() / total
        self.shares_ = IsotonicRegression(y_min=0.0, y_max=1.0).fit(AGES, shares).predict(AGES)
        return self

    def fit(self, seen: Counts, ends: Floats) -> "Growth":
        """Learn slope and start from counts and the root votes these papers ended at."""
        left = self.to_come(seen.hours)
        if (left > 0.1).sum() >= ENOUGH:
            grown = np.column_stack([left * np.hypot(seen.roots, seen.expected), left])
            line = LinearRegression(fit_intercept=False).fit(grown, ends - seen.roots)
            self.slope_, self.start_ = (float(value) for value in line.coef_)
            self.slope_ = max(self.slope_, 0.0)
        return self
