"""A Delivery brings one message to one inbox: its states, the replies it meets, and when it is tried again."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from digest.domain.refusal import Meaning, code_of, is_telling, meaning_of

FIRST_WAIT = timedelta(minutes=10)
GREYLISTED_WAIT = timedelta(minutes=5)
"""Who greylists wants to see whether we come again, most after this time (RFC 6647)."""
CLOSING = 421
CLOSED_WAIT = timedelta(minutes=15)
"""After a 421: the whole server has no time, so what comes at once only meets it again."""
LONGEST_WAIT = timedelta(hours=3)
GIVE_UP_AFTER = timedelta(hours=22)
"""Before the next daily issue is due, so that a reader never gets two at once."""
WEEKLY_GIVEN_UP_AFTER = timedelta(days=4)
"""RFC 5321, 4.5.4.1: nobody waits longer for a mail."""
SETTLING = timedelta(minutes=10)
"""Who sets one wish often sets another: all that is changed in this time is told in one mail."""
TRIED_AGAIN = timedelta(days=1)
"""After a refusal a mailbox gets time to recover before it is told of what it missed."""
TRIED_AGAIN_LATER = timedelta(days=7)
"""If that was refused as well: so a dead mailbox is not knocked at twice a day."""
SAID = re.compile(r"([2-5][0-9]{2})(?:[ -]([245]\.[0-9]{1,3}\.[0-9]{1,3})\b|[ -]|$)")
"""How the words of a server begin: with a code, and often with an enhanced one (RFC 3463)."""
GREYLISTED = re.compile("gr[ea]y-?list", re.I)
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
    """What came back for one message: the outcome, the server's own words, and the command that was refused.

    >>> reply = Reply(outcome=Outcome.REFUSED, text="550 5.1.1 nobody", at="RCPT")
    >>> reply.code, reply.enhanced
    (550, '5.1.1')
    """

    outcome: Outcome
    text: str = ""
    at: str = ""

    @property
    def code(self) -> int:
        """The code the server answered; 0 if it is not a server that speaks."""
        found = SAID.match(self.text)
        return int(found[1]) if found else 0

    @property
    def enhanced(self) -> str:
        """The enhanced status code, or nothing: class, of what it speaks, and what it says of that."""
        found = SAID.match(self.text)
        return (found[2] or "") if found else ""

    @property
    def is_about_mailbox(self) -> bool:
        """Whether it is the reader's address or mailbox that was refused, and not who sends, how, or from where.

        >>> replies = ["550 no such person", "552 5.2.2 full", "550 5.7.1 listed", "550 relaying denied"]
        >>> [Reply(outcome=Outcome.REFUSED, text=text, at="RCPT").is_about_mailbox for text in replies]
        [True, True, False, False]
        """
        return self.meaning is not Meaning.POLICY

    @property
    def meaning(self) -> Meaning:
        """What it says of the address: without a code that tells, words count only where the address was refused."""
        is_heard = self.at == "RCPT" or is_telling(code_of("", self.text))
        return meaning_of("", self.text) if is_heard and self.code != CLOSING else Meaning.POLICY

    @property
    def first_wait(self) -> timedelta:
        """How long to wait before the first new try.

        >>> replies = ["450 4.2.0 Greylisted: come again", "451 4.7.1 try again", "421 4.7.0 closing", "452 4.2.2 full"]
        >>> [Reply(outcome=Outcome.LATER, text=text).first_wait // timedelta(minutes=1) for text in replies]
        [5, 5, 15, 10]
        """
        if self.code == CLOSING:
            return CLOSED_WAIT
        return GREYLISTED_WAIT if self.is_greylisting else FIRST_WAIT

    @property
    def is_greylisting(self) -> bool:
        """Whether the server only wants to see if we come again, as it does of every new sender (RFC 6647)."""
        is_said = self.enhanced == "4.7.1" or GREYLISTED.search(self.text) is not None
        return self.outcome is Outcome.LATER and self.code in {450, 451} and is_said


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

    @property
    def is_weekly(self) -> bool:
        """Whether it brings the issue of a week, so that the next is far."""
        return self.kind is Kind.ISSUE and "W" in self.key


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
    again = now + min(reply.first_wait * 2**delivery.attempts, LONGEST_WAIT)
    patience = WEEKLY_GIVEN_UP_AFTER if delivery.is_weekly else GIVE_UP_AFTER
    return (State.FAILED, None) if again > delivery.created_at + patience else (State.QUEUED, again)
