"""arXiv's API, Atom: the whole record of papers known by id, and searches. It does not say what was announced when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from digest.domain import identity, text
from digest.domain.listing import Fault
from digest.domain.paper import Paper
from digest.sources.authors import joined, members_of
from digest.sources.base import BadRecord, SourceError, day_of, gather, is_withdrawn, xml_elements
from digest.sources.fetch import Fetcher
from digest.sources.fields import inner, inners, title_of, whole

NAME = "arxiv"
ADDRESS = "https://export.arxiv.org/api/query"
PAGE = 100
MOST_RESULTS = 10_000
ASK_AGAIN = 2
"""How often a page that came back empty is asked for again."""
MOST_REFUSALS = 60
"""Refused requests after which it is not single ids that are wrong."""
ERRORS = "/api/errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one answer of the API held.

    Attributes
    ----------
    papers : every entry that could be read, each paper once
    total, start : how many results there are in all, and the place of the first one here
    faults : entries that could not be read, and ids that were asked for and did not come
    error : what the API said if it refused, or an empty text
    cut_short : why the answer ends before its end, or an empty text
    """

    papers: tuple[Paper, ...] = ()
    total: int = 0
    start: int = 0
    faults: tuple[Fault, ...] = ()
    error: str = ""
    cut_short: str = ""

    @property
    def received(self) -> int:
        """How many entries came, readable or not."""
        return len(self.papers) + sum(not fault.kept or fault.reason == "listed twice" for fault in self.faults)


def parse_answer(body: bytes) -> Answer:
    """Put an answer of the API into our words; an answer that only names an error gives that error.

    Raises
    ------
    SourceError
        If it is no Atom feed.
    """
    root, entries, cut_short = xml_elements(body, wanted={"entry"}, roots={"feed"})
    refused = [entry for entry in entries if ERRORS in inner(entry, "id")]
    if refused:
        said = text.shorten(text.tidy(inner(refused[0], "summary")), 200)
        return Answer(error=said or "no reason given", cut_short=cut_short)
    papers, faults = gather(entries, _read, name=_name)
    total, start = whole(inner(root, "totalResults")), whole(inner(root, "startIndex"))
    return Answer(papers=papers, total=total, start=start, faults=faults, cut_short=cut_short)


def _read(entry: Any) -> Paper:
    found = identity.arxiv_id(inner(entry, "id"))
    if not found:
        raise BadRecord("no arXiv id")
    title = title_of(inner(entry, "title"))
    if not title:
        raise BadRecord("no title")
    comment = text.tidy(text.readable(inner(entry, "comment")))
    dois = [doi for raw in inners(entry, "doi") for part in raw.split() if (doi := identity.doi(part))]
    authors = list(entry.iterchildren("{*}author"))
    return Paper(
        key=identity.paper_key(arxiv=found[0]),
        title=title,
        abstract=text.readable(inner(entry, "summary")),
        authors=tuple(name for author in authors for name in members_of(inner(author, "name"))),
        affiliation=joined(place for author in authors for place in inners(author, "affiliation")),
        categories=_categories(entry),
        published_on=day_of(inner(entry, "published").strip()),
        doi=dois[0] if dois else "",
        comment=comment,
        venue=text.tidy(text.readable(inner(entry, "journal_ref"))),
        withdrawn=is_withdrawn(comment),
        text_source=NAME,
    )


def _categories(entry: Any) -> tuple[str, ...]:
    terms = [
        element.get("term", "").strip()
        for name in ("primary_category", "category")
        for element in entry.iterchildren(f"{{*}}{name}")
    ]
    return tuple(dict.fromkeys(term for term in terms if term and len(term) <= 60))


def _name(position: int, entry: Any) -> str:
    return f"entry {position} ({text.tidy(inner(entry, 'id'))[:60] or 'without id'})"


class ArxivApi:
    """The API over HTTP, a hundred papers a request."""

    name = NAME

    def __init__(self, fetcher: Fetcher, address: str = ADDRESS) -> None:
        self.fetcher, self.address = fetcher, address

    def complete(self, ids: Iterable[str]) -> Iterator[Answer]:
        """Give the records of papers by their arXiv ids; what is no id, or is not known there, is named as a fault.

        Raises
        ------
        SourceError
            If the API does not answer, or refuses again and again whatever it is asked.
        """
        known: dict[str, None] = {}
        faults: list[Fault] = []
        for one in ids:
            if found := identity.arxiv_id(one):
                known[found[0]] = None
            else:
                faults.append(Fault(reason="malformed arXiv id", where=text.shorten(text.tidy(one), 60)))
        if faults:
            yield Answer(faults=tuple(faults))
        refusals: list[str] = []
        asked = list(known)
        for start in range(0, len(asked), PAGE):
            yield from self._known(asked[start : start + PAGE], refusals)

    def _known(self, ids: list[str], refusals: list[str]) -> Iterator[Answer]:
        answer = self._ask({"id_list": ",".join(ids), "max_results": len(ids)})
        if not answer.error:
            came = {paper.arxiv_id for paper in answer.papers}
            unread = " ".join(fault.where for fault in answer.faults)
            missing = [one for one in ids if one not in came and one not in unread and not answer.cut_short]
            absent = tuple(Fault(reason="not known to the API", where=one) for one in missing)
            yield replace(answer, faults=answer.faults + absent)
            return
        refusals.append(answer.error)
        if len(refusals) > MOST_REFUSALS:
            raise SourceError(f"arXiv's API refuses whatever it is asked: {answer.error}")
        if len(ids) == 1:
            fault = Fault(reason="refused by the API", where=f"{ids[0]} ({answer.error})")
            yield replace(answer, faults=(*answer.faults, fault))
            return
        for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):  # One bad id costs the whole list; find it.
            yield from self._known(half, refusals)

    def search(self, query: str, most: int) -> Iterator[Answer]:
        """Give what a query finds, newest submission first, a page an answer and at most `most` papers in all.

        Raises
        ------
        SourceError
            If the API does not answer, refuses the query, or leaves a page empty that should not be.
        """
        start, total, most = 0, 0, min(most, MOST_RESULTS)
        while start < most:
            answer = self._page(query, start, total)
            yield replace(answer, papers=answer.papers[: most - start])
            start, total = start + answer.received, max(total, answer.total)
            if not answer.received or start >= total:
                return

    def _page(self, query: str, start: int, total: int) -> Answer:
        order = {"sortBy": "submittedDate", "sortOrder": "descending"}
        for _ in range(1 + ASK_AGAIN):
            answer = self._ask({"search_query": query, "start": start, "max_results": PAGE} | order)
            if answer.error:
                raise SourceError(f"arXiv's API refused the query: {answer.error}")
            if answer.received or start == 0 or start >= max(total, answer.total):
                return answer
        said = f"{max(total, answer.total):,} results, but none from {start:,} on, asked {1 + ASK_AGAIN} times"
        raise SourceError(f"arXiv's API tells of {said}")

    def _ask(self, wanted: dict[str, object]) -> Answer:
        try:
            return parse_answer(self.fetcher.get(f"{self.address}?{urlencode(wanted)}"))
        except SourceError as error:
            if error.status != 400:
                raise
            return _refusal(error)


def _refusal(error: SourceError) -> Answer:
    try:
        said = parse_answer(error.body).error
    except SourceError:
        said = ""
    return Answer(error=said or str(error))
