"""The ledger in the hands of one holder: what it takes to send, holds, gives back, and how each delivery ended."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from digest.domain import bounce
from digest.domain.delivery import Reply, State, state_after
from digest.domain.issue import Issue
from digest.store import bounces, deliveries, issues, notices
from digest.store.database import Database
from digest.store.deliveries import Claim, Settled

log = logging.getLogger(__name__)
TAKEN_OVER = "taken over by another process"
DATABASE_WAITS = (0.5, 2.0, 8.0, 30.0)
"""Seconds between tries to write down how a message ended, if the database is away: else it would be sent again."""


class Ledger:
    """What one holder writes in the ledger, and what follows from it for the reader.

    Parameters
    ----------
    holder : the name deliveries are held under
    key_id : the key of the links in what readers are told
    sleep : lets seconds pass while the database is away
    """

    def __init__(self, database: Database, holder: str, *, key_id: int, sleep: Callable[[float], None]) -> None:
        self.database, self.holder, self.key_id, self.sleep = database, holder, key_id, sleep

    def claim(self, is_dead: Callable[[str], bool], *, now: datetime, most: int, with_issues: bool) -> list[Claim]:
        """Take what is due, and what those held who live no more."""
        with self.database.reading() as connection:
            dead = [name for name in deliveries.holders(connection) if is_dead(name)]
        with self.database.noting() as connection:
            return deliveries.claim(connection, self.holder, dead, now=now, most=most, with_issues=with_issues)

    def give_back(self, claims: Iterable[Claim], next_attempt_at: datetime) -> None:
        """Queue again what was claimed and not begun."""
        with self.database.noting() as connection:
            deliveries.give_back(connection, claims, self.holder, next_attempt_at)

    def hold(self, claim: Claim, issue: Issue | None, now: datetime) -> str:
        """Hold a claim while it is sent; else say why not: it is not wanted any more, or somebody else took it over.

        An issue for who is paused is taken back, so that what comes after the pause may bring its papers; unless it
        was in flight before, for then it may have arrived.
        """
        with self.database.noting() as connection:
            if not deliveries.hold(connection, claim.delivery, self.holder, now):
                return TAKEN_OVER
            if reason := deliveries.unwanted(connection, claim.delivery):
                end = Settled(state=State.CANCELLED, reply=reason)
                deliveries.settle(connection, claim.delivery, self.holder, end, now)
                if reason == deliveries.IS_PAUSED and issue and not claim.was_handed_over:
                    issues.take_back(connection, issue)
        if reason:
            _tell(claim, State.CANCELLED)
        return reason

    def let_go(self, claim: Claim, now: datetime) -> None:
        """Queue again what was held and not sent."""
        with self.database.noting() as connection:
            deliveries.let_go(connection, claim, self.holder, now)

    def settle(self, claim: Claim, reply: Reply, sha256: str, now: datetime) -> State:
        """Write down what came back for a message, however long the database is away, and give where it stands now."""
        state, again_at = state_after(reply, claim.delivery, now)
        end = Settled(state=state, reply=reply.text, sha256=sha256, next_attempt_at=again_at)
        write = partial(self._write, claim, end, reply, now)
        for seconds in DATABASE_WAITS:
            try:
                write()
                break
            except OperationalError:
                self.sleep(seconds)
        else:
            write()
        return state

    def _write(self, claim: Claim, end: Settled, reply: Reply, now: datetime) -> None:
        with self.database.noting() as connection:
            is_settled = deliveries.settle(connection, claim.delivery, self.holder, end, now)
            if is_settled and end.state is State.FAILED:
                self._note_failure(connection, claim, reply, now)
        if is_settled:
            _tell(claim, end.state)

    def _note_failure(self, connection: Connection, claim: Claim, reply: Reply, now: datetime) -> None:
        """Tell the reader of an issue, should the mailbox recover, and count what it says of the address."""
        if claim.issue_id and reply.is_about_mailbox:
            notices.unreachable(connection, claim.delivery, reply.text, key_id=self.key_id, now=now)
        bounces.note(connection, claim.delivery.id, bounce.of_reply(reply, now))


def _tell(claim: Claim, state: State) -> None:
    log.info("delivery", extra={"said": {"delivery": claim.delivery.id, "state": state}})
