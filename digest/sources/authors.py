"""How sources write who wrote a paper: one text for all of them, last names first, collaborations, affiliations."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from digest.domain import text

NESTED = re.compile(r"\(([^()]*)\)")
BETWEEN = re.compile(
    r"\s*[,;]\s*(?:and\s+|&\s+)?|\s+and\s+|\s+\\?&\s+|(?<=ollaboration)s?\s*:\s*|(?<=ollaborations)\s*:\s*"
)
SUFFIX = re.compile(r"(?:Jr|Sr|II|III|IV|PhD|MD)\.?")
OTHERS = re.compile(r"\b(?:et\.? al\b\.?|and others\b|additional authors|authors not shown)", re.I)
BEHALF = re.compile(r"^(?P<who>.*?)\s*\b(?:for|on behalf of)\s+(?:the\s+)?(?P<group>.+\bcollaborations?)$", re.I)
NUMBERS = re.compile(r"[\d\s.,and]*")
LONGEST_AFFILIATION = 300
MOST_AFFILIATIONS = 12
MOST_LETTERS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Authors:
    """Names in their order, where they work, and whether these are all of them."""

    names: tuple[str, ...] = ()
    affiliation: str = ""
    complete: bool = True


def read_authors(raw: str) -> Authors:
    r"""Read the authors out of one text, as arXiv's submitters write it.

    >>> read_authors(r"J\"org Ek (TIMC), Bo Ng, Jr. (1,2) and Cy Ho ((1) CERN, (2) MIT)")
    Authors(names=('Jörg Ek', 'Bo Ng Jr.', 'Cy Ho'), affiliation='TIMC; CERN; MIT', complete=True)
    >>> read_authors("CDF Collaboration: T. Aaltonen, et al")
    Authors(names=('CDF Collaboration', 'T. Aaltonen'), affiliation='', complete=False)
    """
    flat, places = text.tidy(raw[:MOST_LETTERS]), list[str]()

    def taken(found: re.Match[str]) -> str:
        places.append(found[1])
        return ";" if NUMBERS.fullmatch(found[1]) else " "  # A number marks a name or opens the next place.

    bare = flat
    while NESTED.search(bare):
        bare = NESTED.sub(taken, bare)
    bare = OTHERS.sub(",", bare.partition("(")[0].replace(")", " "))
    names: list[str] = []
    for part in BETWEEN.split(bare):
        name = part.strip(" :")
        if names and SUFFIX.fullmatch(name):
            names[-1] = f"{names[-1]} {name}"
        else:
            names += members_of(name)
    return Authors(names=tuple(names), affiliation=joined(_places(places)), complete=not OTHERS.search(flat))


def members_of(raw: str) -> list[str]:
    """Give the names in one author's text: usually one, none for a stray mark, two for a member with collaboration.

    >>> members_of("for the DES Collaboration"), members_of("Ann Lee for the IceCube Collaboration"), members_of(":")
    (['DES Collaboration'], ['Ann Lee', 'IceCube Collaboration'], [])
    """
    name = text.readable_name(raw).strip(" ,;:")
    found = BEHALF.match(name)
    parts = [found["who"].strip(" ,"), found["group"]] if found else [name]
    return [part for part in parts if any(letter.isalpha() for letter in part)]


def turned(raw: str) -> str:
    """Give `Last, First` as `First Last`; a name without a comma stays.

    >>> turned("Quinn, A. J."), turned("Ng, Bo, Jr."), turned("The ALICE Collaboration")
    ('A. J. Quinn', 'Bo Ng Jr.', 'The ALICE Collaboration')
    """
    last, *rest = [part.strip() for part in text.readable_name(raw).split(",")]
    return " ".join(part for part in (*rest[:1], last, *rest[1:]) if part)


def names_in(raws: Iterable[str]) -> Authors:
    """Read authors whose writing is not known: one text a name, or all in one, last or first name first.

    >>> names_in(["Lee, Ann", "Ek, Bo"]).names, names_in(["Ann Lee, Bo Ek"]).names, names_in(["Lee, Ann"]).names
    (('Ann Lee', 'Bo Ek'), ('Ann Lee', 'Bo Ek'), ('Ann Lee',))
    """
    given = [flat for raw in raws if (flat := text.tidy(raw))]
    if len(given) == 1 and ";" in given[0]:
        given = [part for part in given[0].split(";") if part.strip()]
    elif len(given) == 1:
        parts = [part.split() for part in given[0].split(",")]
        if len(parts) != 2 or min(map(len, parts)) > 1 or " and " in given[0]:
            return read_authors(given[0])
    names = [name for raw in given for name in members_of(turned(raw))]
    return Authors(names=tuple(names), complete=not any(OTHERS.search(raw) for raw in given))


def joined(places: Iterable[str]) -> str:
    """Join affiliations, each once, to a text of at most 300 characters."""
    known = list(dict.fromkeys(place for raw in places if (place := text.readable_name(raw).strip(" .,;"))))
    return text.shorten("; ".join(known[:MOST_AFFILIATIONS]), LONGEST_AFFILIATION) if known else ""


def _places(found: Iterable[str]) -> Iterable[str]:
    for place in ";".join(found).split(";"):
        if not NUMBERS.fullmatch(place) and not OTHERS.search(place):
            yield place
