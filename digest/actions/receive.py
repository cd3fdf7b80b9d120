"""Receive: read what came back, prove which delivery it is about, and act on it. Nothing is ever answered."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, SQLAlchemyError

from digest.actions.report import Advance, ReceiveReport, stay_silent
from digest.domain.bounce import GIVEN_UP_FROM, Bounce, BounceKind
from digest.domain.subscriber import Refused, Status
from digest.links import Links
from digest.mail.mailbox import Mailbox, MailboxError
from digest.mail.proof import proved
from digest.mail.reports import read_returned
from digest.store import bounces, subscribers
from digest.store.bounces import Against
from digest.store.database import Database

UNPROVED = "names no delivery of ours"
NOTHING_SAID = "says nothing about a delivery"
GONE = "its reader is gone"
BROKEN = "cannot be acted on"
MOST_SECONDS = 20.0
"""How long one run reads: the clock rings for it every minute."""


def receive(
    database: Database,
    mailboxes: Sequence[Mailbox],
    *,
    links: Links,
    now: datetime,
    seconds: Callable[[], float],
    advance: Advance = stay_silent,
) -> ReceiveReport:
    """Read every mailbox; each mail is acted on and then marked, so that one read twice counts once.

    What is not read after `MOST_SECONDS` is left for the next run. What is wrong with one mail is no matter of the
    next, but where the database is away or busy nothing is marked.

    Parameters
    ----------
    seconds : callable
        Gives seconds of a clock that never jumps.
    """
    report, end = ReceiveReport(), seconds() + MOST_SECONDS
    for mailbox in mailboxes:
        try:
            for name, raw in mailbox.unread():
                if seconds() >= end:
                    report.left = True
                    break
                advance("receiving", report.read, report.read + 1)
                try:
                    take_in(database, raw, report, links=links, now=now)
                except Exception as error:  # Anybody can send anything here: what raises would raise at every run.
                    if isinstance(error, SQLAlchemyError) and not isinstance(error, DataError):
                        raise
                    report.skipped[f"{BROKEN}: {type(error).__name__}"] += 1
                mailbox.mark(name)
                report.read += 1
        except (MailboxError, OSError) as error:
            report.failed.append(str(error))
    return report


def take_in(
    database: Database, raw: bytes, report: ReceiveReport, *, links: Links, now: datetime, recipient: str = ""
) -> None:
    """Read one mail and act on it, by whichever door it came; a transaction is begun only for what is proved."""
    returned = read_returned(raw)
    report.kinds[returned.kind] += 1
    if returned.kind is BounceKind.NONE:
        report.skipped[NOTHING_SAID] += 1
        return
    found = proved(replace(returned, addresses=(recipient, *returned.addresses)), links)
    if found is None:
        report.skipped[UNPROVED] += 1
        return
    number, kind = found
    bounce = Bounce(kind=kind, at=now, code=returned.code, words=returned.words)
    with database.writing() as connection:
        if subscribers.of_delivery(connection, number) is None:
            report.skipped[GONE] += 1
        else:
            report.suppressed += bounces.note(connection, number, bounce)


def release(connection: Connection, address: str, now: datetime) -> Against:
    """Take back that an address is never written to, and give what it was for.

    Who complained has left by that, and stays so.

    Raises
    ------
    LookupError
        If it is not suppressed.
    Refused
        If its reader has left: only the reader's own sign-up takes that back.
    """
    was = bounces.against(connection, address, now)
    held = was.suppressed
    if held is None:
        raise LookupError(f"{address} is not suppressed; {was.score:.2f} of {GIVEN_UP_FROM:g} counts against it")
    if held.reason == Status.UNSUBSCRIBED:
        raise Refused(f"{address} has left by its own wish: it comes back by signing up again")
    bounces.release(connection, address, held.reason)
    return was
