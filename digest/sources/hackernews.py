"""Hacker News, by Algolia's search: how a paper was received there. Most papers never are: then they are unknown."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from digest.domain.listing import Enrichment
from digest.domain.paper import Paper
from digest.domain.signal import SignalKind
from digest.sources.base import LARGEST_COUNT, SourceError, count_signal
from digest.sources.fetch import Fetcher
from digest.sources.fields import words
from digest.sources.lookup import one_by_one, read_object

NAME = "hackernews"
ADDRESS = "https://hn.algolia.com/api/v1/search_by_date"
PAGE = 100
HOSTS = ("arxiv.org", "alphaxiv.org", "huggingface.co")


def leads_to(address: str, arxiv_id: str) -> bool:
    """Whether an address is that of a paper, at arXiv or where its papers are shown.

    >>> leads_to("https://arxiv.org/pdf/2106.15928v2.pdf", "2106.15928")
    True
    >>> leads_to("https://arxiv.org/abs/2106.15928", "2106.1592")
    False
    >>> leads_to("https://www.alphaxiv.org/abs/math/0611800", "math/0611800")
    True
    >>> leads_to("https://notarxiv.org/abs/2106.15928", "2106.15928")
    False
    """
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if not any(host == one or host.endswith(f".{one}") for one in HOSTS):
        return False
    return bool(re.search(rf"/{re.escape(arxiv_id)}(?:v\d+)?(?!\d|\.\d)", unquote(parts.path), re.I))


def parse_stories(body: bytes, paper: Paper, observed_at: datetime) -> Enrichment:
    """Put the stories about a paper into our words: points and remarks of the best one.

    Parameters
    ----------
    body : bytes
        A JSON object with `hits`.
    paper : Paper
        The paper that was searched for; stories about others are left out.
    observed_at : datetime
        When the counts were true; aware.

    Raises
    ------
    SourceError
        If it is no answer to a search.
    """
    hits = read_object(body).get("hits")
    if not isinstance(hits, list):
        raise SourceError("the answer holds no list of stories")
    stories = [hit for hit in hits if isinstance(hit, Mapping) and leads_to(words(hit, "url"), paper.arxiv_id)]
    best = max(stories, key=lambda hit: (_count(hit, "points"), _count(hit, "num_comments")), default={})
    signals = (
        *count_signal(paper.key, NAME, SignalKind.POINTS, best.get("points"), observed_at),
        *count_signal(paper.key, NAME, SignalKind.REMARKS, best.get("num_comments"), observed_at),
    )
    return Enrichment(source=NAME, signals=signals, unknown=0 if signals else 1)


def _count(hit: Mapping[str, Any], name: str) -> int:
    value = hit.get(name)
    return value if type(value) is int and 0 <= value <= LARGEST_COUNT else -1


class HackerNews:
    """Hacker News over HTTP, a paper a request; only papers of arXiv are looked for.

    Parameters
    ----------
    most : int
        How many papers are asked for in one run, the first of those given.
    """

    name = NAME

    def __init__(self, fetcher: Fetcher, *, most: int = 200, address: str = ADDRESS) -> None:
        self.fetcher, self.most, self.address = fetcher, most, address

    def enrich(self, papers: Sequence[Paper], observed_at: datetime) -> Iterator[Enrichment]:
        """Give what is known, one paper after the other."""
        asked = islice((paper for paper in papers if paper.arxiv_id), self.most)
        return one_by_one(NAME, asked, self._fetch, lambda body, paper: parse_stories(body, paper, observed_at))

    def _fetch(self, paper: Paper) -> bytes:
        asked = f"query={quote(paper.arxiv_id, safe='')}&tags=story&restrictSearchableAttributes=url&hitsPerPage={PAGE}"
        return self.fetcher.get(f"{self.address}?{asked}")
