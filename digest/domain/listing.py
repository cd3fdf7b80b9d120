"""A Listing is one source announcing one paper on one day; a Batch one answer of a source; a Receipt vouches for it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from digest.domain.paper import Paper
from digest.domain.signal import Signal

SOURCE_NAMES = {"arxiv": "arXiv", "huggingface": "Hugging Face", "biorxiv": "bioRxiv", "medrxiv": "medRxiv"}
"""How sources are called where people read it."""
BACKFILL = "backfill"
"""Part of the receipts of days that were read long after they were announced."""
LONG_TITLE = 1_000
"""Characters above which a title is reported as over-long; it is kept whole and shortened where it is shown."""


class ListingKind(StrEnum):
    """How a paper was announced."""

    NEW = "new"
    CROSS = "cross"
    REPLACE = "replace"
    REPLACE_CROSS = "replace-cross"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One source announcing one paper on one day, with the signals it gave and the first submission if it is told."""

    paper: Paper
    source: str
    kind: ListingKind
    listed_on: date
    signals: tuple[Signal, ...] = ()
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with one record of an answer: what, where, and whether the record was kept all the same."""

    reason: str
    where: str
    kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one answer of a source held, in our words.

    Attributes
    ----------
    source : name of the source
    announced_on : the day the batch is of, as the source says; None if it does not say
    listings : every record that could be read, each paper once
    faults : every record that could not, and every oddity of one that could
    cut_short : why the answer ends before its end, or an empty text
    today_only : whether the source answers with its present day, whichever was asked for
    """

    source: str
    announced_on: date | None
    listings: tuple[Listing, ...] = ()
    faults: tuple[Fault, ...] = ()
    cut_short: str = ""
    today_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrichment:
    """What an enricher knows of papers the house holds: facts to merge, signals to add, and how many it knows not."""

    source: str
    papers: tuple[Paper, ...] = ()
    signals: tuple[Signal, ...] = ()
    faults: tuple[Fault, ...] = ()
    unknown: int = 0


class Verdict(StrEnum):
    """What a collect run can say of a source's day."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    STALE = "stale"
    NOTHING = "no announcement"
    FAILED = "failed"


WORSE = (Verdict.NOTHING, Verdict.COMPLETE, Verdict.PARTIAL, Verdict.STALE, Verdict.FAILED)
"""From what says least against a day to what says most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a collect run expected of a source's day and what the house now holds of it.

    Attributes
    ----------
    part : the part of the source that was asked for, such as the categories of a feed; empty for all of it
    expected, held : papers the source listed, and papers of that day the house holds
    before : papers of the last announcement before, None if nothing is known of it
    first_id, last_id : the range of new identifiers
    remedy : what was done about a day that did not come as it should
    """

    source: str
    day: date
    observed_at: datetime
    verdict: Verdict
    reason: str = ""
    expected: int = 0
    held: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    part: str = ""
    before: int | None = None
    first_id: str = ""
    last_id: str = ""
    remedy: str = ""

    @property
    def is_good(self) -> bool:
        """Whether there is nothing to mend: the day is whole, or nothing was announced."""
        return self.verdict in {Verdict.COMPLETE, Verdict.NOTHING}

    @property
    def is_mended(self) -> bool:
        """Whether a day that did not come as it should was filled from elsewhere."""
        return self.remedy.startswith("filled from")

    @property
    def in_words(self) -> str:
        """What the receipt vouches for, as the reader is told.

        >>> from datetime import UTC
        >>> Receipt(source="arxiv", day=date(2026, 3, 19), observed_at=datetime.now(UTC), verdict=Verdict.COMPLETE,
        ...         expected=20, held=20).in_words
        'arXiv listed 20 papers, 20 were read.'
        """
        name = SOURCE_NAMES.get(self.source, self.source)
        if self.is_mended:
            return f"{name} did not come as it should ({self.verdict}); {self.remedy}."
        if self.verdict is Verdict.FAILED:
            return f"{name} could not be read."
        if self.verdict is Verdict.NOTHING:
            return f"{name} announced nothing ({self.reason})."
        if self.verdict is Verdict.STALE:
            return f"{name} still shows an earlier day."
        return f"{name} listed {self.expected:,} papers, {self.held:,} were read."


def together(first: Receipt, second: Receipt) -> Receipt:
    """Join two receipts of one source and day: counts add up, the worse verdict and its reason stand.

    >>> from datetime import UTC
    >>> one = Receipt(source="arxiv", day=date(2026, 3, 19), observed_at=datetime.now(UTC), verdict=Verdict.COMPLETE,
    ...               expected=20, held=20)
    >>> both = together(one, replace(one, verdict=Verdict.PARTIAL, reason="cut", expected=9, held=8))
    >>> both.held, both.expected, both.verdict.value, both.reason
    (28, 29, 'partial', 'cut')
    """
    better, worse = sorted((first, second), key=lambda receipt: WORSE.index(receipt.verdict))
    counts = Counter(first.skipped) + Counter(second.skipped)
    expected, held = first.expected + second.expected, first.held + second.held
    reason = "; ".join(dict.fromkeys(part.reason for part in (worse, better) if part.reason))
    return replace(worse, reason=reason, expected=expected, held=held, skipped=counts)


def by_source(found: Iterable[Receipt]) -> list[Receipt]:
    """Join the receipts of a day into one for each source."""
    joined: dict[str, Receipt] = {}
    for one in found:
        joined[one.source] = together(joined[one.source], one) if one.source in joined else one
    return list(joined.values())


def in_words(found: Iterable[Receipt]) -> str:
    """Say what a day rests on, a sentence for each of its receipts."""
    return " ".join(one.in_words for one in found)


def verdict_of(batch: Batch, day: date, silence: str = "") -> tuple[Verdict, str]:
    """Judge an answer for `day`: complete, partial, stale or empty, with the reason in words.

    A source that knows past days is asked for the day before as well, since votes settle later.

    Parameters
    ----------
    silence : why the source announces nothing on this day, or an empty text if it does

    >>> verdict_of(Batch(source="arxiv", announced_on=date(2026, 3, 16), today_only=True), date(2026, 3, 17))
    (<Verdict.STALE: 'stale'>, 'the batch is of 2026-03-16, not of 2026-03-17')
    """
    if silence and batch.today_only and (not batch.listings or batch.announced_on != day):
        return Verdict.NOTHING, silence
    yesterday = day if batch.today_only else day - timedelta(days=1)
    if batch.announced_on and not yesterday <= batch.announced_on <= day:
        return Verdict.STALE, f"the batch is of {batch.announced_on}, not of {day}"
    if batch.cut_short:
        return Verdict.PARTIAL, batch.cut_short
    lost = sum(not fault.kept for fault in batch.faults)
    if lost:
        return Verdict.PARTIAL, f"{lost} of {lost + len(batch.listings)} records could not be read"
    if not batch.listings and batch.today_only:
        return Verdict.STALE, "the source announces on this day, but answers with no paper"
    if not batch.listings:
        return Verdict.NOTHING, "the source answered with no paper"
    return Verdict.COMPLETE, ""


def faults_of(paper: Paper, where: str) -> list[Fault]:
    """Name what is odd about a paper that is kept all the same."""
    found = []
    if not paper.abstract:
        found.append(Fault(reason="no abstract", where=where, kept=True))
    if len(paper.title) > LONG_TITLE:
        found.append(Fault(reason="over-long title", where=f"{where} ({len(paper.title):,} characters)", kept=True))
    return found
