"""Preview: an issue exactly as it leaves or would leave. Looks, and changes nothing."""

from datetime import datetime

from sqlalchemy import Connection

from digest.domain.edition import STALE_AFTER
from digest.domain.issue import Issue
from digest.domain.message import Preview
from digest.domain.selection import choose, vectors_for
from digest.domain.subscriber import Subscriber, Wishes
from digest.links import BadLink, Links
from digest.mail.mime import Letter
from digest.mail.renderer import letter_for_issue
from digest.store import deliveries, editions, issues

NO_EDITION = "There is no edition yet: collect and publish first."
NOTHING_NEW = "Nothing is left that this reader has not been sent."
NOT_SENT = 0
"""The delivery of a preview: its links name no row, so they lead nowhere."""


def of_wishes(
    connection: Connection, wishes: Wishes, *, links: Links, now: datetime, reader: Subscriber | None = None
) -> Preview:
    """Make the issue that wishes would give now, for a reader or for nobody yet."""
    desk = editions.lay_out(connection, now.date())
    if desk is None:
        return Preview(note=NO_EDITION)
    seen = issues.shown(connection, [reader.id], desk.papers.keys()).get(reader.id, set()) if reader else set()
    [entries] = choose(desk, [wishes], [vectors_for(desk, wishes)], [seen])
    if not entries:
        return Preview(note=NOTHING_NEW)
    issue = Issue(
        id=0,
        subscriber_id=reader.id if reader else 0,
        edition_id=desk.edition.id,
        period=wishes.cadence.period(now),
        created_at=now,
        address=reader.address if reader else "you@example.org",
        zone=wishes.cadence.zone,
        key_id=links.key_id,
        entries=tuple(entries),
    )
    letter = _letter(connection, issue, NOT_SENT, links)
    is_stale = desk.edition.day < now.date() - STALE_AFTER
    note = f"Nobody gets this now: the newest edition is of {desk.edition.day}." if is_stale else ""
    return Preview(subject=letter.subject, text=letter.text, html=letter.html, note=note)


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
