"""Collect: ask the sources for a day, keep what they list, and vouch for it with receipts. Nothing held is lost."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from digest.actions.report import MOST_NAMED, Advance, CollectReport, stay_silent
from digest.domain.calendar import AnnouncementCalendar
from digest.domain.listing import Batch, ListingKind, Receipt, Verdict, together, verdict_of
from digest.domain.text import counted
from digest.sources.base import Source, SourceError
from digest.store import papers, receipts
from digest.store.database import Database

ANNOUNCED = (ListingKind.NEW, ListingKind.CROSS)


class Remedy(Protocol):
    """Another door to the same papers, for days that the first one did not give."""

    name: str

    def between(self, since: date, until: date) -> Iterator[Batch]:
        """Give what was announced from `since` to `until`; raises SourceError where it cannot be had."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A source to ask, the part of it that is asked for, what helps where it fails, when it is silent, and
    whether it knows days that are past.
    """

    source: Source
    part: str = ""
    remedy: Remedy | None = None
    calendar: AnnouncementCalendar | None = None
    knows_past: bool = True

    def silence(self, day: date) -> str:
        """Why the source announces nothing on a day, or an empty text."""
        return self.calendar.silence(day) if self.calendar else ""


def collect(
    database: Database,
    asked: Sequence[Ask],
    day: date,
    *,
    observed_at: datetime,
    now: datetime,
    advance: Advance = stay_silent,
) -> CollectReport:
    """Read a day from every source; one that fails is named and the others go on.

    A day that came stale, cut short or not at all is filled by the remedy, and so are earlier days on which nothing was
    read; the receipt keeps what was wrong and says what was done. Each answer is one transaction: interrupted anywhere,
    running again gives the same rows.

    Parameters
    ----------
    observed_at : datetime
        When the counts in the answers were true; differs from `now` for recorded answers.
    """
    report = CollectReport()
    for done, ask in enumerate(asked):
        advance(f"collecting {ask.source.name}", done, len(asked))
        run = _Run(database, ask, day, observed_at, now, report)
        for receipt in run.read():
            run.sign(run.mend(receipt) if ask.remedy and not receipt.is_good else receipt)
        if ask.remedy and ask.calendar:
            run.fill_missed_days(ask.calendar)
    advance("collecting", len(asked), len(asked))
    return report


@dataclass(frozen=True)
class _Run:
    """One source on one day."""

    database: Database
    ask: Ask
    day: date
    observed_at: datetime
    now: datetime
    report: CollectReport

    def read(self) -> list[Receipt]:
        """Keep every answer of the source, and give a receipt for each day and part of it."""
        taken: dict[tuple[str, date], Receipt] = {}
        try:
            for batch in self.ask.source.batches(self.day, self.observed_at):
                receipt = self.keep(batch)
                at = (receipt.source, receipt.day)
                taken[at] = together(taken[at], receipt) if at in taken else receipt
        except SourceError as error:
            silence = self.ask.silence(self.day)
            verdict = Verdict.NOTHING if silence else Verdict.FAILED
            failed = self.receipt(self.ask.source.name, verdict, f"{silence}; {error}" if silence else str(error))
            at = (failed.source, failed.day)
            taken[at] = together(taken[at], failed) if at in taken else failed
        return list(taken.values())

    def receipt(self, source: str, verdict: Verdict, reason: str) -> Receipt:
        """Begin a receipt for the day."""
        return Receipt(
            source=source,
            part=self.ask.part,
            day=self.day,
            observed_at=self.observed_at,
            verdict=verdict,
            reason=reason,
        )

    def keep(self, batch: Batch) -> Receipt:
        """Store an answer and vouch for it: what it listed against what the house now holds."""
        verdict, reason = verdict_of(batch, self.day, self.ask.silence(self.day))
        listed_on = batch.announced_on or self.day
        skipped = Counter(fault.reason for fault in batch.faults if not fault.kept)
        new = sorted(one.paper.key for one in batch.listings if one.kind is ListingKind.NEW)
        with self.database.writing() as connection:
            self.report.new += papers.record(connection, batch.listings, self.now)
            held = papers.count_listed(connection, batch.listings)
            before = receipts.last_before(connection, batch.source, self.ask.part, self.day)
        if verdict is Verdict.COMPLETE and held < len(batch.listings):
            verdict, reason = Verdict.PARTIAL, f"{len(batch.listings) - held} of {len(batch.listings)} are not held"
        if verdict is Verdict.COMPLETE and batch.today_only and before and new and new[-1] <= before.last_id:
            verdict, reason = Verdict.STALE, f"its largest id {new[-1]} is not above that of {before.day}"
        self._count(batch, skipped)
        return replace(
            self.receipt(batch.source, verdict, reason),
            day=self.day if batch.today_only else listed_on,
            expected=len(batch.listings) + skipped.total(),
            held=held,
            before=before.held if before else None,
            first_id=new[0] if new else "",
            last_id=new[-1] if new else "",
            skipped=skipped,
        )

    def mend(self, receipt: Receipt) -> Receipt:
        """Fill a day by the remedy, and note in its receipt what was done."""
        return replace(receipt, remedy=self._filled(receipt.day, receipt.day))

    def fill_missed_days(self, calendar: AnnouncementCalendar) -> None:
        """Fill the announcing days before this one on which nothing was read."""
        with self.database.reading() as connection:
            missed = receipts.missed(connection, self.ask.source.name, self.ask.part, self.day, calendar=calendar)
        for day in missed:
            missing = replace(
                self.receipt(self.ask.source.name, Verdict.FAILED, "nothing was read on the day"), day=day
            )
            self.sign(replace(missing, remedy=self._filled(day, day)))

    def sign(self, receipt: Receipt) -> None:
        """Keep a receipt, and say in the report what it says."""
        with self.database.writing() as connection:
            receipts.add(connection, receipt)
        name = " ".join(part for part in (receipt.source, receipt.part, str(receipt.day)) if part)
        self.report.verdicts[name] = receipt.verdict
        if receipt.is_good:
            return
        verdict = "" if receipt.verdict is Verdict.FAILED else f"{receipt.verdict}: "
        sentence = f"{receipt.source}: {verdict}{receipt.reason}"
        if receipt.is_mended:
            self.report.mended.append(f"{receipt.day}: {sentence}; {receipt.remedy}")
        else:
            self.report.failed.append(f"{sentence}; {receipt.remedy}" if receipt.remedy else sentence)

    def _filled(self, since: date, until: date) -> str:
        assert self.ask.remedy is not None
        name, found, broken = self.ask.remedy.name, 0, ""
        try:
            for batch in self.ask.remedy.between(since, until):
                skipped = Counter(fault.reason for fault in batch.faults if not fault.kept)
                with self.database.writing() as connection:
                    papers.record(connection, batch.listings, self.now)
                found += sum(one.kind in ANNOUNCED for one in batch.listings)
                broken = broken or batch.cut_short or (f"{skipped.total()} records unread" if skipped else "")
                self._count(batch, skipped)
        except SourceError as error:
            broken = str(error)
        if broken:
            return f"filled in part from {name}: {counted(found, 'paper')}, then: {broken}"
        return f"filled from {name}: {counted(found, 'paper')}" if found else f"{name} has no paper of it"

    def _count(self, batch: Batch, skipped: Counter[str]) -> None:
        report = self.report
        report.papers += len(batch.listings)
        report.signals += sum(len(listing.signals) for listing in batch.listings)
        report.skipped += skipped
        report.noticed += Counter(fault.reason for fault in batch.faults if fault.kept)
        report.named += [f"{fault.reason}: {fault.where}" for fault in batch.faults][: MOST_NAMED - len(report.named)]


def asking(sources: Iterable[Source]) -> list[Ask]:
    """Ask sources that have neither a remedy nor a calendar."""
    return [Ask(source=source) for source in sources]
