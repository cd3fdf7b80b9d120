"""Files in which people keep papers: the kind is told by the bytes, and what could be read stands on a Shelf."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from digest.domain import text
from digest.domain.listing import Fault
from digest.domain.paper import Paper, merge
from digest.sources.base import BadRecord, SourceError
from digest.sources.bibtex import START, references_in_bibtex
from digest.sources.citations import references_in_csl, references_in_lines, references_in_ris
from digest.sources.reference import Reference, paper_of

MOST_BYTES = 8_000_000
MOST_PAPERS = 5_000
MOST_LOOKED_AT = 20_000
"""Entries that are looked at, readable or not."""
MOST_FAULTS = 1_000
"""Faults that are named one by one."""
MOST_COUNTED = 100_000
"""Entries beyond the limits that are counted."""
MOST_TEX = 60_000
"""Marks of TeX that are converted in one file: twelve for each of 5,000 papers, at worst some seconds' work."""
BIBTEX = re.compile(rf"^[ \t]*{START.pattern}", re.M)
RIS = re.compile(r"^[ \t]*TY {1,2}-", re.M)
JSON = re.compile(r"\s*(?:\[\s*(?:\{|\]|$)|\{\s*[\"}])")
MARKUP = re.compile(r"\s*<(?!https?:)[?!a-z]", re.I)
WIDE = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What a file of papers held, in our words.

    Attributes
    ----------
    papers : every paper that could be read, once; one that is known by its identifier alone has no title
    faults : every entry that could not be read, and every oddity of one that could
    """

    papers: tuple[Paper, ...] = ()
    faults: tuple[Fault, ...] = ()


def parse_bibliography(body: bytes) -> Shelf:
    r"""Read the papers of a BibTeX, RIS or CSL-JSON file, or of a list with an arXiv id, DOI or address a line.

    Parameters
    ----------
    body : bytes
        The file: in UTF-8, where that is wrong in Windows-1252; in UTF-16 if its first mark says so.

    Raises
    ------
    SourceError
        If it is too long, is of no such kind, or holds no paper.

    >>> shelf = parse_bibliography(b"arXiv:1706.03762v5\nhttps://doi.org/10.1038/nature14539\nmilk, eggs\n")
    >>> [paper.key for paper in shelf.papers], [(fault.where, fault.reason) for fault in shelf.faults]
    (['arxiv:1706.03762', 'doi:10.1038/nature14539'], [('line 3 (milk, eggs)', 'no arXiv id or DOI in it')])
    """
    if len(body) > MOST_BYTES:
        raise SourceError(f"the file holds {len(body):,} bytes; {MOST_BYTES:,} are the most that is read")
    filling = _Filling()
    for told in _references(_written(body)):
        filling.add(told)
        if filling.beyond >= MOST_COUNTED:
            break
    shelf = filling.shelf()
    if not shelf.papers:
        said = f"{shelf.faults[0].where}: {shelf.faults[0].reason}" if shelf.faults else "there is no entry in it"
        raise SourceError(f"the file holds no paper as BibTeX, RIS, CSL-JSON or a list of ids ({said})")
    return shelf


def _written(body: bytes) -> str:
    if body.startswith(WIDE):
        written = body.decode("utf-16", "replace")
    else:
        body = body.removeprefix(b"\xef\xbb\xbf")
        try:
            written = body.decode()
        except UnicodeDecodeError:  # One stray byte must not spoil the letters of every other line.
            written = "\n".join(map(_line, body.split(b"\n")))
    if not written.strip():
        raise SourceError("the file is empty")
    if "\x00" in written:
        raise SourceError("the file is no text; give BibTeX, RIS, CSL-JSON, or a list of arXiv ids and DOIs")
    return written.replace("\r\n", "\n").replace("\r", "\n")


def _line(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _references(written: str) -> Iterable[Reference]:
    if JSON.match(written):
        return references_in_csl(written)
    if MARKUP.match(written):
        raise SourceError("the file is a web page or XML; give BibTeX, RIS, CSL-JSON, or a list of arXiv ids and DOIs")
    bibtex, ris = BIBTEX.search(written), RIS.search(written)
    if bibtex and not (ris and ris.start() < bibtex.start()):
        return references_in_bibtex(written)
    return references_in_ris(written) if ris else references_in_lines(written)


@dataclass(slots=True, kw_only=True)
class _Filling:
    """A shelf while it is filled; what goes beyond a limit is counted."""

    held: dict[str, Paper] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    looked_at: int = 0
    beyond: int = 0
    unnamed: int = 0
    tex: int = 0
    bare: int = 0

    def add(self, told: Reference) -> None:
        """Put a reference's paper on the shelf, or say why not."""
        if len(self.held) >= MOST_PAPERS or self.looked_at >= MOST_LOOKED_AT:
            self.beyond += 1
            return
        self.looked_at += 1
        self.tex += told.tex
        is_bare = told.tex > 0 and self.tex > MOST_TEX
        self.bare += is_bare
        try:
            paper = paper_of(told, is_bare=is_bare)
        except BadRecord as error:
            self._name(Fault(reason=str(error), where=told.where))
            return
        if paper.key in self.held:
            self._name(Fault(reason="listed twice", where=told.where, kept=True))
            paper = merge(paper, self.held[paper.key])
        self.held[paper.key] = paper

    def _name(self, fault: Fault) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
        else:
            self.unnamed += 1

    def shelf(self) -> Shelf:
        """Give what stands on the shelf, and what was passed over."""
        return Shelf(papers=tuple(self.held.values()), faults=(*self.faults, *self._summed()))

    def _summed(self) -> Iterator[Fault]:
        if self.unnamed:
            yield Fault(reason=f"{self.unnamed:,} more are odd or cannot be read", where="further on")
        if self.beyond:
            is_full = len(self.held) >= MOST_PAPERS
            most = text.counted(MOST_PAPERS, "paper") if is_full else f"{MOST_LOOKED_AT:,} entries"
            more = f"{self.beyond:,}{' or' if self.beyond >= MOST_COUNTED else ''} more"
            yield Fault(reason=f"{more} were not read; {most} are the most", where="further on")
        if self.bare:
            reason = f"too much TeX in the file: {text.counted(self.bare, 'text')} stripped of it, not converted"
            yield Fault(reason=reason, where="further on", kept=True)
