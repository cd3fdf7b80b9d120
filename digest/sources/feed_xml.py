"""Any feed in XML: RSS 2.0, RSS 1.0 and Atom; and the source that reads any feed over HTTP."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from digest.domain.listing import Batch, Fault, Listing
from digest.sources.authors import Authors, names_in
from digest.sources.base import gather, opening, xml_elements
from digest.sources.feed_entry import FeedEntry
from digest.sources.feed_json import parse_json_feed
from digest.sources.fetch import Fetcher
from digest.sources.fields import day_in, inner, inners

DAYS = ("pubDate", "published", "date", "issued", "created", "updated")
DESCRIPTIONS = ("description", "summary", "encoded", "content")
RSS_AUTHOR = re.compile(r"^\S+@\S+\s*\((.+)\)$")


def parse_feed(body: bytes, source: str, observed_at: datetime) -> Batch:
    """Put a feed into our words.

    A paper is known by an arXiv id or a DOI in its id or links, else by title and first author; its day is its own,
    else the one the feed was read on.

    Parameters
    ----------
    source : str
        What the operator calls this feed.
    observed_at : datetime
        When the feed was read; aware.

    Raises
    ------
    SourceError
        If it is no feed.
    """
    _, items, cut_short = xml_elements(body, wanted={"item", "entry"}, roots={"rss", "feed", "RDF"})
    odd: list[Fault] = []

    def read(item: Any) -> Listing:
        return _entry(item).listing(source, observed_at.date(), odd.append)

    listings, faults = gather(items, read, name=lambda position, item: f"item {position} ({_entry(item).where})")
    return Batch(source=source, announced_on=None, listings=listings, faults=(*faults, *odd), cut_short=cut_short)


def _entry(item: Any) -> FeedEntry:
    texts = (inner(item, name) for name in DESCRIPTIONS)
    return FeedEntry(
        title=inner(item, "title"),
        description=next((found for found in texts if found.strip()), ""),
        authors=_authors(item),
        marks=tuple(_marks(item)),
        categories=tuple(_categories(item)),
        day=next((found for name in DAYS if (found := day_in(inner(item, name)))), None),
    )


def _marks(item: Any) -> Iterator[str]:
    named = [
        found for name in ("guid", "id", "doi", "DOI", "identifier", "link", "origLink") for found in inners(item, name)
    ]
    linked = (one for one in item.iterchildren("{*}link") if one.get("rel", "alternate") in {"alternate", "related"})
    named += [link.get("href", "") for link in linked]
    about = item.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about", "")
    yield from (mark.strip() for mark in (*named, about) if mark.strip())


def _authors(item: Any) -> Authors:
    people = [inner(author, "name") or "".join(author.itertext()) for author in item.iterchildren("{*}author")]
    given = inners(item, "creator") or [RSS_AUTHOR.sub(r"\1", one.strip()) for one in people]
    return names_in([one for one in given if "@" not in one])


def _categories(item: Any) -> Iterator[str]:
    for name in ("category", "subject"):
        for element in item.iterchildren(f"{{*}}{name}"):
            yield element.get("term") or "".join(element.itertext())


class Feed:
    """Any feed over HTTP; the operator gives it its name."""

    def __init__(self, fetcher: Fetcher, name: str, address: str) -> None:
        self.fetcher, self.name, self.address = fetcher, name, address

    def batches(self, day: date, observed_at: datetime) -> Iterator[Batch]:  # noqa: ARG002 - a feed knows only its present.
        """Give the feed as it is now, in one batch."""
        body = self.fetcher.get(self.address)
        parse = parse_json_feed if opening(body).startswith(b"{") else parse_feed
        yield parse(body, self.name, observed_at)
