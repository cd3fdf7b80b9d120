"""A Delivery brings one message to one inbox: its states, the replies it meets, and when it is tried again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FIRST_WAIT = timedelta(minutes=10)
LONGEST_WAIT = timedelta(hours=3)
GIVE_UP_AFTER = timedelta(hours=22)
"""Before the next daily issue is due, so that a reader never gets two at once."""
NOT_SENT = 0
"""The number of the delivery of a preview: its links name no row, so they lead nowhere."""


class State(StrEnum):
    """Where a delivery stands in the ledger."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a delivery brings."""

    ISSUE = "issue"
    CONFIRMATION = "confirmation"
    WELCOME = "welcome"
    CHANGED = "changed"
    GOODBYE = "goodbye"
    UNREACHABLE = "unreachable"
    QUIET = "quiet"


class Outcome(StrEnum):
    """What a transport's reply means for us."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back for one message: the outcome, and the server's own words."""

    outcome: Outcome
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the ledger; unique by subscriber, kind and key."""

    id: int
    subscriber_id: int
    kind: Kind
    key: str
    state: State
    attempts: int
    created_at: datetime
    reply: str = ""
    message_sha256: str = ""


def state_after(reply: Reply, delivery: Delivery, now: datetime) -> tuple[State, datetime | None]:
    """Decide where a delivery stands after a reply, and when to try again.

    Lost after the message was handed over means `unknown`: it may have arrived, so it is not sent again by itself.

    Returns
    -------
    (state, moment of the next try or None).
    """
    if reply.outcome is not Outcome.LATER:
        return {
            Outcome.SENT: State.SENT,
            Outcome.REFUSED: State.FAILED,
            Outcome.UNKNOWN: State.UNKNOWN,
        }[reply.outcome], None
    again = now + min(FIRST_WAIT * 2**delivery.attempts, LONGEST_WAIT)
    return (State.FAILED, None) if again > delivery.created_at + GIVE_UP_AFTER else (State.QUEUED, again)
