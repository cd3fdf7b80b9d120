"""Issues, and which papers a reader was shown: none twice, by the table's own key."""

from collections.abc import Collection, Iterable
from dataclasses import fields
from datetime import timedelta

from sqlalchemy import Connection, RowMapping, delete, select, update

from digest.domain.issue import Issue, entries_to_json, entry_from_json
from digest.domain.subscriber import Layout
from digest.store.database import insert_missing, inserting
from digest.store.tables import issues, shown_papers, subscribers


def add(connection: Connection, issue: Issue) -> int | None:
    """Keep an issue under a number of its own and give that, or None if the reader has one for the period."""
    row = {one.name: getattr(issue, one.name) for one in fields(Issue) if one.name != "id"}
    row |= {"entries": entries_to_json(issue.entries)}
    statement = inserting(connection, issues).values(**row).on_conflict_do_nothing().returning(issues.c.id)
    issue_id = connection.execute(statement).scalar()
    if issue_id is None:
        return None
    of_reader = {"subscriber_id": issue.subscriber_id, "issue_id": issue_id}
    shown = [of_reader | {"paper_id": entry.paper_id} for entry in issue.entries]
    insert_missing(connection, shown_papers, shown)
    return int(issue_id)


def take_back(connection: Connection, issue: Issue) -> None:
    """Let an issue that is not sent count as none: its papers were not shown, and what it was for is not covered.

    The issue itself stays, for the ledger tells of it; so does what its reader was served since.
    """
    connection.execute(delete(shown_papers).where(shown_papers.c.issue_id == issue.id))
    until = issue.since or issue.day - timedelta(days=1)
    is_last = (subscribers.c.id == issue.subscriber_id) & (subscribers.c.covered_until == issue.day)
    connection.execute(update(subscribers).where(is_last).values(covered_until=until))


def shown(connection: Connection, subscriber_ids: Collection[int], paper_ids: Collection[int]) -> dict[int, set[int]]:
    """Give, for each subscriber, which of the papers were in an issue before."""
    seen: dict[int, set[int]] = {}
    wanted = set(paper_ids)
    readers = shown_papers.c.subscriber_id.in_(subscriber_ids)
    query = select(shown_papers.c.subscriber_id, shown_papers.c.paper_id).where(readers)
    for row in connection.execute(query.where(shown_papers.c.paper_id >= min(wanted, default=0))):
        if row.paper_id in wanted:
            seen.setdefault(row.subscriber_id, set()).add(row.paper_id)
    return seen


def having(connection: Connection, subscriber_ids: Collection[int], periods: Iterable[str]) -> set[tuple[int, str]]:
    """Give the (subscriber, period) pairs that already have an issue."""
    inside = issues.c.subscriber_id.in_(subscriber_ids) & issues.c.period.in_(set(periods))
    pairs = connection.execute(select(issues.c.subscriber_id, issues.c.period).where(inside))
    return {(row.subscriber_id, row.period) for row in pairs}


def with_ids(connection: Connection, ids: Iterable[int]) -> dict[int, Issue]:
    """Give issues by their numbers."""
    rows = connection.execute(select(issues).where(issues.c.id.in_(set(ids)))).mappings()
    return {row["id"]: _issue_of(row) for row in rows}


def _issue_of(row: RowMapping) -> Issue:
    entries = tuple(entry_from_json(record) for record in row["entries"])
    missed = tuple((title, address) for title, address in row["missed"])
    return Issue(**{**row, "entries": entries, "layout": Layout(row["layout"]), "missed": missed})
