"""Where a paper stands among those of its field and age: one place from 0 to 1, whatever the field's loudness."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
CAUTION = 5.0
"""Papers of doubt: a field with few papers of an age is taken for the whole house there."""
SAME_AGE = 1
"""Days by which listings may differ to be of the same age."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where papers stand, each number in the order of the papers.

    Attributes
    ----------
    percentiles : array of shape (n_papers,), from 0 to 1, what scores are made of
    ranks, among : int arrays of the same shape, the plain place among the papers of the same field and age, from 1
    """

    percentiles: Floats
    ranks: Whole
    among: Whole


def standing(strengths: Floats, fields: Sequence[str], days: Sequence[date], *, field_balance: float) -> Standing:
    """Say where each paper stands.

    Among papers listed within a day of it, let a be the share of all that a paper leaves behind (equal ones count half)
    and f that of its own field, drawn towards a by five papers of doubt: f = (n_below + 5 a) / (n + 5). Then

        percentile = (1 - field_balance) a + field_balance f

    Parameters
    ----------
    strengths : array of shape (n_papers,)
    fields, days : primary category (empty: not known, which compares with all) and day of listing of each
    field_balance : float
        From 0, which compares with all of its age, to 1, by which a quiet field's best stands beside a loud one's.

    >>> days = [date(2026, 3, 2)] * 4
    >>> found = standing(np.array([1.0, 2.0, 3.0, 9.0]), ["cs.CL"] * 3 + ["math.NT"], days, field_balance=0.0)
    >>> found.percentiles.tolist(), found.ranks.tolist(), found.among.tolist()
    ([0.125, 0.375, 0.625, 0.875], [3, 2, 1, 1], [3, 3, 3, 1])
    """
    ordinals = np.array([day.toordinal() for day in days], np.int64)
    of_field: dict[str, list[int]] = defaultdict(list)
    for at, field in enumerate(fields):
        if field:
            of_field[field].append(at)
    everywhere, ranks, among = _left_behind(strengths, ordinals)
    inside = everywhere.copy()
    for members in of_field.values():
        own, ranks[members], n = _left_behind(strengths[members], ordinals[members])
        inside[members] = (own * n + CAUTION * everywhere[members]) / (n + CAUTION)
        among[members] = n
    return Standing((1 - field_balance) * everywhere + field_balance * inside, ranks, among)


def _left_behind(strengths: Floats, ordinals: Whole) -> tuple[Floats, Whole, Whole]:
    """Give, among papers of the same age, the share each leaves behind, its rank, and how many they are."""
    shares = np.zeros(len(strengths))
    ranks, counts = np.ones((2, len(strengths)), np.int64)
    for day in np.unique(ordinals):
        members = ordinals == day
        pool = np.sort(strengths[np.abs(ordinals - day) <= SAME_AGE])
        below, up_to = (np.searchsorted(pool, strengths[members], side) for side in ("left", "right"))
        shares[members], counts[members] = (below + up_to) / (2 * len(pool)), len(pool)
        ranks[members] = 1 + len(pool) - up_to
    return shares, ranks, counts
