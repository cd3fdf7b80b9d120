"""Values for tests, with only what the test is about spelled out."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from digest.domain.attention import SITE, Attention
from digest.domain.listing import Listing, ListingKind
from digest.domain.paper import Paper
from digest.domain.signal import Signal, SignalKind
from digest.mail.cards import Masthead

DAY = date(2026, 3, 17)
NOW = datetime(2026, 3, 17, 9, tzinfo=UTC)


def paper(number: int = 1, **facts: Any) -> Paper:
    """Give a paper with an arXiv id made of a number."""
    usual: dict[str, Any] = {
        "title": f"A study of subject {number}",
        "abstract": f"We study subject {number} with care.",
    }
    usual |= {"authors": ("Ann Lee", "Bo Ek"), "categories": ("cs.CL",), "text_source": "arxiv"}
    return Paper(**({"key": f"arxiv:2603.{number:05d}"} | usual | facts))


def counts(
    *seen: tuple[float, int],
    kind: SignalKind = SignalKind.UPVOTES,
    source: str = SITE,
    number: int = 1,
    since: date = DAY,
) -> tuple[Signal, ...]:
    """Give counts of a paper, each with the hours since its day began."""
    midnight, key = datetime.combine(since, time(), UTC), paper(number).key
    return tuple(
        Signal(paper_key=key, source=source, kind=kind, value=value, observed_at=midnight + timedelta(hours=hours))
        for hours, value in seen
    )


def attention(
    number: int = 1,
    *,
    votes: Sequence[tuple[float, int]] = (),
    listed: date | None = DAY,
    on_site: date | None = None,
    beside: Sequence[Signal] = (),
    **facts: Any,
) -> Attention:
    """Give what was seen of a paper.

    Parameters
    ----------
    votes : (hours, count) since the day people could vote
    listed : the day arXiv announced it; None if it never did
    on_site : the day it stood where people vote; that of the listing if it has votes
    beside : counts of other things than votes
    """
    stood = on_site or (listed if votes else None)
    announced = [(day, source) for source, day in (("arxiv", listed), (SITE, stood)) if day]
    told = [*counts(*votes, number=number, since=stood or DAY), *beside]
    return Attention(
        paper=paper(number, **facts),
        listings=tuple((source, day) for day, source in sorted(announced)),
        signals=tuple(sorted(told, key=lambda one: one.observed_at)),
    )


def listing(number: int = 1, *, upvotes: int | None = None, listed_on: date = DAY, **facts: Any) -> Listing:
    """Give the listing of a paper, with an upvote count if one is named."""
    listed = paper(number, **facts)
    at = datetime.combine(listed_on, NOW.timetz())
    count = Signal(
        paper_key=listed.key, source="huggingface", kind=SignalKind.UPVOTES, value=upvotes or 0, observed_at=at
    )
    signals = () if upvotes is None else (count,)
    source = "arxiv" if upvotes is None else "huggingface"
    return Listing(paper=listed, source=source, kind=ListingKind.NEW, listed_on=listed_on, signals=signals)


def listings(count: int, **facts: Any) -> list[Listing]:
    """Give listings of papers unlike one another, the first with most votes."""
    subjects = ("robot manipulation", "speech recognition", "video generation", "protein design", "language models")
    return [
        listing(
            number,
            upvotes=2 * (count - number),
            **{"title": f"On {subjects[number % 5]} {number}", "abstract": f"It says{number} what it finds{number}."}
            | facts,
        )
        for number in range(1, count + 1)
    ]


def masthead(**facts: Any) -> Masthead:
    """Give the masthead of a house at example.org."""
    usual = {"list_name": "Trending papers", "list_id": "daily.digest.example.org", "sender": "digest@example.org"}
    usual |= {"public_url": "https://digest.example.org", "contact": "the lab", "postal_address": ""}
    return Masthead(**(usual | facts))
