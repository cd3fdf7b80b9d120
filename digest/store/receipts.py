"""Receipts: what each collect run can vouch for."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, select

from digest.domain.calendar import AnnouncementCalendar
from digest.domain.listing import BACKFILL, Receipt, Verdict
from digest.store.tables import receipts


def add(connection: Connection, receipt: Receipt) -> None:
    """Keep a receipt."""
    connection.execute(insert(receipts).values(**(asdict(receipt) | {"skipped": dict(receipt.skipped)})))


def of_day(connection: Connection, day: date) -> Sequence[Receipt]:
    """Give the last receipt of every source and part for a day, by their names."""
    return _last_of(connection, (receipts.c.day == day) & (receipts.c.part != BACKFILL))


def between(connection: Connection, since: date, until: date) -> Sequence[Receipt]:
    """Give every receipt for the days from `since` to `until`, in the order they were written."""
    rows = connection.execute(select(receipts).where(receipts.c.day.between(since, until)).order_by(receipts.c.id))
    return [_receipt_of(row) for row in rows.mappings()]


def last_before(connection: Connection, source: str, part: str, day: date) -> Receipt | None:
    """Give the last receipt of a source and part that held new papers, of a day before this one."""
    earlier = (receipts.c.source == source) & (receipts.c.part == part) & (receipts.c.day < day)
    query = select(receipts).where(earlier, receipts.c.last_id != "")
    row = connection.execute(query.order_by(receipts.c.day.desc(), receipts.c.id.desc()).limit(1)).mappings().first()
    return _receipt_of(row) if row else None


def missed(
    connection: Connection, source: str, part: str, day: date, *, calendar: AnnouncementCalendar, within: int = 30
) -> Sequence[date]:
    """List the announcing days before this one that are neither whole nor mended, since the first that has a receipt.

    At most `within` days back: what is older is read by a backfill.
    """
    ours = (receipts.c.source == source) & (receipts.c.part == part)
    first = connection.scalar(select(func.min(receipts.c.day)).where(ours))
    if first is None:
        return []
    since = max(first, day - timedelta(days=within))
    rows = connection.execute(select(receipts).where(ours, receipts.c.day >= since)).mappings()
    well = {one.day for one in map(_receipt_of, rows) if one.is_good or one.is_mended}
    return [one for one in calendar.announcing(since, day - timedelta(days=1)) if one not in well]


def _last_of(connection: Connection, condition: ColumnElement[bool]) -> Sequence[Receipt]:
    rows = connection.execute(select(receipts).where(condition).order_by(receipts.c.id)).mappings()
    last = {(row["source"], row["part"]): row for row in rows}
    return [_receipt_of(row) for _, row in sorted(last.items())]


def _receipt_of(row: RowMapping) -> Receipt:
    return Receipt(**{**{name: row[name] for name in row if name != "id"}, "verdict": Verdict(row["verdict"])})
