"""How much attention a paper gathers: one score for all readers, with its evidence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

NO_VOTES = ("no votes known yet",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """What was last seen of a paper: counts (None is unknown, not 0) and how long it had been listed then."""

    upvotes: int | None = None
    comments: int | None = None
    stars: int | None = None
    hours: float = 0.0
    days_ago: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendScore:
    """A score from 0 to 1 and the sentences that show what it rests on."""

    value: float
    evidence: tuple[str, ...]

    @property
    def has_votes(self) -> bool:
        """Whether it rests on votes, or on what is usual only."""
        return self.evidence != NO_VOTES


class Trend:
    """Attention as a shrunk logarithm of upvotes.

    A paper with `v` upvotes, seen `h` hours after it was listed, has the strength

        s = w log2(1 + v) + (1 - w) u,   w = h / (h + patience)

    where `u` is the usual log2(1 + v) of the papers people voted for: early on a paper is taken for a usual one, and
    its votes speak as they come in. A paper nobody could vote on yet has s = unknown x u. Strength fades between days,
    never within one, and the score is

        value = s f / (s f + u),   f = 2 ** (-days / half_life)

    so that 0.5 is the usual attention on the day of listing.

    Parameters
    ----------
    patience : float
        Hours after which votes and expectation weigh the same.
    unknown : float
        Strength of a paper without votes, as a share of the usual; 0 to 1.
    half_life : float
        Days in which strength halves.

    Attributes
    ----------
    usual_ : float
        Median log2(1 + v) over papers with at least one vote; 2.0 (three votes) before any was seen.
    usual_upvotes_ : int
        The same as a number of votes.

    Notes
    -----
    Value lies in [0, 1). Shrinkage towards what is usual: Efron and Morris, "Stein's paradox in statistics" (1977).

    Examples
    --------
    >>> trend = Trend().fit([Attention(upvotes=v, hours=12) for v in (1, 3, 7, 31)])
    >>> hot, cold = trend.score([Attention(upvotes=31, hours=12), Attention()])
    >>> hot.value > 0.5 > cold.value
    True
    >>> hot.evidence
    ('31 upvotes in 12 h, usual 5',)
    """

    def __init__(self, *, patience: float = 6.0, unknown: float = 0.4, half_life: float = 2.0) -> None:
        self.patience, self.unknown, self.half_life = patience, unknown, half_life
        self.usual_, self.usual_upvotes_ = 2.0, 3

    def fit(self, attention: Sequence[Attention]) -> "Trend":
        """Learn what is usual from papers that were voted on."""
        logs = [math.log2(1 + seen.upvotes) for seen in attention if seen.upvotes]
        if logs:
            self.usual_ = median(logs)
            self.usual_upvotes_ = round(2**self.usual_ - 1)
        return self

    def score(self, attention: Sequence[Attention]) -> list[TrendScore]:
        """Score papers; the order is kept."""
        return [TrendScore(value=self._value(seen), evidence=self._evidence(seen)) for seen in attention]

    def _value(self, seen: Attention) -> float:
        if seen.upvotes is None:
            strength = self.unknown * self.usual_
        else:
            weight = seen.hours / (seen.hours + self.patience)
            strength = weight * math.log2(1 + seen.upvotes) + (1 - weight) * self.usual_
        faded = strength * math.exp2(-seen.days_ago / self.half_life)
        return faded / (faded + self.usual_)

    def _evidence(self, seen: Attention) -> tuple[str, ...]:
        if seen.upvotes is None:
            return NO_VOTES
        said = [f"{counted(seen.upvotes, 'upvote')} in {_span(seen.hours)}, usual {self.usual_upvotes_}"]
        if seen.comments:
            said.append(counted(seen.comments, "comment"))
        if seen.stars:
            said.append(f"{counted(seen.stars, 'star')} on GitHub")
        return tuple(said)


def counted(number: int, noun: str) -> str:
    """Say a number of things.

    >>> counted(1, "upvote"), counted(1200, "star")
    ('1 upvote', '1,200 stars')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _span(hours: float) -> str:
    return f"{max(1, round(hours))} h" if hours < 48 else f"{round(hours / 24)} days"
