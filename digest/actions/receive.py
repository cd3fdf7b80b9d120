"""Receive: read what came back, prove which delivery it is about, and act on it. Nothing is ever answered."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from digest.actions.report import Advance, ReceiveReport, stay_silent
from digest.domain.bounce import Bounce, BounceKind
from digest.domain.subscriber import Refused, Status, Subscriber
from digest.links import Links
from digest.mail.cards import Masthead
from digest.mail.mailbox import Mailbox, MailboxError
from digest.mail.proof import delivery_named
from digest.mail.reports import Returned, read_returned
from digest.store import bounces, subscribers
from digest.store.bounces import Suppressed
from digest.store.database import Database
from digest.store.subscribers import address_key

UNPROVED = "names no delivery of ours"
NOTHING_SAID = "says nothing about a delivery"
GONE = "its reader is gone"
NOT_THE_READER = "does not name the reader's address"


def receive(
    database: Database,
    mailboxes: Sequence[Mailbox],
    *,
    links: Links,
    masthead: Masthead,
    now: datetime,
    advance: Advance = stay_silent,
) -> ReceiveReport:
    """Read every mailbox; each mail is acted on and then marked, so that one read twice counts once."""
    report = ReceiveReport()
    for mailbox in mailboxes:
        try:
            for name, raw in mailbox.unread():
                advance("receiving", report.read, report.read + 1)
                with database.writing() as connection:
                    _act(connection, read_returned(raw), links, masthead, now, report)
                mailbox.mark(name)
                report.read += 1
        except (MailboxError, OSError) as error:
            report.failed.append(str(error))
    return report


def _act(
    connection: Connection, returned: Returned, links: Links, masthead: Masthead, now: datetime, report: ReceiveReport
) -> None:
    report.kinds[returned.kind] += 1
    if returned.kind is BounceKind.NONE:
        report.skipped[NOTHING_SAID] += 1
        return
    named = delivery_named(returned, links, masthead)
    reader = subscribers.of_delivery(connection, named.delivery) if named else None
    if named is None or reader is None:
        report.skipped[GONE if named else UNPROVED] += 1
    elif not named.is_signed and not _is_named(reader, returned):
        report.skipped[NOT_THE_READER] += 1
    else:
        bounce = Bounce(kind=returned.kind, at=now, code=returned.code, words=returned.words)
        report.suppressed += bounces.note(connection, named.delivery, bounce)


def _is_named(reader: Subscriber, returned: Returned) -> bool:
    return address_key(reader.address) in map(address_key, returned.readers)


def release(connection: Connection, address: str) -> Suppressed:
    """Write to an address again that bounced or complained, and give what it was for.

    Raises
    ------
    LookupError
        If it is not suppressed.
    Refused
        If its reader has left: only the reader's own sign-up takes that back.
    """
    held = bounces.suppressed(connection, address)
    if held is None:
        raise LookupError(f"{address} is not suppressed")
    if held.reason == Status.UNSUBSCRIBED:
        raise Refused(f"{address} has left by its own wish: it comes back by signing up again")
    bounces.release(connection, address, held.reason)
    return held
