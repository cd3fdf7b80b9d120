"""Who a paper is: arXiv id without version, else DOI, else title and first author. Nothing here fetches or stores."""

import hashlib
import re
import unicodedata

NEW_ID = r"(?P<month>\d{4})\.(?P<number>\d{4,5})"
OLD_ID = r"(?P<archive>[a-z]+(?:-[a-z]+)?)(?:\.[a-z]{2})?/(?P<serial>\d{7})"
BEFORE = (
    r"(?:(?:oai:)?arxiv(?:\.org)?:\s*|"
    r"https?://(?:www\.|export\.|browse\.)?arxiv\.org/(?:abs|pdf|html|format|src|e-print|ps)/|"
    r"(?:https?://(?:dx\.)?doi\.org/|doi:)?10\.48550/arxiv\.|"
    r"https?://(?:www\.)?(?:huggingface\.co/papers|alphaxiv\.org/abs)/)?"
)
ARXIV = re.compile(
    rf"^{BEFORE}(?:{NEW_ID}|{OLD_ID})(?:v(?P<version>[1-9]\d{{0,3}}))?(?:\.(?:pdf|ps|gz))*/?(?:[?#].*)?$", re.I | re.A
)
LONGEST_DOI = 250
DOI = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}/\S+?)[.,;)]*$", re.I)


def arxiv_id(text: str) -> tuple[str, int | None] | None:
    """Read an arXiv id in any of its usual forms.

    Parameters
    ----------
    text : str
        An id, `arXiv:` or `oai:` form, an arXiv, Hugging Face or alphaXiv address, or an arXiv DOI.

    Returns
    -------
    (id, version) with the canonical id (lower case, no subject class) and the version or None; None if it is no id.

    >>> arxiv_id("https://arxiv.org/pdf/2508.13426v2.pdf")
    ('2508.13426', 2)
    >>> arxiv_id("math.CA/0611800"), arxiv_id("oai:arXiv.org:hep-th/9901001v1")
    (('math/0611800', None), ('hep-th/9901001', 1))
    >>> arxiv_id("0808.05394"), arxiv_id("1999.99999")
    (None, None)
    """
    found = ARXIV.match(text.strip())
    if not found:
        return None
    version = int(found["version"]) if found["version"] else None
    if found["month"]:
        year, month = int(found["month"][:2]), int(found["month"][2:])
        digits = 4 if (year, month) < (15, 1) else 5
        if year < 7 or not 1 <= month <= 12 or len(found["number"]) != digits or not int(found["number"]):
            return None
        return f"{found['month']}.{found['number']}", version
    year, month = int(found["serial"][:2]), int(found["serial"][2:4])
    if 7 < year < 91 or not 1 <= month <= 12 or not int(found["serial"][4:]):
        return None
    return f"{found['archive'].lower()}/{found['serial']}", version


def doi(text: str) -> str | None:
    """Read a DOI, lower case and without its address.

    >>> doi("https://doi.org/10.1101/2026.07.15.123456)."), doi("no doi")
    ('10.1101/2026.07.15.123456', None)
    """
    found = DOI.match(text.strip())
    return found[1].lower() if found and len(found[1]) <= LONGEST_DOI else None


def fingerprint(title: str, first_author: str) -> str:
    """Sixteen hex digits of the normalised title and the first author's last name: the identity of last resort.

    >>> fingerprint("Deep  Learning!", "Ann Lee") == fingerprint("deep learning", "A. Lee")
    True
    """
    words = unicodedata.normalize("NFKD", title).casefold()
    plain = words if words.isascii() else "".join(c for c in words if not unicodedata.combining(c))
    letters = re.sub(r"[\W_]+", " ", plain).strip()
    last_name = " ".join(first_author.replace(".", " ").split()[-1:]).casefold()
    return hashlib.sha256(f"{letters}\n{last_name}".encode()).hexdigest()[:16]


def paper_key(*, arxiv: str | None = None, doi: str | None = None, title: str = "", first_author: str = "") -> str:
    """Give the key under which the house knows a paper.

    >>> paper_key(arxiv="2508.13426"), paper_key(doi="10.1101/5")
    ('arxiv:2508.13426', 'doi:10.1101/5')
    """
    if arxiv:
        return f"arxiv:{arxiv}"
    return f"doi:{doi}" if doi else f"title:{fingerprint(title, first_author)}"


def key_typed(text: str) -> str:
    """Give the key that somebody means who types an arXiv id or DOI in any usual form, an address, or a key.

    >>> key_typed("https://arxiv.org/abs/2508.13426v2"), key_typed("10.1101/5"), key_typed("title:0123456789abcdef")
    ('arxiv:2508.13426', 'doi:10.1101/5', 'title:0123456789abcdef')
    """
    known = arxiv_id(text)
    number = doi(text)
    return paper_key(arxiv=known[0] if known else None, doi=number) if known or number else text.strip()


def is_named(author: str, typed: str) -> bool:
    """Whether an author is whom somebody means by a name: the same last name, first names alike or as initials.

    >>> is_named("Ann B. Lee", "ann lee"), is_named("A. Lee", "Ann Lee"), is_named("Ann Lee", "Bo Lee")
    (True, True, False)
    >>> is_named("Jörg Krass", "Lee"), is_named("Ann Lee", "Lee")
    (False, True)
    """
    found, wanted = _name_parts(author), _name_parts(typed)
    if not found or not wanted or found[-1] != wanted[-1]:
        return False
    return all(a.startswith(b) or b.startswith(a) for a, b in zip(found[:-1], wanted[:-1], strict=False))


def _name_parts(name: str) -> list[str]:
    last, comma, first = name.partition(",")
    letters = unicodedata.normalize("NFKD", f"{first} {last}" if comma else name).casefold()
    return re.sub(r"[.\s]+", " ", "".join(c for c in letters if not unicodedata.combining(c))).split()
