"""Compiled fragments: rendered text cut at its holes, with sections that only some readers get; and their join."""

import re
from collections.abc import Callable, Collection, Mapping

from markupsafe import Markup

CUT = Markup("<!--cut-->")
HOLE = re.compile(r"(?:<!--)?QZ([a-z]+)ZQ(?:-->)?")
MARK = re.compile(rf"{CUT}|{HOLE.pattern}")
SECTIONS = frozenset(
    ("own", "first", "later", "marked", "alike", "growth", "brief", "short", "full", "left", "missed", "shared")
)
"""Names of marks that begin what only some readers get; the mark `end` ends it, and no section holds another."""
END = "end"
Parts = list[str]
"""Literal, mark's name, literal, mark's name, … literal."""


def hole(name: str) -> str:
    """Give the mark that stands for a reader's own value while a page is compiled: ASCII letters, so it survives."""
    return f"QZ{name}ZQ"


def section(name: str, caller: Callable[[], str]) -> str:
    """Set marks around a section while a page is compiled; templates call it, `caller` gives what stands inside.

    In HTML the marks are comments: text between the rows of a table would be moved out of it.
    """
    inside, begin, end = caller(), hole(name), hole(END)
    if isinstance(inside, Markup):
        return Markup("<!--{}-->{}<!--{}-->").format(begin, inside, end)
    return f"{begin}{inside}{end}"


def without_marks(text: str) -> str:
    """Replace what looks like a mark in a paper's own text.

    It is not removed: what stood around it could join to another.

    >>> without_marks("QZwQZwhyZQZQ")
    'QZw-ZQ'
    """
    return MARK.sub("-", text)


def parts(text: str) -> Parts:
    """Cut a compiled text at its marks.

    >>> parts("Dear QZnameZQ!")
    ['Dear ', 'name', '!']
    """
    return HOLE.split(text)


def join(
    compiled: Parts, values: Mapping[str, str], write: Callable[[str], str], kept: Collection[str] = SECTIONS
) -> str:
    """Fill the holes of a compiled text and leave out the sections that are not `kept`.

    >>> join(parts("Dear QZnameZQ! QZmissedZQMissed.QZendZQBye."), {"name": "A&B"}, str, kept=())
    'Dear A&B! Bye.'
    """
    said, is_in = [compiled[0]], True
    for name, literal in zip(compiled[1::2], compiled[2::2], strict=True):
        if name in SECTIONS:
            is_in = name in kept
        elif name == END:
            is_in = True
        elif is_in:
            said.append(write(values[name]))
        if is_in:
            said.append(literal)
    return "".join(said)
