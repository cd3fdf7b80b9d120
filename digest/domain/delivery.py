"""A Delivery brings one message to one inbox: its states, the replies it meets, and when it is tried again."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FIRST_WAIT = timedelta(minutes=10)
LONGEST_WAIT = timedelta(hours=3)
GIVE_UP_AFTER = timedelta(hours=22)
"""Before the next daily issue is due, so that a reader never gets two at once."""
SETTLING = timedelta(minutes=10)
"""Who sets one wish often sets another: all that is changed in this time is told in one mail."""
TRIED_AGAIN = timedelta(days=1)
"""After a refusal a mailbox gets time to recover before it is told of what it missed."""
TRIED_AGAIN_LATER = timedelta(days=7)
"""If that was refused as well: so a dead mailbox is not knocked at twice a day."""
ENHANCED = re.compile(r"[45][0-9]{2}[ -][45]\.([0-9]{1,3})\.([0-9]{1,3})\b")
"""A reply that begins with an enhanced status code (RFC 3463): of what it speaks, and what it says of that."""
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
    """What came back for one message: the outcome, the server's own words, and the command that was refused."""

    outcome: Outcome
    text: str = ""
    at: str = ""

    @property
    def is_about_mailbox(self) -> bool:
        """Whether it is the reader's address or mailbox that was refused, and not who sends, how, or from where.

        An enhanced status code decides, where it speaks of addresses, mailboxes or policy; else the command does.

        >>> replies = ["550 no such person", "552 5.2.2 full", "550 5.7.1 listed", "450 4.1.8 unknown sender"]
        >>> [Reply(outcome=Outcome.REFUSED, text=text, at="RCPT").is_about_mailbox for text in replies]
        [True, True, False, False]
        """
        found = ENHANCED.match(self.text)
        subject, detail = found.groups() if found else ("", "")
        if subject == "7" or (subject, detail) in {("1", "7"), ("1", "8")} or self.text.startswith("421"):
            return False
        return subject in {"1", "2"} or self.at == "RCPT"


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
