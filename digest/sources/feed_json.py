"""Any feed in JSON Feed 1.0 or 1.1. What an entry becomes is decided elsewhere."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from digest.domain import text
from digest.domain.listing import Batch, Fault, Listing
from digest.sources.authors import names_in
from digest.sources.base import BadRecord, SourceError, day_of, gather
from digest.sources.feed_entry import FeedEntry
from digest.sources.fields import json_value, mapping, members, words

VERSION = "https://jsonfeed.org/version/"


def parse_json_feed(body: bytes, source: str, observed_at: datetime) -> Batch:
    """Put a JSON Feed into our words, as `parse_feed` does with XML.

    Raises
    ------
    SourceError
        If it is no JSON Feed.
    """
    told = json_value(body)
    if not isinstance(told, Mapping) or not words(told, "version").startswith(VERSION):
        raise SourceError(f"the answer is no JSON Feed but {text.shorten(str(told), 120)}")
    odd: list[Fault] = []

    def read(item: object) -> Listing:
        if not isinstance(item, Mapping):
            raise BadRecord("not an entry")
        return _entry(item, told).listing(source, observed_at.date(), odd.append)

    def name(position: int, item: object) -> str:
        return f"item {position} ({_entry(item, told).where if isinstance(item, Mapping) else 'without id'})"

    listings, faults = gather(members(told, "items"), read, name=name)
    return Batch(source=source, announced_on=None, listings=listings, faults=(*faults, *odd))


def _entry(item: Mapping[str, Any], feed: Mapping[str, Any]) -> FeedEntry:
    known = item.get("id")
    marks = [str(known) if isinstance(known, str | int) else "", words(item, "url"), words(item, "external_url")]
    alone = [one for one in (mapping(item, "author"),) if one]  # Version 1.0 knows one author only.
    people = members(item, "authors") or alone or members(feed, "authors")
    names = [words(one, "name") for one in people if isinstance(one, Mapping)]
    texts = (words(item, name) for name in ("content_html", "content_text", "summary"))
    days = (day_of(item.get(name)) for name in ("date_published", "date_modified"))
    return FeedEntry(
        title=words(item, "title"),
        description=next((found for found in texts if found.strip()), ""),
        authors=names_in(names),
        marks=tuple(mark.strip() for mark in marks if mark.strip()),
        categories=tuple(one for one in members(item, "tags") if isinstance(one, str)),
        day=next((day for day in days if day), None),
    )
