"""Semantic Scholar: citations, and how well known the best known author is, for hundreds of papers at a time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from digest.domain.listing import Enrichment, Fault
from digest.domain.paper import Paper
from digest.domain.signal import Signal, SignalKind
from digest.sources.base import LARGEST_COUNT, SourceError, count_signal
from digest.sources.fetch import Fetcher
from digest.sources.fields import json_value
from digest.sources.lookup import records

NAME = "semanticscholar"
ADDRESS = "https://api.semanticscholar.org/graph/v1/paper/batch"
FIELDS = "citationCount,authors.hIndex"
AT_ONCE = 500


def asked_as(paper: Paper) -> str:
    """Give the id under which a paper is asked for, or an empty text.

    >>> asked_as(Paper(key="arxiv:2508.13426", title="")), asked_as(Paper(key="doi:10.1101/5", title=""))
    ('ARXIV:2508.13426', 'DOI:10.1101/5')
    >>> asked_as(Paper(key="title:0011223344556677", title=""))
    ''
    """
    if paper.arxiv_id:
        return f"ARXIV:{paper.arxiv_id}"
    doi = paper.doi or (paper.key[4:] if paper.key.startswith("doi:") else "")
    return f"DOI:{doi}" if doi else ""


def parse_batch(body: bytes, keys: Sequence[str], observed_at: datetime) -> Enrichment:
    """Put the answer to a batch into our words.

    Parameters
    ----------
    body : bytes
        A JSON array in the order that was asked, null for what is unknown.
    keys : sequence of str
        The keys of the papers, in that order.
    observed_at : datetime
        When the counts were true; aware.

    Raises
    ------
    SourceError
        If it is no array of as many records: then nobody knows which is whose.
    """
    found = json_value(body)
    if not isinstance(found, list):
        raise SourceError(f"the answer is no list of papers; it begins with {body[:60].decode('utf-8', 'replace')!r}")
    if len(found) != len(keys):
        raise SourceError(f"the answer holds {len(found):,} records for {len(keys):,} papers")
    signals: list[Signal] = []
    faults: list[Fault] = []
    for record, key in zip(found, keys, strict=True):
        if isinstance(record, Mapping):
            counts = _signals(record, key, observed_at)
            signals += counts
            if not counts:
                faults.append(Fault(reason="no count", where=key))
        elif record is not None:
            faults.append(Fault(reason="not a paper", where=key))
    unknown = sum(record is None for record in found) + len(faults)
    return Enrichment(source=NAME, signals=tuple(signals), faults=tuple(faults), unknown=unknown)


def _signals(record: Mapping[str, Any], key: str, at: datetime) -> list[Signal]:
    known = [author.get("hIndex") for author in records(record, "authors")]
    best = [one for one in known if type(one) is int and 0 <= one <= LARGEST_COUNT]
    return [
        *count_signal(key, NAME, SignalKind.CITATIONS, record.get("citationCount"), at),
        *count_signal(key, NAME, SignalKind.H_INDEX, max(best, default=None), at),
    ]


class SemanticScholar:
    """Semantic Scholar over HTTP; without a key of one's own it shares a crowd's allowance and is often refused."""

    name = NAME

    def __init__(self, fetcher: Fetcher, key: str = "", address: str = ADDRESS) -> None:
        self.fetcher, self.key, self.address = fetcher, key.strip(), address

    def enrich(self, papers: Sequence[Paper], observed_at: datetime) -> Iterator[Enrichment]:
        """Give what is known, 500 papers at a time."""
        asked = [(name, paper.key) for paper in papers if (name := asked_as(paper))]
        if len(papers) > len(asked):
            yield Enrichment(source=NAME, unknown=len(papers) - len(asked))
        for at in range(0, len(asked), AT_ONCE):
            part = asked[at : at + AT_ONCE]
            try:
                body = self.fetcher.post(
                    f"{self.address}?fields={FIELDS}", {"ids": [name for name, _ in part]}, headers=self._headers()
                )
            except SourceError as error:
                if error.status == 400 and b"No valid paper ids" in error.body:
                    yield Enrichment(source=NAME, unknown=len(part))
                    continue
                if error.status == 429 and not self.key:
                    message = f"{error}; without a key Semantic Scholar often refuses"
                    raise SourceError(message, status=error.status, body=error.body) from error
                raise
            yield parse_batch(body, [key for _, key in part], observed_at)

    def _headers(self) -> dict[str, str]:
        return {"x-api-key": self.key} if self.key else {}
