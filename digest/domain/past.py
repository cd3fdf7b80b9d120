"""The past as a lesson: of every paper what was known on its day, and what it ended at. Nothing later leaks in."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from digest.domain.attention import Attention
from digest.domain.forecast import NUMBERS, numbers_of
from digest.domain.growth import LATE, Counts, Growth
from digest.domain.history import AuthorHistory
from digest.domain.paper import Paper
from digest.domain.signal import SignalKind

Floats = NDArray[np.float64]
ENOUGH = 50
SETTLED = timedelta(days=7)
"""Age from which a paper that was not picked will hardly be, and one that was has nearly all of its votes."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """Papers in order of their day, and what there is to learn from each.

    Attributes
    ----------
    seen : the papers
    numbers : array of shape (n_papers, 7), what `numbers_of` gave at the midnight on which the paper's day began
    roots : array of shape (n_papers,), the root votes it ended at; nan for one that was never picked
    is_listed : array of shape (n_papers,), whether a source announced it that lists all of its field
    """

    seen: Sequence[Attention]
    numbers: Floats
    roots: Floats
    is_listed: NDArray[np.bool_]

    @property
    def papers(self) -> list[Paper]:
        """The papers themselves."""
        return [one.paper for one in self.seen]

    @property
    def picked(self) -> NDArray[np.bool_]:
        """Which papers stood where people vote."""
        return ~np.isnan(self.roots)

    @property
    def voted_days(self) -> tuple[date, date] | None:
        """The first and the last day of papers that stood where people vote; None if there are none."""
        days = [one.began_on for one, is_picked in zip(self.seen, self.picked, strict=True) if is_picked]
        return (days[0], days[-1]) if days else None

    def only(self, chosen: NDArray[np.bool_]) -> "Past":
        """Give some of the papers, in the same order."""
        seen = [one for one, wanted in zip(self.seen, chosen, strict=True) if wanted]
        return Past(seen=seen, numbers=self.numbers[chosen], roots=self.roots[chosen], is_listed=self.is_listed[chosen])

    def counts(self, expected: Floats, until: datetime) -> tuple[Counts, NDArray[np.intp]]:
        """Give every count of the picked papers, and for each the position of its paper."""
        rows = [
            (np.sqrt(signal.value), one.hours(signal.observed_at), expected[at], at)
            for at, one in enumerate(self.seen)
            if not np.isnan(self.roots[at])
            for signal in one.series(SignalKind.UPVOTES, until)
        ]
        table = np.array(rows, float).reshape(-1, 4)
        return Counts(table[:, 0], table[:, 1], table[:, 2]), table[:, 3].astype(np.intp)


def past_of(history: Sequence[Attention], until: datetime, growth: Growth) -> Past:
    """Read a history as a lesson; papers younger than seven days, and papers of the future, are left out.

    A count that was the last one seen of its paper while votes still came in is put forward to the end by `growth`.
    """
    settled = [one for one in history if until.date() - one.began_on >= SETTLED]
    seen = sorted(settled, key=lambda one: (one.began_on, one.paper.key))
    told = sorted(
        ((signal.observed_at, one.paper.key, signal.value, one.paper.authors)
         for one in history for signal in one.series(SignalKind.UPVOTES, until)),
        key=lambda row: row[:3],
    )  # fmt: skip
    authors, at, numbers = AuthorHistory(), 0, []
    places = places_of(seen)
    for one, place in zip(seen, places, strict=True):
        day_began = datetime.combine(one.began_on, time(), UTC)
        while at < len(told) and told[at][0] < day_began:
            _, key, votes, names = told[at]
            authors.observe(key, names, votes)
            at += 1
        numbers.append(numbers_of(one.paper, authors, place))
    return Past(
        seen=seen,
        numbers=np.array(numbers, float).reshape(len(seen), len(NUMBERS)),
        roots=np.array([_end(one, until, growth) for one in seen], float),
        is_listed=np.array([one.announced_on is not None for one in seen], bool),
    )


def places_of(seen: Sequence[Attention]) -> list[float]:
    """Say how far down the arXiv ids of its day each paper stands, from 0 to 1; 0 for what no listing announced."""
    days: dict[object, list[str]] = defaultdict(list)
    for one in seen:
        if one.announced_on:
            days[one.announced_on].append(one.paper.key)
    places = {
        (day, key): rank / max(1, len(keys) - 1) for day, keys in days.items() for rank, key in enumerate(sorted(keys))
    }
    return [places.get((one.announced_on, one.paper.key), 0.0) for one in seen]


def _end(one: Attention, until: datetime, growth: Growth) -> float:
    counts = one.series(SignalKind.UPVOTES, until)
    if not one.is_voted_on or not counts:
        return float("nan")
    share = 1.0 - growth.to_come(np.array([one.hours(counts[-1].observed_at)]))[0]
    highest = max(signal.value for signal in counts)
    return float(np.sqrt(highest) / max(share, 0.3))


def seen_to_the_end(history: Sequence[Attention], until: datetime) -> list[tuple[Floats, Floats]]:
    """Give hours and root votes of every paper with an early count and a late one: how votes grow."""
    found = []
    for one in history:
        counts = one.series(SignalKind.UPVOTES, until)
        if len(counts) > 1 and one.hours(counts[-1].observed_at) >= LATE:
            hours = np.array([one.hours(signal.observed_at) for signal in counts])
            found.append((hours, np.sqrt([float(signal.value) for signal in counts])))
    return found


def bars_of(past: Past) -> dict[str, float]:
    """Give the root votes that nine in ten papers do not exceed.

    Under a field's name those of everything listed in it, where a paper that was not picked ended at 0; under `picked `
    and the name those of its papers that were picked; under `listed` and `picked` those of all such papers, which serve
    for a field that is not known or has fewer than 50.
    """
    ends: dict[str, list[float]] = defaultdict(list)
    for one, root in zip(past.seen, past.roots, strict=True):
        field, end = one.paper.field, float(np.nan_to_num(root))
        names = ["listed", field] * bool(one.announced_on) + ["picked", f"picked {field}"] * (not np.isnan(root))
        for name in names:
            ends[name].append(end)
    always = {"listed": 0.0} | {
        name: float(np.quantile(ends[name], 0.9)) for name in ("listed", "picked") if ends[name]
    }
    return always | {name: float(np.quantile(e, 0.9)) for name, e in ends.items() if name.strip() and len(e) >= ENOUGH}
