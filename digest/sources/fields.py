"""How fields are read out of opened bodies: JSON of any shape, children of XML elements, dates, HTML as text."""

import json
import re
from collections.abc import Mapping
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any

import lxml.html
from lxml import etree
from lxml.html import defs

from digest.domain import text
from digest.sources.base import SourceError, day_of, opening

MOST_LETTERS = 200_000
"""Characters of one text that are looked at; no abstract comes near it."""
NO_TAG = re.compile(rf"<(?!/?(?:jats:[\w-]+|{'|'.join(sorted(defs.tags))})(?=[\s/>])|!--)", re.I)
LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z/!]|&(?:[a-zA-Z]\w*|#\w+);")
BLOCK = re.compile(r"<(?:br|/p|/div|/li|/h\d|/jats:(?:p|title|sec))\b[^>]{0,200}>", re.I)
SCRIPT = re.compile(r"<(?:jats:)?su([pb])>([^<>{}]{1,40})</(?:jats:)?su[pb]>", re.I)
NOT_HTML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def json_value(body: bytes) -> Any:
    """Open a JSON body; raises SourceError if it is none."""
    start = opening(body)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"the answer is no JSON; it begins with {start[:60].decode('utf-8', 'replace')!r}") from error


def words(record: Mapping[str, Any], name: str) -> str:
    """Give a text of a record, or an empty one."""
    value = record.get(name)
    return value if isinstance(value, str) else ""


def mapping(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give a record inside a record, or an empty one."""
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def members(record: Mapping[str, Any], name: str) -> list[Any]:
    """Give a list of a record, or an empty one."""
    value = record.get(name)
    return value if isinstance(value, list) else []


def whole(value: object) -> int:
    """Read a whole number that comes as a number or as text; 0 where it is none.

    >>> whole(30), whole("522"), whole("many"), whole(None), whole(-4)
    (30, 522, 0, 0, 0)
    """
    if isinstance(value, str) and len(value) <= 12 and value.strip().isascii() and value.strip().isdigit():
        return int(value)
    return max(0, value) if isinstance(value, int) and not isinstance(value, bool) else 0


def inner(element: Any, name: str) -> str:
    """Give the text of the first child of a name, or an empty one."""
    child = element.find(f"{{*}}{name}")
    return "".join(child.itertext()) if child is not None else ""


def inners(element: Any, name: str) -> list[str]:
    """Give the texts of all children of a name that hold any."""
    return [found for child in element.iterchildren(f"{{*}}{name}") if (found := "".join(child.itertext()).strip())]


def day_in(value: str) -> date | None:
    """Read the day of a moment in ISO 8601 or as e-mail writes it, or None.

    >>> day_in("Wed, 20 Aug 2025 00:00:00 -0400"), day_in("2025-08-20T00:00:00Z"), day_in("soon")
    (datetime.date(2025, 8, 20), datetime.date(2025, 8, 20), None)
    """
    if found := day_of(value.strip()):
        return found
    try:
        return parsedate_to_datetime(value.strip()).date()
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def unmarked(html: str) -> str:
    """Give the text of a piece of HTML or JATS: tags gone, paragraphs kept, scripts and styles dropped.

    What stands after `<` and is no tag of HTML is text; small raised and lowered text becomes `^{…}` and `_{…}`.

    >>> unmarked("<p>A &amp; B at 10<sup>-3</sup></p><p>where x <y</p>").split("\\n")
    ['A & B at 10^{-3}', '  where x <y']
    """
    raw = NOT_HTML.sub(" ", html[:MOST_LETTERS])
    if not LOOKS_LIKE_HTML.search(raw):
        return raw
    raw = SCRIPT.sub(lambda found: f"{'^' if found[1].lower() == 'p' else '_'}{{{found[2]}}}", raw)
    raw = BLOCK.sub("\n  ", NO_TAG.sub("&lt;", raw))
    try:
        root = lxml.html.fragment_fromstring(raw, create_parent="div")
        for dropped in list(root.iter("script", "style", "title", etree.Comment)):
            dropped.drop_tree()
        found = str(root.text_content())
    except (etree.LxmlError, ValueError, AssertionError):
        return re.sub(r"<[^<>]*>", " ", raw).strip()
    return re.sub(r"^\s+|\s+$", "", found)


def title_of(raw: str) -> str:
    """Give a title on one line, as people read it."""
    return text.readable(text.tidy(raw[:MOST_LETTERS]))
