"""One entry of any feed, whatever it was written in: how it becomes a listing. No XML and no JSON lives here."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from digest.domain import identity, text
from digest.domain.listing import Fault, Listing, ListingKind
from digest.domain.paper import Paper, web_address
from digest.sources.authors import Authors
from digest.sources.base import BadRecord, is_withdrawn
from digest.sources.fields import title_of, unmarked

DOI_INSIDE = re.compile(r"/(10\.[0-9]{4,9}/[^\s?#]+)")
AFTER_DOI = re.compile(r"(?:v\d+)?(?:\.(?:full|abstract|short|pdf|full-text|full\.pdf))*/?$", re.I)
PREPRINTS = ("10.1101/", "10.64898/")
MOST_CATEGORIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """What a feed says of one paper; title and description may hold HTML.

    Attributes
    ----------
    marks : where an identifier may stand: the entry's own id, its links, its DOI
    day : the day the entry gives itself, None where it gives none
    """

    title: str
    description: str
    authors: Authors
    marks: tuple[str, ...]
    categories: tuple[str, ...]
    day: date | None

    @property
    def where(self) -> str:
        """The first thing the entry could be found again by."""
        return text.tidy(next(iter(self.marks), "") or self.title)[:60] or "without id"

    def listing(self, source: str, observed_on: date, notice: Callable[[Fault], None]) -> Listing:
        """Make the listing; raises BadRecord if the entry has no title."""
        title = title_of(unmarked(self.title))
        if not title:
            raise BadRecord("no title")
        if self.day is None:
            notice(Fault(reason="no day of its own", where=self.where, kept=True))
        arxiv = next((found[0] for mark in self.marks if (found := identity.arxiv_id(mark))), None)
        doi = next((read for mark in self.marks if (read := doi_in(mark))), None)
        names = self.authors.names
        paper = Paper(
            key=identity.paper_key(arxiv=arxiv, doi=doi, title=title, first_author=names[0] if names else ""),
            title=title,
            abstract=text.readable(unmarked(self.description)),
            authors=names,
            authors_complete=self.authors.complete,
            affiliation=self.authors.affiliation,
            categories=tuple(dict.fromkeys(one for raw in self.categories if (one := text.tidy(raw)[:60])))[
                :MOST_CATEGORIES
            ],
            page_url=next((link for mark in self.marks if (link := web_address(mark))), ""),
            doi=doi or "",
            withdrawn=is_withdrawn(title),
            text_source=source,
        )
        return Listing(paper=paper, source=source, kind=ListingKind.NEW, listed_on=self.day or observed_on)


def doi_in(mark: str) -> str | None:
    """Find a DOI in an identifier or in the path of a publisher's address.

    >>> doi_in("doi:10.1000/X"), doi_in("https://www.biorxiv.org/content/10.1101/2026.07.15.123456v2.full?rss=1")
    ('10.1000/x', '10.1101/2026.07.15.123456')
    """
    if found := identity.doi(mark):
        return found
    inside = DOI_INSIDE.search(mark) if web_address(mark) else None
    if not inside:
        return None
    named = identity.doi(inside[1]) or ""
    return AFTER_DOI.sub("", named) if named.startswith(PREPRINTS) else named or None
