"""Runs migrations on the connection the house gives; for `alembic revision` by hand, on a scratch SQLite file."""

from alembic import context
from sqlalchemy import Connection, create_engine

from digest.store.tables import metadata


def migrate(connection: Connection) -> None:
    """Apply what is missing inside the transaction that is already open."""
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    url = context.get_x_argument(as_dictionary=True).get("url", "sqlite:///scratch.sqlite3")
    with create_engine(url).begin() as opened:
        migrate(opened)
