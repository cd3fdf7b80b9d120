"""An Issue is one subscriber's selection for a period: a small fact from which its mail can always be made again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from digest.domain.profile import CATEGORY
from digest.domain.text import counted

WORDS_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One paper in an issue.

    Attributes
    ----------
    rank : place in the issue, from 1
    card : hash of the compiled card
    from_relevance, from_trend : the two parts of the score
    topic : the reader's topic it is nearest to, or an empty text
    terms : the terms that made the relevance, with their shares of it, largest first
    evidence : what the trend score rests on
    why : the line that tells the reader why this paper is here
    """

    rank: int
    paper_id: int
    paper_key: str
    title: str
    card: str
    from_relevance: float
    from_trend: float
    topic: str
    terms: tuple[tuple[str, float], ...]
    evidence: tuple[str, ...]
    why: str

    @property
    def score(self) -> float:
        """What the order of the issue rests on: the sum of its two parts."""
        return self.from_relevance + self.from_trend


def why_of(topic: str, terms: Sequence[tuple[str, float]], *, has_topics: bool, has_votes: bool) -> str:
    """Write the line that tells the reader why a paper is here; frozen with the entry.

    What its trend rests on stands on the card, the same for all.

    >>> why_of("protein design", [("protein", 0.3), ("design", 0.2)], has_topics=True, has_votes=True)
    'Near your topic “protein design”: it shares “protein”, “design”.'
    >>> why_of("", [], has_topics=True, has_votes=False)
    'Outside your topics: nothing nearer was left today.'
    """
    if CATEGORY.match(topic):
        return f"In {topic}, which you follow."
    if topic:
        return f"Near your topic “{topic}”: it shares {', '.join(f'“{term}”' for term in _telling(terms))}."
    if not has_topics:
        return "Among what gathers most attention." if has_votes else "New, and listed today for everybody."
    return (
        f"Outside your topics: {'here for the attention it gathers' if has_votes else 'nothing nearer was left today'}."
    )


def _telling(terms: Sequence[tuple[str, float]]) -> list[str]:
    """Leave out words that stand in a longer term as well: “protein design” says “protein” and “design”."""
    names = [term for term, _ in terms]
    whole = [name for name in names if not any(f" {name} " in f" {other} " for other in names if other != name)]
    return whole[:WORDS_SHOWN]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One subscriber's selection from an edition for a period, with all that goes into its mail frozen."""

    id: int
    subscriber_id: int
    edition_id: int
    period: str
    created_at: datetime
    address: str
    zone: str
    key_id: int
    entries: tuple[Entry, ...]

    @property
    def count(self) -> str:
        """How many papers, in words.

        >>> from datetime import UTC
        >>> Issue(id=1, subscriber_id=1, edition_id=1, period="2026-11-20", created_at=datetime.now(UTC), address="",
        ...       zone="UTC", key_id=1, entries=()).count
        '0 papers'
        """
        return counted(len(self.entries), "paper")


def entry_from_json(record: Mapping[str, Any]) -> Entry:
    """Read an entry as `entries_to_json` wrote it."""
    terms = tuple((str(term), float(share)) for term, share in record["terms"])
    return Entry(**{**record, "terms": terms, "evidence": tuple(record["evidence"])})


def entries_to_json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Write entries as JSON can hold them; numbers to six decimals, enough to explain and to compare."""
    rounded = []
    for entry in entries:
        record = asdict(entry)
        record["terms"] = [[term, round(share, 6)] for term, share in entry.terms]
        record["from_relevance"], record["from_trend"] = round(entry.from_relevance, 6), round(entry.from_trend, 6)
        rounded.append(record)
    return rounded
