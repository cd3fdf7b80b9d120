"""Preview: an issue exactly as it leaves or would leave. Looks, and changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from digest.domain.delivery import NOT_SENT
from digest.domain.edition import STALE_AFTER, Desk
from digest.domain.interests import interests_of
from digest.domain.issue import Entry, Issue
from digest.domain.message import NO_EDITION, NOTHING_NEW, Preview
from digest.domain.paper import Paper
from digest.domain.profile import Reaction, Stance, Topic, TopicKind
from digest.domain.reader import Reader
from digest.domain.selection import choose
from digest.domain.subscriber import Status, Subscriber, Wishes
from digest.links import BadLink, Links
from digest.mail.mime import Letter
from digest.mail.renderer import letter_for_issue
from digest.store import deliveries, editions, issues, papers, profiles


def of_wishes(
    connection: Connection,
    desk: Desk | None,
    wishes: Wishes,
    *,
    links: Links,
    now: datetime,
    reader: Subscriber | None = None,
) -> Preview:
    """Make the issue that wishes would give now, for a reader or for nobody yet."""
    if desk is None:
        return Preview(note=NO_EDITION)
    addressed, period = replace(reader or nobody(now), wishes=wishes), wishes.cadence.period(now)
    known, _ = profiles.readers_of(connection, desk, [addressed])
    [choice] = choose(desk, known)
    if not choice.entries:
        return Preview(note=choice.note or NOTHING_NEW)
    issue = choice.issue_for(addressed, edition_id=desk.edition.id, period=period, key_id=links.key_id, now=now)
    letter = _letter(connection, issue, NOT_SENT, links)
    is_stale = desk.edition.day < now.date() - STALE_AFTER
    note = f"Nobody gets this now: the newest edition is of {desk.edition.day}." if is_stale else ""
    return Preview(subject=letter.subject, text=letter.text, html=letter.html, note=note)


def nobody(now: datetime) -> Subscriber:
    """Give somebody who is not subscribed, with the wishes of who sets nothing."""
    return Subscriber(id=0, address="you@example.org", status=Status.PENDING, wishes=Wishes(), created_at=now)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What somebody would have got on the day of the newest edition, before signing up.

    Attributes
    ----------
    papers : the papers of the entries by row number
    """

    day: date
    entries: Sequence[Entry]
    note: str
    papers: Mapping[int, Paper]


def sample(connection: Connection, desk: Desk, wishes: Wishes, liked: Sequence[Paper], now: datetime) -> Sample:
    """Choose for wishes and liked papers; one that is known here by its id counts with the text that is held."""
    numbers = {at: papers.named(connection, paper.key) for at, paper in enumerate(liked)}
    held = papers.by_id(connection, {number for number in numbers.values() if number})
    texts = {number: paper for number, paper in held.items() if paper.title or paper.abstract}
    told = {-1 - at: texts.get(numbers[at] or 0, paper) for at, paper in enumerate(liked)}
    reactions = [Reaction(paper_id=number, liked=True, at=now) for number in told]
    interests = interests_of(wishes.topics, reactions, told, desk.vectoriser, desk.background)
    seen = {number for number in numbers.values() if number}
    [choice] = choose(desk, [Reader(wishes=wishes, interests=interests, seen=seen)])
    shown = {entry.paper_id: desk.papers[entry.paper_id] for entry in choice.entries}
    return Sample(day=desk.edition.day, entries=choice.entries, note=choice.note, papers=shown)


def beside(desk: Desk, topics: Sequence[Topic]) -> dict[str, tuple[str, ...]]:
    """Name the terms that the house puts beside each phrase that is followed, where the reader named none."""
    asked = [one for one in topics if one.stance is Stance.FOLLOW and one.kind is TopicKind.PHRASE]
    return {
        one.words: terms
        for one in asked
        if one.beside is None and (terms := desk.background.beside(one, desk.vectoriser))
    }


def of_delivery(connection: Connection, delivery_id: int, links: Links) -> Letter:
    """Make the mail of a delivered issue again, as a page that may be passed on.

    Raises
    ------
    BadLink
        If there is no such issue.
    """
    found = deliveries.with_id(connection, delivery_id)
    issue = issues.with_ids(connection, [found[1]]).get(found[1]) if found and found[1] else None
    if issue is None:
        raise BadLink(BadLink.__doc__)
    return _letter(connection, issue, delivery_id, links, shared=True)


def _letter(connection: Connection, issue: Issue, delivery_id: int, links: Links, *, shared: bool = False) -> Letter:
    frames, cards = editions.pages_of(connection, [issue])[issue.edition_id]
    return letter_for_issue(issue, delivery_id, frames, cards, links, shared=shared)
