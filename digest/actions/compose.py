"""Compose: give every reader who is due an issue from the newest edition. Twice, or two at once: still one issue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from sqlalchemy import Connection

from digest.actions.report import Advance, ComposeReport, stay_silent
from digest.domain.delivery import Kind
from digest.domain.edition import STALE_AFTER, Desk
from digest.domain.selection import Choice, choose
from digest.domain.subscriber import Subscriber
from digest.store import deliveries, editions, issues, profiles, subscribers
from digest.store.database import Database

SHARD = 500


@dataclass(frozen=True, kw_only=True)
class Round:
    """One run of composing: when it is, the day it is for if not for who is due, and the key that signs its links."""

    now: datetime
    queued_at: datetime
    key_id: int
    day: date | None = None
    dry_run: bool = False

    @property
    def on(self) -> date:
        """The day whose edition counts."""
        return self.day or self.now.date()


def compose(database: Database, this: Round, *, advance: Advance = stay_silent) -> ComposeReport:
    """Compose the issues of all who are due, or with a day of every active reader for that day.

    A reader's due moment moves on, the issue and its delivery are written in one transaction.

    Returns
    -------
    ComposeReport; readers who got none are counted by reason.
    """
    report = ComposeReport()
    shards = _shards(database, this)
    first = next(shards, None)
    if first is None:
        return report
    with database.reading() as connection:
        desk = editions.lay_out(connection, this.on)
    for readers in chain([first], shards):
        advance("composing", report.issues + report.skipped.total(), 0)
        if desk is None or desk.edition.day < this.on - STALE_AFTER:
            report.skipped["no fresh edition"] += len(readers)
            continue
        _compose_shard(database, desk, readers, this, report)
    if report.skipped["no fresh edition"]:
        report.failed.append("readers are due, but there is no fresh edition: collect and publish first")
    report.skipped = +report.skipped
    advance("composing", report.issues, report.issues)
    return report


def _shards(database: Database, this: Round) -> Iterator[Sequence[Subscriber]]:
    last = 0
    while True:
        with database.reading() as connection:
            if this.day:
                readers = subscribers.active(connection, after_id=last, most=SHARD)
            else:
                readers = subscribers.due(connection, this.now, after_id=last, most=SHARD)
        if not readers:
            return
        yield readers
        last = readers[-1].id


def _compose_shard(
    database: Database, desk: Desk, readers: Sequence[Subscriber], this: Round, report: ComposeReport
) -> None:
    ids = [reader.id for reader in readers]
    with database.reading() as connection:
        asked, made = profiles.readers_of(connection, desk, readers)
    chosen = choose(desk, asked)
    if this.dry_run:
        report.issues += sum(bool(choice.entries) for choice in chosen)
        report.entries += sum(len(choice.entries) for choice in chosen)
        return
    with database.writing() as connection:
        present = subscribers.still_active(connection, ids)
        profiles.keep(connection, readers, desk.edition.vectoriser, {i: one for i, one in made.items() if i in present})
        for reader, choice in zip(readers, chosen, strict=True):
            reason = _issue(connection, desk, reader, choice, this) if reader.id in present else "left meanwhile"
            if reason:
                report.skipped[reason] += 1
            else:
                report.issues += 1
                report.entries += len(choice.entries)


def _issue(connection: Connection, desk: Desk, reader: Subscriber, choice: Choice, this: Round) -> str:
    cadence = reader.wishes.cadence
    on = this.day or cadence.day_of(cadence.last_due(this.now))
    period = cadence.period_on(on)
    if not this.day and not subscribers.move_due(connection, reader, cadence.next_due(this.now)):
        return "composed by another process"
    if issues.having(connection, [reader.id], [period]):
        return "already composed"
    if not this.day and reader.covered_until and on <= reader.covered_until:
        return "day already covered"
    if not choice.entries:
        return choice.note.rstrip(".") or "nothing new"
    facts = issues.Facts(
        edition_id=desk.edition.id, period=period, key_id=this.key_id, created_at=this.now, note=choice.note
    )
    issue_id = issues.add(connection, reader, choice.entries, facts)
    if issue_id is None:
        return "already composed"
    if not reader.covered_until or on > reader.covered_until:
        subscribers.cover(connection, reader.id, on)
    deliveries.queue(connection, reader.id, Kind.ISSUE, period, now=this.queued_at, issue_id=issue_id)
    return ""
