"""What every source shares: the protocol, its errors, and how records become a Batch. No format lives here."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from lxml import etree

from digest.domain.listing import Batch, Enrichment, Fault, Listing, faults_of
from digest.domain.paper import Paper
from digest.domain.signal import Signal, SignalKind

Record = TypeVar("Record")
Found = TypeVar("Found", Listing, Paper)
MOST_BYTES = 20_000_000
MOST_RECORDS = 10_000
"""Records of one answer; no source gives half as many."""
LARGEST_COUNT = 10_000_000


WITHDRAWN = re.compile(
    r"^\W*withdrawn\b|\b(?:is|was|been|being|are|were)\s+(?:\w+\s+)?withdrawn\b"
    r"|\bwithdrawn\s+(?:by|due|because|from|at|as)\b"
    r"|\bwithdraw\s+(?:this|the|our)\s+(?:paper|article|manuscript|submission|preprint)\b",
    re.I,
)
"""How authors and archives say that a work is withdrawn; a mention of another, withdrawn work does not say so."""
NOT_WITHDRAWN = re.compile(r"\bnot\s+(?:been\s+)?withdrawn\b", re.I)


class SourceError(Exception):
    """The source's answer cannot be used at all: skip this source and say so; what is stored stays.

    `status` and the beginning of the `body` are those of the answer, 0 and empty if there was none or it was good;
    `code` is the name the source's own protocol gives the failure, or an empty text.
    """

    def __init__(self, message: str, *, status: int = 0, body: bytes = b"", code: str = "") -> None:
        super().__init__(message)
        self.status, self.body, self.code = status, body, code


class BadRecord(ValueError):  # noqa: N818 - it names the record, as the reports do.
    """One record of an answer cannot be read: skip it, count it, go on with the rest."""


class Enricher(Protocol):
    """Something that knows more of papers the house holds; what it does not know stays unknown, never 0."""

    name: str

    def enrich(self, papers: Sequence[Paper], observed_at: datetime) -> Iterator[Enrichment]:
        """Give what is known of papers, a request at a time; raises SourceError where it cannot be had."""
        ...


class Source(Protocol):
    """Something that lists papers."""

    name: str

    def batches(self, day: date, observed_at: datetime) -> Iterator[Batch]:
        """Give the answers for a day one after the other; raises SourceError where one cannot be had."""
        ...


def gather(
    records: Iterable[Record], read: Callable[[Record], Found], *, name: Callable[[int, Record], str]
) -> tuple[tuple[Found, ...], tuple[Fault, ...]]:
    """Read every record once: what cannot be read, or stands there twice, is named and the rest goes on.

    A withdrawn paper is kept, marked and named: what is held of it must be marked as well.
    """
    kept: dict[str, Found] = {}
    faults: list[Fault] = []
    for position, record in enumerate(records, 1):
        if position > MOST_RECORDS:
            faults.append(
                Fault(reason=f"beyond the {MOST_RECORDS:,} records that are read", where=f"from {position:,} on")
            )
            break
        where = name(position, record)
        try:
            found = read(record)
        except BadRecord as error:
            faults.append(Fault(reason=str(error), where=where))
            continue
        paper = found.paper if isinstance(found, Listing) else found
        if paper.key in kept:
            faults.append(Fault(reason="listed twice", where=where, kept=True))
            continue
        kept[paper.key] = found
        faults += faults_of(paper, where)
        if paper.withdrawn:
            faults.append(Fault(reason="withdrawn", where=where, kept=True))
    return tuple(kept.values()), tuple(faults)


def is_withdrawn(comment: str) -> bool:
    """Whether a comment says that its paper is withdrawn.

    >>> is_withdrawn("This paper has been withdrawn by the author"), is_withdrawn("Replaces the withdrawn 0801.1234")
    (True, False)
    """
    return WITHDRAWN.search(comment) is not None and NOT_WITHDRAWN.search(comment) is None


def count_signal(paper_key: str, source: str, kind: SignalKind, value: object, observed_at: datetime) -> list[Signal]:
    """Give a signal for a believable count, nothing for what is unknown or absurd."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_COUNT:
        return []
    return [Signal(paper_key=paper_key, source=source, kind=kind, value=value, observed_at=observed_at)]


def day_of(text: object) -> date | None:
    """Read the day of an ISO 8601 moment as it is written there, or None.

    >>> day_of("2026-06-12T00:00:00.000Z"), day_of("2025-08-20T00:00:00-04:00"), day_of(7)
    (datetime.date(2026, 6, 12), datetime.date(2025, 8, 20), None)
    """
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def opening(body: bytes) -> bytes:
    """Give how a body begins, without mark and white space; raises SourceError if it is empty or too long."""
    if len(body) > MOST_BYTES:
        raise SourceError(f"the answer holds {len(body):,} bytes; {MOST_BYTES:,} are the most that is read")
    start = body[:4_000].lstrip(b"\xef\xbb\xbf \t\r\n")[:400]
    if not start:
        raise SourceError("the answer is empty")
    return start


def xml_elements(body: bytes, *, wanted: set[str], roots: set[str]) -> tuple[Any, list[Any], str]:
    """Parse XML with entities and network off, keeping every element that was complete before a break.

    Returns
    -------
    (root, elements with a wanted tag, why it ends early or "").

    Raises
    ------
    SourceError
        If it is no XML of one of the `roots`, or carries a document type.
    """
    start = opening(body)
    if not start.startswith(b"<") or b"<!doctype" in body[:4_000].lower() or b"<!entity" in body[:100_000].lower():
        raise SourceError(f"the answer is no feed; it begins with {start[:60].decode('utf-8', 'replace')!r}")
    parser = etree.XMLPullParser(events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False)
    root: Any = None
    found: list[Any] = []
    try:
        for offset in range(0, len(body), 65_536):
            parser.feed(body[offset : offset + 65_536])
            root = _take(parser, root, found, wanted)
            if len(found) > MOST_RECORDS:
                return root, found, f"the answer holds more than the {MOST_RECORDS:,} records that are read"
        parser.close()
        cut_short = ""
    except etree.XMLSyntaxError as error:
        root = _take(parser, root, found, wanted)
        cut_short = f"the answer breaks off or is malformed after {len(found)} records ({error.msg})"
    if root is None or local_name(root) not in roots:
        raise SourceError(f"the answer is no feed; it begins with {start[:60].decode('utf-8', 'replace')!r}")
    return root, found, cut_short


def local_name(element: Any) -> str:
    """Give the name of an element without its namespace; lxml's own way raises for a name it does not like."""
    return str(element.tag).rpartition("}")[2]


def _take(parser: Any, root: Any, found: list[Any], wanted: set[str]) -> Any:
    for event, element in parser.read_events():
        root = element if root is None else root
        if event == "end" and isinstance(element.tag, str) and local_name(element) in wanted:
            found.append(element)
    return root
