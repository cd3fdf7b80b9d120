"""Lists people keep or export, one JSON object a line: the format, and how a line becomes a listing."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from digest.domain import identity, text
from digest.domain.listing import Batch, Fault, Listing, ListingKind
from digest.domain.paper import Paper, web_address
from digest.sources.authors import Authors, members_of, names_in
from digest.sources.base import BadRecord, SourceError, day_of, gather, opening
from digest.sources.fields import MOST_LETTERS, members, title_of, words

KEYS = (
    "title", "abstract", "authors", "authors_complete", "type", "year", "source", "categories", "published_on",
    "organisations", "affiliation", "id", "doi", "url",
)  # fmt: skip
SHOWN_TITLE = 80
"""Characters of the abstract that stand in for a title that is not known."""
YEARS = range(1500, 2200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a list: its number, and what it holds or why it holds nothing."""

    number: int
    record: Mapping[str, Any]
    wrong: str = ""

    @property
    def where(self) -> str:
        """The line as a report names it."""
        known = text.tidy(words(self.record, "title") or words(self.record, "abstract"))
        return f"line {self.number} ({text.shorten(known, 60) or 'without title'})"


def parse_list(body: bytes, source: str, day: date) -> Batch:
    """Put a list into our words: JSON Lines in UTF-8, every line one paper.

    A line needs a title or an abstract; every other key may be missing, and keys that are not named here are passed
    over.

    ================== =================== ==============================================================
    key                value               becomes
    ================== =================== ==============================================================
    `title`            text                the title; where there is none, the abstract's first words
    `abstract`         text                the abstract
    `authors`          list of texts       the authors in their order, first name first
    `authors_complete` true or false       false where these are only some of the authors
    `type`             text                what the list calls it, such as `preprint`
    `year`             whole number        the year it appeared in
    `source`           text                where it appeared, such as a journal
    `categories`       list of texts       its fields, the main one first, such as `cs.CL`
    `published_on`     `YYYY-MM-DD`        the day it was first published
    `organisations`    list of texts       who stands behind it
    `affiliation`      text                where its authors work
    `id`               text                an arXiv id or a DOI, in any usual form
    `doi`              text                the DOI
    `url`              text                its page; an arXiv address or a DOI's is an identifier as well
    ================== =================== ==============================================================

    Parameters
    ----------
    source : str
        What the list is called.
    day : date
        The day its papers are listed on.

    Raises
    ------
    SourceError
        If no line of it can be read.
    """
    opening(body)
    lines = list(_lines(body))
    odd: list[Fault] = []
    listings, faults = gather(lines, lambda line: _read(line, source, day, odd), name=lambda _, line: line.where)
    if not listings:
        said = f"{faults[0].where}: {faults[0].reason}" if faults else "no line in it"
        raise SourceError(f"the list holds no paper: {said}")
    return Batch(source=source, announced_on=day, listings=listings, faults=(*faults, *odd))


def is_list(body: bytes) -> bool:
    """Whether a body begins as a list: an object in its first line, with a title or abstract and no foreign key."""
    first = next(_lines(body), None)
    if first is None or first.wrong:
        return False
    return set(first.record) <= set(KEYS) and bool({"title", "abstract"} & set(first.record))


def _lines(body: bytes) -> Iterator[Line]:
    for number, raw in enumerate(body.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if not raw.strip():
            continue
        try:
            record = json.loads(raw)
        except (ValueError, RecursionError):
            record = None
        is_object = isinstance(record, dict)
        yield Line(number=number, record=record if is_object else {}, wrong="" if is_object else "not a JSON object")


def _read(line: Line, source: str, day: date, odd: list[Fault]) -> Listing:
    if line.wrong:
        raise BadRecord(line.wrong)
    told = line.record
    title = title_of(words(told, "title"))
    abstract = text.readable(words(told, "abstract")[:MOST_LETTERS])
    if not title and not abstract:
        raise BadRecord("neither title nor abstract")
    odd += [] if title else [Fault(reason="no title", where=line.where, kept=True)]
    authors = _authors(told)
    arxiv, doi = _identifiers(line, odd)
    paper = Paper(
        key=identity.paper_key(
            arxiv=arxiv, doi=doi, title=title or abstract, first_author="".join(authors.names[:1] if title else ())
        ),
        title=title or text.shorten(abstract, SHOWN_TITLE),
        abstract=abstract,
        authors=authors.names,
        authors_complete=authors.complete,
        categories=tuple(dict.fromkeys(_texts(told, "categories"))),
        published_on=day_of(told.get("published_on")),
        organisation=", ".join(dict.fromkeys(_texts(told, "organisations"))),
        page_url=words(told, "url"),
        doi=doi or "",
        affiliation=text.tidy(words(told, "affiliation")),
        work_type=text.tidy(words(told, "type")),
        venue=text.tidy(words(told, "source")),
        year=_year(told.get("year")),
        text_source=source,
    )
    return Listing(paper=paper, source=source, kind=ListingKind.NEW, listed_on=day)


def _identifiers(line: Line, odd: list[Fault]) -> tuple[str | None, str | None]:
    given = {key: words(line.record, key).strip() for key in ("id", "doi", "url")}
    arxiv = next((found[0] for raw in given.values() if (found := identity.arxiv_id(raw))), None)
    dois = (identity.doi(raw) for raw in given.values() if not identity.arxiv_id(raw))
    doi = next((found for found in dois if found), None)
    for key, raw in given.items():
        if raw and not (identity.arxiv_id(raw) or identity.doi(raw) or (key == "url" and web_address(raw))):
            odd.append(Fault(reason=f"unreadable {key}", where=line.where, kept=True))
    return arxiv, doi


def _authors(told: Mapping[str, Any]) -> Authors:
    if words(told, "authors"):
        found = names_in([words(told, "authors")])
    else:
        found = Authors(names=tuple(name for raw in _texts(told, "authors") for name in members_of(raw)))
    return replace(found, complete=found.complete and told.get("authors_complete") is not False)


def _texts(told: Mapping[str, Any], name: str) -> list[str]:
    return [found for one in members(told, name) if isinstance(one, str) and (found := text.tidy(one)[:200])]


def _year(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value in YEARS else None
