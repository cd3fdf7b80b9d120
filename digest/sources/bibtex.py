"""BibTeX as reference managers write it: blocks, macros, joined values, and what a broken entry is called."""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat

from bibtexparser.entrypoint import parse_string
from bibtexparser.model import Block, Entry, ImplicitComment, ParsingFailedBlock, String

from digest.domain import text
from digest.sources.reference import Reference

START = re.compile(r"@\w*[ \t]*[{(]")
MOST_STARTS = 20_000
"""Blocks that are split; a file of the size that is read could hold millions."""
BRACE_OR_QUOTE = re.compile(r'(?<!\\)[{}"]')
PIECE = re.compile(r"\s*(?:[{\"]|(?P<word>[^\s{}\"#]+))")
JOINT = re.compile(r"\s*#")
FORGOTTEN = re.compile(r"\s*([A-Za-z][\w-]{1,40})\s*=\s*")
AND = re.compile(r"(?<!\\)[{}]| and(?= )", re.I)
LONGEST_VALUE, LONGEST_MACRO = 100_000, 500
"""Characters of a value and of a macro; macros that hold macros could grow without end."""
MOST_PIECES, MOST_FIELDS = 100, 40
"""Pieces of a value, and fields that are found where a comma was forgotten."""
ARCHIVES = {"", "arxiv"}

logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # Of broken entries the reader is told, not the log.


def references_in_bibtex(written: str) -> Iterator[Reference]:
    r"""Read the entries of a BibTeX file in their order; what cannot be read says why.

    >>> written = '@string{j = "J. of X"}\n@misc{k, title={On {X}}, journal=j # { B}}\n@misc{l, year={'
    >>> one, two = references_in_bibtex(written)
    >>> one.where, one.title, one.venue
    ('entry k, line 2', 'On {X}', 'J. of X B')
    >>> two.where, two.wrong
    ('entry l, line 3', 'its braces or quotes do not close')
    """
    starts = [found.start() for found in START.finditer(written)]
    end = starts[MOST_STARTS] if len(starts) > MOST_STARTS else len(written)
    macros: dict[str, str] = {}
    for held in parse_string(written[:end], parse_stack=()).blocks:
        repeated = isinstance(held, ParsingFailedBlock) and held.ignore_error_block
        block = repeated or held  # A key given twice is no fault here: the papers may differ.
        if isinstance(block, String):
            macros[block.key.lower()] = _value(block.value[:LONGEST_MACRO], 0, macros)[0][:LONGEST_MACRO]
        elif isinstance(block, Entry):
            yield _reference(block, macros)
        elif wrong := _wrong(block):
            yield Reference(where=_where(block, ""), wrong=wrong)
    beyond = Reference(where="further on", wrong=f"beyond the {MOST_STARTS:,} entries that are looked at")
    yield from repeat(beyond, max(0, len(starts) - MOST_STARTS))


def _wrong(block: Block) -> str:
    raw = (block.raw or "").lstrip()
    if isinstance(block, ParsingFailedBlock) and not re.match(r"@comment\b", raw, re.I):
        unclosed = getattr(block.error, "abort_reason", "").startswith("Unexpected")
        return "its braces or quotes do not close" if unclosed else "it is no entry as BibTeX writes them"
    return "it is no entry as BibTeX writes them" if isinstance(block, ImplicitComment) and raw.startswith("@") else ""


def _where(block: Block, key: str) -> str:
    named = re.match(r"\s*@\w*\s*[{(]\s*([^\s,={}]{1,80})\s*(?:[,@]|$)", block.raw or "")
    name = text.shorten(text.tidy(key or (named[1] if named else "")), 60)
    return f"entry {name or 'without key'}, line {(block.start_line or 0) + 1}"


