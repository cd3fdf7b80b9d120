"""An Issue is one subscriber's selection for a period: a small fact from which its mail can always be made again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from digest.domain.trend import counted

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

    @property
    def score(self) -> float:
        """What the order of the issue rests on: the sum of its two parts."""
        return self.from_relevance + self.from_trend

    @property
    def why(self) -> str:
        """The line that tells the reader why this paper is here; what the trend rests on stands on the card.

        >>> Entry(rank=1, paper_id=1, paper_key="arxiv:1", title="A", card="", from_relevance=0.5, from_trend=0.1,
        ...       topic="protein design", terms=(("protein", 0.3), ("design", 0.2)), evidence=("9 upvotes",)).why
        'Near your topic “protein design”: it shares “protein”, “design”.'
        """
        if not self.topic:
            return "Not near your topics, but among what gathers most attention."
        if [term for term, _ in self.terms] == [self.topic]:
            return f"In {self.topic}, which you follow."
        shared = ", ".join(f"“{term}”" for term, _ in self.terms[:WORDS_SHOWN])
        return f"Near your topic “{self.topic}”: it shares {shared}."


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
