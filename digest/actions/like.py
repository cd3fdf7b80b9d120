"""Like: keep what a reader likes and dislikes, a library at once or by one click, and say what a click changed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from digest.actions.report import MOST_NAMED, Report
from digest.domain.listing import Fault
from digest.domain.paper import Paper
from digest.domain.profile import MOST_REACTIONS, Reaction
from digest.domain.subscriber import Refused, Subscriber
from digest.domain.text import shorten
from digest.store import notices, reactions, subscribers, told
from digest.store.database import Database

if TYPE_CHECKING:
    from digest.domain.edition import Desk

TERMS_SHOWN = 8
"""Terms of each kind that a click is said to have moved."""
NO_ROOM = f"at most {MOST_REACTIONS:,} papers can be liked or disliked; take some back, or forget them all, first"
BY_DOI = "known by a DOI alone: counts once a source lists it"


@dataclass(kw_only=True)
class LikeReport(Report):
    """What came of papers a reader named.

    Attributes
    ----------
    added : papers that are liked now, or disliked, and were not before
    known_before : papers of which the reader had said the same
    without_text : papers of both kinds of which only the id is known yet; arXiv is asked for theirs
    noticed : what is odd about papers that were kept, and how often
    """

    added: int = 0
    known_before: int = 0
    without_text: int = 0
    noticed: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """Give the report for programs."""
        return super().to_json() | {"noticed": dict(self.noticed)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What one click changed.

    Attributes
    ----------
    title : what the paper is called
    liked : what is kept of it now; None if nothing is
    likes, dislikes : how many papers the reader has liked and disliked now
    gained, lost : (term, change) of the terms that weigh more and less than before, largest change first
    """

    title: str
    liked: bool | None
    likes: int
    dislikes: int
    gained: tuple[tuple[str, float], ...] = ()
    lost: tuple[tuple[str, float], ...] = ()


def name_faults(report: LikeReport, faults: Sequence[Fault]) -> None:
    """Count what could not be read of a list, and name the first of it.

    >>> report = LikeReport()
    >>> name_faults(report, [Fault(reason="no title", where="entry 7")])
    >>> report.failed, dict(report.skipped)
    (['entry 7: no title'], {'no title': 1})
    """
    report.skipped.update(fault.reason for fault in faults if not fault.kept)
    report.noticed.update(fault.reason for fault in faults if fault.kept)
    lost = [f"{fault.where}: {fault.reason}" for fault in faults if not fault.kept]
    report.failed += lost[:MOST_NAMED]
    if len(lost) > MOST_NAMED:
        report.failed.append(f"and {len(lost) - MOST_NAMED:,} more that could not be read")


def like(
    database: Database,
    subscriber: Subscriber,
    found: Sequence[Paper],
    *,
    liked: bool = True,
    now: datetime,
    faults: Sequence[Fault] = (),
) -> LikeReport:
    """Keep papers as liked, or disliked; a paper the house does not hold is recorded for this reader alone.

    Parameters
    ----------
    faults : what could not be read of the list the papers come from
    """
    report = LikeReport()
    name_faults(report, faults)
    with database.writing() as connection:
        kept = told.react(connection, subscriber.id, found[:MOST_REACTIONS], liked=liked, now=now)
        held = told.shown_to(connection, subscriber.id, kept.rows).values()
    report.added, report.known_before = kept.added, len(kept.rows) - kept.added
    untold = [one.key for one in held if not one.title and not one.abstract]
    report.without_text = len(untold)
    report.noticed += Counter(BY_DOI for key in untold if not key.startswith("arxiv:"))
    if over := kept.left_out + len(found[MOST_REACTIONS:]):
        report.skipped["no room"] += over
        report.failed.append(f"{over:,} papers are left out: {NO_ROOM}")
    return report


def react(
    database: Database,
    subscriber: Subscriber,
    paper_id: int,
    liked: bool | None,
    *,
    now: datetime,
    desk: "Desk | None" = None,
) -> Moved:
    """Keep what one click says of a paper; None takes back what was said.

    Parameters
    ----------
    desk : what it moved is told in the terms of this edition; without one it is not told

    Raises
    ------
    LookupError
        If the reader cannot have been shown such a paper.
    Refused
        If the reader has liked and disliked as many papers as may be.
    """
    with database.writing() as connection:
        if not reactions.may_be_shown(connection, subscriber.id, paper_id):
            raise LookupError(f"there is no paper {paper_id}")
        before = reactions.of(connection, [subscriber.id]).get(subscriber.id, [])
        # A paper that no source listed is gone with what was said of it, so it is read before.
        own = told.shown_to(connection, subscriber.id, [paper_id])
        if liked is None:
            reactions.take_back(connection, subscriber.id, paper_id)
        elif len(before) >= MOST_REACTIONS and paper_id not in {one.paper_id for one in before}:
            raise Refused(f"{NO_ROOM[0].upper()}{NO_ROOM[1:]}.")
        else:
            reactions.put(connection, subscriber.id, [Reaction(paper_id=paper_id, liked=liked, at=now)])
        after = reactions.of(connection, [subscriber.id]).get(subscriber.id, [])
    with database.reading() as connection:  # What it moved is worked out after the lock is let go.
        held = told.shown_to(connection, subscriber.id, {one.paper_id for one in [*before, *after]}) | own
    changes = _changes(desk, subscriber, before, after, held) if desk else ()
    likes = sum(one.liked for one in after)
    return Moved(
        title=_name(held[paper_id]),
        liked=liked,
        likes=likes,
        dislikes=len(after) - likes,
        # That older words weigh less beside a new paper is no less of them, so a like is told by what it adds.
        gained=tuple(pair for pair in changes if pair[1] > 0 and liked is not False)[:TERMS_SHOWN],
        lost=tuple(pair for pair in changes if pair[1] < 0 and not liked)[:TERMS_SHOWN],
    )


def forget(database: Database, subscriber: Subscriber, *, now: datetime, key_id: int | None = None) -> int:
    """Forget all that a reader liked and disliked; gives how many papers that were.

    Parameters
    ----------
    key_id : the key of the links of the mail that tells of it; without one none is sent
    """
    with database.writing() as connection:
        before = subscribers.with_id(connection, subscriber.id) or subscriber
        count = reactions.forget(connection, subscriber.id)
        notices.changed(connection, before, forgotten=count, key_id=key_id, now=now)
    return count


def _changes(
    desk: "Desk",
    subscriber: Subscriber,
    before: Sequence[Reaction],
    after: Sequence[Reaction],
    held: dict[int, Paper],
) -> Sequence[tuple[str, float]]:
    from digest.domain.interests import interests_of, moved

    if {(one.paper_id, one.liked) for one in before} == {(one.paper_id, one.liked) for one in after}:
        return []
    topics, vectoriser, background = subscriber.wishes.topics, desk.vectoriser, desk.background
    was, now = (interests_of(topics, said, held, vectoriser, background) for said in (before, after))
    return moved(was, now, vectoriser, background, most=5 * TERMS_SHOWN)


def _name(paper: Paper) -> str:
    return paper.title or shorten(paper.abstract, 90) or paper.abstract_url or paper.key
