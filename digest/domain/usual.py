"""What is usual: the counts a source gives papers of an age and a field, so that unlike counts stand on one scale."""

from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Any

from digest.domain.attention import MOST, Attention
from digest.domain.burst import usual_votes
from digest.domain.signal import Signal, SignalKind

AGES = (12.0, 36.0, 96.0)
"""Hours between which counts are of one age: the first morning, the day after, the rest of the week, later."""
CAUTION = 20.0
"""Papers of doubt: a field with fewer is taken for a usual one."""
UNKNOWN = (2.0, 2.0)
"""Root count and scatter of a source nothing is known of yet."""


class Usual:
    """Usual root counts by kind, source and age, and for each field among them.

    A field of n counts with mean f, in a source and age whose mean over all fields is m, has the usual root count
    (n f + 20 m) / (n + 20); a field nobody has seen has m. A count x so becomes a number without a unit,

        z = (sqrt(x) - usual) / scatter

    by which comments, stars, points and citations can be laid beside each other.

    Examples
    --------
    >>> from datetime import UTC, date, datetime
    >>> from digest.domain.paper import Paper
    >>> at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> def seen(count: int) -> Attention:
    ...     signal = Signal(paper_key="arxiv:1", source="github", kind=SignalKind.STARS, value=count, observed_at=at)
    ...     paper = Paper(key="arxiv:1", title="A", categories=("cs.CL",))
    ...     return Attention(paper=paper, listings=(("arxiv", date(2026, 3, 2)),), signals=(signal,))
    >>> usual = Usual().fit([seen(4), seen(16)])
    >>> usual.of(SignalKind.STARS, "github", 9.0, "cs.CL")
    (3.0, 1.0)
    >>> usual.excess(seen(25), seen(25).signals[0])
    2.0
    """

    def __init__(self) -> None:
        self._sums: dict[str, tuple[float, float, float]] = {}

    def fit(self, history: Iterable[Attention]) -> "Usual":
        """Learn from every count of a history; a count below 0 is taken for 0, one beyond `MOST` is left out."""
        sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
        for attention in history:
            for signal in attention.signals:
                if signal.value > MOST:
                    continue
                root = sqrt(max(signal.value, 0))
                where = _place(signal.kind, signal.source, attention.hours(signal.observed_at))
                for name in (where, f"{where} {attention.paper.field}"):
                    cell = sums[name]
                    cell[0], cell[1], cell[2] = cell[0] + 1, cell[1] + root, cell[2] + root * root
        self._sums = {name: (n, total, squares) for name, (n, total, squares) in sums.items()}
        return self

    def knows(self, kind: SignalKind, source: str, hours: float) -> bool:
        """Whether counts of a kind, source and age were learnt from; of votes something is known from the start."""
        return kind is SignalKind.UPVOTES or _place(kind, source, hours) in self._sums

    def of(self, kind: SignalKind, source: str, hours: float, field: str) -> tuple[float, float]:
        """Give the usual root count and its scatter; of what was never seen, the documented curve or `UNKNOWN`."""
        where = _place(kind, source, hours)
        n, total, squares = self._sums.get(where, (0.0, 0.0, 0.0))
        if n == 0:
            return (sqrt(usual_votes(hours)), UNKNOWN[1]) if kind is SignalKind.UPVOTES else UNKNOWN
        mean = total / n
        own, own_total, _ = self._sums.get(f"{where} {field}", (0.0, 0.0, 0.0))
        scatter = sqrt(max(squares / n - mean * mean, 0.0))
        # Equal counts have a scatter of 0, give or take what is lost in rounding.
        return (own_total + CAUTION * mean) / (own + CAUTION), scatter if scatter > 1e-3 else 1.0

    def excess(self, attention: Attention, signal: Signal) -> float:
        """Say by how many scatters a count is above what is usual for its source, age and field."""
        hours = attention.hours(signal.observed_at)
        usual, scatter = self.of(signal.kind, signal.source, hours, attention.paper.field)
        return (sqrt(max(signal.value, 0)) - usual) / scatter

    def to_json(self) -> dict[str, Any]:
        """Give what `from_json` reads."""
        return {name: list(cell) for name, cell in self._sums.items()}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Usual":
        """Read what `to_json` gave."""
        made = cls()
        made._sums = {name: (float(n), float(total), float(squares)) for name, (n, total, squares) in record.items()}
        return made


def _place(kind: SignalKind, source: str, hours: float) -> str:
    return f"{kind} {source} {bisect(AGES, hours)}"
