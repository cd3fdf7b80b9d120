"""Text as people read it: TeX to Unicode, tidy white space, shortening. Escaping for HTML comes later, elsewhere."""

import logging
import re
import textwrap
import unicodedata
from functools import cache

from pylatexenc.latex2text import LatexNodes2Text

MATH = re.compile(r"(?<!\\)\$\$?([^$]{1,400}?)(?<!\\)\$\$?")
SUPERSCRIPTS = dict(zip("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", strict=True))
SUBSCRIPTS = dict(zip("0123456789+-=()aeoxhklmnpst", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜ", strict=True))
SCRIPT = re.compile(r"([\^_])(?:\{([^{}]*)\}|(\\[A-Za-z]+|[^\s{}\\]))")
PLAIN_FOR_TEX = re.compile(r"(?<!\\)([%&#])")


@cache
def _converter() -> LatexNodes2Text:
    logging.getLogger("pylatexenc").setLevel(logging.ERROR)  # It warns of every broken macro of every abstract.
    return LatexNodes2Text(keep_comments=True, math_mode="text", strict_latex_spaces=False)


def tidy(raw: str) -> str:
    """Fold white space to single spaces, drop control characters, and compose accents (NFC).

    >>> tidy("A  title\\n over two lines\\x00")
    'A title over two lines'
    """
    kept = "".join(c if c.isspace() or unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"} else " " for c in raw)
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def paragraphs(raw: str) -> str:
    """Tidy an abstract: a newline followed by spaces opens a paragraph, any other newline is wrapping.

    >>> paragraphs("One\\nline.\\n  Two.")
    'One line.\\nTwo.'
    """
    return "\n".join(kept for part in re.split(r"\n\s+", raw.strip()) if (kept := tidy(part)))


def readable(raw: str) -> str:
    r"""Give the Unicode a reader can read for a title or abstract in TeX; text that is not TeX stays as it is.

    A pair of ``$`` counts as mathematics only when its inside looks like it, so amounts of money survive. What
    raises, or loses more than a third of its letters, is given back untouched.

    >>> readable(r"$\mu$Param is 50% faster for $x^2$ on $\tau^{2}$-bench")
    'μParam is 50% faster for x² on τ²-bench'
    >>> readable("It costs $5 and $10; R&D pays")
    'It costs $5 and $10; R&D pays'
    >>> readable(r"\textit{Na\"ive} G{\"o}del \cite{x} at 10\%")
    'Naïve Gödel at 10%'
    """
    return "\n".join(_readable_line(line) for line in paragraphs(raw).split("\n"))


def _readable_line(line: str) -> str:
    line = re.sub(r"(?<![-\\])--(?!-)", "–", line.replace("---", "—"))
    if not any(mark in line for mark in "\\${}~`"):
        return line
    pieces, start = [], 0
    for found in MATH.finditer(line):
        if _looks_like_math(found[1]):
            pieces += [_prose(line[start : found.start()]), _mathematics(found[1])]
            start = found.end()
    return tidy("".join([*pieces, _prose(line[start:])]))


def _looks_like_math(inside: str) -> bool:
    if any(mark in inside for mark in "\\^_="):
        return True
    return inside == inside.strip() and len(inside) <= 24 and not re.match(r"\d[\d.,]*\s+\D{2}", inside)


def _prose(text: str) -> str:
    without_references = re.sub(r"\s*\\(?:cite[a-z]*|ref|label|footnote)\{[^{}]*\}", "", text)
    if not any(mark in without_references for mark in "\\{}~`"):
        return without_references
    guarded = PLAIN_FOR_TEX.sub(r"\\\1", re.sub(r"(?<!\\)\$", r"\\$", without_references))
    lead, tail = re.match(r"\s*", text), re.search(r"\s*$", text)
    return f"{lead[0] if lead else ''}{_convert(guarded, text).strip()}{tail[0] if tail else ''}"


def _mathematics(text: str) -> str:
    return re.sub(r"\s+", " ", _convert(_scripts(text), f"${text}$")).strip()


def _scripts(text: str) -> str:
    def replaced(found: re.Match[str]) -> str:
        table = SUPERSCRIPTS if found[1] == "^" else SUBSCRIPTS
        inside = (found[2] if found[2] is not None else found[3]).strip()
        if inside and all(letter in table for letter in inside):
            return "".join(table[letter] for letter in inside)
        return f"{found[1]}({inside})" if len(inside) > 1 and not inside.startswith("\\") else f"{found[1]}{inside} "

    return SCRIPT.sub(replaced, text)


def _convert(tex: str, fallback: str) -> str:
    try:
        text = str(_converter().latex_to_text(tex))
    except Exception:  # pylatexenc raises many kinds on malformed TeX; a reader still gets the raw text.
        return fallback
    letters = len(re.findall(r"[^\W_]", re.sub(r"\\[A-Za-z]+", "", tex)))
    return text if 3 * len(re.findall(r"[^\W_]", text)) >= 2 * letters else fallback


def readable_name(raw: str) -> str:
    r"""Give a person's name in Unicode.

    >>> readable_name(r"J\"org Kra{\ss}"), readable_name(r"S{\o}ren \v{S}t'ef")
    ('Jörg Kraß', "Søren Št'ef")
    """
    name = tidy(raw)
    return tidy(_convert(PLAIN_FOR_TEX.sub(r"\\\1", name), name)) if "\\" in name or "{" in name else name


def shorten(text: str, width: int) -> str:
    """Cut at a word to at most `width` characters, the last one an ellipsis where something was cut.

    >>> shorten("A method for finding things", 18)
    'A method for…'
    """
    flat = " ".join(text.split())
    if len(flat) <= width:
        return flat
    cut = flat[:width].rsplit(" ", 1)[0] if " " in flat[:width] else flat[: width - 1]
    return cut.rstrip(" ,;:.-–—(")[: width - 1] + "…"


def wrap(text: str, indent: str = "", width: int = 72) -> str:
    """Wrap to lines of `width`, each after `indent`; long words such as links are never broken.

    >>> wrap("one two three", indent="  ", width=9)
    '  one two\\n  three'
    """
    lines = textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines)
