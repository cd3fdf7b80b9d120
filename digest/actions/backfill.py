"""Backfill: read the past politely, step by step, so that a new house can learn; begun again, it goes on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.actions.report import Advance, Report, stay_silent
from digest.domain.listing import BACKFILL, Batch, Receipt, Verdict
from digest.sources.base import SourceError
from digest.store import papers, receipts
from digest.store.database import Database

GIVE_UP_AFTER = 3
"""Failures in a row after which a source is left alone; what is missing is read when the command is given again."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One piece of the past: which source, the day it is known by, how many requests it takes, and how to read it."""

    source: str
    day: date
    requests: int
    read: Callable[[], Iterator[Batch]]


@dataclass(kw_only=True)
class BackfillReport(Report):
    """How much of the past was read; a dry run says what is left of it, and how long that takes at least."""

    steps: int = 0
    papers: int = 0
    new: int = 0
    left: int = 0
    at_least: str = ""


def left(database: Database, steps: Sequence[Step]) -> list[Step]:
    """Give the steps that were not read before."""
    if not steps:
        return []
    days = [step.day for step in steps]
    with database.reading() as connection:
        found = receipts.between(connection, min(days), max(days))
    held = {(one.source, one.day) for one in found if one.part == BACKFILL and one.verdict is Verdict.COMPLETE}
    return [step for step in steps if (step.source, step.day) not in held]


def estimate(steps: Sequence[Step], seconds: dict[str, float]) -> timedelta:
    """Say how long steps take at least, at the pace each source is asked; answers take their own time on top.

    >>> step = Step(source="huggingface", day=date(2026, 3, 17), requests=1, read=lambda: iter(()))
    >>> estimate([step] * 120, {"huggingface": 1.0})
    datetime.timedelta(seconds=120)
    """
    return timedelta(seconds=sum(step.requests * seconds.get(step.source, 1.0) for step in steps))


def backfill(
    database: Database, steps: Sequence[Step], *, clock: Callable[[], datetime], advance: Advance = stay_silent
) -> BackfillReport:
    """Read the steps that are left, newest first; each is one transaction an answer, and has a receipt at its end."""
    report = BackfillReport()
    todo = left(database, steps)
    report.skipped["read before"] = len(steps) - len(todo)
    failures: dict[str, int] = {}
    for done, step in enumerate(todo):
        advance(f"backfilling {step.source} {step.day}", done, len(todo))
        if failures.get(step.source, 0) >= GIVE_UP_AFTER:
            report.skipped[f"{step.source} left alone"] += 1
            continue
        try:
            _read(database, step, clock(), report)
            failures[step.source] = 0
        except SourceError as error:
            failures[step.source] = failures.get(step.source, 0) + 1
            report.failed.append(f"{step.source} {step.day}: {error}")
    report.left = len(left(database, steps))
    report.skipped = +report.skipped
    advance("backfilling", len(todo), len(todo))
    return report


def _read(database: Database, step: Step, now: datetime, report: BackfillReport) -> None:
    held = 0
    for batch in step.read():
        with database.writing() as connection:
            report.new += papers.record(connection, batch.listings, now)
        if batch.cut_short:
            raise SourceError(batch.cut_short)
        held += len(batch.listings)
        report.skipped.update(fault.reason for fault in batch.faults if not fault.kept)
    read = Receipt(
        source=step.source,
        day=step.day,
        observed_at=now,
        verdict=Verdict.COMPLETE,
        part=BACKFILL,
        expected=held,
        held=held,
    )
    with database.writing() as connection:
        receipts.add(connection, read)
    report.steps += 1
    report.papers += held
