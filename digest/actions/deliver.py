"""Deliver: claim what is due, make its mail, send it, write down what came back. One message at a time is in flight."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from digest.actions.report import Advance, DeliverReport, stay_silent
from digest.domain.delivery import Outcome, Reply, State, state_after
from digest.domain.issue import Issue
from digest.domain.message import Message
from digest.links import Links
from digest.mail.cards import Masthead
from digest.mail.mime import message_of
from digest.mail.notices import letter_for_notice
from digest.mail.renderer import letter_for_issue
from digest.mail.transport import Transport, TransportDown
from digest.store import deliveries, editions, issues, notices
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
    """Send everything that is due: confirmations first, then other notices, then issues.

    Each message is noted before it is handed over and settled after; what a dead process left behind is taken over.
    Of that, only what was in flight may have arrived: it is repeated under the same Message-ID, and counted.

    Parameters
    ----------
    is_dead : callable
        Whether the process a claim is held under is known to live no more.
    """
    report = DeliverReport()
    done = 0
    try:
        while claims := _claim(database, room.holder, is_dead, clock()):
            with database.reading() as connection:
                found = issues.with_ids(connection, [claim.issue_id for claim in claims if claim.issue_id])
                pages = editions.pages_of(connection, found.values())
            make = partial(_message, room, found, pages)
            for claim in claims:
                advance("delivering", done, done + len(claims))
                if _is_wanted(database, claim, found, room.holder, clock(), report):
                    _send(database, transport, claim, make, room, clock, report)
                done += 1
    except TransportDown as error:
        report.failed.append(f"nothing can be sent now: {error}")
    finally:
        with database.writing() as connection:
            deliveries.give_back(connection, room.holder, clock())
    advance("delivering", done, done)
    return count_waiting(database, report)


def count_waiting(database: Database, report: DeliverReport | None = None) -> DeliverReport:
    """Say in a report how many deliveries wait, and when the first of them is tried."""
    report = report or DeliverReport()
    with database.reading() as connection:
        report.waiting, first_at = deliveries.waiting(connection)
    report.next_try_at = first_at.isoformat(timespec="minutes") if first_at else ""
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
    return message_of(letter_for_notice(claim.delivery.kind, number, claim.letter or {}, room.masthead, room.links))


def _is_wanted(
    database: Database, claim: Claim, found: Mapping[int, Issue], holder: str, now: datetime, report: DeliverReport
) -> bool:
    """Hold the claim for sending, unless the mail is not wanted any more or somebody else took it over.

    An issue for who is paused is taken back, so that what comes after the pause may bring its papers; unless it was
    in flight before, for then it may have arrived.
    """
    with database.writing() as connection:
        if not deliveries.hold(connection, claim.delivery, holder, now):
            report.skipped["taken over by another process"] += 1
            return False
        reason = deliveries.unwanted(connection, claim.delivery)
        if reason:
            end = Settled(state=State.CANCELLED, reply=reason)
            deliveries.settle(connection, claim.delivery, holder, end, now)
            if reason == deliveries.IS_PAUSED and claim.issue_id and not claim.was_handed_over:
                issues.take_back(connection, found[claim.issue_id])
            report.skipped[reason] += 1
    return not reason


def _send(
    database: Database,
    transport: Transport,
    claim: Claim,
    make: Callable[[Claim], Message],
    room: PostRoom,
    clock: Clock,
    report: DeliverReport,
) -> None:
    try:
        reply, sha256 = _try(transport, claim, make)
    except TransportDown:
        with database.writing() as connection:
            deliveries.let_go(connection, claim.delivery, room.holder, clock())
        raise
    now = clock()
    state, again_at = state_after(reply, claim.delivery, now)
    with database.writing() as connection:
        end = Settled(state=state, reply=reply.text, sha256=sha256, next_attempt_at=again_at)
        is_settled = deliveries.settle(connection, claim.delivery, room.holder, end, now)
        if is_settled and state is State.FAILED and claim.issue_id and reply.is_about_mailbox:
            notices.unreachable(connection, claim.delivery, reply.text, key_id=room.links.key_id, now=now)
    report.repeated += claim.was_handed_over
    _count(report, reply.outcome, state, reply.text)


def _try(transport: Transport, claim: Claim, make: Callable[[Claim], Message]) -> tuple[Reply, str]:
    """Give what came of a try, and the hash of what was tried."""
    sha256 = ""
    try:
        message = make(claim)
        sha256 = message.sha256
        return transport.send(message), sha256
    except TransportDown:
        raise
    except Exception as error:  # One mail that cannot be made or carried must not keep back all others.
        log.exception("delivery %s failed here", claim.delivery.id)
        return Reply(outcome=Outcome.LATER, text=f"failed here: {error!r}"), sha256


def _count(report: DeliverReport, outcome: Outcome, state: State, words: str) -> None:
    if outcome is Outcome.SENT:
        report.sent += 1
        return
    report.later += state is State.QUEUED
    report.skipped[f"{state}: {words[:80]}"] += 1
    sentence = f"not every message could be delivered; the first: {words}"
    if not report.failed:
        report.failed.append(sentence)
