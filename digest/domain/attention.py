"""Attention is everything that was seen of a paper: where it was listed, and every count of it with its time."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from digest.domain.paper import Paper
from digest.domain.signal import Signal, SignalKind

SITE = "huggingface"
"""The source where people vote: what it lists was picked by somebody, where others list all of their field."""
MOST = 10**9
"""No paper has more of anything; a greater number is a fault of its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """A paper with its listings and its signals.

    Attributes
    ----------
    paper : the work as it is known
    listings : (source, day) of every announcement, in order of the day; at least one
    signals : every count seen of it, in order of time

    Examples
    --------
    >>> paper = Paper(key="arxiv:2603.00001", title="On X")
    >>> seen = Attention(paper=paper, listings=(("arxiv", date(2026, 3, 2)), ("huggingface", date(2026, 3, 3))))
    >>> seen.is_voted_on, seen.announced_on.isoformat(), seen.listed_on.isoformat()
    (True, '2026-03-02', '2026-03-03')
    """

    paper: Paper
    listings: tuple[tuple[str, date], ...]
    signals: tuple[Signal, ...] = ()

    @property
    def listed_on(self) -> date:
        """The day it was last announced, by whatever source."""
        return self.listings[-1][1]

    @property
    def began_on(self) -> date:
        """The day it was first announced, by whatever source."""
        return self.listings[0][1]

    @property
    def announced_on(self) -> date | None:
        """The day a source that lists all of its field first announced it; None if only voters did."""
        return next((day for source, day in self.listings if source != SITE), None)

    @property
    def is_voted_on(self) -> bool:
        """Whether it stands where people vote."""
        return self.voted_from is not None

    @property
    def voted_from(self) -> date | None:
        """The day from which people could vote, or None."""
        listed = next((day for source, day in self.listings if source == SITE), None)
        has_votes = any(signal.kind is SignalKind.UPVOTES for signal in self.signals)
        return listed or (self.listed_on if has_votes else None)

    def hours(self, at: datetime) -> float:
        """Hours from the midnight (UTC) on which its day began to a moment; never below 0."""
        began = datetime.combine(self.voted_from or self.listed_on, time(), UTC)
        return max(0.0, (at - began) / timedelta(hours=1))

    def known_at(self, moment: datetime) -> "Attention":
        """What was known at a moment: the same without the counts of later ones."""
        if all(signal.observed_at <= moment for signal in self.signals):
            return self
        return replace(self, signals=tuple(signal for signal in self.signals if signal.observed_at <= moment))

    def votes(self, until: datetime) -> tuple[tuple[float, int], ...]:
        """The counts of votes up to a moment, as (hours since its day began, votes), in order of time."""
        return tuple((self.hours(one.observed_at), one.value) for one in self.series(SignalKind.UPVOTES, until))

    def series(self, kind: SignalKind, until: datetime) -> tuple[Signal, ...]:
        """The counts of a kind up to a moment, in order of time; a count below 0 or beyond `MOST` is none."""
        return tuple(s for s in self.signals if s.kind is kind and s.observed_at <= until and 0 <= s.value <= MOST)
