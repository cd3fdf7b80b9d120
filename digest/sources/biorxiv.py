"""bioRxiv and medRxiv: the preprints of a day from their details API. Every preprint is known by its DOI."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from digest.domain import identity, text
from digest.domain.listing import Batch, Listing, ListingKind
from digest.domain.paper import Paper
from digest.sources.authors import members_of, turned
from digest.sources.base import BadRecord, SourceError, day_of, gather, is_withdrawn
from digest.sources.fetch import Fetcher
from digest.sources.fields import json_value, members, title_of, unmarked, whole, words

NAME = "biorxiv"
SERVERS = ("biorxiv", "medrxiv")
ADDRESS = "https://api.biorxiv.org/details"
PREFIXES = ("10.1101/", "10.64898/")
"""Of the DOIs both servers give: the first until December 2025, the second since."""
MOST_PAGES = 100
FOUND, NOTHING = "ok", "no posts found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer: the batch, how many records came, readable or not, and how many there are in all."""

    batch: Batch
    received: int = 0
    total: int = 0


def parse_details(body: bytes, *, server: str = "") -> Page:
    """Put an answer of the details API into our words.

    Parameters
    ----------
    server : str
        Which of the servers was asked; empty takes the name from the records.

    Raises
    ------
    SourceError
        If it is no such answer, or says that something was wrong.
    """
    told = json_value(body)
    if not isinstance(told, Mapping) or not isinstance(told.get("collection"), list):
        raise SourceError(f"the answer is no list of preprints but {text.shorten(str(told), 120)}")
    message = next((one for one in members(told, "messages") if isinstance(one, Mapping)), {})
    status = words(message, "status").strip()
    records = members(told, "collection")
    if not records and status.lower().rstrip(".") not in {FOUND, NOTHING}:
        raise SourceError(f"the preprint server says: {text.shorten(status, 120) or 'nothing'}")
    first = next((one for one in records if isinstance(one, Mapping)), {})
    name = server or next((one for one in SERVERS if one == words(first, "server").lower()), NAME)
    listings, faults = gather(records, lambda record: _read(record, name), name=_name)
    days = {listing.listed_on for listing in listings}
    batch = Batch(source=name, announced_on=max(days, default=None), listings=listings, faults=faults)
    return Page(batch=batch, received=len(records), total=whole(message.get("total")))


def _read(record: object, server: str) -> Listing:
    if not isinstance(record, Mapping):
        raise BadRecord("not a preprint")
    doi = identity.doi(words(record, "doi"))
    if not doi or not doi.startswith(PREFIXES):
        raise BadRecord("no DOI")
    title = title_of(unmarked(words(record, "title")))
    if not title:
        raise BadRecord("no title")
    listed_on = day_of(record.get("date"))
    if not listed_on:
        raise BadRecord("no day")
    version = whole(record.get("version")) or 1
    abstract = text.readable(unmarked(words(record, "abstract")))
    paper = Paper(
        key=identity.paper_key(doi=doi),
        title=title,
        abstract=abstract,
        authors=tuple(_authors(record)),
        categories=tuple(text.tidy(one) for one in [words(record, "category").lower()] if one.strip()),
        published_on=listed_on if version == 1 else None,
        page_url=f"https://www.{server}.org/content/{doi}v{version}",
        doi=identity.doi(words(record, "published")) or "",
        affiliation=text.shorten(text.tidy(words(record, "author_corresponding_institution")), 300),
        work_type=text.tidy(words(record, "type"))[:60],
        withdrawn=is_withdrawn(title) or is_withdrawn(abstract[:200]),
        text_source=server,
    )
    kind = ListingKind.NEW if version == 1 else ListingKind.REPLACE
    return Listing(paper=paper, source=server, kind=kind, listed_on=listed_on)


def _authors(record: Mapping[str, Any]) -> Iterator[str]:
    for part in words(record, "authors").split(";"):
        yield from members_of(turned(part))


def _name(position: int, record: object) -> str:
    known = words(record, "doi") if isinstance(record, Mapping) else ""
    return f"record {position} ({text.tidy(known)[:60] or 'without DOI'})"


class Biorxiv:
    """One of the two servers over HTTP: a day's preprints, page by page.

    Parameters
    ----------
    server : str
        `biorxiv` or `medrxiv`.
    """

    def __init__(self, fetcher: Fetcher, server: str = NAME, address: str = ADDRESS) -> None:
        self.fetcher, self.name, self.address = fetcher, server, address

    def batches(self, day: date, observed_at: datetime) -> Iterator[Batch]:  # noqa: ARG002 - it carries no counts.
        """Give the pages of a day and the day before, which may have been finished since; however long a page is."""
        cursor = total = 0
        for _ in range(MOST_PAGES):
            address = f"{self.address}/{self.name}/{day - timedelta(days=1)}/{day}/{cursor}/json"
            page = parse_details(self.fetcher.get(address), server=self.name)
            if page.received or not cursor:
                yield replace(page.batch, announced_on=page.batch.announced_on or day)
            cursor, total = cursor + page.received, max(total, page.total)
            if not page.received or cursor >= total:
                break
        if cursor < total:
            raise SourceError(f"{self.name} tells of {total:,} preprints and gave {cursor:,}")
