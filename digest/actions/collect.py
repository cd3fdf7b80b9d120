"""Collect: ask the sources for a day, keep what they list, and write a receipt for each. Nothing held is lost."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from digest.actions.report import MOST_NAMED, Advance, CollectReport, stay_silent
from digest.domain.listing import Batch, Receipt, Verdict, together, verdict_of
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
        taken: dict[tuple[str, date], Receipt] = {}
        try:
            for batch in source.batches(day, observed_at):
                receipt = _receipt(batch, day, observed_at)
                _keep(database, batch, now, report)
                at = (receipt.source, receipt.day)
                taken[at] = together(taken[at], receipt) if at in taken else receipt
        except SourceError as error:
            failed = Receipt(
                source=source.name, day=day, observed_at=observed_at, verdict=Verdict.FAILED, reason=str(error)
            )
            taken[source.name, day] = together(taken.get((source.name, day), failed), failed)
        _sign(database, taken.values(), report)
    advance("collecting", len(sources), len(sources))
    return report


def _receipt(batch: Batch, day: date, observed_at: datetime) -> Receipt:
    verdict, reason = verdict_of(batch, day)
    skipped = Counter(fault.reason for fault in batch.faults if not fault.kept)
    return Receipt(
        source=batch.source,
        day=day if batch.today_only else batch.announced_on or day,
        observed_at=observed_at,
        verdict=verdict,
        reason=reason,
        expected=len(batch.listings) + skipped.total(),
        held=len(batch.listings),
        skipped=skipped,
    )


def _keep(database: Database, batch: Batch, now: datetime, report: CollectReport) -> None:
    with database.writing() as connection:
        report.new += papers.record(connection, batch.listings, now)
    report.papers += len(batch.listings)
    report.signals += sum(len(listing.signals) for listing in batch.listings)
    report.skipped += Counter(fault.reason for fault in batch.faults if not fault.kept)
    report.noticed += Counter(fault.reason for fault in batch.faults if fault.kept)
    named = [f"{fault.reason}: {fault.where}" for fault in batch.faults]
    report.named += named[: MOST_NAMED - len(report.named)]


def _sign(database: Database, taken: Iterable[Receipt], report: CollectReport) -> None:
    for receipt in taken:
        with database.writing() as connection:
            receipts.add(connection, receipt)
        report.verdicts[f"{receipt.source} {receipt.day}"] = receipt.verdict
        if receipt.verdict not in GOOD:
            verdict = "" if receipt.verdict is Verdict.FAILED else f"{receipt.verdict}: "
            report.failed.append(f"{receipt.source}: {verdict}{receipt.reason}")
