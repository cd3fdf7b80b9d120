"""Hugging Face Daily Papers: what people there propose and vote for. Its text is TeX stripped to words."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from digest.domain import identity, text
from digest.domain.listing import Batch, Fault, Listing, ListingKind
from digest.domain.paper import Paper
from digest.domain.signal import Signal, SignalKind
from digest.sources.base import BadRecord, SourceError, count_signal, day_of, gather, web_address
from digest.sources.fetch import Fetcher

NAME = "huggingface"
ADDRESS = "https://huggingface.co/api/daily_papers"
PAGE = 100
MOST_PAGES = 20


def parse_daily_papers(body: bytes, *, observed_at: datetime, day: date | None = None) -> Batch:
    """Put one page of Daily Papers into our words.

    Parameters
    ----------
    body : bytes
        A JSON array of items.
    observed_at : datetime
        When the counts were true; aware.
    day : date, optional
        The day asked for; stands in where a record does not name its own.

    Raises
    ------
    SourceError
        If it is no JSON array.
    """
    try:
        items = json.loads(body)
    except (ValueError, RecursionError) as error:
        begin = body[:60].decode("utf-8", "replace")
        raise SourceError(
            f"the answer is no JSON; it begins with {begin!r}" if body else "the answer is empty"
        ) from error
    if not isinstance(items, list):
        raise SourceError(f"the answer is no list of papers but {text.shorten(json.dumps(items), 120)}")
    odd: list[Fault] = []

    def read(item: object) -> Listing:
        return _read(item, observed_at, day, odd)

    listings, faults = gather(items, read, name=_name)
    days = [listing.listed_on for listing in listings]
    return Batch(source=NAME, announced_on=max(days, default=day), listings=listings, faults=(*faults, *odd))


def _read(item: object, observed_at: datetime, day: date | None, odd: list[Fault]) -> Listing:
    paper = item.get("paper") if isinstance(item, Mapping) else None
    if not isinstance(item, Mapping) or not isinstance(paper, Mapping):
        raise BadRecord("not a paper")
    found = identity.arxiv_id(str(paper.get("id", "")))
    if not found:
        raise BadRecord("no arXiv id")
    title = text.tidy(text.readable(_text(paper, "title") or _text(item, "title")))
    if not title:
        raise BadRecord("no title")
    listed_on = day_of(paper.get("submittedOnDailyAt")) or day
    if not listed_on:
        raise BadRecord("no day")
    key = identity.paper_key(arxiv=found[0])
    kept = Paper(
        key=key,
        title=title,
        abstract=text.readable(_text(paper, "summary")),
        authors=tuple(_authors(paper)),
        published_on=day_of(paper.get("publishedAt")),
        organisation=text.tidy(_text(_mapping(paper, "organization"), "fullname")),
        keywords=tuple(text.tidy(word) for word in _list(paper, "ai_keywords") if isinstance(word, str))[:20],
        code_url=web_address(paper.get("githubRepo")),
        project_url=web_address(paper.get("projectPage")),
        discussion_url=f"https://huggingface.co/papers/{found[0]}",
        text_source=NAME,
    )
    signals = _signals(item, paper, key, observed_at)
    if not any(signal.kind is SignalKind.UPVOTES for signal in signals):
        odd.append(Fault(reason="no count of upvotes", where=found[0], kept=True))
    return Listing(paper=kept, source=NAME, kind=ListingKind.NEW, listed_on=listed_on, signals=signals)


def _signals(item: Mapping[str, Any], paper: Mapping[str, Any], key: str, at: datetime) -> tuple[Signal, ...]:
    return (
        *count_signal(key, NAME, SignalKind.UPVOTES, paper.get("upvotes"), at),
        *count_signal(key, NAME, SignalKind.COMMENTS, item.get("numComments"), at),
        *count_signal(key, NAME, SignalKind.STARS, paper.get("githubStars"), at),
    )


def _authors(paper: Mapping[str, Any]) -> Iterator[str]:
    for author in _list(paper, "authors"):
        if isinstance(author, Mapping) and author.get("hidden") is not True:
            name = text.readable_name(_text(author, "name"))
            if name:
                yield name


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _mapping(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def _list(record: Mapping[str, Any], name: str) -> list[Any]:
    value = record.get(name)
    return value if isinstance(value, list) else []


def _name(position: int, item: object) -> str:
    paper = _mapping(item, "paper") if isinstance(item, Mapping) else {}
    return f"item {position} ({str(paper.get('id', 'without id'))[:60]})"


class DailyPapers:
    """Daily Papers over HTTP: the day asked for, and the day before again, because votes settle later."""

    name = NAME

    def __init__(self, fetcher: Fetcher, address: str = ADDRESS) -> None:
        self.fetcher, self.address = fetcher, address

    def batches(self, day: date, observed_at: datetime) -> Iterator[Batch]:
        """Give yesterday's pages, then today's."""
        for listed_on in (day - timedelta(days=1), day):
            for page in range(MOST_PAGES):
                body = self.fetcher.get(f"{self.address}?date={listed_on}&limit={PAGE}&p={page}")
                batch = parse_daily_papers(body, observed_at=observed_at, day=listed_on)
                if batch.listings or batch.faults or page == 0:
                    yield batch
                if len(batch.listings) + sum(not fault.kept for fault in batch.faults) < PAGE:
                    break
