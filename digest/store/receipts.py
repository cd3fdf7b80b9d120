"""Receipts: what each collect run can vouch for."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import Connection, insert, select

from digest.domain.listing import Receipt, Verdict
from digest.store.tables import receipts


def add(connection: Connection, receipt: Receipt) -> None:
    """Keep a receipt."""
    connection.execute(insert(receipts).values(**(asdict(receipt) | {"skipped": dict(receipt.skipped)})))


def of_day(connection: Connection, day: date) -> Sequence[Receipt]:
    """Give the last receipt of every source for a day, by the source's name."""
    rows = connection.execute(select(receipts).where(receipts.c.day == day).order_by(receipts.c.id)).mappings()
    last = {row["source"]: row for row in rows}
    return [
        Receipt(**{**{name: row[name] for name in row if name != "id"}, "verdict": Verdict(row["verdict"])})
        for _, row in sorted(last.items())
    ]
