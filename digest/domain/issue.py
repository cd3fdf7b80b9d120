"""An Issue is one subscriber's selection for a period: a small fact from which its mail can always be made again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from digest.domain.background import whole_terms
from digest.domain.cadence import day_of_period
from digest.domain.subscriber import Layout
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
    def is_near(self) -> bool:
        """Whether something the reader follows or liked brought it."""
        return bool(self.topic or self.followed or self.from_relevance > 0)

    @property
    def score(self) -> float:
        """What the order of the issue rests on: the sum of its two parts."""
        return self.from_relevance + self.from_trend


def why_of(reason: "Reason", *, has_topics: bool, has_votes: bool) -> str:
    """Write the line that tells the reader why a paper is here; frozen with the entry.

    What its trend rests on stands on the card, the same for all.

    >>> why_of(Reason(topic="protein design", own=("protein", "design"), liked=("binder",)), has_topics=True,
    ...        has_votes=True)
    'Near your topic “protein design”: it shares “protein”, “design”, and with papers you liked “binder”.'
    >>> why_of(Reason(is_liked=True, liked=("protein",), against=(("survey", -0.1),)), has_topics=True, has_votes=True)
    'Like papers you liked: it shares “protein”. It would stand higher without “survey”, as in papers you disliked.'
    >>> why_of(Reason(), has_topics=True, has_votes=False)
    'Outside your topics: nothing nearer was left.'
    """
    own, liked = _quoted(reason.own), _quoted(reason.liked)
    said = []
    if reason.topic and reason.is_category:
        said.append(f"In {reason.topic}, which you follow.")
    elif reason.topic:
        near = (
            f"Near your topic “{reason.topic}”" if own or not liked else f"Like papers you liked for “{reason.topic}”"
        )
        also = f", and with papers you liked {liked}" if own and liked else ""
        said.append(f"{near}: it shares {own or liked}{also}." if own or liked else f"{near}.")
    elif reason.is_liked:
        said.append(f"Like papers you liked: it shares {liked}." if liked else "Like papers you liked.")
    elif reason.followed:  # Beside another reason it stands as a mark on the card.
        said.append(f"{reason.followed}.")
    else:
        said.append(_outside(has_topics=has_topics, has_votes=has_votes))
    against = _quoted([term for term, share in reason.against if share <= -TELLING])
    if against and reason.less:
        said.append(f"You asked for less of {_quoted(reason.less)}.")
    elif against:
        said.append(f"It would stand higher without {against}, as in papers you disliked.")
    return " ".join(said)


def _quoted(terms: Sequence[str]) -> str:
    return ", ".join(f"“{term}”" for term in whole_terms(terms)[:WORDS_SHOWN])


def _outside(*, has_topics: bool, has_votes: bool) -> str:
    if not has_topics:
        return "Among what gathers most attention." if has_votes else "New, and listed for everybody."
    return f"Outside your topics: {'here for the attention it gathers' if has_votes else 'nothing nearer was left'}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What brought a paper to a reader: a topic or liked papers with the terms, or somebody who is followed.

    Attributes
    ----------
    terms, against, rest : the shares of the score, as an `Entry` has them
    less : the topics the reader wants less of that it is near to
    own, liked : of the terms, those the topic says, and those that only liked papers brought and that tell something
    """

    topic: str = ""
    is_category: bool = False
    is_liked: bool = False
    followed: str = ""
    terms: tuple[tuple[str, float], ...] = ()
    against: tuple[tuple[str, float], ...] = ()
    rest: float = 0.0
    less: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    liked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One subscriber's selection from an edition for a period, with all that goes into its mail frozen.

    Attributes
    ----------
    note : what is to be said of the day, such as why the issue is short, or an empty text
    layout : how much its cards say
    missed : title and address of the papers that came next
    since : of a catch-up, the last day the reader had an issue for before; else None
    """

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
    layout: Layout = Layout.NORMAL
    missed: tuple[tuple[str, str], ...] = ()
    since: date | None = None

    @property
    def is_weekly(self) -> bool:
        """Whether it stands for a week."""
        return "W" in self.period

    @property
    def day(self) -> date:
        """The local day it stands for, of a week the one on which it was due."""
        return day_of_period(self.period)

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
