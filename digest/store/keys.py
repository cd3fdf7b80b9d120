"""The keys links are signed with: made once, kept for ever, so that an old mail can still be left by."""

import secrets
from datetime import datetime

from sqlalchemy import Connection, select

from digest.store.database import insert_missing
from digest.store.tables import keys


def all_keys(connection: Connection) -> dict[int, str]:
    """Give every key by its number."""
    return {row.id: row.secret for row in connection.execute(select(keys))}


def ensure(connection: Connection, own: str, now: datetime) -> None:
    """Make the first key unless there is one, and keep the operator's own beside it if one is set."""
    insert_missing(connection, keys, [{"id": 1, "secret": secrets.token_urlsafe(48), "created_at": now}])
    held = all_keys(connection)
    if own and own not in held.values():
        insert_missing(connection, keys, [{"id": max(held) + 1, "secret": own, "created_at": now}])
