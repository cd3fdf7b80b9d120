"""Breaks are where a line of text may end; columns are what it takes up on a screen with letters of one width."""

from itertools import pairwise
from unicodedata import category, east_asian_width

from wcwidth import grapheme_boundary_before, iter_graphemes, width

NEVER_FIRST = {"Pe", "Pf", "Po", "Pd", "Lm", "Sk"}
"""Categories of what clings to the letter before: closing brackets, full stops, marks of length and repetition."""
NEVER_LAST = {"Ps", "Pi"}
SMALL_KANA = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ")


def columns(text: str) -> int:
    """Count columns: two for a letter of Chinese, Japanese or Korean and for an emoji, none for a mark on a letter.

    >>> columns("word"), columns("漢字"), columns("👩‍👩‍👧"), columns("e\\u0301")
    (4, 4, 2, 1)
    """
    return len(text) if text.isascii() else width(text, control_codes="ignore")


def pieces(word: str) -> list[str]:
    """Cut a word where a line may break: beside wide letters, as Unicode's UAX 14 has it, but never inside a link.

    A link ends where the word ends, or at a wide sign of punctuation.

    >>> pieces("word"), pieces("见https://a.org/b。「漢字」")
    (['word'], ['见', 'https://a.org/b。', '「漢', '字」'])
    """
    if word.isascii():
        return [word]
    clusters = list(iter_graphemes(word))
    cut = clusters[:1]
    for before, after in pairwise(clusters):
        if _may_break(before, after, in_link="://" in cut[-1]):
            cut.append(after)
        else:
            cut[-1] += after
    return cut


def last_whole(text: str, length: int) -> int:
    """Give the greatest length up to `length` that cuts no letter from its marks, and no emoji or flag in two.

    >>> last_whole("ae\\u0301", 2), last_whole("ae\\u0301", 3)
    (1, 3)
    """
    return length if length >= len(text) else grapheme_boundary_before(text, length + 1)


def _may_break(before: str, after: str, *, in_link: bool) -> bool:
    wide = [one for one in (before[0], after[0]) if east_asian_width(one) in "WF"]
    if not wide or (in_link and not any(category(one).startswith("P") for one in wide)):
        return False
    follows = category(after[0]) not in NEVER_FIRST and after[0] not in SMALL_KANA
    return follows and category(before[0]) not in NEVER_LAST
