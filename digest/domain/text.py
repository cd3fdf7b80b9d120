"""Text as people read it: TeX to Unicode, tidy white space, shortening. Escaping for HTML comes later, elsewhere."""

import logging
import re
import unicodedata
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any

from pylatexenc import latex2text, latexwalker

from digest.domain.breaks import columns, last_whole, pieces

UNSEEN = dict.fromkeys([0xAD, *range(0x202A, 0x202F), *range(0x2066, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFC)])
"""What nobody sees, and what does harm: it turns the rest of a line around, or stands inside a word and hides it from
matching. Joiners and the marks for a direction stay: scripts and emoji are written with them."""
BLANK = re.compile("[ \t-\r]+")
MATH = re.compile(r"(?<!\\)(\$\$?)([^$]{1,400}?)(?<!\\)\1")
SUPERSCRIPTS = dict(zip("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", strict=True))
SUBSCRIPTS = dict(zip("0123456789+-=()aeoxhklmnpst", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜ", strict=True))
SCRIPT = re.compile(r"(\\[A-Za-z]+)?([\^_])(?:\{([^{}]*)\}|(\\[A-Za-z]+|[^\s{}\\]))")
BRACED_SCRIPT = re.compile(r"(?<!\\)[\^_]\{[^{}]*\}")
PLAIN_FOR_TEX = re.compile(r"(?<!\\)([%&#])")
REFERENCE = re.compile(r"\s*\\(?:[Cc]ite[a-z]*|(?:eq|auto|page|name|[CcvV])?ref|label)\*?(?:\[[^\]]*\])*\{[^{}]*\}")
ADDRESS = re.compile(r"(https?://[^\s{}\\$<>]+)")
ABOUT = re.compile(r"(?:^|(?<=[\s(\[<>=/])|(?<=\b[A-Za-z]))~(?=\s?[\d.])|(?<=\s)~(?=\s)")
"""A tilde that says "about", such as in `~50` or `T~0`; any other one is a space that does not break."""
MACRO = re.compile(r"\\([A-Za-z]+)(\s*)(\{\})?")
WORDLESS = re.compile(
    r"begin|end|verb|bf|it|em|sc|rm|tt|sl|sf|cal|xspace|displaystyle|textstyle|left|right|[Bb]igg?[lr]?|limits|nolimits"
    r"|noindent|par|newline|linebreak|operatorname|bm|boldsymbol|ensuremath|centering|small|large|item"
)
"""What a converter may drop without loss, and what it reads by other ways than its name."""
OPERATOR = re.compile(r"\\(log|ln|exp|sin|cos|tan|max|min|sup|inf|lim|arg|det|dim|ker|deg|gcd|mod)\s+(?=[\w\\])")
"""A name that must not grow together with what it is applied to."""
KEPT = ("texttt", "mbox", "hbox", "xrightarrow", "xleftarrow", "textmd", "textup", "uppercase")
"""Macros whose argument is text; the converter would drop it."""


@cache
def _converter() -> Any:
    logging.getLogger("pylatexenc").setLevel(logging.ERROR)  # It warns of every broken macro of every abstract.
    context = latex2text.get_default_latex_context_db()
    kept = [latex2text.MacroTextSpec(name, simplify_repl="%s") for name in KEPT]
    context.add_context_category("kept", prepend=True, macros=kept)
    return latex2text.LatexNodes2Text(
        latex_context=context, keep_comments=True, math_mode="text", strict_latex_spaces=False
    )


@cache
def _macros() -> tuple[Any, Any]:
    return latex2text.get_default_latex_context_db(), latexwalker.get_default_latex_context_db()


@lru_cache(maxsize=4_096)  # Macros come from strangers: there is no end of them.
def _is_known(macro: str) -> bool:
    return bool(WORDLESS.fullmatch(macro)) or any(one.get_macro_spec(macro) is not None for one in _macros())


def tidy(raw: str) -> str:
    """Fold white space to single spaces, drop what is unseen and does harm, and compose accents (NFC).

    >>> tidy("A  title\\n over two lines\\x00, \\u202eturned")
    'A title over two lines , turned'
    """
    seen = raw.translate(UNSEEN)
    kept = "".join(c if c.isspace() or unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"} else " " for c in seen)
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
    joined = MATH.sub(lambda found: found[0].replace("\n", " ") if _looks_like_math(found[2]) else found[0], raw)
    return "\n".join(_readable_line(line) for line in paragraphs(joined).split("\n"))


def _readable_line(line: str) -> str:
    line = re.sub(r"(?<![-\\])--(?!-)", "–", line.replace("---", "—"))
    if not any(mark in line for mark in "\\${}~`"):
        return line
    pieces, start, at = [], 0, 0
    while found := MATH.search(line, at):
        at = found.start(2)
        if _looks_like_math(found[2]):
            pieces += [_prose(line[start : found.start()]), _mathematics(found[2])]
            start = at = found.end()
    return tidy("".join([*pieces, _prose(line[start:])]))


def _looks_like_math(inside: str) -> bool:
    if any(mark in inside for mark in "\\^_="):
        words = re.findall(r"(?<![\\A-Za-z{])[A-Za-z]{3,}", inside)
        return len(words) < 3 or inside == inside.strip()
    return inside == inside.strip() and len(inside) <= 24 and not re.match(r"\d[\d.,]*\s+\D{2}", inside)


def _prose(text: str) -> str:
    text = re.sub(r"\\url\s*\{([^{}]*)\}", r"\1", REFERENCE.sub("", text))
    text = re.sub(r"\\href\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"\2 (\1)", text)
    text = re.sub(r"\\footnote\s*\{([^{}]*)\}", r" (\1)", text)
    return "".join(part if at % 2 else _words(part) for at, part in enumerate(ADDRESS.split(text)))


def _words(text: str) -> str:
    if not any(mark in text for mark in "\\{}~`"):
        return text
    tex = re.sub(r"(?<!\\)\$", r"\\$", BRACED_SCRIPT.sub(lambda found: _scripts(found[0]), text))
    tex = ABOUT.sub(r"\\textasciitilde{}", re.sub(r"\\{2,4}(?=[\'\"`^~=.][{\\A-Za-z])", r"\\", tex))
    tex = re.sub(r"(\\[A-Za-z]{3,})[ \n]+(?=[^\W_])", r"\1{} ", tex)
    lead, tail = re.match(r"\s*", text), re.search(r"\s*$", text)
    read = _convert(PLAIN_FOR_TEX.sub(r"\\\1", tex), text).strip()
    return f"{lead[0] if lead else ''}{read}{tail[0] if tail and read else ''}"


def _mathematics(text: str) -> str:
    tex = text if "\\begin" in text or "&" in text else re.sub(r"\\\\(?=[A-Za-z]{2})", r"\\", text)
    tex = OPERATOR.sub(r"\\\1{} ", re.sub(r"(?<!\\)([%#])", r"\\\1", _scripts(tex)))
    return re.sub(r"\s+", " ", _convert(tex, f"${text}$")).strip()


def _scripts(text: str) -> str:
    def replaced(found: re.Match[str]) -> str:
        table = SUPERSCRIPTS if found[2] == "^" else SUBSCRIPTS
        before = f"{found[1]}{{}}" if found[1] else ""  # Else the script's letter would join the macro's name.
        inside = (found[3] if found[3] is not None else found[4]).strip()
        if inside and all(letter in table for letter in inside):
            return before + "".join(table[letter] for letter in inside)
        if len(inside) > 1 and not inside.startswith("\\"):
            return f"{before}{found[2]}({inside})"
        follows = found.string[found.end() : found.end() + 1]
        return f"{before}{found[2]}{inside}{' ' if follows.isalnum() else ''}"

    return SCRIPT.sub(replaced, text)


def _named(found: re.Match[str]) -> str:
    """Give a macro the converter knows as it is, any other one by its name, where it stands for a word of its own."""
    if _is_known(found[1]):
        return found[0]
    follows = found.string[found.end() :][:1]
    if follows == "{":
        return ""
    return f"{{{found[1]}}}{' ' if found[2] or (follows.isascii() and follows.isalnum()) else ''}"


def _convert(tex: str, fallback: str) -> str:
    tex = re.sub(
        r"\\{1,4}(?=[^\x00-\x7f])|\\(?=\d)", "", tex
    )  # Some sources keep the backslash of a letter they converted.
    tex = MACRO.sub(_named, re.sub(r"\\[dt]frac", r"\\frac", tex.replace("\\|", "‖")))
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
    """Cut to at most `width` characters, the last one an ellipsis where something was cut.

    It is cut where a line may break, a single long word between two of its letters.

    >>> shorten("A method for finding things", 18), shorten("扩散模型的方法", 4)
    ('A method for…', '扩散模…')
    """
    flat = " ".join(text.split())
    if len(flat) <= width:
        return flat
    start = flat.rfind(" ", 0, width) + 1
    ends = accumulate(map(len, pieces(flat[start:].partition(" ")[0])), initial=start)
    end = max((end for end in ends if end < width), default=0) or last_whole(flat, width - 1)
    return flat[:end].rstrip(" ,;:.-–—(，、；：（") + "…"


def wrap(text: str, indent: str = "", width: int = 72) -> str:
    """Wrap to lines of `width` columns, each after `indent`; long words such as links are never broken.

    >>> wrap("one two three", indent="  ", width=9), wrap("漢字かな交じり", width=6)
    ('  one two\\n  three', '漢字か\\nな交じ\\nり')
    """
    lines: list[str] = []
    for word in filter(None, BLANK.split(text)):
        gap = " "
        for piece in pieces(word):
            if lines and columns(longer := lines[-1] + gap + piece) <= width:
                lines[-1] = longer
            else:
                lines.append(indent + piece)
            gap = ""
    return "\n".join(lines)


def counted(number: int, noun: str) -> str:
    """Say a number of things.

    >>> counted(1, "upvote"), counted(1200, "star")
    ('1 upvote', '1,200 stars')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def span(hours: float) -> str:
    """Say a span of time, in hours up to two days.

    >>> span(0.2), span(26), span(72)
    ('1 h', '26 h', '3 days')
    """
    return f"{max(1, round(hours))} h" if hours < 48 else f"{round(hours / 24)} days"
