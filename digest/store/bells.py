"""When the clock rings next for what concerns the whole house; a bell is rung by one process only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, literal, or_, select, update

from digest.store.database import insert_missing
from digest.store.moment import Moment
from digest.store.tables import bells


def ring(connection: Connection, name: str, *, now: datetime, next_at: datetime) -> bool:
    """Whether it is time and nobody rang before: compare and set."""
    insert_missing(connection, bells, [{"name": name, "next_at": now}])
    due = (bells.c.name == name) & (bells.c.next_at <= now)
    return bool(connection.execute(update(bells).where(due).values(next_at=next_at)).rowcount)


def put_off(connection: Connection, name: str, until: datetime, words: str | None = None) -> None:
    """Let a bell rest until a moment, whether it rang before or not; the words say why."""
    insert_missing(connection, bells, [{"name": name, "next_at": until}])
    connection.execute(update(bells).where(bells.c.name == name).values(next_at=until, words=words))


def words_of(connection: Connection, name: str) -> str:
    """Give the words a bell was put off with, or an empty text."""
    return connection.scalar(select(bells.c.words).where(bells.c.name == name)) or ""


def next_at(connection: Connection, name: str) -> datetime | None:
    """Give the moment a bell stands at, or None if it never rang."""
    return connection.scalar(select(bells.c.next_at).where(bells.c.name == name))


def beat(connection: Connection, name: str, now: datetime) -> None:
    """Set a bell to this moment: the clock's heartbeat."""
    put_off(connection, name, now)


def hold(
    connection: Connection, name: str, holder: str, dead: Sequence[str], *, now: datetime, lease: timedelta
) -> bool:
    """Hold a bell alone for some time, or longer; False where another holds it whose time has not run out.

    Parameters
    ----------
    dead : holders known to live no more, whose bells are free at once
    """
    insert_missing(connection, bells, [{"name": name, "next_at": now}])
    is_over = bells.c.next_at <= _moment(connection, now)
    mine = or_(bells.c.holder.is_(None), bells.c.holder == holder, bells.c.holder.in_(dead), is_over)
    until = _moment(connection, now, lease)
    taken = update(bells).where(bells.c.name == name, mine).values(holder=holder, next_at=until)
    return bool(connection.execute(taken).rowcount)


def let_go(connection: Connection, holder: str) -> None:
    """Free whatever bells a holder holds."""
    connection.execute(update(bells).where(bells.c.holder == holder).values(holder=None))


def holder_of(connection: Connection, name: str, now: datetime) -> str:
    """Name who holds a bell at a moment, or give an empty text."""
    held = (bells.c.name == name) & (bells.c.next_at > _moment(connection, now))
    return connection.scalar(select(bells.c.holder).where(held)) or ""


def _moment(connection: Connection, now: datetime, later: timedelta = timedelta()) -> Any:
    """Give the moment a lease is counted by, or one that is so much later.

    On PostgreSQL it is the database's own: hosts whose clocks differ would else hold one bell at the same time.
    """
    return literal(now + later, Moment) if connection.dialect.name == "sqlite" else func.now() + later
