"""arXiv's day feed, RSS 2.0 and Atom: what was announced today. The feed's text is raw TeX."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from digest.domain import identity, text
from digest.domain.listing import Batch, Listing, ListingKind
from digest.domain.paper import Paper
from digest.sources.base import BadRecord, SourceError, gather, local_name, xml_elements
from digest.sources.fetch import Fetcher
from digest.sources.fields import day_in, inner, title_of

NAME = "arxiv"
ADDRESS = "https://rss.arxiv.org/rss/"
MOST_ITEMS = 2_000
PREFIX = re.compile(r"^\s*arXiv:\S+\s+Announce Type:\s*\S+\s+Abstract:\s*", re.I)
OUTSIDE_PARENTHESES = re.compile(r",\s*(?![^()]*\))")


def parse_day_feed(body: bytes) -> Batch:
    """Put a day feed into our words.

    Parameters
    ----------
    body : bytes
        RSS 2.0 or Atom as arXiv serves it.

    Returns
    -------
    Batch of source `arxiv`; a feed without items is a batch without listings.

    Raises
    ------
    SourceError
        If it is no feed, or a feed that says the query was wrong.
    """
    root, items, cut_short = xml_elements(body, wanted={"item", "entry"}, roots={"rss", "feed"})
    title = inner(root if local_name(root) == "feed" else root[0] if len(root) else root, "title")
    if title.startswith("Feed error"):
        raise SourceError(f"arXiv refused the query: {_error_text(root)}")
    listings, faults = gather(items, _read, name=_name)
    if len(items) >= MOST_ITEMS and not cut_short:
        cut_short = f"the feed holds {MOST_ITEMS:,} items, the most it can: ask for fewer categories at once"
    announced_on = _channel_day(root) or (listings[0].listed_on if listings else None)
    return Batch(
        source=NAME,
        announced_on=announced_on,
        listings=listings,
        faults=faults,
        cut_short=cut_short,
        today_only=True,
    )


def _read(item: Any) -> Listing:
    found = identity.arxiv_id(inner(item, "guid") or inner(item, "id"))
    if not found:
        raise BadRecord("no arXiv id")
    title = title_of(inner(item, "title"))
    if not title:
        raise BadRecord("no title")
    listed_on = day_in(inner(item, "pubDate") or inner(item, "published"))
    if not listed_on:
        raise BadRecord("no announcement day")
    kind = inner(item, "announce_type")
    if kind not in set(ListingKind):
        raise BadRecord(f"unknown announce type {kind[:40]!r}")
    creators = OUTSIDE_PARENTHESES.split(inner(item, "creator"))
    paper = Paper(
        key=identity.paper_key(arxiv=found[0]),
        title=title,
        abstract=text.readable(PREFIX.sub("", inner(item, "description") or inner(item, "summary"))),
        authors=tuple(name for part in creators if (name := _author(part))),
        categories=tuple(dict.fromkeys(_categories(item))),
        text_source=NAME,
    )
    return Listing(paper=paper, source=NAME, kind=ListingKind(kind), listed_on=listed_on)


def _author(creator: str) -> str:
    return text.readable_name(re.sub(r"\s*\([^()]*\)\s*$", "", creator))


def _categories(item: Any) -> Iterator[str]:
    for element in item.iterchildren("{*}category"):
        term = (element.get("term") or element.text or "").strip()
        if re.fullmatch(r"[a-z-]+(\.[A-Za-z-]+)?", term):
            yield term


def _name(position: int, item: Any) -> str:
    return f"item {position} ({(inner(item, 'guid') or inner(item, 'id') or 'without id')[:60]})"


def _channel_day(root: Any) -> date | None:
    channel = root.find("{*}channel")
    return day_in(inner(channel, "pubDate")) if channel is not None else None


def _error_text(root: Any) -> str:
    for name in ("description", "subtitle"):
        for element in root.iter(f"{{*}}{name}"):
            return text.shorten("".join(element.itertext()), 200)
    return "no reason given"


class ArxivFeed:
    """The day feed of some categories over HTTP, in one request; a feed holds 2,000 items, so ask for one archive."""

    name = NAME

    def __init__(self, fetcher: Fetcher, categories: tuple[str, ...], address: str = ADDRESS) -> None:
        self.fetcher, self.categories, self.address = fetcher, categories, address

    def batches(self, day: date, observed_at: datetime) -> Iterator[Batch]:  # noqa: ARG002 - the feed knows only today
        """Give the one batch of the feed."""
        yield parse_day_feed(self.fetcher.get(self.address + "+".join(self.categories)))
