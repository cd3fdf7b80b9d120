"""How papers write a term that was counted in the singular and without small words."""

import re
from collections import Counter
from collections.abc import Sequence

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from digest.domain.tally import singular

STEADY = 2 / 3
"""A phrase is told in full with a word that stands beside it in this part of the texts."""
BETWEEN = r"[\s-]{1,3}"
SMALL_WORDS = rf"(?:(?:of|and|the){BETWEEN}){{0,2}}"


def in_full(term: str, texts: Sequence[str]) -> str:
    """Give a counted term as most texts write it, with a word beside it that nearly all of them write too.

    >>> in_full("large reasoning", ["On Large Reasoning Models.", "large reasoning models", "A large reasoning model"])
    'large reasoning models'
    >>> in_full("mixture expert", ["a mixture of experts", "Mixture-of-Experts", "one mixture of experts"])
    'mixture of experts'
    """
    for side in (r"{}{}(\w{{3,}})", r"(\w{{3,}}){1}{0}"):
        beside = re.compile(side.format(_pattern(term), BETWEEN), re.I)
        words = Counter(word for text in texts for word in {singular(one.lower()) for one in beside.findall(text)})
        word, times = max(words.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
        if times >= max(2, STEADY * len(texts)) and word not in ENGLISH_STOP_WORDS:
            term = f"{term} {word}" if side.startswith("{}") else f"{word} {term}"
    forms = Counter(form for text in texts for form in {" ".join(one.split()) for one in _written(term).findall(text)})
    same = Counter(form.lower() for form in forms.elements())
    best = max(
        forms, key=lambda form: (same[form.lower()], forms[form], -sum(map(str.isupper, form)), form), default=""
    )
    return best or term


def _pattern(term: str) -> str:
    """Write a counted term as an expression: singular or plural, with hyphens or with small words between."""
    return f"{BETWEEN}{SMALL_WORDS}".join(f"{re.escape(word)}s?" for word in term.split(" "))


def is_phrase(term: str, texts: Sequence[str]) -> bool:
    """Whether half of the texts at least write the words of a term together, and a single word on its own.

    >>> is_phrase("llm evaluating", ["LLMs for evaluating", "LLMs: evaluating", "LLM-evaluating"])
    False
    >>> is_phrase("sided", ["two-sided markets", "one-sided", "lop-sided"])
    False
    """
    return 2 * sum(bool(_written(term).search(text)) for text in texts) >= len(texts)


def _written(term: str) -> re.Pattern[str]:
    inside = r"[\w+#]" if " " in term else r"[\w+#-]"
    return re.compile(rf"(?<!{inside}){_pattern(term)}(?!{inside})", re.I)
