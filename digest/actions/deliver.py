"""Deliver: claim what is due, make its mail, send it, write down what came back. A connection carries one at a time."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf

from digest.actions.report import Advance, DeliverReport, stay_silent
from digest.domain.delivery import Kind, Reply, State
from digest.domain.issue import Issue
from digest.domain.pace import MINUTE_SECONDS, Speed
from digest.mail.pool import Carried, Pool, Result
from digest.mail.postroom import Pages, PostRoom
from digest.mail.transport import Transport, TransportDown
from digest.store import deliveries, editions, issues, rests
from digest.store.claims import CONFIRMATIONS, MOST_CLAIMED, TAKEN_BACK, Claim, Share
from digest.store.database import Database
from digest.store.ledger import Ledger
from digest.store.rests import Rests

log = logging.getLogger(__name__)
ROUND_SECONDS = 5.0
"""What is claimed and not begun by then is given back: a confirmation asked for meanwhile goes before it."""
PATIENCE_SECONDS = 1.0
"""Whoever must wait longer is put off, so that others may go; and the ledger is looked at so often meanwhile."""
RENEWED_SECONDS = 300.0
"""So often the claims on what is under way are renewed: a slow server may take longer than a lease."""
MOST_OF_A_DOMAIN = 25
"""So many for one mail domain are claimed at once, so that others are not behind it."""
RAMP = "waits for tomorrow: the ramp of a new sender"
AWAY = "the database is away: what ended is written down, and what is left is sent, when it is back"


class Sending:
    """The sending of one process: its connections, its rates, and what is under way. One run at a time.

    Parameters
    ----------
    open_transport : callable
        Opens a transport of its own for each connection.
    room : PostRoom
    speed : Speed
    clock : callable
    is_dead : callable
        Whether the process a claim is held under is known to live no more.
    heard : callable
        Is told each reply, and the state its delivery came to.
    """

    def __init__(
        self,
        database: Database,
        open_transport: Callable[[], Transport],
        room: PostRoom,
        *,
        speed: Speed,
        clock: Callable[[], datetime],
        is_dead: Callable[[str], bool],
        heard: Callable[[Reply, State], None] = lambda *_: None,
    ) -> None:
        self.database, self.room, self.speed, self.clock = database, room, speed, clock
        self.is_dead, self.heard, self.is_leaving = is_dead, heard, False
        self.pool: Pool[Claim] = Pool(open_transport, speed.pace.limits.connections, speed.monotonic)
        self.ledger = Ledger(database, room.holder, key_id=room.links.key_id)
        self.rests = Rests(self.ledger)

    def run(self, *, at_once: bool = False, advance: Advance = stay_silent) -> DeliverReport:
        """Send everything that is due: confirmations first, then other notices, then issues.

        Each message is noted before it is handed over and settled after; what a dead process left behind is taken
        over. Of that, only what was in flight may have arrived: it is repeated under the same Message-ID, and counted.

        While sending rests only confirmations are tried, one at a time, unless all is to be tried `at_once`; after a
        rest, one message first.
        """
        return _Run(self, at_once).all(advance)

    def close(self) -> None:
        """Let go of the connections, write down what is not yet, and count what refusals say of addresses."""
        self.pool.close()
        self.ledger.end(self.clock(), self.speed.sleep)
        self.rests.count_refusals(datetime.max.replace(tzinfo=UTC))


def count_waiting(database: Database, now: datetime, report: DeliverReport | None = None) -> DeliverReport:
    """Say in a report how many deliveries wait, when the first of them is tried, and until when sending rests."""
    report = report or DeliverReport()
    with database.reading() as connection:
        report.waiting, first_at = deliveries.waiting(connection)
        moments = first_at, rests.resting_until(connection, now)
        report.rests_for = rests.words(connection, now)
    report.next_try_at, report.rests_until = (at.isoformat(timespec="seconds") if at else "" for at in moments)
    return report


class _Run:
    """One run: what may be sent in it, and what came of it."""

    def __init__(self, sending: Sending, at_once: bool) -> None:
        self.sending, self.pool, self.ledger, self.rests = sending, sending.pool, sending.ledger, sending.rests
        self.pace, self.clock, self.monotonic = sending.speed.pace, sending.clock, sending.speed.monotonic
        self.at_once, self.report, self.is_over, self.done = at_once, DeliverReport(), False, 0
        self.failure: Exception | None = None
        self._resumes_at, self._renewed_at = -inf, self.monotonic()
        self._found: Mapping[int, Issue] = {}
        self._pages: Mapping[int, Pages] = {}

    def all(self, advance: Advance) -> DeliverReport:
        """Send all that may be sent."""
        self.report.skipped[f"not sent in time: {TAKEN_BACK}"] = self.ledger.begin(self.clock())
        self.pool.begin()
        try:
            while not self.is_over:
                if claims := self.claimed():
                    self.send(claims, advance)
                elif not self.waits(advance):
                    break
        finally:
            while self.pool.under_way:
                self._settle_ended()
        if self.failure:
            raise self.failure
        advance("delivering", self.done, self.done)
        self.report = count_waiting(self.sending.database, self.clock(), self.report)
        if self.report.waiting and not self.ledger.issues_left(self.pace.limits.ramp_first_day, self.clock()):
            self.report.skipped[RAMP] = self.report.waiting
        self.report.skipped = +self.report.skipped
        return self.report

    def claimed(self) -> list[Claim]:
        """Claim what may be sent now, and read what its mails are made of."""
        now, at = self.clock(), self.monotonic()
        self.is_over |= self.sending.is_leaving
        self.rests.look(now, at_once=self.at_once)
        self.rests.count_refusals(now)
        if self.is_over or (self.rests.is_troubled and self.pool.under_way):
            return []
        claims = self.ledger.claim(self.sending.is_dead, self._share(at), now=now)
        if not claims:
            self._resumes_at = max(self._resumes_at, at + self.pace.opens_in(at))
        with self.sending.database.reading() as connection:
            self._found = issues.with_ids(connection, [claim.issue_id for claim in claims if claim.issue_id])
            self._pages = editions.pages_of(connection, self._found.values())
        return claims

    def send(self, left: list[Claim], advance: Advance) -> None:
        """Hand claims over as fast as they may go, and settle whatever is over meanwhile."""
        until, total = self.monotonic() + ROUND_SECONDS, self.done + len(self.pool.under_way) + len(left)
        try:
            while left and not self.is_over and (at := self.monotonic()) < until:
                advance("delivering", self.done, total)
                seconds, _, claim = min((self._wait(one, at), turn, one) for turn, one in enumerate(left))
                if PATIENCE_SECONDS < seconds < inf:
                    break
                if not seconds:
                    left.remove(claim)
                    self._begin(claim)
                    self._settle_ended(patience=0)
                elif self.pool.under_way:
                    self._settle_ended(min(seconds, PATIENCE_SECONDS))
                else:
                    self.sending.speed.sleep(min(seconds, PATIENCE_SECONDS))
        finally:
            self._give_back(left)

    def waits(self, advance: Advance) -> bool:
        """Wait for what is under way or was put off, a moment at a time; False if there is neither."""
        advance("delivering", self.done, self.done)
        seconds, under_way = self._resumes_at - self.monotonic(), len(self.pool.under_way)
        if under_way:
            self._settle_ended()
        elif seconds > 0:
            self.sending.speed.sleep(min(seconds, PATIENCE_SECONDS))
        return under_way > 0 or seconds > 0

    def _settle(self, claim: Claim, result: Result) -> None:
        self.done += 1
        if isinstance(result, Carried):
            self._note(claim, result.reply, result.sha256)
            return
        self.ledger.let_go(claim)
        if isinstance(result, str):
            self.report.skipped[result] += 1
        elif isinstance(result, TransportDown):
            self._put_off(claim, result)
        else:  # It was not sent: who should have said whether it is wanted gave no answer.
            self.failure, self.is_over = result, True

    def _share(self, at: float) -> Share:
        if self.rests.until:
            return Share(most=1, last_turn=CONFIRMATIONS)
        return Share(
            most=1 if self.rests.is_troubled else MOST_CLAIMED,
            most_per_domain=self.pace.most_in(ROUND_SECONDS, MOST_OF_A_DOMAIN),
            not_to=self.pace.closed(at, PATIENCE_SECONDS, [one.domain for one in self.pool.under_way]),
            ramp=self.pace.limits.ramp_first_day,
        )

    def _give_back(self, left: list[Claim]) -> None:
        at, now = self.monotonic(), self.clock()
        waits: dict[float, list[Claim]] = {}
        for claim in left:
            waits.setdefault(self._wait(claim, at), []).append(claim)
        for wait, claims in waits.items():
            seconds = min(wait, MINUTE_SECONDS) if wait < inf else PATIENCE_SECONDS
            self.ledger.give_back(claims, now + timedelta(seconds=seconds))
            if seconds:
                self._resumes_at = max(self._resumes_at, at + seconds + PATIENCE_SECONDS)

    def _wait(self, claim: Claim, at: float) -> float:
        """Give the seconds to wait; infinite where only the end of another message can help.

        One reader's mails go one after another, so that a welcome is there first. A confirmation waits for no pace.
        """
        is_urgent, under_way = claim.delivery.kind is Kind.CONFIRMATION, self.pool.under_way
        readers = {one.delivery.subscriber_id for one in under_way}
        if claim.delivery.subscriber_id in readers or not self.pool.has_room(is_urgent=is_urgent):
            return inf
        return 0.0 if is_urgent else self.pace.wait(claim.domain, at, [one.domain for one in under_way])

    def _begin(self, claim: Claim) -> None:
        issue = self._found[claim.issue_id] if claim.issue_id else None
        self.pace.begin(claim.domain, self.monotonic())
        self.ledger.keep(claim)
        room, delivery = self.sending.room, claim.delivery
        make = partial(room.notice, delivery, claim.letter or {})
        if issue:
            make = partial(room.issue, delivery, issue, self._pages[issue.edition_id])
        self.pool.hand_over(claim, lambda: self.ledger.hold(claim, issue, self.clock()), make)

    def _settle_ended(self, patience: float | None = PATIENCE_SECONDS) -> None:
        for claim, result in self.pool.ended(patience):
            try:
                self._settle(claim, result)
            except Exception as error:  # The others that ended are settled all the same.
                self.failure, self.is_over = error, True
        if self.pool.under_way and self.monotonic() - self._renewed_at > RENEWED_SECONDS:
            self._renewed_at = self.monotonic()
            self.ledger.renew(self.clock())

    def _put_off(self, claim: Claim, error: TransportDown) -> None:
        now = self.clock()
        if self.pool.left > 0 and not (error.for_all or self.rests.is_troubled):
            log.warning("one connection less: %s", error)
        else:
            self._stop(self.rests.down(str(error), now))
        self.ledger.let_go(claim, self.rests.again_at(claim, now))

    def _note(self, claim: Claim, reply: Reply, sha256: str) -> None:
        reply, state, why = self.rests.settle(claim, reply, sha256, self.clock())
        self.sending.heard(reply, state)
        self.report.repeated += claim.was_handed_over
        self.report.count(reply, state)
        if why := why or (AWAY if self.ledger.unwritten else ""):
            self._stop(why)

    def _stop(self, why: str) -> None:
        self.report.failed += [] if self.is_over else [why]
        self.is_over = True
