"""Deliver: claim what is due, make its mail, send it, write down what came back. One message a connection is in flight.

The ledger is written by one thread; the connections make and send, and know nothing of it.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from math import inf

from sqlalchemy import Connection

from digest.actions.report import Advance, DeliverReport, stay_silent
from digest.domain.delivery import Outcome, Reply, State
from digest.domain.issue import Issue
from digest.domain.pace import MINUTE_SECONDS, Speed, Trouble, allowed_on
from digest.mail.pool import Pool
from digest.mail.postroom import Pages, PostRoom
from digest.mail.transport import Transport, TransportDown
from digest.store import deliveries, editions, issues
from digest.store.database import Database
from digest.store.deliveries import MOST_CLAIMED, Claim
from digest.store.ledger import Ledger

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
Ticket = tuple[Claim, str]
"""A claim, and the mail domain it goes to."""
ROUND_SECONDS = 5.0
"""What is claimed and not begun by then is given back: a confirmation asked for meanwhile goes before it."""
PATIENCE_SECONDS = 1.0
"""Whoever must wait longer is put off, so that others may go; and the ledger is looked at so often meanwhile."""
RAMP = "waits for tomorrow: the ramp of a new sender"


def deliver(
    database: Database,
    open_transport: Callable[[], Transport],
    room: PostRoom,
    *,
    speed: Speed,
    clock: Clock,
    is_dead: Callable[[str], bool],
    advance: Advance = stay_silent,
) -> DeliverReport:
    """Send everything that is due: confirmations first, then other notices, then issues.

    Each message is noted before it is handed over and settled after; what a dead process left behind is taken over.
    Of that, only what was in flight may have arrived: it is repeated under the same Message-ID, and counted.

    Parameters
    ----------
    open_transport : callable
        Opens a transport of its own for each connection.
    is_dead : callable
        Whether the process a claim is held under is known to live no more.
    """
    run = _Run(database, Pool(open_transport, speed.pace.limits.connections), room, speed, clock)
    try:
        while not run.is_over:
            if claims := run.claimed(is_dead):
                run.send(claims, advance)
            elif not run.waits():
                break
    finally:
        run.end()
    advance("delivering", run.done, run.done)
    return count_waiting(database, run.report)


def count_waiting(database: Database, report: DeliverReport | None = None) -> DeliverReport:
    """Say in a report how many deliveries wait, and when the first of them is tried."""
    report = report or DeliverReport()
    with database.reading() as connection:
        report.waiting, first_at = deliveries.waiting(connection)
    report.next_try_at = first_at.isoformat(timespec="minutes") if first_at else ""
    return report


class _Run:
    """One run: what is under way, and what came of it."""

    def __init__(self, database: Database, pool: Pool[Ticket], room: PostRoom, speed: Speed, clock: Clock) -> None:
        self.database, self.pool, self.room, self.clock = database, pool, room, clock
        self.pace, self.monotonic, self.sleep = speed.pace, speed.monotonic, speed.sleep
        self.ledger = Ledger(database, room.holder, key_id=room.links.key_id, sleep=speed.sleep)
        self.report, self.is_over, self.done = DeliverReport(), False, 0
        self._trouble, self._resumes_at = Trouble(), -inf
        self._readers: set[int] = set()
        self._found: Mapping[int, Issue] = {}
        self._pages: Mapping[int, Pages] = {}

    def claimed(self, is_dead: Callable[[str], bool]) -> list[Ticket]:
        """Claim what may be sent now, and read what its mails are made of."""
        now = self.clock()
        with self.database.reading() as connection:
            left = self._issues_left(connection, now)
        most = int(min(MOST_CLAIMED, left)) or MOST_CLAIMED
        claims = self.ledger.claim(is_dead, now=now, most=most, with_issues=left > 0)
        with self.database.reading() as connection:
            self._found = issues.with_ids(connection, [claim.issue_id for claim in claims if claim.issue_id])
            self._pages = editions.pages_of(connection, self._found.values())
            domains = deliveries.domains(connection, claims)
        return [(claim, domains.get(claim.delivery.id, "")) for claim in claims]

    def send(self, left: list[Ticket], advance: Advance) -> None:
        """Hand claims over as fast as they may go, and settle whatever is over meanwhile."""
        until, total = self.monotonic() + ROUND_SECONDS, self.done + self.pool.under_way + len(left)
        try:
            while left and not self.is_over and (at := self.monotonic()) < until:
                advance("delivering", self.done, total)
                seconds, _, ticket = min((self._wait(*one, at), turn, one) for turn, one in enumerate(left))
                if PATIENCE_SECONDS < seconds < inf:
                    break
                if self.pool.has_room and not seconds:
                    left.remove(ticket)
                    self._begin(*ticket)
                    self._settle_ended(patience=0)
                elif self.pool.under_way:
                    self._settle_ended(PATIENCE_SECONDS)
                else:
                    self.sleep(seconds)
        finally:
            self._give_back(left)

    def waits(self) -> bool:
        """Wait for what is under way or was put off, a moment at a time; False if there is neither."""
        seconds = self._resumes_at - self.monotonic()
        if self.pool.under_way:
            self._settle_ended(PATIENCE_SECONDS)
        elif seconds > 0:
            self.sleep(min(seconds, PATIENCE_SECONDS))
        else:
            return False
        return True

    def end(self) -> None:
        """Settle what is still under way, and let go of the connections."""
        try:
            while self.pool.under_way:
                self._settle_ended()
        finally:
            self.pool.close()

    def _issues_left(self, connection: Connection, now: datetime) -> float:
        if not self.pace.limits.ramp_first_day:
            return inf
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        sent, first_at = deliveries.issues_sent(connection, midnight)
        left = allowed_on((now.date() - (first_at or now).date()).days, self.pace.limits) - sent - self.pool.under_way
        if left <= 0:
            self.report.skipped[RAMP] = deliveries.waiting(connection)[0]
        return max(left, 0)

    def _give_back(self, left: list[Ticket]) -> None:
        at, now = self.monotonic(), self.clock()
        waits: dict[float, list[Claim]] = {}
        for claim, domain in left:
            waits.setdefault(self._wait(claim, domain, at), []).append(claim)
        for wait, claims in waits.items():
            seconds = min(wait, MINUTE_SECONDS) if wait < inf else PATIENCE_SECONDS
            self.ledger.give_back(claims, now + timedelta(seconds=seconds))
            if seconds:
                self._resumes_at = max(self._resumes_at, at + seconds + PATIENCE_SECONDS)

    def _wait(self, claim: Claim, domain: str, at: float) -> float:
        """Give the seconds to wait; one reader's mails go one after another, so that a welcome is there first."""
        return inf if claim.delivery.subscriber_id in self._readers else self.pace.wait(domain, at)

    def _begin(self, claim: Claim, domain: str) -> None:
        issue = self._found[claim.issue_id] if claim.issue_id else None
        if reason := self.ledger.hold(claim, issue, self.clock()):
            self.report.skipped[reason] += 1
            self.done += 1
            return
        self.pace.begin(domain, self.monotonic())
        self._readers.add(claim.delivery.subscriber_id)
        if issue:
            make = partial(self.room.issue, claim.delivery, issue, self._pages[issue.edition_id])
        else:
            make = partial(self.room.notice, claim.delivery, claim.letter or {})
        self.pool.hand_over((claim, domain), make)

    def _settle_ended(self, patience: float | None = None) -> None:
        for ended in self.pool.ended(patience):
            claim, domain = ended.ticket
            self.pace.end(domain)
            self._readers.discard(claim.delivery.subscriber_id)
            self.done += 1
            if isinstance(ended.result, TransportDown):
                self._let_go(claim, ended.result)
            else:
                self._settle(claim, *ended.result)

    def _let_go(self, claim: Claim, error: TransportDown) -> None:
        self.ledger.let_go(claim, self.clock())
        if self.pool.left:
            log.warning("one connection less: %s", error)
        elif not self.is_over:
            self.report.failed.append(f"nothing can be sent now: {error}")
            self.is_over = True

    def _settle(self, claim: Claim, reply: Reply, sha256: str) -> None:
        state = self.ledger.settle(claim, reply, sha256, self.clock())
        self.report.repeated += claim.was_handed_over
        _count(self.report, reply.outcome, state, reply.text)
        if said := self._trouble.noted(reply):
            self.report.failed += [] if self.is_over else [f"sending is paused: {said}"]
            self.is_over = True


def _count(report: DeliverReport, outcome: Outcome, state: State, words: str) -> None:
    if outcome is Outcome.SENT:
        report.sent += 1
        return
    report.later += state is State.QUEUED
    report.skipped[f"{state}: {words[:80]}"] += 1
    if not report.failed:
        report.failed.append(f"not every message could be delivered; the first: {words}")
