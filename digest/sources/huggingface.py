"""Hugging Face Daily Papers: what people there propose and vote for. Its text is TeX stripped to words."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from digest.domain import identity, text
from digest.domain.listing import Batch, Fault, Listing, ListingKind
from digest.domain.paper import Paper
from digest.domain.signal import Signal, SignalKind
from digest.sources.base import BadRecord, SourceError, count_signal, day_of, gather
from digest.sources.fetch import Fetcher
from digest.sources.fields import json_value, mapping, members, title_of, words

NAME = "huggingface"
ADDRESS = "https://huggingface.co/api/daily_papers"
PAGE = 100
MOST_PAGES = 20
TRENDING_PAGES = 1
WEEK = re.compile(r"\d{4}-W\d{2}")


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
    items = json_value(body)
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
    title = title_of(words(paper, "title") or words(item, "title"))
    if not title:
        raise BadRecord("no title")
    listed_on = day_of(paper.get("submittedOnDailyAt")) or day
    if not listed_on:
        raise BadRecord("no day")
    kept = Paper(
        key=identity.paper_key(arxiv=found[0]),
        title=title,
        abstract=text.readable(words(paper, "summary")),
        authors=tuple(_authors(paper)),
        published_on=day_of(paper.get("publishedAt")),
        organisation=text.tidy(words(mapping(paper, "organization"), "fullname")),
        keywords=tuple(text.tidy(word) for word in members(paper, "ai_keywords") if isinstance(word, str))[:20],
        code_url=words(paper, "githubRepo"),
        project_url=words(paper, "projectPage"),
        discussion_url=f"https://huggingface.co/papers/{found[0]}",
        text_source=NAME,
    )
    signals = _signals(item, paper, kept.key, observed_at)
    counted = any(signal.kind is SignalKind.UPVOTES for signal in signals)
    odd += [] if counted else [Fault(reason="no count of upvotes", where=found[0], kept=True)]
    return Listing(paper=kept, source=NAME, kind=ListingKind.NEW, listed_on=listed_on, signals=signals)


def _signals(item: Mapping[str, Any], paper: Mapping[str, Any], key: str, at: datetime) -> tuple[Signal, ...]:
    return (
        *count_signal(key, NAME, SignalKind.UPVOTES, paper.get("upvotes"), at),
        *count_signal(key, NAME, SignalKind.COMMENTS, item.get("numComments"), at),
        *count_signal(key, NAME, SignalKind.STARS, paper.get("githubStars"), at),
    )


def _authors(paper: Mapping[str, Any]) -> Iterator[str]:
    for author in members(paper, "authors"):
        if isinstance(author, Mapping) and author.get("hidden") is not True:
            name = text.readable_name(words(author, "name"))
            if name:
                yield name


def _name(position: int, item: object) -> str:
    paper = mapping(item, "paper") if isinstance(item, Mapping) else {}
    return f"item {position} ({str(paper.get('id', 'without id'))[:60]})"


class DailyPapers:
    """Daily Papers over HTTP: the day asked for, and the day before again, because votes settle later.

    Parameters
    ----------
    trending : bool
        Whether to ask as well for what trends at the moment, whichever day each of it was listed on.
    """

    name = NAME

    def __init__(self, fetcher: Fetcher, address: str = ADDRESS, trending: bool = False) -> None:
        self.fetcher, self.address, self.trending = fetcher, address, trending

    def batches(self, day: date, observed_at: datetime) -> Iterator[Batch]:
        """Give today's pages, then yesterday's, then what trends if that is wanted."""
        failed: list[SourceError] = []
        for wanted in (day, day - timedelta(days=1)):
            try:
                yield from self.day(wanted, observed_at)
            except SourceError as error:  # The other day is read all the same.
                failed.append(error)
        if failed:
            raise failed[0]
        if self.trending:
            for batch in self._pages("sort=trending", observed_at, day, most=TRENDING_PAGES):
                yield replace(batch, announced_on=None)

    def day(self, day: date, observed_at: datetime) -> Iterator[Batch]:
        """Give the pages of one day; raises SourceError where another day is served for it."""
        for batch in self._pages(f"date={day}", observed_at, day):
            if batch.announced_on != day:
                raise SourceError(f"asked for the list of {day}, it answers with that of {batch.announced_on}")
            yield batch

    def week(self, name: str, observed_at: datetime) -> Iterator[Batch]:
        """Give the pages of an ISO week such as `2026-W12`; every paper keeps the day it was listed on."""
        if not WEEK.fullmatch(name):
            raise SourceError(f"not an ISO week: {name[:40]!r}")
        for batch in self._pages(f"week={name}", observed_at, None):
            yield replace(batch, announced_on=None)

    def _pages(
        self, wanted: str, observed_at: datetime, day: date | None, *, most: int = MOST_PAGES
    ) -> Iterator[Batch]:
        for page in range(most):
            body = self.fetcher.get(f"{self.address}?{wanted}&limit={PAGE}&p={page}")
            batch = parse_daily_papers(body, observed_at=observed_at, day=day)
            if batch.listings or batch.faults or page == 0:
                yield batch
            if len(batch.listings) + sum(not fault.kept for fault in batch.faults) < PAGE:
                break
