"""What a reader says: topics to follow, to see less of, never to see; and the papers a reader liked or disliked."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.domain.text import tidy

MOST_TOPICS = 40
LONGEST_TOPIC = 200
MOST_BESIDE = 12
"""Words beside a phrase that a reader may name."""
MOST_REACTIONS = 5_000
"""Papers one reader may have liked or disliked at a time."""
ARCHIVES = (
    "astro-ph|cond-mat|cs|econ|eess|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math|math-ph|nlin|nucl-ex|nucl-th|physics|"
    "q-bio|q-fin|quant-ph|stat"
)
CATEGORY = re.compile(rf"^(?:{ARCHIVES})(?:\.[a-z]{{2}}|\.[a-z]+(?:-[a-z]+)?)?$", re.IGNORECASE)
"""An arXiv category such as cs.CL, or a whole archive such as cs; the case does not matter."""
RULE = re.compile(r"^(author|organi[sz]ation|affiliation)\s*:\s*(.*)$", re.IGNORECASE)
QUOTES = '"“”„«» '
WEB_ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)
QUOTED = re.compile(r'^["“„«](.+)["”“»]$')


class TopicKind(StrEnum):
    """What a topic names."""

    PHRASE = "phrase"
    CATEGORY = "category"
    AUTHOR = "author"
    ORGANISATION = "organisation"


class Stance(StrEnum):
    """What a reader wants of a topic: to follow it, to see less of it, never to see it."""

    FOLLOW = "follow"
    LESS = "less"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Something a reader follows, wants less of, or never wants to see.

    Attributes
    ----------
    words : the phrase, category, author or organisation
    beside : terms that count beside a phrase; None leaves it to the house to find the ones that go with it
    """

    words: str
    kind: TopicKind = TopicKind.PHRASE
    stance: Stance = Stance.FOLLOW
    beside: tuple[str, ...] | None = None

    @property
    def is_rule(self) -> bool:
        """Whether it names people or a place, who are found by name and not by nearness."""
        return self.kind in {TopicKind.AUTHOR, TopicKind.ORGANISATION}

    @property
    def typed(self) -> str:
        """The topic as a reader types it.

        >>> [topic.typed for topic in read_topics(["author: Ann Lee", "robots + arms, hands", '"robots"'])]
        ['author: Ann Lee', 'robots + arms, hands', '"robots"']
        """
        if self.is_rule:
            return f"{self.kind.value}: {self.words}"
        if self.beside is None:
            return self.words
        return f"{self.words} + {', '.join(self.beside)}" if self.beside else f'"{self.words}"'


def read_topics(lines: Iterable[str], *, stance: Stance = Stance.FOLLOW) -> tuple[Topic, ...]:
    """Read topics as a reader types them, one a line.

    An arXiv category is recognised by its form; `author: Ann Lee` and `organisation: Example Lab` name people and
    places. `robots + arms, hands` says which words count beside a phrase, and `"robots"` that none does.

    Raises
    ------
    ValueError
        If there are more than `MOST_TOPICS`, or one is longer than `LONGEST_TOPIC` characters, names nobody, holds
        no word, or looks like a web address: topics stand in mails, and whoever signs somebody up writes them.

    >>> [topic.kind.value for topic in read_topics(["protein design", "cs.CL", "author: Ann Lee", " "])]
    ['phrase', 'category', 'author']
    """
    read = list(dict.fromkeys(_topic(kept, stance) for line in lines if (kept := tidy(line))))
    if len(read) > MOST_TOPICS:
        raise ValueError(f"at most {MOST_TOPICS} topics can be followed; these are {len(read)}")
    for topic in read:
        if len(topic.words) > LONGEST_TOPIC:
            said = f"{topic.words[:40]!r}… has {len(topic.words):,}"
            raise ValueError(f"a topic has at most {LONGEST_TOPIC} characters; {said}")
    return tuple(read)


def _topic(line: str, stance: Stance) -> Topic:
    if WEB_ADDRESS.search(line):
        raise ValueError(f"a topic is words, a category, or a name; {line[:40]!r} looks like a web address")
    if CATEGORY.match(line):
        return Topic(words=line, kind=TopicKind.CATEGORY, stance=stance)
    if named := RULE.match(line):
        kind = TopicKind.AUTHOR if named[1].lower() == "author" else TopicKind.ORGANISATION
        name = named[2].strip(QUOTES)
        if not name:
            raise ValueError(f"{line!r} names nobody: write a name behind it, such as author: Ann Lee")
        return Topic(words=name, kind=kind, stance=stance)
    if not any(letter.isalnum() for letter in line):
        raise ValueError(f"{line[:40]!r} holds no word or number to look for")
    phrase, plus, rest = line.partition(" + ")
    if plus and stance is Stance.NEVER:
        raise ValueError(f"{phrase[:40]!r} is never shown, whatever stands beside it: leave out the words after the +")
    if plus:
        beside = tuple(dict.fromkeys(term for part in rest.split(",") if (term := part.strip())))
        if len(beside) > MOST_BESIDE or any(len(term) > LONGEST_TOPIC for term in beside):
            raise ValueError(f"at most {MOST_BESIDE} short terms can stand beside {phrase[:40]!r}")
        return Topic(words=phrase.strip(), stance=stance, beside=beside)
    if quoted := QUOTED.match(line):
        return Topic(words=quoted[1].strip(), stance=stance, beside=())
    return Topic(words=line, stance=stance)


def contradiction(topics: Sequence[Topic]) -> str:
    """Name what stands under two headings, as something to follow and never to see; empty if nothing does.

    >>> contradiction(read_topics(["Robots"]) + read_topics(["robots"], stance=Stance.NEVER))
    'robots'
    """
    stances: dict[tuple[TopicKind, str], Stance] = {}
    for topic in topics:
        if stances.setdefault((topic.kind, topic.words.casefold()), topic.stance) is not topic.stance:
            return topic.words
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """A paper a reader liked, or disliked, and when; of one paper the last word counts."""

    paper_id: int
    liked: bool
    at: datetime


def is_in(categories: Sequence[str], followed: str) -> bool:
    """Whether a paper stands in a category or archive, whatever the case.

    >>> is_in(["cs.CL", "stat.ML"], "cs.cl"), is_in(["cs.CL"], "cs"), is_in(["cs.CL"], "math")
    (True, True, False)
    """
    wanted = followed.casefold()
    return any(name.casefold() == wanted or name.casefold().startswith(f"{wanted}.") for name in categories)
