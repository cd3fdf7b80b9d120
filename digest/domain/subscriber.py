"""A Subscriber is an address and its wishes. Whether an address is well formed is decided where it comes in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from digest.domain.cadence import Cadence, Frequency
from digest.domain.profile import Topic, TopicKind

LENGTHS = range(3, 26)
"""How many papers an issue may hold."""


class Status(StrEnum):
    """Where a subscriber stands. Pending and already confirmed means: waiting for the administrator."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"


class Joining(StrEnum):
    """Who may join: everybody, some mail domains, the invited, or whom the administrator approves."""

    OPEN = "open"
    DOMAINS = "domains"
    INVITATION = "invitation"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a reader can set: topics, cadence, length, and how much the trend weighs against the topics (0 to 1)."""

    topics: tuple[Topic, ...] = ()
    cadence: Cadence = field(default_factory=Cadence)
    length: int = 10
    trend_weight: float = 0.3

    def __post_init__(self) -> None:
        """Raise ValueError for a length or weight outside its range."""
        if self.length not in LENGTHS:
            raise ValueError(f"an issue holds {LENGTHS[0]} to {LENGTHS[-1]} papers, not {self.length}")
        if not 0 <= self.trend_weight <= 1:
            raise ValueError(f"the weight of the trend lies between 0 and 1, not {self.trend_weight}")


def wishes_to_json(wishes: Wishes) -> dict[str, Any]:
    """Write wishes as JSON can hold them."""
    return asdict(wishes)


def wishes_from_json(record: Mapping[str, Any]) -> Wishes:
    """Read wishes as `wishes_to_json` wrote them.

    >>> wishes_from_json(wishes_to_json(Wishes(length=5))) == Wishes(length=5)
    True
    """
    topics = tuple(Topic(**(one | {"kind": TopicKind(one["kind"])})) for one in record["topics"])
    cadence = record["cadence"] | {"frequency": Frequency(record["cadence"]["frequency"])}
    return Wishes(**{**record, "topics": topics, "cadence": Cadence(**cadence)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """An address and its wishes."""

    id: int
    address: str
    status: Status
    wishes: Wishes
    created_at: datetime
    confirmed_at: datetime | None = None
    next_issue_at: datetime | None = None
    profile_revision: int = 0
    covered_until: date | None = None


class Refused(ValueError):  # noqa: N818 - the page says it in these words.
    """This address cannot join, or this wish cannot be kept; the text is a sentence for the reader."""
