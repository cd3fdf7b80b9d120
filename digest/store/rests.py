"""When sending rests, for the whole house: so much failed alike, or no mail server could be used."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from digest.domain.delivery import Kind, Outcome, Reply, State, state_after
from digest.domain.pace import Trouble
from digest.domain.text import tidy
from digest.store import bells
from digest.store.claims import Claim
from digest.store.ledger import Ledger
from digest.store.tables import bells as bells_table

RESTS, TROUBLED = "sending rests", "sending is troubled"
Lengths = tuple[timedelta, timedelta]
"""How long a rest is, at first and at most."""
DOWN: Lengths = timedelta(seconds=5), timedelta(minutes=15)
"""Where no mail server can be used."""
ALIKE: Lengths = timedelta(minutes=5), timedelta(hours=2)
"""Where so many messages end in one way that it is no matter of their readers."""
LONGEST_WORDS = 500
FORGOTTEN_AFTER = timedelta(hours=1)
MOST_PROBES = 10
"""So many mailboxes may be refused, one after another, before it is taken for a fault of the server."""


def begin(connection: Connection, lengths: Lengths, now: datetime, why: str = "") -> datetime:
    """Let sending rest as long as the trouble has lasted by now, so that each rest is twice the one before.

    Returns
    -------
    Until when.
    """
    since, (least, most) = troubled_since(connection, now), lengths
    if since is None:
        bells.put_off(connection, TROUBLED, now)
    until = now + min(max(now - (since or now), least), most)
    bells.put_off(connection, RESTS, until, why[:LONGEST_WORDS])
    return until


def resting_until(connection: Connection, now: datetime) -> datetime | None:
    """Give the moment to which sending rests, or None if it does not."""
    until = bells.next_at(connection, RESTS)
    return until if until and until > now else None


def words(connection: Connection, now: datetime) -> str:
    """Say why sending rests, or give an empty text."""
    return bells.words_of(connection, RESTS) if resting_until(connection, now) else ""


def troubled_since(connection: Connection, now: datetime) -> datetime | None:
    """Give the moment since which sending is troubled, rests included, or None if all is well.

    If nothing was there to be tried for an hour after a rest, nobody knows, and that is taken for well.
    """
    until = bells.next_at(connection, RESTS)
    return bells.next_at(connection, TROUBLED) if until and now - until < FORGOTTEN_AFTER else None


def end(connection: Connection) -> None:
    """Note that a message was taken: the trouble is over."""
    connection.execute(delete(bells_table).where(bells_table.c.name.in_([RESTS, TROUBLED])))


class Rests:
    """Judges by what comes back of many messages whether sending must rest, and after a rest whether it may go on.

    Refusals count against an address only when it is known that they were no trouble of ours; what is refused while
    there is trouble, and not for the reader's mailbox, is tried again.

    Parameters
    ----------
    ledger : Ledger

    Attributes
    ----------
    until : the moment to which sending rests, or None
    is_troubled : whether nothing was taken yet since the last rest began
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.is_troubled = ledger, False
        self.until: datetime | None = None
        self._trouble: Trouble[tuple[Claim, State]] = Trouble()
        self._probes: list[tuple[Reply, Claim, State, datetime]] = []

    def look(self, now: datetime, *, at_once: bool) -> None:
        """Look how things stand in the house; `at_once` overlooks a rest."""
        with self.ledger.database.reading() as connection:
            self.until = None if at_once else resting_until(connection, now)
            self.is_troubled = troubled_since(connection, now) is not None

    def settle(self, claim: Claim, reply: Reply, sha256: str, now: datetime) -> tuple[Reply, State, str]:
        """Settle what came back for a message.

        Returns
        -------
        (what it was taken for, where the delivery stands, why sending must rest now or an empty text).
        """
        reply = _later(reply) if self.is_troubled else reply
        state = self.ledger.settle(claim, reply, sha256, now)
        if self.is_troubled:
            return reply, state, self._lasting(claim, reply, state, now)
        said = self._trouble.noted(reply, (claim, state), claim.domain, now)
        if said:
            for one, (other, _) in self._trouble.alike(reply):
                self._take_up_again(_later(one), other, now)
            self._trouble.forget()
            said = self._rest(said, ALIKE, now)
        return reply, state, said

    def down(self, words: str, now: datetime) -> str:
        """Let sending rest since no mail server can be used; gives why."""
        return self._rest(f"nothing can be sent now: {words}", DOWN, now)

    def again_at(self, claim: Claim, now: datetime) -> datetime:
        """Give when what could not leave is tried again: after the rest; what somebody waits for, more often."""
        until, (least, most) = self.until or now, DOWN
        if claim.delivery.kind is not Kind.CONFIRMATION:
            return until
        return min(until, now + max(least, min(now - claim.delivery.created_at, most)))

    def count_refusals(self, now: datetime) -> None:
        """Count against their addresses the refusals that turned out to be no trouble of ours."""
        for reply, (claim, state), at in self._trouble.passed(now):
            self._count(reply, claim, state, at)

    def _count(self, reply: Reply, claim: Claim, state: State, at: datetime) -> None:
        if state is State.FAILED:
            self.ledger.count_refusal(claim, reply, at)

    def _lasting(self, claim: Claim, reply: Reply, state: State, now: datetime) -> str:
        """Judge by one message whether the trouble lasts.

        A refused mailbox says nothing of that, unless it is one of many; a confirmation that is taken during a rest
        ends the rest, and what is tried next ends the trouble. What was begun before the rest says nothing.
        """
        if self.until and claim.delivery.kind is not Kind.CONFIRMATION:
            return ""
        if reply.outcome is Outcome.SENT:
            with self.ledger.noting() as connection:
                bells.put_off(connection, RESTS, now) if self.until else end(connection)
            self.is_troubled = self.until is not None
            for probe in self._probes:
                self._count(*probe)
            self._probes.clear()
            return ""
        if self.until or reply.is_greylisting:
            return ""
        if reply.is_about_mailbox and len(self._probes) < MOST_PROBES:
            self._probes.append((reply, claim, state, now))
            return ""
        return self._rest(f"it lasts: {reply.text}", ALIKE, now)

    def _rest(self, why: str, lengths: Lengths, now: datetime) -> str:
        if self.until:
            return why
        self.is_troubled = True
        self._probes.clear()
        with self.ledger.noting() as connection:
            self.until = begin(connection, lengths, now, tidy(why))
        return f"sending rests until {self.until:%H:%M:%S} UTC: {why}"

    def _take_up_again(self, reply: Reply, claim: Claim, now: datetime) -> None:
        _, again_at = state_after(reply, claim.delivery, now)
        if reply.outcome is Outcome.LATER and again_at:
            self.ledger.take_up_again(claim, again_at)


def _later(reply: Reply) -> Reply:
    """Take a refusal that is no matter of the reader's mailbox for one that passes."""
    is_ours = reply.outcome is Outcome.REFUSED and not reply.is_about_mailbox
    return replace(reply, outcome=Outcome.LATER) if is_ours else reply
