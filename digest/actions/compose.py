"""Compose: give every reader who is due an issue from the newest edition. Twice, or two at once: still one issue.

Who missed issues, or whose last one could not leave, gets one catch-up for all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from digest.actions.report import Advance, ComposeReport, stay_silent
from digest.domain.catchup import WEEK, away_since, reaching, together, weeks_before
from digest.domain.choice import Choice
from digest.domain.delivery import Kind
from digest.domain.edition import STALE_AFTER, Desk
from digest.domain.interests import Interests
from digest.domain.listing import Receipt, Verdict, by_source, in_words
from digest.domain.selection import choose
from digest.domain.subscriber import Status, Subscriber
from digest.store import claims, deliveries, editions, issues, profiles, receipts, subscribers
from digest.store.database import Database

SHARD = 500
NOTHING_LEFT = "Nothing is left that you have not been sent."


@dataclass(frozen=True, kw_only=True)
class Round:
    """One run of composing: when it is, the day it is for if not for who is due, and the key that signs its links.

    Over the `window` what is composed leaves little by little; for a day that was named, at once.
    """

    now: datetime
    queued_at: datetime
    key_id: int
    day: date | None = None
    dry_run: bool = False
    window: timedelta = timedelta()

    @property
    def on(self) -> date:
        """The day whose edition counts."""
        return self.day or self.now.date()

    def day_for(self, reader: Subscriber) -> date:
        """Give the reader's own day that an issue is for."""
        cadence = reader.wishes.cadence
        return self.day or cadence.day_of(cadence.last_due(self.now))

    def period_for(self, reader: Subscriber) -> str:
        """Give the period that an issue is for."""
        return reader.wishes.cadence.period_on(self.day_for(reader))

    def leaves_at(self, subscriber_id: int) -> datetime:
        """Give the moment from which a reader's mail is sent: every day as far into the window, by the reader's number.

        >>> at = datetime(2026, 11, 20, 7)
        >>> this = Round(now=at, queued_at=at, key_id=1, window=timedelta(minutes=60))
        >>> [f"{this.leaves_at(number):%H:%M}" for number in (1, 2, 3)]
        ['07:25', '07:49', '07:18']
        """
        share = int.from_bytes(sha256(str(subscriber_id).encode()).digest()[:4]) / 2**32
        return self.queued_at if self.day else self.queued_at + share * self.window

    def since_for(self, reader: Subscriber) -> date | None:
        """Give the day up to which a reader was served, if issues are missing since; never for a day that is named."""
        return None if self.day else away_since(reader, self.day_for(reader))


@dataclass(frozen=True, kw_only=True)
class Table:
    """What a run has laid out: the newest edition, its day's receipts, and older editions once somebody missed them."""

    desk: Desk
    receipts: Sequence[Receipt]
    _older: dict[date, Desk | None] = field(default_factory=dict)

    def before(self, connection: Connection, since: date) -> Iterator[Desk]:
        """Lay out the last edition of each week before this one's, as far back as a day."""
        for until in weeks_before(self.desk.edition.day, since):
            if until not in self._older:
                self._older[until] = self._of_week(connection, until)
            if (desk := self._older[until]) is not None:
                yield desk

    def _of_week(self, connection: Connection, until: date) -> Desk | None:
        named = editions.name_of_newest(connection, until)
        desk = editions.lay_out(connection, until) if named and until - named[0] < WEEK else None
        # Cards that were cut for other frames do not fit into the mail of this edition.
        fits = desk is not None and desk.edition.frames.keys() == self.desk.edition.frames.keys()
        return desk if fits else None


def compose(database: Database, this: Round, *, advance: Advance = stay_silent) -> ComposeReport:
    """Compose the issues of all who are due, or with a day of every active reader for that day.

    A reader's due moment moves on, the issue and its delivery are written in one transaction.

    Returns
    -------
    ComposeReport; readers who got none are counted by reason.
    """
    report = ComposeReport()
    if not this.day and not this.dry_run:
        report.resumed = _wake(database, this.now)
    shards = _shards(database, this)
    if (first := next(shards, None)) is None:
        return report
    with database.reading() as connection:
        desk = editions.lay_out(connection, this.on)
        table = Table(desk=desk, receipts=by_source(receipts.of_day(connection, desk.edition.day))) if desk else None
    for readers in chain([first], shards):
        advance("composing", report.issues + report.skipped.total(), 0)
        if table is None or table.desk.edition.day < this.on - STALE_AFTER:
            report.skipped["no fresh edition"] += len(readers)
            continue
        _compose_shard(database, table, readers, this, report)
    if report.skipped["no fresh edition"]:
        report.failed.append("readers are due, but there is no fresh edition: collect and publish first")
    report.skipped = +report.skipped
    advance("composing", report.issues, report.issues)
    return report


