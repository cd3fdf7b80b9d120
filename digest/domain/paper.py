"""A Paper is a work as the house knows it, whoever announced it. How sources spell it is known elsewhere."""

import re
from dataclasses import dataclass, fields, replace
from datetime import date
from urllib.parse import quote, urlsplit

from digest.domain.identity import fingerprint

TELLING_TITLE = 4
"""Words from which a title alone tells works apart."""
TELLING_ABSTRACT = 200
"""Characters from which an abstract alone does."""
LONGEST_TITLE, LONGEST_ABSTRACT, LONGEST_NAME, MOST_AUTHORS = 1_000, 10_000, 200, 100
"""Characters, and authors, that are kept of a paper a reader tells of."""
RANKED = {"title", "abstract", "authors", "text_source", "categories", "published_on"}
REPOSITORY = re.compile(r"https?://(?:www\.)?(?:github|gitlab)\.com/[\w.-]+/[\w-]+(?:\.[\w-]+)*")
LONGEST_ADDRESS = 2_000
ENDS_AN_ADDRESS = frozenset("\"'`<>\\")
"""What would end an address where it stands in a page or a text, or is read as something else there."""
BARE_IN_DOI = "/:;()"
"""Signs of a DOI that an address holds as they are; old ones hold angle brackets too."""
ADDRESSES = ("code_url", "project_url", "discussion_url", "page_url")
TEXT_SOURCES = ("arxiv", "huggingface")
"""Whose title and abstract to prefer, best first; a source not named here comes last."""
READER = "reader"
"""The text source of papers that only readers named: all readers share a paper, so it holds no text of theirs."""


