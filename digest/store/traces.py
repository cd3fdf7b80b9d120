"""What the store can tell of one paper and one reader: when it came in, where it was listed, what the reader got."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from digest.domain.listing import ListingKind
from digest.domain.trace import Collected
from digest.store import papers as kept
from digest.store.tables import deliveries, editions, issues, listings, papers, shown_papers


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An issue that was made: its period and, of a catch-up, since when; its edition, and where its delivery stands."""

    id: int
    period: str
    since: date | None
    created_at: datetime
    day: date
    revision: int
    state: str
    sent_at: datetime | None


def collected(connection: Connection, paper_id: int) -> Collected:
    """Give a paper with the moment it was first seen and all its listings, whatever their kind."""
    [paper] = kept.by_id(connection, [paper_id]).values()
    first = connection.execute(select(papers.c.first_seen_at).where(papers.c.id == paper_id)).scalar_one()
    listed = select(listings.c.source, listings.c.listed_on, listings.c.kind).where(listings.c.paper_id == paper_id)
    rows = connection.execute(listed.order_by(listings.c.listed_on, listings.c.source))
    found = tuple((row.source, row.listed_on, ListingKind(row.kind)) for row in rows)
    return Collected(paper_id=paper_id, paper=paper, first_seen_at=first, listings=found)


def issues_of(connection: Connection, subscriber_id: int) -> list[Made]:
    """Give every issue that was made for a reader, in the order they were made."""
    asked = (issues.c.id, issues.c.period, issues.c.since, issues.c.created_at, editions.c.day, editions.c.revision)
    query = select(*asked, deliveries.c.state, deliveries.c.sent_at)
    query = query.join(editions, issues.c.edition_id == editions.c.id)
    query = query.outerjoin(deliveries, deliveries.c.issue_id == issues.c.id)
    rows = connection.execute(query.where(issues.c.subscriber_id == subscriber_id).order_by(issues.c.id)).mappings()
    return [Made(**(dict(row) | {"state": row["state"] or ""})) for row in rows]


def issue_by_paper(connection: Connection, subscriber_id: int, paper_ids: Iterable[int]) -> dict[int, int]:
    """Give the number of the issue in which a reader was shown each paper; one never shown is left out."""
    wanted = set(paper_ids)
    own = shown_papers.c.subscriber_id == subscriber_id
    rows = connection.execute(select(shown_papers.c.paper_id, shown_papers.c.issue_id).where(own))
    return {row.paper_id: row.issue_id for row in rows if row.paper_id in wanted}
