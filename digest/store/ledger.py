"""The ledger in the hands of one process: what it takes to send, holds, gives back, and how each delivery ended."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from digest.domain import bounce
from digest.domain.delivery import Outcome, Reply, State, state_after
from digest.domain.issue import Issue
from digest.domain.text import tidy
from digest.store import bounces, claims, deliveries, issues, notices
from digest.store.claims import Claim, Share
from digest.store.database import Database
from digest.store.deliveries import Settled

log = logging.getLogger(__name__)
TAKEN_OVER = "taken over by another process"
DATABASE_WAITS = (0.5, 2.0, 8.0, 30.0)
"""Seconds between tries to write down how messages ended, when the process ends and the database is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one delivery was ended, to be written down."""

    claim: Claim
    reply: Reply
    settled: Settled
    at: datetime


class Ledger:
    """What one process writes in the ledger, and what follows from it for the reader.

    What was sent is never forgotten while the process lives: if the database is away, it is written down later, and
    nobody here sends it again.

    Parameters
    ----------
    holder : the name deliveries are held under
    key_id : the key of the links in what readers are told
    """

    def __init__(self, database: Database, holder: str, *, key_id: int) -> None:
        self.database, self.holder, self.key_id = database, holder, key_id
        self.unwritten: list[Ended] = []
        self._held: set[int] = set()
        self._alone = Lock()

    @contextmanager
    def noting(self) -> Iterator[Connection]:
        """Give a connection that writes without waiting for the disk, to one thread at a time."""
        with self._alone, self.database.noting() as connection:  # SQLite's own way to wait for a writer is to sleep.
            yield connection

    def claim(self, is_dead: Callable[[str], bool], share: Share, *, now: datetime) -> list[Claim]:
        """Take what is due, and what those held who live no more."""
        with self.database.reading() as connection:
            dead = [name for name in claims.holders(connection) if is_dead(name)]
        with self.noting() as connection:
            under_way = list(self._held)
            return claims.claim(connection, self.holder, share, now=now, dead=dead, under_way=under_way)

    def begin(self, now: datetime) -> int:
        """Begin a run: write down and free what an earlier one could not, and take back the issues that are too late.

        Those waited until the next is near, which then brings their papers.

        Returns
        -------
        How many are too late.
        """
        self.write()
        with self.noting() as connection:
            claims.free(connection, self.holder, list(self._held), now)
            return len(claims.take_back_unsent(connection, claims.too_late(now)))

    def issues_left(self, ramp: int, now: datetime) -> float:
        """Give how many issues may still leave today, by the ramp of a new sender."""
        with self.database.reading() as connection:
            return claims.issues_left(connection, ramp, now)

    def give_back(self, left: Iterable[Claim], next_attempt_at: datetime) -> None:
        """Queue again what was claimed and not begun."""
        with self.noting() as connection:
            claims.give_back(connection, left, self.holder, next_attempt_at)

    def keep(self, claim: Claim) -> None:
        """Keep a claim that is begun from being taken for a forgotten one, until it ended or is let go."""
        self._held.add(claim.delivery.id)

    def renew(self, now: datetime) -> None:
        """Keep the claims on all that is under way."""
        with self.noting() as connection:
            claims.renew(connection, list(self._held), self.holder, now)

    def hold(self, claim: Claim, issue: Issue | None, now: datetime) -> str:
        """Hold a claim while it is sent; else say why not: it is not wanted any more, or somebody else took it over.

        An issue for who is paused is taken back, so that what comes after the pause may bring its papers; unless it
        was in flight before, for then it may have arrived.
        """
        with self.noting() as connection:
            if not claims.hold(connection, claim.delivery, self.holder, now):
                return TAKEN_OVER
            if reason := deliveries.unwanted(connection, claim.delivery):
                end = Settled(state=State.CANCELLED, reply=reason)
                deliveries.settle(connection, claim.delivery, self.holder, end, now)
                if reason == deliveries.IS_PAUSED and issue and not claim.was_handed_over:
                    issues.take_back(connection, issue)
        if reason:
            _tell(claim, State.CANCELLED)
        return reason

    def let_go(self, claim: Claim, next_attempt_at: datetime | None = None) -> None:
        """Queue again what was begun and not sent; without a moment there is nothing to queue any more."""
        self._held.discard(claim.delivery.id)
        if next_attempt_at:
            with self.noting() as connection:
                claims.let_go(connection, claim, self.holder, next_attempt_at)

    def settle(self, claim: Claim, reply: Reply, sha256: str, now: datetime) -> State:
        """Write down what came back for a message, now or when the database is back; give where it stands.

        An issue that was put off too long, for no matter of its reader, is taken back: the next brings its papers.
        """
        state, again_at = state_after(reply, claim.delivery, now)
        if state is State.FAILED and reply.outcome is Outcome.LATER and claim.issue_id and not reply.is_about_mailbox:
            state = State.CANCELLED
        settled = Settled(state=state, reply=tidy(reply.text), sha256=sha256, next_attempt_at=again_at)
        self.unwritten.append(Ended(claim=claim, reply=reply, settled=settled, at=now))
        try:
            self.write()
        except SQLAlchemyError as error:
            log.warning("how %d messages ended is not written down yet: %s", len(self.unwritten), error)
        return state

    def write(self) -> None:
        """Write down what is not yet written; raises SQLAlchemyError where the database is away."""
        while self.unwritten:
            ended = self.unwritten[0]
            try:
                is_settled = self._written(ended, ended.settled)
            except (DataError, IntegrityError):  # It would raise for ever, and nothing else be written.
                log.exception("delivery %d: what came back cannot be kept", ended.claim.delivery.id)
                is_settled = self._written(ended, replace(ended.settled, reply="", sha256=""))
            self._held.discard(ended.claim.delivery.id)
            del self.unwritten[0]
            if is_settled:
                _tell(ended.claim, ended.settled.state)
            else:
                log.warning("delivery %d was taken over while it was sent here", ended.claim.delivery.id)

    def _written(self, ended: Ended, settled: Settled) -> bool:
        with self.noting() as connection:
            is_settled = deliveries.settle(connection, ended.claim.delivery, self.holder, settled, ended.at)
            if is_settled and settled.state is State.CANCELLED and not ended.claim.was_handed_over:
                for issue in issues.with_ids(connection, [ended.claim.issue_id or 0]).values():
                    issues.take_back(connection, issue)
            if is_settled and settled.state is State.FAILED and settled.reply:
                self._tell_reader(connection, ended)
        return is_settled

    def end(self, now: datetime, sleep: Callable[[float], None]) -> None:
        """Write down what is not yet written, however long the database is away: else it would be sent again."""
        for seconds in (*DATABASE_WAITS, None):
            try:
                self.begin(now)
                return
            except SQLAlchemyError:
                if seconds is None:
                    raise
                sleep(seconds)

    def count_refusal(self, claim: Claim, reply: Reply, at: datetime) -> None:
        """Count what a refusal says of the address."""
        with self.noting() as connection:
            bounces.note(connection, claim.delivery.id, bounce.of_reply(replace(reply, text=tidy(reply.text)), at))

    def take_up_again(self, claim: Claim, next_attempt_at: datetime) -> None:
        """Queue again what failed for no fault of its reader."""
        with self.noting() as connection:
            deliveries.take_up_again(connection, claim.delivery, next_attempt_at)

    def _tell_reader(self, connection: Connection, ended: Ended) -> None:
        """Tell the reader of an issue that failed for the address or the mailbox, should it recover."""
        if ended.claim.issue_id and ended.reply.is_about_mailbox:
            delivery, words = ended.claim.delivery, ended.settled.reply
            notices.unreachable(connection, delivery, words, key_id=self.key_id, now=ended.at)


def _tell(claim: Claim, state: State) -> None:
    log.info("delivery", extra={"said": {"delivery": claim.delivery.id, "state": state}})
