"""OpenAlex: citations, and where the authors work. New papers arrive there days late: then they are unknown."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from urllib.parse import quote

from digest.domain import text
from digest.domain.listing import Enrichment, Fault
from digest.domain.paper import Paper
from digest.domain.signal import SignalKind
from digest.sources.base import count_signal
from digest.sources.fetch import Fetcher
from digest.sources.fields import words
from digest.sources.lookup import one_by_one, read_object, records

NAME = "openalex"
ADDRESS = "https://api.openalex.org/works/"
FIELDS = "cited_by_count,authorships"
MOST_INSTITUTIONS = 10


def doi_of(paper: Paper) -> str:
    """Give the DOI under which a paper is asked for, or an empty text.

    >>> doi_of(Paper(key="arxiv:math/0611800", title="")), doi_of(Paper(key="title:00", title="", doi="10.1101/5"))
    ('10.48550/arXiv.math/0611800', '10.1101/5')
    """
    if paper.arxiv_id:
        return f"10.48550/arXiv.{paper.arxiv_id}"
    return paper.doi or (paper.key[4:] if paper.key.startswith("doi:") else "")


def parse_work(body: bytes, paper: Paper, observed_at: datetime) -> Enrichment:
    """Put one work into our words: its citations, and its institutions where none are held.

    Parameters
    ----------
    body : bytes
        A JSON object.
    paper : Paper
        The paper that was asked for; what it says of organisations stands.
    observed_at : datetime
        When the count was true; aware.

    Raises
    ------
    SourceError
        If it is no JSON object.
    """
    record = read_object(body)
    signals = count_signal(paper.key, NAME, SignalKind.CITATIONS, record.get("cited_by_count"), observed_at)
    names: Counter[str] = Counter()
    for authorship in records(record, "authorships"):
        named = (text.tidy(words(one, "display_name")) for one in records(authorship, "institutions"))
        names.update(dict.fromkeys((name for name in named if name), 1))
    organisation = names.most_common(1)[0][0] if names and not paper.organisation else ""
    affiliation = "" if paper.affiliation else "; ".join(islice(names, MOST_INSTITUTIONS))
    facts = Paper(key=paper.key, title=paper.title, organisation=organisation, affiliation=affiliation)
    found = (facts,) if organisation or affiliation else ()
    faults = () if signals or found else (Fault(reason="no count", where=paper.key),)
    return Enrichment(source=NAME, papers=found, signals=tuple(signals), faults=faults, unknown=len(faults))


class OpenAlex:
    """OpenAlex over HTTP, a paper a request, since only single lookups are free and find merged works.

    Parameters
    ----------
    key : str
        An API key; without one a day's allowance is small.
    most : int
        How many papers are asked for in one run, the first of those given.
    """

    name = NAME

    def __init__(self, fetcher: Fetcher, key: str = "", *, most: int = 200, address: str = ADDRESS) -> None:
        self.fetcher, self.key, self.most, self.address = fetcher, key.strip(), most, address

    def enrich(self, papers: Sequence[Paper], observed_at: datetime) -> Iterator[Enrichment]:
        """Give what is known, one paper after the other."""
        asked = islice((paper for paper in papers if doi_of(paper)), self.most)
        return one_by_one(NAME, asked, self._fetch, lambda body, paper: parse_work(body, paper, observed_at))

    def _fetch(self, paper: Paper) -> bytes:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return self.fetcher.get(f"{self.address}doi:{quote(doi_of(paper), safe='/')}?select={FIELDS}", headers=headers)
