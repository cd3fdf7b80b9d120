"""Alarms that last, and those that are over and not yet told so."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from digest.domain.alarm import Alarm, Trouble
from digest.store.database import insert_missing
from digest.store.tables import alarms


def note(connection: Connection, troubles: Sequence[Trouble], now: datetime) -> None:
    """Begin an alarm for every new trouble, and end those whose trouble has passed."""
    rows = [{"name": one.name, "words": one.words, "since": now} for one in troubles]
    insert_missing(connection, alarms, rows)
    lasting = alarms.c.name.in_([one.name for one in troubles])
    connection.execute(update(alarms).where(lasting).values(over_at=None))
    connection.execute(update(alarms).where(~lasting, alarms.c.over_at.is_(None)).values(over_at=now))
    connection.execute(delete(alarms).where(alarms.c.over_at.is_not(None), alarms.c.told_at.is_(None)))


def untold(connection: Connection) -> list[Alarm]:
    """Give what the operator must still be told: new alarms, and told ones that are over."""
    new = alarms.c.told_at.is_(None) & alarms.c.over_at.is_(None)
    passed = alarms.c.told_at.is_not(None) & alarms.c.over_at.is_not(None)
    rows = connection.execute(select(alarms).where(new | passed).order_by(alarms.c.name))
    return [Alarm(name=row.name, words=row.words, since=row.since, over_at=row.over_at) for row in rows]


def told(connection: Connection, alarm: Alarm, now: datetime) -> None:
    """Note that the operator was told; an alarm that is over is forgotten then."""
    if alarm.is_over:
        connection.execute(delete(alarms).where(alarms.c.name == alarm.name, alarms.c.over_at.is_not(None)))
    else:
        connection.execute(update(alarms).where(alarms.c.name == alarm.name).values(told_at=now))


def lasting(connection: Connection) -> list[Alarm]:
    """Give the alarms that last."""
    rows = connection.execute(select(alarms).where(alarms.c.over_at.is_(None)).order_by(alarms.c.since))
    return [Alarm(name=row.name, words=row.words, since=row.since) for row in rows]