def web_address(told: str) -> str:
    """Give an address only if it may stand in a mail and a page, else an empty text.

    It leads to the web (http or https), names a host and nobody who would log in there, and holds no white space,
    nothing unseen and no quotes.

    >>> web_address(" https://github.com/a/b"), web_address("javascript:alert(1)"), web_address("https://a.org@b.org/")
    ('https://github.com/a/b', '', '')
    """
    address = told.strip()
    if len(address) > LONGEST_ADDRESS or not address.isprintable() or not ENDS_AN_ADDRESS.isdisjoint(address):
        return ""
    try:
        parts = urlsplit(address)
        leads = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        return ""
    return address if leads and " " not in address else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A work: what is known of it, merged from every source that told of it.

    Text is readable Unicode (never TeX, never HTML). An empty field is unknown, not absent; an address that may not
    stand in a mail or a page (see `web_address`) is unknown too, whoever told it. A work without a title
    is known and shown by the first words of its abstract. `venue` is where a list says it appeared, `work_type` what a
    list calls it; `authors_complete` is False where a source gave some of the authors only.

    >>> Paper(key="arxiv:2508.13426", title="On X", authors=("Ann Lee",)).abstract_url
    'https://arxiv.org/abs/2508.13426'
    """

    key: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    published_on: date | None = None
    organisation: str = ""
    keywords: tuple[str, ...] = ()
    code_url: str = ""
    project_url: str = ""
    discussion_url: str = ""
    page_url: str = ""
    doi: str = ""
    comment: str = ""
    affiliation: str = ""
    work_type: str = ""
    venue: str = ""
    year: int | None = None
    authors_complete: bool = True
    withdrawn: bool = False
    text_source: str = ""

    def __post_init__(self) -> None:
        for name in ADDRESSES:
            if told := getattr(self, name):
                object.__setattr__(self, name, web_address(told))

    @property
    def arxiv_id(self) -> str:
        """The arXiv id without version, or an empty text."""
        return self.key.removeprefix("arxiv:") if self.key.startswith("arxiv:") else ""

    @property
    def abstract_url(self) -> str:
        """Where the paper can be read: arXiv's page, the publisher's by DOI, or the source's own."""
        if self.arxiv_id:
            return f"https://arxiv.org/abs/{self.arxiv_id}"
        return f"https://doi.org/{quote(self.key[4:], BARE_IN_DOI)}" if self.key.startswith("doi:") else self.page_url

    @property
    def pdf_url(self) -> str:
        """The address of the PDF at arXiv, or an empty text."""
        return f"https://arxiv.org/pdf/{self.arxiv_id}" if self.arxiv_id else ""

    @property
    def code(self) -> str:
        """Where the code is: as a source says, or as the comment or abstract names a repository; else empty.

        >>> Paper(key="arxiv:1", title="A", comment="Code: https://github.com/lab/tool.").code
        'https://github.com/lab/tool'
        """
        named = REPOSITORY.search(f"{self.comment}\n{self.abstract}")
        return self.code_url or (named[0] if named else "")

    @property
    def field(self) -> str:
        """The primary category, such as `cs.CL`, or an empty text."""
        return self.categories[0] if self.categories else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """By what a paper can be known again: identifiers, and what stands in for them where a list gives none.

    Attributes
    ----------
    sure : identifiers; two papers with different ones of a kind are different
    likely : title with first author
    faint : title or abstract alone, told apart from short ones that many works share
    """

    sure: tuple[str, ...]
    likely: tuple[str, ...]
    faint: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every name, the surest first."""
        return self.sure + self.likely + self.faint


def names_of(paper: Paper) -> Names:
    """Name a paper.

    >>> names_of(Paper(key="arxiv:2508.13426", title="On the Art of Naming Papers", authors=("Ann Lee",))).sure
    ('arxiv:2508.13426',)
    """
    is_listed = paper.key.startswith("title:")
    sure = [] if is_listed else [paper.key]
    if paper.doi:
        sure.append(f"doi:{paper.doi}")
    likely = [paper.key] if is_listed else []
    tells = len(re.findall(r"\w+", paper.title)) >= TELLING_TITLE
    if paper.authors and paper.authors_complete and tells:
        likely.append(f"by:{fingerprint(paper.title, paper.authors[0])}")
    faint = [f"text:{fingerprint(paper.abstract, '')}"] if len(paper.abstract) >= TELLING_ABSTRACT else []
    if tells:
        faint.append(f"titled:{fingerprint(paper.title, '')}")
    return Names(sure=tuple(dict.fromkeys(sure)), likely=tuple(likely), faint=tuple(faint))


def names_told(paper: Paper) -> tuple[str, ...]:
    """Name a paper a reader tells of: by its key, and where that is no identifier by what a source may call it too.

    Other names would be the reader's word alone: a wrong title on an identifier must draw no other work to it.

    >>> names_told(Paper(key="doi:10.1101/5", title="On the Art of Naming Papers", authors=("Ann Lee",)))
    ('doi:10.1101/5',)
    """
    names = names_of(paper)
    if paper.key not in names.likely:
        return (paper.key,)
    faint = [name for name in names.faint if name.startswith("text:") or not paper.authors]
    return (*names.likely, *faint)


def is_same(held: Paper, found: Paper, by: str) -> bool:
    """Whether two papers that share a name are one work.

    A sure name decides. Otherwise one of the two must be without an identifier; a likely name is then enough, and a
    faint one where one of them does not name its first author.

    >>> listed = Paper(key="title:1", title="On the Art of Naming Papers")
    >>> is_same(listed, Paper(key="arxiv:2508.13426", title="On the Art of Naming Papers"), "titled:…")
    True
    """
    if held.arxiv_id and found.arxiv_id and held.arxiv_id != found.arxiv_id:
        return False
    if by in names_of(held).sure and by in names_of(found).sure:
        return True
    if not (held.key.startswith("title:") or found.key.startswith("title:")):
        return False
    if by.startswith(("by:", "title:", "text:")):
        return True
    if held.authors and found.authors and held.authors_complete and found.authors_complete:
        return _last_name(held.authors[0]) == _last_name(found.authors[0])
    names = set(map(_last_name, held.authors)), set(map(_last_name, found.authors))
    return not all(names) or bool(names[0] & names[1])


def _last_name(author: str) -> str:
    return author.replace(".", " ").split()[-1].casefold() if author.replace(".", " ").split() else ""


def merge(held: Paper, found: Paper) -> Paper:
    """Join what is held with what a source now tells: nothing known is replaced by nothing.

    Title, abstract and authors come together from the better source of `TEXT_SOURCES`, at a tie from the newer. A paper
    that only readers named takes the arXiv id that a source gives it.

    >>> held = Paper(key="arxiv:2508.13426", title="A $x$", abstract="Long.", text_source="huggingface")
    >>> merge(held, Paper(key="arxiv:2508.13426", title="A x", text_source="arxiv", code_url="https://example.org/c"))
    ... # doctest: +ELLIPSIS
    Paper(key='arxiv:2508.13426', title='A x', abstract='Long.', ... code_url='https://example.org/c', ...)
    """
    if held.text_source == READER:
        held = Paper(key=found.key if found.arxiv_id else held.key, title="")
    text, other = (found, held) if _rank(found) <= _rank(held) else (held, found)
    known = {}
    for field in fields(Paper):
        first, second = (text, other) if field.name in RANKED else (found, held)
        known[field.name] = getattr(first, field.name) or getattr(second, field.name)
    named = text if text.authors and (text.authors_complete or not other.authors_complete) else other
    known |= {"authors": named.authors or other.authors, "authors_complete": named.authors_complete}
    known["key"] = found.key if held.key.startswith("title:") and not found.key.startswith("title:") else held.key
    return replace(held, **known)


def as_told(paper: Paper) -> Paper:
    """Give a paper as a reader may tell of it: what it is and says, cut to a sane length, and nothing that leads away.

    >>> told = as_told(Paper(key="arxiv:2508.13426", title="On X", code_url="https://example.org", text_source="arxiv"))
    >>> told.title, told.code_url, told.text_source
    ('On X', '', 'reader')
    """
    return Paper(
        key=paper.key,
        title=paper.title[:LONGEST_TITLE],
        abstract=paper.abstract[:LONGEST_ABSTRACT],
        authors=tuple(name[:LONGEST_NAME] for name in paper.authors[:MOST_AUTHORS]),
        authors_complete=paper.authors_complete and len(paper.authors) <= MOST_AUTHORS,
        text_source=READER,
    )


def _rank(paper: Paper) -> int:
    return TEXT_SOURCES.index(paper.text_source) if paper.text_source in TEXT_SOURCES else len(TEXT_SOURCES)
