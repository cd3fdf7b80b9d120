"""A Reference is what a file of papers tells of one work, and how that becomes a paper. No file format lives here."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import unquote

from digest.domain import identity, text
from digest.domain.paper import Paper
from digest.sources.authors import OTHERS, SUFFIX, members_of
from digest.sources.base import BadRecord
from digest.sources.fields import title_of, unmarked

LONGEST_TITLE, LONGEST_ABSTRACT, LONGEST_NAME, LONGEST_VENUE, LONGEST_KEYWORD = 2_000, 20_000, 200, 300, 100
"""Characters of a field that are looked at, as the file writes them."""
LONGEST_IDENTIFIER = 2_000
MOST_AUTHORS, MOST_KEYWORDS = 200, 50
SAID = re.compile(
    r"^\W{0,3}(?:(?:available|at|from|online|e-?prints?|preprints?)\W{1,3}){0,4}"
    r"(?:(?:arxiv(?:\.org)?\W{1,3}(?:(?:e-?prints?|preprints?)\W{1,3})?){1,3}(?:abs/)?|(?:corr\W{1,3})?abs/"
    r"|https?://(?:\w{1,9}\.)?arxiv\.org/\w{1,9}/)"
    r"(?P<id>\d{4}\.\d{4,5}|[a-z]{2,8}(?:-[a-z]{2,6})?(?:\.[a-z]{2})?/\d{7})(?!\d)",
    re.I | re.M | re.A,
)
"""An arXiv id that opens a line of a remark. One further on is often another work ("overlaps with arXiv:…")."""
IN_ADDRESS = re.compile(r"(?<![\d.])10\.\d{4,9}/[^\s?#&\"<>]+", re.A)
AFTER_DOI = re.compile(
    r"(?:/(?:full(?:[-_]?text)?|abstract|abs|e?pdf|html|meta|summary)|\.(?:full|abstract|pdf))/?$|(?<=\d{6})v\d{1,2}$",
    re.I | re.A,
)
"""What publishers put behind a DOI in the addresses of their pages; bioRxiv a version."""
NATURE = re.compile(r"^(?:https?://)?(?:www\.)?nature\.com/articles/([a-z][a-z0-9.-]{4,40})", re.I | re.A)
YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20|21)\d\d(?!\d)", re.A)
ACCENT = re.compile(r"(\{)?\\([\"'`^~])(?:\{([A-Za-z])\}|([A-Za-z]))(?(1)\})")
COMBINING = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303"}
BRACES = str.maketrans("", "", "{}")
NOT_PLAIN = ("\\", "$", "^", "_")
ARCHIVE = re.compile(r"\W*(?:arxiv|corr)\b", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a file tells of one work, in the file's own writing: TeX, HTML and all.

    Attributes
    ----------
    where : the entry as a report names it
    wrong : why the entry cannot be read, or an empty text
    authors : one text a name, last or first name first
    authors_complete : False where the file says that there are others
    date : any text that holds the year
    field : its arXiv category
    identifiers : texts that are an arXiv id, a DOI or an address, or something else
    remarks : texts in which a line may begin with an arXiv id
    """

    where: str
    wrong: str = ""
    title: str = ""
    abstract: str = ""
    authors: tuple[str, ...] = ()
    authors_complete: bool = True
    date: str = ""
    venue: str = ""
    keywords: tuple[str, ...] = ()
    field: str = ""
    identifiers: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def tex(self) -> int:
        """How many marks of TeX are to be converted, which costs far more than everything else."""
        names = "".join(raw[:LONGEST_NAME] for raw in self.authors[:MOST_AUTHORS])
        texts = (self.title[:LONGEST_TITLE], self.abstract[:LONGEST_ABSTRACT], names, self.venue[:LONGEST_VENUE])
        return sum(accented(one).count(mark) for one in texts for mark in "\\$")


def paper_of(told: Reference, *, is_bare: bool = False) -> Paper:
    """Put a reference into our words; a work known by its identifier alone has no title.

    Parameters
    ----------
    is_bare : bool
        Whether to take TeX off instead of converting it.

    Raises
    ------
    BadRecord
        If it cannot be read, or has neither title nor identifier.

    >>> paper = paper_of(Reference(where="line 1", title="{On} X", authors=("Ek, Bo",), identifiers=("10.1000/A",)))
    >>> paper.key, paper.title, paper.authors
    ('doi:10.1000/a', 'On X', ('Bo Ek',))
    """
    if told.wrong:
        raise BadRecord(told.wrong)
    arxiv, doi = _known_by(told)
    plain = _bare if is_bare else accented
    title = title_of(plain(unmarked(told.title[:LONGEST_TITLE])))
    title = title if any(letter.isalnum() for letter in title) else ""
    if not (title or arxiv or doi):
        raise BadRecord("neither a title nor an arXiv id or DOI")
    names = [name for raw in told.authors[:MOST_AUTHORS] for name in members_of(_person(raw[:LONGEST_NAME], plain))]
    known = [name for name in names if not OTHERS.fullmatch(name)]
    year = YEAR.search(told.date[:100])
    return Paper(
        key=identity.paper_key(arxiv=arxiv, doi=doi, title=title, first_author="".join(known[:1])),
        title=title,
        abstract=text.readable(plain(unmarked(told.abstract[:LONGEST_ABSTRACT]))),
        authors=tuple(known),
        authors_complete=told.authors_complete and known == names and len(told.authors) <= MOST_AUTHORS,
        categories=(told.field,) if re.fullmatch(r"[a-z-]{2,12}(?:\.[A-Za-z-]{2,17})?", told.field) else (),
        keywords=_keywords(map(plain, told.keywords)),
        doi=doi or "",
        venue=_venue(plain(told.venue[:LONGEST_VENUE])),
        year=int(year[0]) if year else None,
    )


