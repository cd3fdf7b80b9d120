"""Collect: ask the sources for a day, keep what they list, and write a receipt for each. Nothing held is lost."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from digest.actions.report import MOST_NAMED, Advance, CollectReport, stay_silent
from digest.domain.listing import Batch, Receipt, Verdict, verdict_of
from digest.sources.base import Source, SourceError
from digest.store import papers, receipts
from digest.store.database import Database

GOOD = (Verdict.COMPLETE, Verdict.NOTHING)


def collect(
    database: Database,
    sources: Sequence[Source],
    day: date,
    *,
    observed_at: datetime,
    now: datetime,
    advance: Advance = stay_silent,
) -> CollectReport:
    """Read a day from every source; one that fails is named and the others go on.

    Each answer is one transaction: interrupted anywhere, running again gives the same rows.

    Parameters
    ----------
    observed_at : datetime
        When the counts in the answers were true; differs from `now` for recorded answers.
    """
    report = CollectReport()
    for done, source in enumerate(sources):
        advance(f"collecting {source.name}", done, len(sources))
        try:
            for batch in source.batches(day, observed_at):
                _keep(database, batch, day, observed_at=observed_at, now=now, report=report)
        except SourceError as error:
            failed = Receipt(
                source=source.name, day=day, observed_at=observed_at, verdict=Verdict.FAILED, reason=str(error)
            )
            with database.writing() as connection:
                receipts.add(connection, failed)
            report.verdicts[f"{source.name} {day}"] = Verdict.FAILED
            report.failed.append(f"{source.name}: {error}")
    advance("collecting", len(sources), len(sources))
    return report


def _keep(
    database: Database, batch: Batch, day: date, *, observed_at: datetime, now: datetime, report: CollectReport
) -> None:
    verdict, reason = verdict_of(batch, day)
    skipped = Counter(fault.reason for fault in batch.faults if not fault.kept)
    receipt = Receipt(
        source=batch.source,
        day=batch.announced_on or day,
        observed_at=observed_at,
        verdict=verdict,
        reason=reason,
        expected=len(batch.listings) + skipped.total(),
        held=len(batch.listings),
        skipped=skipped,
    )
    with database.writing() as connection:
        report.new += papers.record(connection, batch.listings, now)
        receipts.add(connection, receipt)
    report.papers += len(batch.listings)
    report.signals += sum(len(listing.signals) for listing in batch.listings)
    report.skipped += skipped
    report.noticed += Counter(fault.reason for fault in batch.faults if fault.kept)
    named = [f"{fault.reason}: {fault.where}" for fault in batch.faults]
    report.named += named[: MOST_NAMED - len(report.named)]
    report.verdicts[f"{batch.source} {receipt.day}"] = verdict
    if verdict not in GOOD:
        report.failed.append(f"{batch.source}: {verdict}: {reason}")
