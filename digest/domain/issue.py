"""An Issue is one subscriber's selection for a period: a small fact from which its mail can always be made again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from digest.domain.background import whole_terms
from digest.domain.profile import CATEGORY
from digest.domain.text import counted

WORDS_SHOWN = 4
TELLING = 0.02
"""The share of a score from which what spoke against a paper is worth telling."""
SHARES = ("terms", "against")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One paper in an issue.

    Attributes
    ----------
    rank : place in the issue, from 1
    card : hash of the compiled card
    from_relevance, from_trend : the two parts of the score
    topic : the reader's topic it is nearest to, or an empty text
    terms : the terms that speak most for it, with their shares of the score, largest first
    evidence : what the trend score rests on
    why : the line that tells the reader why this paper is here
    against : the terms that speak most against it, with their shares, which are below 0
    rest : the share of all other terms, so that terms, against and rest together are `from_relevance`
    followed : the followed author or organisation it is by or from, or an empty text
    similar : titles of other papers of the day that are nearly the same
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
    against: tuple[tuple[str, float], ...] = ()
    rest: float = 0.0
    followed: str = ""
    similar: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """What the order of the issue rests on: the sum of its two parts."""
        return self.from_relevance + self.from_trend


def why_of(reason: "Reason", *, has_topics: bool, has_votes: bool) -> str:
    """Write the line that tells the reader why a paper is here; frozen with the entry.

    What its trend rests on stands on the card, the same for all.

    >>> why_of(Reason(topic="protein design", terms=(("protein", 0.3), ("design", 0.2))), has_topics=True,
    ...        has_votes=True)
    'Near your topic “protein design”: it shares “protein”, “design”.'
    >>> why_of(Reason(is_liked=True, terms=(("protein", 0.3),), against=(("survey", -0.1),)), has_topics=True,
    ...        has_votes=True)
    'Like papers you liked: it shares “protein”. Against it: “survey”.'
    >>> why_of(Reason(), has_topics=True, has_votes=False)
    'Outside your topics: nothing nearer was left today.'
    """
    shared = [f"“{term}”" for term in whole_terms([term for term, _ in reason.terms])[:WORDS_SHOWN]]
    shares = f": it shares {', '.join(shared)}" if shared else ""
    said = []
    if reason.topic and CATEGORY.match(reason.topic):
        said.append(f"In {reason.topic}, which you follow.")
    elif reason.topic:
        said.append(f"Near your topic “{reason.topic}”{shares}.")
    elif reason.is_liked:
        said.append(f"Like papers you liked{shares}.")
    elif reason.followed:  # Beside another reason it stands as a mark on the card.
        said.append(f"{reason.followed}.")
    else:
        said.append(_outside(has_topics=has_topics, has_votes=has_votes))
    against = [f"“{term}”" for term, share in reason.against if share <= -TELLING]
    return " ".join([*said, f"Against it: {', '.join(against)}."] if against else said)


def _outside(*, has_topics: bool, has_votes: bool) -> str:
    if not has_topics:
        return "Among what gathers most attention." if has_votes else "New, and listed today for everybody."
    return (
        f"Outside your topics: {'here for the attention it gathers' if has_votes else 'nothing nearer was left today'}."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What brought a paper to a reader: a topic or liked papers with the terms, or somebody who is followed."""

    topic: str = ""
    is_liked: bool = False
    followed: str = ""
    terms: tuple[tuple[str, float], ...] = ()
    against: tuple[tuple[str, float], ...] = ()
    rest: float = 0.0


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
    note: str = ""

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
    shares = {name: tuple((str(term), float(share)) for term, share in record.get(name, ())) for name in SHARES}
    sentences = {name: tuple(record.get(name, ())) for name in ("evidence", "similar")}
    return Entry(**{**record, **shares, **sentences})


def entries_to_json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Write entries as JSON can hold them; numbers to six decimals, enough to explain and to compare."""
    rounded = []
    for entry in entries:
        record = asdict(entry)
        record |= {name: [[term, round(share, 6)] for term, share in record[name]] for name in SHARES}
        record |= {name: round(record[name], 6) for name in ("from_relevance", "from_trend", "rest")}
        rounded.append(record)
    return rounded