def _wake(database: Database, now: datetime) -> int:
    """Bring back those whose pause is over, due as if they had been woken in time; give their number."""
    number = 0
    while True:
        with database.writing() as connection:
            rested = subscribers.resting(connection, now, SHARD)
            for reader in rested:
                # An issue of midnight is due at the very moment at which a pause ends.
                before = (reader.resumes_at or now) - timedelta(microseconds=1)
                subscribers.set_status(connection, reader, Status.ACTIVE, now=before)
        number += len(rested)
        if len(rested) < SHARD:
            return number


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
    database: Database, table: Table, readers: Sequence[Subscriber], this: Round, report: ComposeReport
) -> None:
    ids, desk = [reader.id for reader in readers], table.desk
    readers = readers if this.day or this.dry_run else _without_unsent(database, readers, this)
    with database.reading() as connection:
        chosen, made = choose_for(connection, table, readers, this)
    if this.dry_run:
        report.issues += sum(bool(choice.entries) for choice in chosen)
        report.entries += sum(len(choice.entries) for choice in chosen)
        return
    with database.writing() as connection:
        present = subscribers.still_active(connection, ids)
        profiles.keep(connection, readers, desk.edition.vectoriser, {i: one for i, one in made.items() if i in present})
        for reader, choice in zip(readers, chosen, strict=True):
            is_here = reader.id in present
            if reason := _issue(connection, table, reader, choice, this, report) if is_here else "left meanwhile":
                report.skipped[reason] += 1
            else:
                report.issues += 1
                report.entries += len(choice.entries)


def _without_unsent(database: Database, readers: Sequence[Subscriber], this: Round) -> Sequence[Subscriber]:
    """Take back the older issues that still wait, and give how their readers stand: nobody gets two at once."""
    others = claims.of_other_periods({reader.id: this.period_for(reader) for reader in readers})
    with database.writing() as connection:
        waited = claims.take_back_unsent(connection, others)
        return [subscribers.with_id(connection, one.id) or one if one.id in waited else one for one in readers]


def choose_for(
    connection: Connection, table: Table, readers: Sequence[Subscriber], this: Round
) -> tuple[Sequence[Choice], Mapping[int, Interests]]:
    """Choose for a shard; gives as well the interests that were made, of the newest edition's vectoriser alone."""
    away = {at: since for at, reader in enumerate(readers) if (since := this.since_for(reader))}
    asked, made = profiles.readers_of(connection, table.desk, readers)
    for at, since in away.items():
        asked[at] = reaching(asked[at], table.desk, since)
    chosen = choose(table.desk, asked)
    if not away:
        return chosen, made
    drawn = {at: [(table.desk, chosen[at])] for at in away}
    for desk in table.before(connection, min(away.values())):
        missing = [at for at, since in away.items() if since < desk.edition.day]
        known, _ = profiles.readers_of(connection, desk, [readers[at] for at in missing])
        again = [reaching(one, desk, away[at], drawn[at]) for at, one in zip(missing, known, strict=True)]
        for at, choice in zip(missing, choose(desk, again), strict=True):
            drawn[at].append((desk, choice))
    for at, since in away.items():
        chosen[at] = together(drawn[at], readers[at].wishes, since, this.day_for(readers[at]))
    return chosen, made


def _issue(
    connection: Connection, table: Table, reader: Subscriber, choice: Choice, this: Round, report: ComposeReport
) -> str:
    """Keep and queue a reader's issue, or say that there is none; gives the reason, or an empty text."""
    cadence, on, period = reader.wishes.cadence, this.day_for(reader), this.period_for(reader)
    if not this.day and not subscribers.move_due(connection, reader, cadence.next_due(this.now)):
        return "composed by another process"
    if issues.having(connection, [reader.id], [period]):
        return "already composed"
    if not this.day and reader.covered_until and on <= reader.covered_until:
        return "day already covered"
    if not choice.entries:
        if not this.day:  # On a day that was named nothing is said: when it is due it may still bring papers.
            subscribers.cover(connection, reader.id, on)
            report.told += reader.wishes.quiet_days and _say_quiet(connection, table, reader, choice, this)
        return choice.note.rstrip(".") or "nothing new"
    key_id, edition_id = this.key_id, table.desk.edition.id
    issue = choice.issue_for(reader, edition_id=edition_id, period=period, key_id=key_id, now=this.now)
    if (issue_id := issues.add(connection, issue)) is None:
        return "already composed"
    if not reader.covered_until or on > reader.covered_until:
        subscribers.cover(connection, reader.id, on)
    deliveries.queue(connection, reader.id, Kind.ISSUE, period, now=this.leaves_at(reader.id), issue_id=issue_id)
    return ""


def _say_quiet(connection: Connection, table: Table, reader: Subscriber, choice: Choice, this: Round) -> bool:
    """Queue the mail that says that there is nothing, why, and what came nearest; False if it was said before."""
    letter, period = facts_of_quiet(table, reader, choice, this), this.period_for(reader)
    at = this.leaves_at(reader.id)
    return deliveries.queue(connection, reader.id, Kind.QUIET, period, now=at, letter=letter) is not None


def facts_of_quiet(table: Table, reader: Subscriber, choice: Choice, this: Round) -> dict[str, Any]:
    """Give what is kept with the mail of a quiet day."""
    cadence = reader.wishes.cadence
    silent = [one for one in table.receipts if one.verdict is Verdict.NOTHING and not choice.note]
    return {
        "recipient": reader.address,
        "key_id": this.key_id,
        "date": this.now.isoformat(),
        "day": this.day_for(reader).isoformat(),
        "note": choice.note or in_words(silent) or NOTHING_LEFT,
        "missed": choice.missed,
        "next_at": cadence.next_due(this.now).isoformat(),
        "zone": cadence.zone,
        "rests_on": in_words(one for one in table.receipts if one not in silent),
    }
