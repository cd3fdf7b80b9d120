"""RIS, CSL-JSON and lists of ids, as reference managers and people write them: how each becomes references."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from digest.domain import identity, text
from digest.sources.fields import mapping, members, words
from digest.sources.reference import Reference, doi_in

TAG = re.compile(r"[ \t]{0,3}([A-Z][A-Z0-9]) {1,2}-(?: (.*))?$")
LONGEST_LINE, LONGEST_TEXT = 2_000, 100_000
MOST_BREAKS = 100
"""Broken places of a JSON file after which the rest is given up."""
NEXT = re.compile(
    r"\}\s{0,99},\s{0,99}(?=\{\s{0,99}\"(?!family|given|literal|suffix|dropping|non-dropping|comma-suffix|static|parse))"
)
"""Where the next record of a broken file begins: at an object that is none of a record's names."""
SEPARATED = re.compile(r"[^\s,;<>\[\]\"'|]+")


def references_in_ris(written: str) -> Iterator[Reference]:
    r"""Read the records of a RIS file; one that is not closed ends where the next begins.

    >>> one, two = references_in_ris("TY  - JOUR\nTI  - On X\nAU  - Lee, Ann\nTY  - JOUR\nTI  - On\nY\nER  - \n")
    >>> one.title, one.authors, two.title, two.where
    ('On X', ('Lee, Ann',), 'On Y', 'record 2, line 4')
    """
    record, last, opened, count = dict[str, list[str]](), "", 1, 0
    for number, line in enumerate([*written.split("\n"), "ER  - "], 1):
        found = TAG.match(line)
        if found and found[1] in {"TY", "ER"}:
            if record:
                count += 1
                yield _of_ris(record, f"record {count}, line {opened}")
            record, last, opened = {}, "", number
        if found and found[1] != "ER":
            opened = opened if record else number
            last = found[1]
            record.setdefault(last, []).append((found[2] or "").strip()[:LONGEST_TEXT])
        elif not found and last and len(record[last][-1]) < LONGEST_TEXT:
            record[last][-1] = f"{record[last][-1]} {line.strip()}".strip()


def _of_ris(record: Mapping[str, Sequence[str]], where: str) -> Reference:
    def first(*tags: str) -> str:
        return next((value for tag in tags for value in record.get(tag, ()) if value), "")

    def every(*tags: str) -> tuple[str, ...]:
        return tuple(value for tag in tags for value in record.get(tag, ()) if value)

    return Reference(
        where=where,
        title=first("TI", "T1", "CT", "BT"),
        abstract=first("AB", "N2"),
        authors=every("AU", "A1") or every("A2", "ED"),
        date=first("PY", "Y1", "DA"),
        venue=first("JO", "JF", "T2", "JA", "J2"),
        keywords=every("KW"),
        identifiers=every("DO", "UR", "LK", "L1", "L2", "M3", "AN", "C7"),
        remarks=every("N1", "JO", "JF", "T2", "M1", "PB"),
    )


def references_in_csl(written: str) -> Iterator[Reference]:
    """Read the items of a CSL-JSON file; a broken one costs itself.

    >>> [one] = references_in_csl('[{"id": "k", "title": "On X", "author": [{"family": "Lee", "given": "Ann"}]}]')
    >>> one.where, one.title, one.authors
    ('entry k', 'On X', ('Lee, Ann',))
    """
    for count, (item, wrong) in enumerate(_items(written), 1):
        if isinstance(item, Mapping):
            yield _of_csl(item, count)
        else:
            yield Reference(where=f"entry {count}", wrong=wrong or "it is no record")


def _items(written: str) -> Iterator[tuple[Any, str]]:
    at, breaks, decoder = re.match(r"\s*\[?\s*", written), 0, json.JSONDecoder()
    place = at.end() if at else 0
    while place < len(written) and written[place] != "]":
        try:
            item, place = decoder.raw_decode(written, place)
        except (ValueError, RecursionError):
            following, breaks = NEXT.search(written, place), breaks + 1
            yield None, f"broken JSON at line {written.count(chr(10), 0, place) + 1}"
            if not following or breaks > MOST_BREAKS:
                return
            place = following.end()
            continue
        held = members(item, "items") if isinstance(item, Mapping) else []
        yield from ((one, "") for one in held) if held else [(item, "")]
        after = re.compile(r"\s*,?\s*").match(written, place)
        place = after.end() if after else place


def _of_csl(item: Mapping[str, Any], count: int) -> Reference:
    people = [one for one in members(item, "author") or members(item, "editor") if isinstance(one, Mapping)]
    key = text.shorten(text.tidy(str(item.get("id", ""))[:200]), 60)
    issued = mapping(item, "issued")
    parts = members(issued, "date-parts")
    return Reference(
        where=f"entry {key or count}",
        title=words(item, "title"),
        abstract=words(item, "abstract"),
        authors=tuple(name for one in people if (name := _person(one))),
        date=str(parts[0])[:100] if parts else f"{words(issued, 'raw')} {words(issued, 'literal')}",
        venue=words(item, "container-title"),
        keywords=(words(item, "keyword"),),
        identifiers=tuple(
            words(item, name) for name in ("DOI", "URL", "number", "archive_location", "archive-location", "id")
        ),
        remarks=tuple(words(item, name) for name in ("note", "number", "container-title", "publisher")),
    )


def _person(one: Mapping[str, Any]) -> str:
    r"""Give a name, last name first.

    >>> _person({"family": "Gogh", "non-dropping-particle": "van", "given": "V."}), _person({"literal": "CERN"})
    ('van Gogh, V.', '{CERN}')
    """
    if literal := words(one, "literal") or words(one, "name"):
        return "{" + re.sub(r"[{}]", "", literal) + "}"
    particles = (words(one, "dropping-particle"), words(one, "non-dropping-particle"))
    last = " ".join(part for part in (*particles, words(one, "family")) if part)
    return ", ".join(part for part in (last, words(one, "given"), words(one, "suffix")) if part)


def references_in_lines(written: str) -> Iterator[Reference]:
    r"""Read lines with an arXiv id, a DOI or the address of a paper's page in each; `#` begins a remark.

    >>> [one.identifiers or one.wrong for one in references_in_lines("- 1706.03762 Attention\n\n# mine\nto do")]
    [('1706.03762',), 'no arXiv id or DOI in it']
    """
    for number, line in enumerate(written.split("\n"), 1):
        told = line.strip()[:LONGEST_LINE]
        if not told or told.startswith("#"):
            continue
        where = f"line {number} ({text.shorten(text.tidy(told[:200]), 60)})"
        found = _ids_in(told)
        if not found:
            yield Reference(where=where, wrong="no arXiv id or DOI in it")
        yield from (Reference(where=where, identifiers=(one,)) for one in found)


def _ids_in(line: str) -> list[str]:
    if identity.arxiv_id(line) or doi_in(line):
        return [line]
    tokens = (token.strip("().*") for token in SEPARATED.findall(line))
    return [token for token in tokens if identity.arxiv_id(token) or doi_in(token)]
