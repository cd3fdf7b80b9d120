"""Deliver: claim what is due, make its mail, send it, write down what came back. One message at a time is in flight."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from digest.actions.report import Advance, DeliverReport, stay_silent
from digest.domain.delivery import Delivery, Outcome, Reply, State, state_after
from digest.domain.issue import Issue
from digest.domain.message import Message
from digest.links import Links
from digest.mail.cards import Masthead
from digest.mail.mime import message_of
from digest.mail.renderer import letter_for_issue, letter_kept
from digest.mail.transport import Transport
from digest.store import deliveries, editions, issues
from digest.store.database import Database
from digest.store.deliveries import Claim, Settled

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
Pages = tuple[dict[str, Any], dict[str, Any]]
"""Frames by name, and cards by hash."""


@dataclass(frozen=True, kw_only=True)
class PostRoom:
    """What is needed to make mails: links, the masthead of letters, and the name this process holds claims under."""

    links: Links
    masthead: Masthead
    holder: str


def deliver(
    database: Database,
    transport: Transport,
    room: PostRoom,
    *,
    clock: Clock,
    is_dead: Callable[[str], bool],
    advance: Advance = stay_silent,
) -> DeliverReport:
    """Send everything that is due, confirmations first.

    A claim is written before the first message of it is sent, and its end after each one; what a dead process left
    behind is taken over and sent under the same Message-ID.

    Parameters
    ----------
    is_dead : callable
        Whether the process a claim is held under is known to live no more.
    """
    report = DeliverReport()
    done = 0
    while claims := _claim(database, room.holder, is_dead, clock()):
        try:
            with database.reading() as connection:
                found = issues.with_ids(connection, [claim.issue_id for claim in claims if claim.issue_id])
                pages = editions.pages_of(connection, found.values())
            make = partial(_message, room, found, pages)
            for claim in claims:
                advance("delivering", done, done + len(claims))
                if _is_wanted(database, claim.delivery, room.holder, clock(), report):
                    _send(database, transport, claim, make, clock, report)
                done += 1
        finally:
            with database.writing() as connection:
                deliveries.give_back(connection, room.holder, clock())
    advance("delivering", done, done)
    return report


def _claim(database: Database, holder: str, is_dead: Callable[[str], bool], now: datetime) -> list[Claim]:
    with database.reading() as connection:
        dead = [name for name in deliveries.holders(connection) if is_dead(name)]
    with database.writing() as connection:
        return deliveries.claim(connection, holder, dead, now=now)


def _message(room: PostRoom, found: Mapping[int, Issue], pages: Mapping[int, Pages], claim: Claim) -> Message:
    number = claim.delivery.id
    if claim.issue_id:
        issue = found[claim.issue_id]
        return message_of(letter_for_issue(issue, number, *pages[issue.edition_id], room.links))
    return message_of(letter_kept(claim.delivery.kind, number, claim.letter or {}, room.masthead))


def _is_wanted(database: Database, delivery: Delivery, holder: str, now: datetime, report: DeliverReport) -> bool:
    with database.writing() as connection:
        if not deliveries.hold(connection, delivery, holder, now):
            report.skipped["taken over by another process"] += 1
            return False
        reason = deliveries.unwanted(connection, delivery)
        if reason:
            deliveries.settle(connection, delivery, Settled(state=State.CANCELLED, reply=reason), now)
            report.skipped[reason] += 1
    return not reason


def _send(
    database: Database,
    transport: Transport,
    claim: Claim,
    make: Callable[[Claim], Message],
    clock: Clock,
    report: DeliverReport,
) -> None:
    try:
        message = make(claim)
    except Exception as error:  # One mail that cannot be made must not keep back all others.
        log.exception("delivery %s cannot be made", claim.delivery.id)
        reply, sha256 = Reply(outcome=Outcome.REFUSED, text=f"the mail cannot be made: {error!r}"), ""
    else:
        reply, sha256 = transport.send(message), message.sha256
    now = clock()
    state, again_at = state_after(reply, claim.delivery, now)
    with database.writing() as connection:
        end = Settled(state=state, reply=reply.text, sha256=sha256, next_attempt_at=again_at)
        deliveries.settle(connection, claim.delivery, end, now)
    _count(report, reply.outcome, state, reply.text)


def _count(report: DeliverReport, outcome: Outcome, state: State, words: str) -> None:
    if outcome is Outcome.SENT:
        report.sent += 1
        return
    report.later += state is State.QUEUED
    report.skipped[f"{state}: {words[:80]}"] += 1
    sentence = f"not every message could be delivered; the first: {words}"
    if not report.failed:
        report.failed.append(sentence)
