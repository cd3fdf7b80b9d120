"""How sure strengths are, in each situation a paper can be in, and measured on papers nothing was learnt from."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digest.domain.calibration import Calibration, quality_of
from digest.domain.forecast import Expectation
from digest.domain.growth import Counts, Growth
from digest.domain.past import Past
from digest.domain.strength import SITUATIONS, Slate

Floats = NDArray[np.float64]
SELDOM = 0.1
"""Chance of being picked below which nine in ten of such papers end without a vote."""
USUAL_BARS = {"listed": 0.0, "picked": 7.0}


class Sureness:
    """A `Calibration` for each situation, and the bars of the fields.

    Parameters
    ----------
    bars : mapping
        Root votes that nine in ten papers do not exceed, named as `bars_of` does.
    """

    def __init__(self, bars: Mapping[str, float] = USUAL_BARS) -> None:
        self.bars = dict(bars)
        self.of_ = {situation: Calibration() for situation in SITUATIONS}
        self.is_taught = False

    def of(self, slate: Slate, strengths: Floats, growth: Growth) -> tuple[Floats, Floats, Floats]:
        """Give low and high of the root votes at the end, and the chance of exceeding the field's bar."""
        low, high, chances = np.zeros((3, len(strengths)))
        left = np.where(slate.situations == "voted", growth.to_come(slate.hours), 1.0)
        bars = self.bars_for([one.paper.field for one in slate.seen], slate.situations != "listed")
        for situation, sure in self.of_.items():
            here = slate.situations == situation
            low[here], high[here] = sure.interval(strengths[here], left[here])
            chances[here] = sure.chance(strengths[here], left[here], bars=bars[here])
        if not self.is_taught:  # About one listed paper in ten is picked, so without better knowledge that is the top.
            listed = slate.situations == "listed"
            chances[listed] = slate.expectation.chances[listed]
            high[listed & (chances < SELDOM)] = 0.0
        seen = slate.counts.roots
        return np.maximum(low, seen), np.maximum(high, seen), chances

    def fit(
        self, past: Past, expectation: Expectation, counts: Counts, owners: NDArray[np.intp], growth: Growth
    ) -> dict[str, float]:
        """Learn from papers the expectation had not seen.

        Returns
        -------
        what `quality_of` measures, for each situation under its name
        """
        fields, ends = [one.paper.field for one in past.seen], np.nan_to_num(past.roots)
        likely = expectation.roots * expectation.chances
        cases = {
            "voted": (growth.ends(counts), owners, growth.to_come(counts.hours)),
            "picked": (expectation.roots[past.picked], np.flatnonzero(past.picked), np.ones(past.picked.sum())),
            "listed": (likely[past.is_listed], np.flatnonzero(past.is_listed), np.ones(past.is_listed.sum())),
        }
        quality: dict[str, float] = {}
        self.is_taught = True
        for situation, (expected, of, left) in cases.items():
            bars = self.bars_for([fields[at] for at in of], np.full(len(of), situation != "listed"))
            half = len(of) // 2
            # What is said of the quality was measured on later papers than those it was learnt from; then all teach.
            if half:
                early, late = slice(half), slice(half, None)
                sure = Calibration().fit(expected[early], ends[of][early], left=left[early], bars=bars[early])
                low, high = sure.interval(expected[late], left[late])
                held = (ends[of][late] >= low - 1e-9) & (ends[of][late] <= high + 1e-9)
                chances = sure.chance(expected[late], left[late], bars=bars[late])
                measured = quality_of(chances, ends[of][late] > bars[late], held)
                quality |= {f"{situation}_{name}": value for name, value in measured.items()}
            self.of_[situation].fit(expected, ends[of], left=left, bars=bars)
        return quality

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Give what `from_arrays` makes the same of."""
        packed: dict[str, NDArray[Any]] = {"bars": np.frombuffer(json.dumps(self.bars).encode(), np.uint8)}
        packed["is_taught"] = np.array(self.is_taught)
        for situation, sure in self.of_.items():
            packed |= {f"{situation}_{name}": array for name, array in sure.to_arrays().items()}
        return packed

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Sureness":
        """Make what `to_arrays` gave."""
        made = cls(json.loads(arrays["bars"].tobytes()))
        made.is_taught = bool(arrays["is_taught"])
        for situation in SITUATIONS:
            made.of_[situation] = Calibration.from_arrays(under(f"{situation}_", arrays))
        return made

    def bars_for(self, fields: Sequence[str], picked: NDArray[np.bool_]) -> Floats:
        """Give the bar of each paper: among those picked of its field, or among all that is listed in it."""
        return np.array(
            [
                self.bars.get(f"picked {field}", self.bars["picked"])
                if up
                else self.bars.get(field, self.bars["listed"])
                for field, up in zip(fields, picked, strict=True)
            ]
        )


def under(start: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Give the arrays whose names begin alike, without that beginning.

    >>> sorted(under("a_", {"a_x": np.zeros(1), "b_x": np.zeros(1)}))
    ['x']
    """
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
