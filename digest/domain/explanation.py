"""Explains trend scores in words and numbers that add up: an edition's list, and all that is known of one paper."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from digest.domain.attention import Attention
from digest.domain.edition import Edition
from digest.domain.paper import Paper
from digest.domain.score import TrendScore
from digest.domain.signal import SignalKind

ENOUGH = 50
"""Papers from which a place is said as a share."""
FORMULA = "No model had been learnt: the documented formula scored. `digest learn` makes a model from the history."


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """A model of trend: what it was learnt from, and how good it is on days it had not seen.

    Examples
    --------
    >>> from datetime import UTC
    >>> model = Learnt(version=3, made_at=datetime(2026, 3, 17, tzinfo=UTC), learnt_from=9000,
    ...                since="2025-03-17", until="2026-03-16", quality={"skill": 0.2134, "n": 5.0})
    >>> model.in_words
    'Trend model 3, learnt on 2026-03-17 from 9,000 papers of 2025-03-17 to 2026-03-16; measured: skill 0.213, n 5.'
    """

    version: int
    made_at: datetime
    learnt_from: int
    since: str
    until: str
    quality: Mapping[str, float]

    @property
    def named(self) -> str:
        """Which model it is, in a sentence for everybody."""
        window = f" of {self.since} to {self.until}" if self.since else ""
        return (
            f"Trend model {self.version}, learnt on {self.made_at:%Y-%m-%d} from {self.learnt_from:,} papers{window}."
        )

    @property
    def in_words(self) -> str:
        """Which model it is and how good, in a sentence for the operator."""
        measured = ", ".join(f"{name.replace('_', ' ')} {_number(value)}" for name, value in self.quality.items())
        return f"{self.named[:-1]}; measured: {measured}." if measured else self.named


def _number(value: float) -> str:
    return f"{value:,.0f}" if value > 1 and float(value).is_integer() else f"{value:.3f}"


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """An edition as a list, with the papers of its first candidates by their row numbers.

    Attributes
    ----------
    titles : title and address of the papers that its rising terms name, by their keys
    learnt : the model that scored it, or None where the formula did
    """

    edition: Edition
    papers: Mapping[int, Paper]
    titles: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    learnt: Learnt | None = None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """All that is known of the trend of one paper.

    Attributes
    ----------
    attention : its listings and signals
    trend : its score in the last edition it was in, or None if it was in none
    day, rank, among : that edition's day, its place in it, and how many papers stand there
    """

    attention: Attention
    trend: TrendScore | None = None
    day: date | None = None
    rank: int = 0
    among: int = 0
    learnt: Learnt | None = None

    @property
    def paper(self) -> Paper:
        """The work itself."""
        return self.attention.paper

    @property
    def series(self) -> Sequence[tuple[str, Sequence[tuple[datetime, int]]]]:
        """Its counts by what was counted and who said so, votes first, each in order of time."""
        counts: dict[str, list[tuple[datetime, int]]] = {}
        order = list(SignalKind)
        for signal in sorted(self.attention.signals, key=lambda one: (order.index(one.kind), one.observed_at)):
            name = f"{signal.kind.replace('_', '-')} ({signal.source})"
            counts.setdefault(name, []).append((signal.observed_at, signal.value))
        return list(counts.items())

    @property
    def counted_at(self) -> Sequence[tuple[datetime, Sequence[int | None]]]:
        """The same as rows of a table: a moment, and the count of each series then, None where it was not counted."""
        moments = sorted({signal.observed_at for signal in self.attention.signals})
        columns = [dict(counts) for _, counts in self.series]
        return [(at, [column.get(at) for column in columns]) for at in moments]


def place(trend: TrendScore) -> str:
    """Say where a paper stands among those of its field and age; among few, as a count.

    >>> place(TrendScore(value=0.9, evidence=(), rank=3, among=240, field="cs.CL"))
    'top 2 % of cs.CL papers of its age'
    >>> place(TrendScore(value=0.9, evidence=(), rank=1, among=5))
    'no. 1 of 5 papers of its age'
    """
    papers = f"{trend.field} papers" if trend.field else "papers"
    if not trend.among:
        return "scored by an older formula"
    if trend.among < ENOUGH:
        return f"no. {trend.rank} of {trend.among} {papers} of its age"
    return f"top {math.ceil(100 * trend.rank / trend.among)} % of {papers} of its age"


def votes(trend: TrendScore) -> str:
    """Say how many votes are to be expected in the end, with the interval that holds four times in five.

    >>> votes(TrendScore(value=0.9, evidence=(), strength=6.4, low=12.2, high=90.0))
    '41 (12 to 90)'
    """
    return f"{expected(trend):,} ({round(trend.low):,} to {round(trend.high):,})"


def expected(trend: TrendScore) -> int:
    """The votes to expect in the end: the square of the strength."""
    return round(max(0.0, trend.strength) ** 2)


def shown_parts(trend: TrendScore) -> list[tuple[str, float]]:
    """Give the parts rounded to hundredths, so that as shown they add up to the strength as shown; no part is 0.

    >>> shown_parts(TrendScore(value=0.5, evidence=(), strength=1.0, parts=(("a", 1 / 3), ("b", 1 / 3), ("c", 1 / 3))))
    [('a', 0.33), ('b', 0.34), ('c', 0.33)]
    """
    shown, whole, before = [], 0.0, 0.0
    for name, amount in trend.parts:
        whole += amount
        if amount_shown := round(round(whole, 2) - before, 2):
            shown.append((name, amount_shown))
        before = round(whole, 2)
    return shown
