"""A Profile is what a reader follows and never wants, as vectors in TF-IDF space plus hard rules."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from digest.domain.text import tidy

MOST_TOPICS = 40
LONGEST_TOPIC = 200
ARCHIVES = (
    "astro-ph|cond-mat|cs|econ|eess|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math|math-ph|nlin|nucl-ex|nucl-th|physics|"
    "q-bio|q-fin|quant-ph|stat"
)
CATEGORY = re.compile(rf"^(?:{ARCHIVES})(?:\.[a-z]{{2}}|\.[a-z]+(?:-[a-z]+)?)?$", re.IGNORECASE)
"""An arXiv category such as cs.CL, or a whole archive such as cs; the case does not matter."""


class TopicKind(StrEnum):
    """What a topic names."""

    PHRASE = "phrase"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Something a reader follows, or (`never`) does not want to see."""

    words: str
    kind: TopicKind = TopicKind.PHRASE
    never: bool = False


def read_topics(lines: Sequence[str], *, never: bool = False) -> tuple[Topic, ...]:
    """Read topics as a reader types them, one a line; arXiv categories are recognised by their form.

    Raises
    ------
    ValueError
        If there are more than `MOST_TOPICS`, or one is longer than `LONGEST_TOPIC` characters.

    >>> [topic.kind.value for topic in read_topics(["protein design", "cs.CL", " "])]
    ['phrase', 'category']
    """
    words = list(dict.fromkeys(kept for line in lines if (kept := tidy(line))))
    if len(words) > MOST_TOPICS:
        raise ValueError(f"at most {MOST_TOPICS} topics can be followed; these are {len(words)}")
    if long := [word for word in words if len(word) > LONGEST_TOPIC]:
        raise ValueError(f"a topic has at most {LONGEST_TOPIC} characters; {long[0][:40]!r}… has {len(long[0]):,}")
    kinds = {word: TopicKind.CATEGORY if CATEGORY.match(word) else TopicKind.PHRASE for word in words}
    return tuple(Topic(words=word, kind=kind, never=never) for word, kind in kinds.items())


def is_in(categories: Sequence[str], followed: str) -> bool:
    """Whether a paper stands in a category or archive, whatever the case.

    >>> is_in(["cs.CL", "stat.ML"], "cs.cl"), is_in(["cs.CL"], "cs"), is_in(["cs.CL"], "math")
    (True, True, False)
    """
    wanted = followed.casefold()
    return any(name.casefold() == wanted or name.casefold().startswith(f"{wanted}.") for name in categories)
