"""Recorded answers and lists from files: the same formats as over HTTP, told apart by their bytes."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path, PurePath

from digest.domain import text
from digest.domain.listing import Batch, Listing, ListingKind
from digest.sources.arxiv_api import NAME as ARXIV
from digest.sources.arxiv_api import parse_answer
from digest.sources.arxiv_feed import parse_day_feed
from digest.sources.arxiv_oai import parse_records
from digest.sources.base import MOST_BYTES, SourceError, opening
from digest.sources.biorxiv import parse_details
from digest.sources.feed_json import VERSION, parse_json_feed
from digest.sources.feed_xml import parse_feed
from digest.sources.fields import json_value, words
from digest.sources.huggingface import parse_daily_papers
from digest.sources.list import is_list, parse_list

HEAD = 4_000
LISTS = (".jsonl", ".ndjson")


class FileSource:
    """One file holding an answer of a source that was recorded earlier, or a list."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name

    def batches(self, day: date, observed_at: datetime) -> Iterator[Batch]:
        """Give the file's one batch; raises SourceError if it cannot be read or is of no known format."""
        yield parse_any(self._body(), observed_at=observed_at, day=day, name=self.path.name)

    def _body(self) -> bytes:
        try:
            size = self.path.stat().st_size
            if size > MOST_BYTES:
                raise SourceError(f"{self.path} holds {size:,} bytes; {MOST_BYTES:,} are the most that is read")
            return self.path.read_bytes()
        except OSError as error:
            raise SourceError(f"{self.path} cannot be read: {error.strerror}") from error


def parse_any(body: bytes, *, observed_at: datetime, day: date, name: str = "list") -> Batch:
    """Tell the format by the bytes and parse it.

    Parameters
    ----------
    observed_at : datetime
        When the counts in it were true; aware.
    day : date
        The day of what does not name its own.
    name : str
        The file's name: a list and a feed are called by its stem.

    Raises
    ------
    SourceError
        If it is of no known format.
    """
    start, stem = opening(body), text.tidy(PurePath(name).stem)[:40] or "list"
    if name.endswith(LISTS) or (start.startswith(b"{") and is_list(body)):
        return parse_list(body, stem, day)
    if start.startswith((b"[", b"{")):
        return _json(body, observed_at, day, stem)
    head = body[:HEAD]
    if b"<OAI-PMH" in head or start.startswith(b"<record"):
        page = parse_records(body)
        return Batch(
            source=ARXIV, announced_on=None, listings=page.listings, faults=page.faults, cut_short=page.cut_short
        )
    if b"<feed" in head and b"opensearch" in head and b"arxiv.org/" in head:
        return _of_api(body, day)
    if b"announce_type" in body or b"rss.arxiv.org" in head or b"Feed error for query" in head:
        return parse_day_feed(body)
    return parse_feed(body, stem, observed_at)


def _json(body: bytes, observed_at: datetime, day: date, stem: str) -> Batch:
    told = json_value(body)
    if isinstance(told, list):
        if told and not any(isinstance(one, Mapping) and "paper" in one for one in told):
            raise SourceError("the file is of no known format: a list of something that is not Daily Papers")
        return parse_daily_papers(body, observed_at=observed_at, day=day)
    if isinstance(told, Mapping) and "collection" in told and "messages" in told:
        return parse_details(body).batch
    if isinstance(told, Mapping) and words(told, "version").startswith(VERSION):
        return parse_json_feed(body, stem, observed_at)
    keys = ", ".join(sorted(map(str, told))[:8]) if isinstance(told, Mapping) else ""
    raise SourceError(f"the file is of no known format: JSON with {text.shorten(keys, 120) or 'nothing in it'}")


def _of_api(body: bytes, day: date) -> Batch:
    answer = parse_answer(body)
    if answer.error:
        raise SourceError(f"arXiv's API refused the query: {answer.error}")
    listings = (Listing(paper=one, source=ARXIV, kind=ListingKind.NEW, listed_on=day) for one in answer.papers)
    return Batch(
        source=ARXIV, announced_on=None, listings=tuple(listings), faults=answer.faults, cut_short=answer.cut_short
    )
