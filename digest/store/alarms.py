"""Alarms that last, and those that are over and not yet told so: a row for every way the operator is told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from digest.domain.alarm import CLOCK, Alarm, Trouble
from digest.store.database import insert_missing
from digest.store.tables import alarms

LONGEST_NAME = 300


def note(connection: Connection, troubles: Sequence[Trouble], ways: Sequence[str], now: datetime) -> None:
    """Begin an alarm for every new trouble, and end those whose trouble has passed.

    What passed before anybody was told is forgotten, but for a clock that stood: it goes again when that is noticed.
    """
    rows = [{"name": _row(way, one.name), "words": one.words, "since": now} for one in troubles for way in ways]
    insert_missing(connection, alarms, rows)
    lasting = alarms.c.name.in_([row["name"] for row in rows])
    connection.execute(update(alarms).where(lasting).values(over_at=None))
    connection.execute(update(alarms).where(~lasting, alarms.c.over_at.is_(None)).values(over_at=now))
    passed = alarms.c.over_at.is_not(None) & alarms.c.told_at.is_(None)
    connection.execute(delete(alarms).where(passed, ~alarms.c.name.like(f"%/{CLOCK}%")))


def untold(connection: Connection) -> list[tuple[str, Alarm]]:
    """Give what the operator must still be told, with the way: new alarms, and told ones that are over."""
    must = alarms.c.told_at.is_(None) | alarms.c.over_at.is_not(None)
    rows = connection.execute(select(alarms).where(must).order_by(alarms.c.name))
    return [(row.name.partition("/")[0], _alarm_of(row)) for row in rows]


def told(connection: Connection, way: str, alarm: Alarm, now: datetime) -> None:
    """Note that the operator was told by a way; an alarm that is over is forgotten then."""
    row = alarms.c.name == _row(way, alarm.name)
    if alarm.is_over:
        connection.execute(delete(alarms).where(row, alarms.c.over_at.is_not(None)))
    else:
        connection.execute(update(alarms).where(row).values(told_at=now))


def lasting(connection: Connection) -> list[Alarm]:
    """Give the alarms that last, each once."""
    rows = connection.execute(select(alarms).where(alarms.c.over_at.is_(None)).order_by(alarms.c.since))
    return list({alarm.name: alarm for alarm in map(_alarm_of, rows)}.values())


def _row(way: str, name: str) -> str:
    return f"{way}/{name}"[:LONGEST_NAME]


def _alarm_of(row: object) -> Alarm:
    name = row.name.partition("/")[2]  # type: ignore[attr-defined]
    return Alarm(name=name, words=row.words, since=row.since, over_at=row.over_at)  # type: ignore[attr-defined]
