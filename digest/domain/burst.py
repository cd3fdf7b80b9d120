"""A burst is a rise of votes out of nowhere: what it is held against, how many of its votes count, what is said of it.

Nothing here knows how a score is made of votes.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from math import copysign, log1p, sqrt

from digest.domain.attention import MOST, Attention
from digest.domain.signal import Signal, SignalKind
from digest.domain.text import span

Series = Sequence[tuple[float, int]]
"""Counts in order of time: (hours since the paper's day began, count)."""

SLACK = 2.0
"""Root votes that any count may rise in no time: four times the scatter of a count, which is 1/2 on this scale."""
PACE = 3.0
"""Root votes for each unit of age: of 9,680 recorded papers 19 rose faster than is allowed."""
OWN_PACE = 0.5
"""What a paper's own root votes add to that pace: who stands high rises faster."""
EARLY = 2.0
"""Hours that set the scale of age, log(1 + hours / 2): votes come fast at first, and ever slower; before, mirrored."""
FIRST = 3.0
"""How many times as much a first count may be. The highest recorded one stands at 1.9 times; beyond is absurd."""
FIRST_HOURS = 8.0
"""A first count is judged as if at least this old: people may vote before a day begins."""
ECHO = 4.0
"""Root votes allowed for each root of a comment, star or point that came with them, beyond the first."""
ECHO_HOURS = 24.0
"""How much later than the votes the rest may come."""

BELOW_ZERO, ABSURD, TOO_SOON = "count below zero", "count beyond a billion", "count dated in the future"
TWICE = "two counts at one moment: the lower is taken"

ECHOES = (SignalKind.COMMENTS, SignalKind.STARS, SignalKind.POINTS, SignalKind.REMARKS)
FROM_NOTHING = frozenset({SignalKind.COMMENTS, SignalKind.POINTS, SignalKind.REMARKS})
"""What begins with the paper, so that the first count of it is a rise; a repository may have had its stars before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadied:
    """The count of votes to believe.

    Attributes
    ----------
    votes : the count to believe, from 0 to `seen`; None if no count is known
    seen : the count that was seen last, or None
    hours : its age, in hours since the paper's day began; below 0 if it was taken before
    warning : what is odd, with its evidence; empty if every vote counts
    left_out : a reason for each count that was not used
    """

    votes: float | None = None
    seen: int | None = None
    hours: float = 0.0
    warning: str = ""
    left_out: tuple[str, ...] = ()


def usual_votes(hours: float) -> float:
    """Give the usual number of votes at an age, as recorded on Daily Papers: (1.4 + log(1 + hours / 2) / 2)².

    >>> [round(usual_votes(hours)) for hours in (8, 24, 120)]
    [5, 7, 12]
    """
    return (1.4 + _age(max(hours, 0.0)) / 2) ** 2


def believed(attention: Attention, now: datetime, *, usual: Callable[[float], float] = usual_votes) -> Steadied:
    """Give the count of votes to believe of a paper: `steadied`, of what is left when bad counts are taken out.

    A count below zero, beyond a billion or of a time after `now` is left out; of two at one moment the lower is taken.
    A count taken before the paper's day began is as good as any. Stars and the like are cleared in the same way.

    Examples
    --------
    >>> from datetime import date
    >>> from digest.domain.paper import Paper
    >>> at = [datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in (8, 10)]
    >>> votes = tuple(
    ...     Signal(paper_key="arxiv:1", source="huggingface", kind=SignalKind.UPVOTES, value=value, observed_at=moment)
    ...     for value, moment in zip((5, -1), at, strict=True)
    ... )
    >>> paper, listings = Paper(key="arxiv:1", title="A"), (("huggingface", date(2026, 3, 2)),)
    >>> seen = Attention(paper=paper, listings=listings, signals=votes)
    >>> believed(seen, at[1]).votes, believed(seen, at[1]).left_out
    (5.0, ('count below zero',))
    """
    by_source: dict[tuple[SignalKind, str], list[Signal]] = {}
    for signal in attention.signals:
        # The same votes told by two sources are one series; the stars of two repositories are not.
        source = "" if signal.kind is SignalKind.UPVOTES else signal.source
        by_source.setdefault((signal.kind, source), []).append(signal)
    began = datetime.combine(attention.voted_from or attention.listed_on, time(), UTC)
    reasons: list[str] = []
    votes = _cleared(by_source.get((SignalKind.UPVOTES, ""), ()), began, now, reasons)
    others = []
    for (kind, _), signals in by_source.items():
        if kind in ECHOES and (cleared := _cleared(signals, began, now, reasons)):
            others.append([(-math.inf, 0), *cleared] if kind in FROM_NOTHING else cleared)
    return replace(steadied(votes, others, usual=usual), left_out=tuple(reasons))


def steadied(
    votes: Series, others: Sequence[Series] = (), *, usual: Callable[[float], float] = usual_votes
) -> Steadied:
    """Damp what rises faster than papers do.

    With age a(h) = log(1 + h / 2), a count of r² votes at h hours may by g hours have grown to R² and no further,

        R = r + 2 + (3 + r / 2) (a(g) - a(h)) + 4 E,   E = sum of max(0, rise of the root of another count - 1)

    measured from every earlier count, so that many small steps reach no further than one. The root of the first count
    may be three times what that of a paper with no votes could have grown to by then. Votes that are not believed once
    are not believed later, unless something else rises within a day; votes that come on top of them count. Of votes
    that vanish, the lower, later count holds from the start.

    Parameters
    ----------
    votes : counts of votes, each 0 or more, in order of time
    others : the same of comments, stars, points: whatever rises when people really look
    usual : gives the usual number of votes at an age, for the sentence

    Notes
    -----
    On the root scale a count scatters alike, be it small or large: Anscombe, "The transformation of Poisson, binomial
    and negative-binomial data" (1948). Votes added at any moment never lower the count to believe. Growth over a gap
    is judged by the length of the gap: a source that was silent for a week makes no burst.

    Examples
    --------
    >>> steadied([(8, 5), (24, 41)]).votes
    41.0
    >>> sudden = steadied([(8, 5), (10, 205)], [[(8, 1), (10, 1)]])
    >>> sudden.warning
    'a jump from 5 to 205 upvotes within 2 h, counted as 25: usual is 5 at that age, and nothing else rose with it'
    >>> steadied([(8, 5), (10, 205)], [[(8, 1), (10, 40)]]).votes
    205.0
    """
    if not votes:
        return Steadied()
    rise = _Rise(_settled(votes), [_settled(series) for series in others])
    warning = rise.warning(usual) if rise.cut >= 1 else ""
    hours, seen = votes[-1]
    return Steadied(votes=rise.believed[-1], seen=seen, hours=hours, warning=warning)


class _Rise:
    """One walk along a series of votes: what is believed at each count, and the step that was cut most."""

    def __init__(self, votes: Series, others: Sequence[Series]) -> None:
        self.votes, self.others = votes, others
        self.ages = [_age(hours) for hours, _ in votes]
        self.believed: list[float] = []
        self.cut, self.at, self.since = 0.0, 0, -1
        lowest = 0.0
        for at, (_, count) in enumerate(votes):
            claimed = float(count - votes[at - 1][1]) + self.believed[-1] if at else float(count)
            # Most papers are done with here; what else may explain a rise is looked at only where there is one.
            if not at or sqrt(claimed) > lowest + SLACK + PACE * self.ages[at]:
                claimed = self._damped(at, claimed)
            self.believed.append(claimed)
            floor = sqrt(claimed) - PACE * self.ages[at]
            lowest = min(lowest, floor) if at else floor

    def _damped(self, at: int, claimed: float) -> float:
        if at == 0 and sqrt(claimed) <= FIRST * (SLACK + PACE * _age(FIRST_HOURS)):
            return claimed
        bounds = [(self._bound(since, at), since) for since in range(at)] or [(self._first_bound(), -1)]
        bound, since = min(bounds)
        kept = min(claimed, bound * bound)
        if claimed - kept > self.cut:
            self.cut, self.at, self.since = claimed - kept, at, since
        return kept

    def _bound(self, since: int, at: int) -> float:
        root = sqrt(self.believed[since])
        grown = (PACE + OWN_PACE * root) * (self.ages[at] - self.ages[since])
        return root + SLACK + grown + self._echo(self.votes[since][0], self.votes[at][0])

    def _first_bound(self) -> float:
        hours = self.votes[0][0]
        return FIRST * (SLACK + PACE * _age(max(hours, FIRST_HOURS))) + self._echo(-math.inf, hours)

    def _echo(self, since: float, until: float) -> float:
        rises = [_root_rise(series, since, until + ECHO_HOURS) for series in self.others]
        return ECHO * sum(max(0.0, rise - 1.0) for rise in rises)

    def warning(self, usual: Callable[[float], float]) -> str:
        """Say which step was cut most, and why it is not believed."""
        hours, count = self.votes[self.at]
        earlier = self.votes[self.since] if self.since >= 0 else None
        began = earlier[0] if earlier else -math.inf
        if self._echo(began, hours):
            echo = "more than what rose with it explains"
        elif any(len(series) > 1 and series[-1][0] > began for series in self.others):
            echo = "nothing else rose with it"
        else:
            echo = "nothing else is known to have risen with it"
        step = f"a jump from {earlier[1]:,} to {count:,} upvotes within {span(hours - earlier[0])}" if earlier else ""
        step = step or f"{count:,} upvotes at first sight, more than twice what any paper had at that age"
        kept = round(self.believed[self.at])
        return f"{step}, counted as {kept:,}: usual is {usual(hours):,.0f} at that age, and {echo}"


def _cleared(signals: Sequence[Signal], began: datetime, now: datetime, reasons: list[str]) -> list[tuple[float, int]]:
    counts: list[tuple[float, int]] = []
    for signal in signals:
        if signal.observed_at > now:
            reasons.append(TOO_SOON)
        elif not 0 <= signal.value <= MOST:
            reasons.append(BELOW_ZERO if signal.value < 0 else ABSURD)
        else:
            counts.append(((signal.observed_at - began).total_seconds() / 3600, signal.value))
    counts.sort()
    once: list[tuple[float, int]] = []
    for hours, count in counts:
        if once and once[-1][0] == hours:
            reasons += [TWICE] * (once[-1][1] != count)
        else:
            once.append((hours, count))
    return once


def _settled(series: Series) -> Series:
    """Take back from every count what vanished later."""
    settled, lowest = list(series), MOST
    for at in range(len(settled) - 1, -1, -1):
        hours, count = settled[at]
        lowest = min(lowest, count)
        settled[at] = hours, lowest
    return settled


def _root_rise(series: Series, since: float, until: float) -> float:
    """Give the rise of the root of a count between two moments, from the first count if none was known before."""
    begin = max(0, bisect_right(series, (since, MOST)) - 1)
    end = bisect_right(series, (until, MOST)) - 1
    return sqrt(series[end][1]) - sqrt(series[begin][1]) if end > begin else 0.0


def _age(hours: float) -> float:
    return copysign(log1p(abs(hours) / EARLY), hours)
