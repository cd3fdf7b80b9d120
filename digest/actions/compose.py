"""Compose: give every reader who is due an issue from the newest edition. Twice, or two at once: still one issue."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import chain

from scipy import sparse
from sqlalchemy import Connection

from digest.actions.report import Advance, ComposeReport, stay_silent
from digest.domain.delivery import Kind
from digest.domain.edition import Desk
from digest.domain.issue import Entry
from digest.domain.selection import choose, vectors_for
from digest.domain.subscriber import Subscriber
from digest.store import deliveries, editions, issues, profiles, subscribers
from digest.store.database import Database

SHARD = 500
STALE_AFTER = timedelta(days=4)


def compose(
    database: Database, *, now: datetime, key_id: int, day: date | None = None, advance: Advance = stay_silent
) -> ComposeReport:
    """Compose the issues of all who are due, or with `day` of every active reader for that day.

    A reader's due moment moves on, the issue and its delivery are written in one transaction.

    Returns
    -------
    ComposeReport; readers who got none are counted by reason.
    """
    report = ComposeReport()
    shards = _shards(database, now, day)
    first = next(shards, None)
    if first is None:
        return report
    with database.reading() as connection:
        desk = editions.lay_out(connection, day or now.date())
    for readers in chain([first], shards):
        advance("composing", report.issues + report.skipped.total(), 0)
        if desk is None or desk.edition.day < (day or now.date()) - STALE_AFTER:
            report.skipped["no fresh edition"] += len(readers)
            continue
        _compose_shard(database, desk, readers, now=now, key_id=key_id, day=day, report=report)
    if report.skipped["no fresh edition"]:
        report.failed.append("readers are due, but there is no fresh edition: collect and publish first")
    report.skipped = +report.skipped
    advance("composing", report.issues, report.issues)
    return report


def _shards(database: Database, now: datetime, day: date | None) -> Iterator[Sequence[Subscriber]]:
    last = 0
    while True:
        with database.reading() as connection:
            if day:
                readers = subscribers.active(connection, after_id=last, most=SHARD)
            else:
                readers = subscribers.due(connection, now, after_id=last, most=SHARD)
        if not readers:
            return
        yield readers
        last = readers[-1].id


def _compose_shard(
    database: Database,
    desk: Desk,
    readers: Sequence[Subscriber],
    *,
    now: datetime,
    key_id: int,
    day: date | None,
    report: ComposeReport,
) -> None:
    ids = [reader.id for reader in readers]
    with database.writing() as connection:
        vectors = _profile_vectors(connection, desk, readers)
        seen = issues.shown(connection, ids, desk.papers.keys())
    chosen = choose(
        desk, [reader.wishes for reader in readers], [vectors[i] for i in ids], [seen.get(i, set()) for i in ids]
    )
    with database.writing() as connection:
        for reader, entries in zip(readers, chosen, strict=True):
            reason = _issue(connection, desk, reader, entries, now=now, key_id=key_id, day=day)
            if reason:
                report.skipped[reason] += 1
            else:
                report.issues += 1
                report.entries += len(entries)


def _issue(
    connection: Connection,
    desk: Desk,
    reader: Subscriber,
    entries: Sequence[Entry],
    *,
    now: datetime,
    key_id: int,
    day: date | None,
) -> str:
    cadence = reader.wishes.cadence
    due_at = reader.next_issue_at or now
    period = cadence.period_on(day) if day else cadence.period(due_at)
    if not day and not subscribers.move_due(connection, reader, cadence.next_due(now)):
        return "composed by another process"
    if not entries:
        return "already composed" if issues.having(connection, [reader.id], [period]) else "nothing new"
    edition_id = desk.edition.id
    issue_id = issues.add(connection, reader, entries, edition_id=edition_id, period=period, key_id=key_id, now=now)
    if issue_id is None:
        return "already composed"
    deliveries.queue(connection, reader.id, Kind.ISSUE, period, now=now, issue_id=issue_id)
    return ""


def _profile_vectors(connection: Connection, desk: Desk, readers: Sequence[Subscriber]) -> dict[int, sparse.csr_array]:
    version, width = desk.edition.vectoriser, len(desk.vectoriser.terms_)
    held = profiles.vectors_of(connection, readers, version, width)
    made = {reader.id: vectors_for(desk, reader.wishes) for reader in readers if reader.id not in held}
    profiles.keep(connection, readers, version, made)
    return held | made
