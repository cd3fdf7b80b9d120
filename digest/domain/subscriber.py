"""A Subscriber is an address and its wishes. Whether an address is well formed is decided where it comes in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from digest.domain.cadence import Cadence, Frequency
from digest.domain.profile import Stance, Topic, TopicKind

LENGTHS = range(3, 26)
"""How many papers an issue may hold."""
MINUTES = range(181)
"""How many minutes a reader may give an issue; 0 is as long as it takes."""
LONGEST_PAUSE = timedelta(days=365)
ANSWERS = {True: "yes", False: "no"}
"""How a wish that is either so or not is typed."""


class Status(StrEnum):
    """Where a subscriber stands. Pending and already confirmed means: waiting for the administrator."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"


class Layout(StrEnum):
    """How much a card says: no abstract and no chart, the first sentence of one, or all of it."""

    COMPACT = "compact"
    NORMAL = "normal"
    FULL = "full"


class Joining(StrEnum):
    """Who may join: everybody, some mail domains, the invited, or whom the administrator approves."""

    OPEN = "open"
    DOMAINS = "domains"
    INVITATION = "invitation"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a reader can set.

    Attributes
    ----------
    topics : what to follow, to show less of, and never to show
    cadence : when issues come
    length : the most papers in an issue
    minutes : the most minutes of reading in an issue, or 0
    trend_weight : how much the trend weighs against the topics, from 0 to 1
    breadth : from 0, the nearest papers however alike, to 1, papers as unlike each other as the day allows
    bar : the score, from 0 to 1, that a paper must reach to be shown; 0 always fills the issue
    layout : how much a card says
    quiet_days : whether a day on which nothing is left for the reader is told by a short mail
    """

    topics: tuple[Topic, ...] = ()
    cadence: Cadence = field(default_factory=Cadence)
    length: int = 10
    minutes: int = 0
    trend_weight: float = 0.3
    breadth: float = 0.3
    bar: float = 0.3
    layout: Layout = Layout.NORMAL
    quiet_days: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a length or weight outside its range."""
        if self.length not in LENGTHS:
            raise ValueError(f"an issue holds {LENGTHS[0]} to {LENGTHS[-1]} papers, not {self.length}")
        if self.minutes not in MINUTES:
            raise ValueError(f"an issue may take 0 to {MINUTES[-1]} minutes, not {self.minutes}")
        shares = {"weight of the trend": self.trend_weight, "breadth": self.breadth, "bar": self.bar}
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise ValueError(f"the {name} lies between 0 and 1, not {share}")


PLAIN = tuple(one.name for one in fields(Wishes) if one.name not in {"topics", "cadence"})
"""The wishes that are one value each."""


def wishes_to_json(wishes: Wishes) -> dict[str, Any]:
    """Write wishes as JSON can hold them."""
    return asdict(wishes)


def wishes_from_json(record: Mapping[str, Any]) -> Wishes:
    """Read wishes as `wishes_to_json` wrote them; older records know no bar and no breadth, and get what they meant.

    >>> wishes_from_json(wishes_to_json(Wishes(length=5))) == Wishes(length=5)
    True
    """
    topics = tuple(_topic_from_json(one) for one in record["topics"])
    cadence = record["cadence"] | {"frequency": Frequency(record["cadence"]["frequency"])}
    read = {"topics": topics, "cadence": Cadence(**cadence), "layout": Layout(record.get("layout", Layout.NORMAL))}
    return Wishes(**{"bar": 0, "breadth": 0, **record, **read})


def _topic_from_json(record: Mapping[str, Any]) -> Topic:
    """Read a topic; older records say `never` instead of a stance, and nothing of terms beside it."""
    stance = record.get("stance") or (Stance.NEVER if record.get("never") else Stance.FOLLOW)
    beside = record.get("beside")
    kind = TopicKind(record["kind"])
    return Topic(
        words=record["words"], kind=kind, stance=Stance(stance), beside=None if beside is None else tuple(beside)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """An address and its wishes; one who is paused comes back at `resumes_at`, or, without it, by its own hand."""

    id: int
    address: str
    status: Status
    wishes: Wishes
    created_at: datetime
    confirmed_at: datetime | None = None
    next_issue_at: datetime | None = None
    resumes_at: datetime | None = None
    profile_revision: int = 0
    covered_until: date | None = None

    @property
    def has_joined(self) -> bool:
        """Whether issues come, or would come but for a pause."""
        return self.status in {Status.ACTIVE, Status.PAUSED}

    @property
    def resumes_on(self) -> date | None:
        """The reader's own day on which a pause ends."""
        return None if self.resumes_at is None else self.wishes.cadence.day_of(self.resumes_at)


class Refused(ValueError):  # noqa: N818 - the page says it in these words.
    """This address cannot join, or this wish cannot be kept; the text is a sentence for the reader."""


def pause_days(cadence: Cadence, now: datetime) -> tuple[date, date]:
    """Give the first and the last day on which a pause that begins now may end."""
    today = cadence.day_of(now)
    return today + timedelta(days=1), today + LONGEST_PAUSE


def end_of_pause(cadence: Cadence, day: date, now: datetime) -> datetime:
    """Give the moment a pause until a day ends: when that day begins where the reader lives.

    Raises
    ------
    Refused
        If the day is not after today, or lies more than a year ahead.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 17, 12, tzinfo=UTC)
    >>> end_of_pause(Cadence(zone="Asia/Tokyo"), date(2026, 3, 20), noon).isoformat()
    '2026-03-19T15:00:00+00:00'
    >>> end_of_pause(Cadence(), date(2026, 3, 17), noon)
    Traceback (most recent call last):
    digest.domain.subscriber.Refused: a pause ends after today, from 2026-03-18 to 2027-03-17
    """
    first, last = pause_days(cadence, now)
    if not first <= day <= last:
        raise Refused(f"a pause ends after today, from {first} to {last}")
    return cadence.start_of(day)
