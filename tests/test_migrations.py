"""The migrations end in exactly the tables of the code, on both databases."""

import warnings

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select

from digest.service import Service
from digest.settings import Settings
from digest.store.database import Database
from digest.store.tables import keys, metadata


def test_schema_equals_the_migrations(database: Database) -> None:
    with database.reading() as connection, warnings.catch_warnings():
        warnings.simplefilter("error")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    opened = Database(database_url)
    assert not opened.is_current()
    opened.migrate()
    opened.migrate()
    assert opened.is_current()
    with opened.reading() as connection:
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
    opened.close()


def test_the_signing_key_is_made_once(database_url: str) -> None:
    settings = Settings(_env_file=None, database_url=database_url)
    with Service(settings) as first:
        links = first.links
    with Service(settings) as second, second.database.reading() as connection:
        assert second.links.keys == links.keys
        assert len(connection.execute(select(keys)).all()) == 1