def _reference(entry: Entry, macros: Mapping[str, str]) -> Reference:
    told: dict[str, str] = {}
    for field in entry.fields:
        for name, value in _fields(field.key, field.value, macros):
            told[name] = told.get(name) or value
    authors = _names(told.get("author") or told.get("editor") or "")
    people = [name for name in authors if name.lower() not in {"others", "et al", "et al."}]
    return Reference(
        where=_where(entry, entry.key),
        title=told.get("title", ""),
        abstract=told.get("abstract", ""),
        authors=tuple(people),
        authors_complete=people == authors,
        date=told.get("year") or told.get("date", ""),
        venue=_first(told, ("journal", "journaltitle", "booktitle")),
        keywords=(told.get("keywords", ""),),
        field=told.get("primaryclass") or told.get("eprintclass", ""),
        identifiers=tuple(map(_bare, _identifiers(told))),
        remarks=tuple(
            _bare(told.get(name, "")) for name in ("journal", "journaltitle", "volume", "howpublished", "note")
        ),
    )


def _identifiers(told: Mapping[str, str]) -> Iterator[str]:
    archive = (told.get("archiveprefix") or told.get("eprinttype", "")).strip().lower()
    if archive in ARCHIVES:
        yield told.get("eprint", "")
    yield f"{archive}/{told.get('eprint', '')}"  # Old ids stand there in two halves, such as hep-th and 9901001.
    yield from (
        told.get(name, "") for name in ("arxivid", "arxiv", "doi", "url", "howpublished", "pdf", "link", "number")
    )


def _first(told: Mapping[str, str], names: Iterable[str]) -> str:
    return next((told[name] for name in names if told.get(name)), "")


def _bare(raw: str) -> str:
    return re.sub(r"\\url\b|[{}\\]", "", raw[:LONGEST_VALUE]).strip()


def _fields(key: str, raw: str, macros: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    r"""Give a field, and those that stand behind it where a comma was forgotten.

    >>> list(_fields("Title", "{Four}\n author = {X}", {}))
    [('title', 'Four'), ('author', 'X')]
    """
    raw, at = raw[:LONGEST_VALUE], 0
    for _ in range(MOST_FIELDS):
        value, at = _value(raw, at, macros)
        yield key.lower(), value
        if not (found := FORGOTTEN.match(raw, at)):
            return
        key, at = found[1], found.end()


def _value(raw: str, start: int, macros: Mapping[str, str]) -> tuple[str, int]:
    """Join the pieces of the value that starts at a place; give it with where it ends.

    What stands there without braces or quotes is taken as it is.
    """
    at, joined = start, ""
    for _ in range(MOST_PIECES):
        opens = PIECE.match(raw, at)
        if not opens:
            break
        if opens["word"]:
            at, piece = opens.end(), macros.get(opens["word"].lower(), opens["word"])
        else:
            end = _closing(raw, opens.end() - 1)
            if end < 0:
                break
            at, piece = end + 1, raw[opens.end() : end]
        joined = (joined + piece)[:LONGEST_VALUE]
        if more := JOINT.match(raw, at):
            at = more.end()
        elif not raw[at:].strip() or FORGOTTEN.match(raw, at):
            return joined, at
        else:
            break
    return raw[start:].strip(), len(raw)


def _closing(raw: str, at: int) -> int:
    """Give where what opens at a place closes, or -1."""
    depth, closer = 0, "}" if raw[at] == "{" else '"'
    for found in BRACE_OR_QUOTE.finditer(raw, at):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth <= 0 and found.start() > at and found[0] == closer:
            return found.start()
    return -1


def _names(raw: str) -> list[str]:
    """Split authors at each `and` outside braces.

    >>> _names("Ek, Bo and {Barnes and Noble} and others")
    ['Ek, Bo', '{Barnes and Noble}', 'others']
    """
    flat, names, start, depth = f"{' '.join(raw.split())} ", list[str](), 0, 0
    for found in AND.finditer(flat):
        depth = max(0, depth + {"{": 1, "}": -1}.get(found[0], 0))
        if not depth and found[0] not in {"{", "}"}:
            names.append(flat[start : found.start()])
            start = found.end()
    return [name.strip() for name in (*names, flat[start:]) if name.strip()]
