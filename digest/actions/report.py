"""What an action ends in: counts, and counted reasons for whatever was skipped."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

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
    """Which edition stands now, and whether this run made it."""

    day: str = ""
    revision: int = 0
    candidates: int = 0
    is_new: bool = False


@dataclass(kw_only=True)
class ComposeReport(Report):
    """How many issues were composed, with how many papers."""

    issues: int = 0
    entries: int = 0


@dataclass(kw_only=True)
class DeliverReport(Report):
    """How many messages left, were put off, or were repeated after a crash; what waits now, and until when."""

    sent: int = 0
    later: int = 0
    repeated: int = 0
    waiting: int = 0
    next_try_at: str = ""
