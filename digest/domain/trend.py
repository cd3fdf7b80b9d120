"""How much attention a paper gathers or will gather: one score for all readers, with its evidence."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from math import ceil, floor, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digest.domain.attention import Attention
from digest.domain.burst import believed
from digest.domain.evidence import evidence_of, risen
from digest.domain.forecast import Forecast
from digest.domain.growth import Growth
from digest.domain.history import AuthorHistory
from digest.domain.past import bars_of, past_of, seen_to_the_end
from digest.domain.score import TrendScore
from digest.domain.standing import standing
from digest.domain.strength import PARTS, Slate, parts_of, slate_of
from digest.domain.sureness import Sureness, under
from digest.domain.usual import Usual

Floats = NDArray[np.float64]
ENOUGH = 300
"""Papers that were voted on from which a model is learnt, and not the documented formula taken."""
FORMAT = 1
"""Of the arrays; another number, another meaning."""
SPAN = timedelta(days=28)
"""Days they must span at least, so that some can be held out."""
HELD_OUT = timedelta(days=56)
"""The last days of the window, on which what was learnt before is measured; at most a quarter of it."""


class OtherFormat(ValueError):  # noqa: N818 - it says what is the case.
    """A model was written by another version of this house. Learn again."""


class TooLittle(ValueError):  # noqa: N818 - it says what is the case.
    """There is too little history to learn from. Read the past with `digest backfill`, and learn again."""


class Trend:
    """How much attention papers gather or will gather.

    The strength of a paper is the votes to expect in the end, as a square root: for one that has votes what `Growth`
    makes of them and of what was expected, for one that stands where people vote what `Forecast` expects, and for one
    that only stands in a listing that times the probability of being picked. To it is added, for each other count
    (comments, stars, points, citations) that is z scatters above what is usual for its source, age and field,

        others min(max(z, 0), 3) to_come

    because they only tell what is still to come. `percentile` is what `standing` makes of the strength among papers of
    the same age, and

        value = percentile 2 ** (-days / half_life)

    so that strength fades between days and never within one.

    Parameters
    ----------
    half_life : float
        Days in which the value halves, above 0.
    field_balance : float
        How far a paper is ranked within its field, from 0 to 1; see `standing`.
    others : float
        Root votes that a count one scatter above the usual stands for, 0 or more.

    Attributes
    ----------
    forecast_, growth_, usual_ : Forecast, Growth, Usual
        What was learnt; before, the formulas they document.
    sure_ : Sureness
        How sure the strengths are.
    window_ : (date, date) or None
        The days that were learnt from.
    learnt_from_ : int
    quality_ : dict
        What was measured on the last days of the window, before they were learnt from.

    Examples
    --------
    >>> from digest.domain.paper import Paper
    >>> from digest.domain.signal import Signal, SignalKind
    >>> from datetime import UTC
    >>> day, now = date(2026, 3, 2), datetime(2026, 3, 2, 8, tzinfo=UTC)
    >>> def seen(key: str, *votes: int) -> Attention:
    ...     signals = [Signal(paper_key=key, source="huggingface", kind=SignalKind.UPVOTES, value=v, observed_at=now)
    ...                for v in votes]
    ...     return Attention(paper=Paper(key=key, title="A"), listings=(("huggingface", day),), signals=tuple(signals))
    >>> hot, cold = Trend().score([seen("arxiv:1", 41), seen("arxiv:2")], AuthorHistory(), day=day, now=now)
    >>> hot.value > cold.value, hot.evidence
    (True, ('41 upvotes in 8 h, usual 5',))
    >>> round(sum(amount for _, amount in hot.parts) - hot.strength, 9)
    0.0
    """

    def __init__(self, *, half_life: float = 2.0, field_balance: float = 0.5, others: float = 0.1) -> None:
        self.half_life, self.field_balance, self.others = half_life, field_balance, others
        self.forecast_, self.growth_, self.usual_ = Forecast(), Growth(), Usual()
        self.sure_ = Sureness()
        self.window_: tuple[date, date] | None = None
        self.learnt_from_ = 0
        self.quality_: dict[str, float] = {}

    def score(
        self,
        candidates: Sequence[Attention],
        history: AuthorHistory,
        *,
        day: date,
        now: datetime,
        rising: Sequence[tuple[str, str]] = (),
    ) -> list[TrendScore]:
        """Score papers; the order is kept.

        Parameters
        ----------
        history : what the authors' papers had gathered
        day : the day the scores are for, from which values fade backwards
        now : counts of later moments are not looked at
        rising : terms that rise and how much, as ("test-time training", "4×"); said of a paper, and weighing nothing
        """
        if not candidates:
            return []
        slate = slate_of(candidates, self.forecast_, history, self.usual_, now=now)
        parts = parts_of(slate, self.growth_, self.usual_, others=self.others)
        strengths = parts.sum(axis=1)
        days = [one.listed_on for one in candidates]
        fields = [one.paper.field for one in candidates]
        placed = standing(strengths, fields, days, field_balance=self.field_balance)
        low, high, chances = self.sure_.of(slate, strengths, self.growth_)
        faded = np.exp2(-np.array([max(0, (day - one).days) for one in days]) / self.half_life)
        return [
            TrendScore(
                value=float(placed.percentiles[at] * faded[at]),
                percentile=float(placed.percentiles[at]),
                rank=int(placed.ranks[at]),
                among=int(placed.among[at]),
                strength=float(strengths[at]),
                # The square of a root may miss a whole number by a little, and an interval must hold the votes seen.
                low=floor(round(low[at] ** 2, 6)),
                high=ceil(round(high[at] ** 2, 6)),
                chance=float(chances[at]),
                field=fields[at],
                parts=tuple(zip(PARTS, parts[at].tolist(), strict=True)),
                evidence=self._evidence(slate, at, parts[at], history) + risen(candidates[at].paper, rising),
                warning=slate.warnings[at],
                has_votes=not isnan(slate.votes[at]),
            )
            for at in range(len(candidates))
        ]

    def fit(self, history: Sequence[Attention], until: datetime) -> "Trend":
        """Learn from what was seen until a moment; nothing a paper gathered later tells of the days before.

        Papers whose votes came out of nowhere teach nothing.

        Raises
        ------
        TooLittle
            If fewer than 300 papers of a week's age were voted on, or they span less than 28 days.
        """
        told = (one.known_at(until) for one in history)
        history = [one for one in told if not believed(one, until).warning]
        self.usual_ = Usual().fit(history)
        self.growth_ = Growth().fit_shares(seen_to_the_end(history, until))
        past = past_of(history, until, self.growth_)
        # Listings may reach back further than votes, and the trial needs votes as well.
        first, last = past.voted_days or (until.date(), until.date())
        if past.picked.sum() < ENOUGH or last - first < SPAN:
            held = f"{past.picked.sum()} papers with votes over {(last - first).days} days are old enough to learn from"
            raise TooLittle(f"{held}; {ENOUGH} over {SPAN.days} days are needed: `digest backfill` reads the past")
        cut = last - min(HELD_OUT, (last - first) / 4)
        late = np.array([one.began_on > cut for one in past.seen])
        early, held_out = past.only(~late), past.only(late)
        trial = Forecast().fit(early.papers, early.numbers, roots=early.roots, is_listed=early.is_listed)
        expectation = trial.predict(held_out.papers, held_out.numbers)
        counts, owners = held_out.counts(expectation.roots, until)
        self.growth_.fit(counts, held_out.roots[owners])
        self.sure_ = Sureness(bars_of(past))
        self.quality_ = self.sure_.fit(held_out, expectation, counts, owners, self.growth_)
        self.forecast_ = Forecast().fit(past.papers, past.numbers, roots=past.roots, is_listed=past.is_listed)
        self.window_, self.learnt_from_ = (past.seen[0].began_on, past.seen[-1].began_on), len(past.seen)
        return self

    def _evidence(self, slate: Slate, at: int, parts: Floats, history: AuthorHistory) -> tuple[str, ...]:
        one = slate.seen[at]
        return evidence_of(
            one,
            dict(zip(PARTS, parts.tolist(), strict=True)),
            self.usual_,
            now=slate.now,
            votes=None if isnan(slate.votes[at]) else float(slate.votes[at]),
            chance=float(slate.expectation.chances[at]),
            well_known=history.known_among(one.paper.authors, without=one.paper.key),
            words=slate.expectation.words[at],
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Give what `from_arrays` makes the same of: arrays and JSON, nothing that runs."""
        told: dict[str, Any] = {"usual": self.usual_.to_json(), "quality": self.quality_}
        told |= {"window": [day.isoformat() for day in self.window_ or ()], "learnt_from": self.learnt_from_}
        growth = np.array([*self.growth_.shares_, self.growth_.slope_, self.growth_.start_])
        packed = {
            "format": np.array(FORMAT),
            "facts": np.frombuffer(json.dumps(told).encode(), np.uint8),
            "growth": growth,
        }
        packed |= {f"forecast:{name}": array for name, array in self.forecast_.to_arrays().items()}
        packed |= {f"sure:{name}": array for name, array in self.sure_.to_arrays().items()}
        return packed

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], **parameters: float) -> "Trend":
        """Make a trend of what `to_arrays` gave, with the parameters of the class.

        Raises
        ------
        OtherFormat
            If another version of this house wrote it.
        """
        if "format" not in arrays or int(arrays["format"]) != FORMAT:
            raise OtherFormat("the model of trend was learnt by another version: `digest learn` makes a new one")
        made, told = cls(**parameters), json.loads(arrays["facts"].tobytes())
        made.usual_ = Usual.from_json(told["usual"])
        made.quality_, made.learnt_from_ = told["quality"], told["learnt_from"]
        days = [date.fromisoformat(day) for day in told["window"]]
        made.window_ = (days[0], days[1]) if days else None
        *shares, made.growth_.slope_, made.growth_.start_ = arrays["growth"].tolist()
        made.growth_.shares_ = np.array(shares)
        made.forecast_ = Forecast.from_arrays(under("forecast:", arrays))
        made.sure_ = Sureness.from_arrays(under("sure:", arrays))
        return made
