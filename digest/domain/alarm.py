"""An Alarm is something the operator must know: told once when it begins and once when it is over."""

from dataclasses import dataclass
from datetime import datetime

CLOCK = "clock"
"""How the names of troubles begin that are over as soon as they are noticed, and must be told all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that is wrong now: a name by which it is known again, and a sentence that says what to do."""

    name: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A trouble with its time; `over_at` is None while it lasts."""

    name: str
    words: str
    since: datetime
    over_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has passed."""
        return self.over_at is not None
