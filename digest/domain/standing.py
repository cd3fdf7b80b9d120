"""Where a paper stands among those of its field and age: one place from 0 to 1, whatever the field's loudness."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CAUTION = 5.0
"""Papers of doubt: a field with few papers of an age is taken for the whole house there."""
SAME_AGE = 1
"""Days by which listings may differ to be of the same age."""


def standing(strengths: Floats, fields: Sequence[str], days: Sequence[date], *, field_balance: float) -> Floats:
    """Give each paper's percentile.

    Among papers listed within a day of it, let a be the share of all that a paper leaves behind (equal ones count half)
    and f that of its own field, drawn towards a by five papers of doubt: f = (n_below + 5 a) / (n + 5). Then

        percentile = (1 - field_balance) a + field_balance f

    Parameters
    ----------
    strengths : array of shape (n_papers,)
    fields, days : primary category (empty: not known, which compares with all) and day of listing of each
    field_balance : float
        From 0, which compares with all of its age, to 1, by which a quiet field's best stands beside a loud one's.

    Returns
    -------
    array of shape (n_papers,), from 0 to 1

    >>> days = [date(2026, 3, 2)] * 4
    >>> standing(np.array([1.0, 2.0, 3.0, 9.0]), ["cs.CL"] * 4, days, field_balance=0.0).tolist()
    [0.125, 0.375, 0.625, 0.875]
    """
    ordinals = np.array([day.toordinal() for day in days], np.int64)
    of_field: dict[str, list[int]] = defaultdict(list)
    for at, field in enumerate(fields):
        if field:
            of_field[field].append(at)
    everywhere, _ = _left_behind(strengths, ordinals)
    inside = everywhere.copy()
    for members in of_field.values():
        own, n = _left_behind(strengths[members], ordinals[members])
        inside[members] = (own * n + CAUTION * everywhere[members]) / (n + CAUTION)
    placed: Floats = (1 - field_balance) * everywhere + field_balance * inside
    return placed


def _left_behind(strengths: Floats, ordinals: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Give, among papers of the same age, the share each leaves behind, and how many they are."""
    shares, counts = np.zeros(len(strengths)), np.ones(len(strengths))
    for day in np.unique(ordinals):
        members = ordinals == day
        pool = np.sort(strengths[np.abs(ordinals - day) <= SAME_AGE])
        below = np.searchsorted(pool, strengths[members], "left") + np.searchsorted(pool, strengths[members], "right")
        shares[members], counts[members] = below / (2 * len(pool)), len(pool)
    return shares, counts