def accented(raw: str) -> str:
    r"""Give letters for TeX's accents, and drop braces where nothing else is TeX: what most TeX of such files is.

    >>> accented(r"{\"o}ber M{\"{u}}ller, J{\'e}r{\^o}me"), accented("On {DNA}"), accented(r"{\bf x}")
    ('öber Müller, Jérôme', 'On DNA', '{\\bf x}')
    """
    if "\\" in raw:
        raw = ACCENT.sub(lambda found: normalize("NFC", (found[3] or found[4]) + COMBINING[found[2]]), raw)
    return raw if any(mark in raw for mark in NOT_PLAIN) else raw.translate(BRACES)


def _bare(raw: str) -> str:
    return re.sub(r"\\[A-Za-z]+\s?|[\\${}~`]", "", raw)


def arxiv_in(remark: str) -> str | None:
    """Read the arXiv id that opens a line of a remark, a journal's name among them.

    >>> arxiv_in("arXiv preprint arXiv:1706.03762"), arxiv_in("Comment: overlaps with arXiv:1706.03762")
    ('1706.03762', None)
    """
    for found in SAID.finditer(remark[:LONGEST_IDENTIFIER]):
        if known := identity.arxiv_id(found["id"]):
            return known[0]
    return None


def doi_in(raw: str) -> str | None:
    """Read a DOI, or the one in the address of a publisher's page.

    >>> doi_in("https://dl.acm.org/doi/pdf/10.1145/3292500.3330701"), doi_in("https://www.nature.com/articles/nature14539")
    ('10.1145/3292500.3330701', '10.1038/nature14539')
    >>> doi_in("https://www.biorxiv.org/content/10.1101/2020.03.22.002386v3.full.pdf")
    '10.1101/2020.03.22.002386'
    """
    raw = raw.strip()[:LONGEST_IDENTIFIER]
    if "/" not in raw:
        return None
    is_address = re.match(r"https?://|www\.", raw, re.I) is not None
    if not is_address or re.match(r"https?://(?:dx\.)?doi\.org/", raw, re.I):
        return identity.doi(unquote(raw) if is_address else raw)
    if found := NATURE.match(raw):
        return identity.doi(f"10.1038/{found[1].removesuffix('.pdf')}")
    named = IN_ADDRESS.search(unquote(raw))
    doi = named[0] if named else ""
    for _ in range(4):
        doi = AFTER_DOI.sub("", doi)
    return identity.doi(doi)


def _known_by(told: Reference) -> tuple[str | None, str | None]:
    given = [one[:LONGEST_IDENTIFIER] for raw in told.identifiers if (one := text.tidy(raw[:LONGEST_IDENTIFIER]))]
    arxiv = next((known[0] for one in given if (known := identity.arxiv_id(one))), None)
    arxiv = arxiv or next((number for one in told.remarks if (number := arxiv_in(one))), None)
    dois = (doi_in(one) for one in given if not identity.arxiv_id(one))
    return arxiv, next((number for number in dois if number), None)


def _person(raw: str, plain: Callable[[str], str] = str) -> str:
    r"""Give a name first name first; what braces enclose as a whole is no person's and stays.

    >>> _person("Ng, Jr., Bo"), _person("{Barnes, Inc.}"), _person(r"Knuth, D.~E.")
    ('Bo Ng Jr.', 'Barnes, Inc.', 'D. E. Knuth')
    """
    raw = raw.replace("~", " ").strip()
    if re.fullmatch(r"\{[^{}]*\}", raw):
        return plain(raw[1:-1])
    raw = plain(raw)
    last, *rest = [text.readable_name(part).strip() for part in raw.split(",")]
    if len(rest) > 1 and SUFFIX.fullmatch(rest[0]):
        rest = [rest[1], rest[0], *rest[2:]]
    return " ".join(part for part in (*rest[:1], last, *rest[1:]) if part)


def _venue(raw: str) -> str:
    named = title_of(unmarked(raw))
    return "" if ARCHIVE.match(named) else named


def _keywords(raw: Iterable[str]) -> tuple[str, ...]:
    words = (title_of(one[:LONGEST_KEYWORD]) for many in raw for one in re.split(r"[;,\n]", many[:LONGEST_ABSTRACT]))
    return tuple(dict.fromkeys(word for word in words if word))[:MOST_KEYWORDS]
