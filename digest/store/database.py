"""Opens the database and brings it to the newest migration. One transaction is one `with` block."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError

from digest.resources import resource_dir

MIGRATION_LOCK = 7_301_946


class StoreError(Exception):
    """The database cannot be used as it is configured: mend DIGEST_DATABASE_URL or the database, then try again."""


class Database:
    """An opened database, SQLite or PostgreSQL.

    SQLite runs in WAL mode with `synchronous=NORMAL` and waits ten seconds for another writer.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            if parsed.drivername in {"postgresql", "postgres"}:
                parsed = parsed.set(drivername="postgresql+psycopg")
            self.is_sqlite = parsed.get_backend_name() == "sqlite"
            if self.is_sqlite and not parsed.database:
                raise StoreError("a SQLite database needs a file: sqlite:///digest.sqlite3")
            self.engine = _sqlite_engine(parsed) if self.is_sqlite else _engine(parsed, pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise StoreError("PostgreSQL needs its driver: install the package with [postgresql]") from error
        except (ArgumentError, NoSuchModuleError) as error:
            raise StoreError(f"DIGEST_DATABASE_URL must be like sqlite:///digest.sqlite3: {error}") from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that looks; what is written on it is undone."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection that writes: committed at the end of the block, undone where it raises."""
        with self.engine.connect().execution_options(writing=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def noting(self) -> Iterator[Connection]:
        """Give a connection that writes, and does not wait for the disk.

        A process that dies loses nothing of it; a machine that dies, the last moment. SQLite waits for none anyway.
        """
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(text("SET LOCAL synchronous_commit TO off"))
            yield connection

    def is_current(self) -> bool:
        """Whether every migration has been applied."""
        newest = max(re.match(r"\w+", path.stem)[0] for path in (resource_dir("migrations") / "versions").glob("0*.py"))  # type: ignore[index]
        try:
            with self.reading() as connection:
                if not inspect(connection).has_table("alembic_version"):
                    return False
                return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == newest)
        except DatabaseError as error:
            where = self.engine.url.render_as_string(hide_password=True)
            raise StoreError(f"the database {where} cannot be opened: {error.orig}") from error

    def migrate(self, to: str = "head") -> None:
        """Apply every migration that is missing, up to one; two processes at once do it once."""
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(resource_dir("migrations")).replace("%", "%%"))
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, to)

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _engine(url: URL, **kwargs: Any) -> Engine:
    """Give an engine whose errors do not repeat what was written: that may be a letter, or a secret."""
    return create_engine(url, hide_parameters=True, **kwargs)


def _sqlite_engine(url: URL) -> Engine:
    engine = _engine(url, connect_args={"timeout": 10})

    @event.listens_for(engine, "connect")
    def opened(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # The driver's own BEGIN comes too late: a reader that turns writer fails.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begins(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def inserting(connection: Connection, table: Table) -> Any:
    """Give an INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update` on this database."""
    statement: Insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
    return statement


def insert_missing(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, leaving those alone whose key is already there."""
    if rows:
        connection.execute(inserting(connection, table).on_conflict_do_nothing(), list(rows))
