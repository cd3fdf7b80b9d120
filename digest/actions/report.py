"""What an action ends in: counts, and counted reasons for whatever was skipped."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from digest.domain.delivery import Outcome, Reply, State

Advance = Callable[[str, int, int], None]
MOST_NAMED = 50


def stay_silent(step: str, done: int, total: int) -> None:
    """Report no progress: what an action does when nobody looks on."""


@dataclass(kw_only=True)
class Report:
    """The end of an action.

    Attributes
    ----------
    skipped : reasons and how often they held
    failed : what went wrong, in sentences; empty means that the job was done
    """

    skipped: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether the whole job was done."""
        return not self.failed

    def to_json(self) -> dict[str, Any]:
        """Give the report for programs."""
        return asdict(self) | {"skipped": dict(self.skipped), "done": self.done}


@dataclass(kw_only=True)
class CollectReport(Report):
    """What a collect run read, what was odd (`noticed`, kept) or unreadable (`skipped`), and what was `mended`."""

    papers: int = 0
    new: int = 0
    signals: int = 0
    verdicts: dict[str, str] = field(default_factory=dict)
    noticed: Counter[str] = field(default_factory=Counter)
    named: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Give the report for programs."""
        return super().to_json() | {"noticed": dict(self.noticed)}


@dataclass(kw_only=True)
class PublishReport(Report):
    """Which edition stands now, whether this run made it, and how many papers have odd counts; some of them `named`."""

    day: str = ""
    revision: int = 0
    candidates: int = 0
    is_new: bool = False
    warnings: int = 0
    named: list[str] = field(default_factory=list)

    def warn(self, paper_key: str, warning: str) -> None:
        """Count a paper whose counts are odd, and name it while there is room.

        >>> report = PublishReport()
        >>> report.warn("arxiv:2603.00001", "a jump from 5 to 205 upvotes within 2 h")
        >>> report.warnings, report.named
        (1, ['arxiv:2603.00001: a jump from 5 to 205 upvotes within 2 h'])
        """
        self.warnings += 1
        if len(self.named) < MOST_NAMED:
            self.named.append(f"{paper_key}: {warning}")


@dataclass(kw_only=True)
class ComposeReport(Report):
    """How many issues were composed, with how many papers.

    Attributes
    ----------
    told : readers who got none and are told so
    resumed : readers whose pause was over
    """

    issues: int = 0
    entries: int = 0
    told: int = 0
    resumed: int = 0


@dataclass(kw_only=True)
class DeliverReport(Report):
    """How many messages left, were put off, or were repeated after a crash; what waits now, and until when.

    `rests_until` is the moment to which all sending rests, if it does, and `rests_for` why.
    """

    sent: int = 0
    later: int = 0
    repeated: int = 0
    waiting: int = 0
    next_try_at: str = ""
    rests_until: str = ""
    rests_for: str = ""

    def count(self, reply: Reply, state: State) -> None:
        """Count what came back for a message, and where its delivery stands."""
        if reply.outcome is Outcome.SENT:
            self.sent += 1
            return
        self.later += state is State.QUEUED
        self.skipped[f"{state}: {reply.text[:80]}"] += 1
        if not (self.failed or (reply.is_greylisting and state is State.QUEUED)):
            self.failed.append(f"not every message could be delivered; the first: {reply.text}")


@dataclass(kw_only=True)
class ReceiveReport(Report):
    """How many mails came back and were read, of what kinds, and how many addresses are given up for them.

    Attributes
    ----------
    left : whether there are more, for which there was no time
    """

    read: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    suppressed: int = 0
    left: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give the report for programs."""
        return super().to_json() | {"kinds": dict(self.kinds)}


@dataclass(kw_only=True)
class LearnReport(Report):
    """What the model of trend was learnt from, its version (0: none, and what to do), its quality on held-out days."""

    papers: int = 0
    voted_on: int = 0
    since: str = ""
    until: str = ""
    version: int = 0
    quality: dict[str, float] = field(default_factory=dict)
    advice: str = ""

    @property
    def done(self) -> bool:
        """Whether a model was made; too little history is no failure, but not the job either."""
        return not self.failed and self.version > 0
