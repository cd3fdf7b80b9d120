"""When the clock rings next for what concerns the whole house; a bell is rung by one process only."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from digest.store.database import insert_missing
from digest.store.tables import bells


def ring(connection: Connection, name: str, *, now: datetime, next_at: datetime) -> bool:
    """Whether it is time and nobody rang before: compare and set."""
    insert_missing(connection, bells, [{"name": name, "next_at": now}])
    due = (bells.c.name == name) & (bells.c.next_at <= now)
    return bool(connection.execute(update(bells).where(due).values(next_at=next_at)).rowcount)


def put_off(connection: Connection, name: str, until: datetime) -> None:
    """Let a bell rest until a moment, whether it rang before or not."""
    insert_missing(connection, bells, [{"name": name, "next_at": until}])
    connection.execute(update(bells).where(bells.c.name == name).values(next_at=until))


def next_at(connection: Connection, name: str) -> datetime | None:
    """Give the moment a bell stands at, or None if it never rang."""
    return connection.scalar(select(bells.c.next_at).where(bells.c.name == name))


def beat(connection: Connection, name: str, now: datetime) -> None:
    """Set a bell to this moment: the clock's heartbeat."""
    put_off(connection, name, now)
