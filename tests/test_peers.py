"""Real peers: Postfix takes a run's issues, Dovecot stores them as they were sent, and what comes back is acted on."""

import imaplib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from functools import partial
from hashlib import sha256
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import select

from digest.domain.bounce import BounceKind
from digest.mail import verp
from digest.service import Service
from digest.store import bounces, subscribers
from digest.store.database import Database
from digest.store.tables import deliveries
from digest.store.tables import subscribers as subscribers_table
from tests.judges.programs import HERE, needs, path_of, said_by, serving
from tests.judges.test_decoders import dovecot, fetched
from tests.sending import PostOffice
from tests.servers import free_port
from tests.signing import DOMAIN, beliefs, keys

__all__ = ["dovecot"]
READERS = 2_000 if os.environ.get("JUDGE") == "all" else 200
CONNECTIONS = 4
UNKNOWN = "reader0@d0.example"
"""The only one Dovecot does not know."""
PATIENCE_SECONDS = 300
SIGNATURES = re.compile(rb"^DKIM-Signature: .*\r\n(?:[ \t].*\r\n)*", re.M)


@pytest.fixture
def postfix(dovecot: tuple[int, int]) -> Iterator[tuple[int, Path]]:
    """Run Postfix in front of Dovecot; give its port, and the Maildir of what comes back."""
    port = free_port()
    # Its processes give up root, and pytest's own folders can be entered by nobody else.
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part, owner in (("settings", "root"), ("queue", "root"), ("lib", "postfix"), ("back", "nobody")):
            (folder / part).mkdir()
            shutil.chown(folder / part, owner)
        for path in (HERE / "postfix").iterdir():
            said = Template(path.read_text("utf-8")).substitute(folder=folder, lmtp=dovecot[0], port=port)
            (folder / "settings" / path.name).write_text(said)
        said_by(path_of("postfix"), "-c", folder / "settings", "check")
        master = said_by(path_of("postconf"), "-h", "daemon_directory").decode().strip() + "/master"
        with serving(master, "-c", folder / "settings", "-s", port=port, log=folder / "log"):
            yield port, folder / "back"


@pytest.fixture
def office(postfix: tuple[int, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    """Give a house on SQLite with an issue for each reader; it signs, and each mail has its own way back."""
    files = [tmp_path / f"{key.selector}.pem" for key in keys()]
    for key, path in zip(keys(), files, strict=True):
        path.write_bytes(key.pem)
    monkeypatch.setenv("DIGEST_SENDER", f"papers@{DOMAIN}")
    monkeypatch.setenv("DIGEST_BOUNCE_ADDRESS", "bounce@bounces.example")
    monkeypatch.setenv("DIGEST_DKIM_KEYS", ",".join(map(str, files)))
    database = Database(f"sqlite:///{tmp_path / 'digest.sqlite3'}")
    database.migrate()
    office = PostOffice(database, tmp_path, READERS, CONNECTIONS)
    office.told["DIGEST_SMTP_PORT"] = str(postfix[0])
    yield office
    database.close()


def wait_until(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.1)


def stored(port: int, address: str) -> list[bytes]:
    """Give every mail in a reader's mailbox."""
    with imaplib.IMAP4("127.0.0.1", port) as box:
        box.login(address, "any")
        return [fetched(box, str(number + 1), "BODY.PEEK[]") for number in range(int(box.select()[1][0] or 0))]


@needs("postfix", "dovecot", "lmtp", "imap")
@pytest.mark.skipif(os.geteuid() != 0, reason="Postfix and Dovecot change their users, which only root may")
@pytest.mark.timeout(1800)
def test_what_postfix_takes_is_stored_unchanged_and_what_comes_back_is_acted_on(
    office: PostOffice, postfix: tuple[int, Path], dovecot: tuple[int, int]
) -> None:
    new, query = postfix[1] / "new", select(deliveries, subscribers_table.c.address).join(subscribers_table)
    with Service(office.settings()) as service:
        report = service.deliver()
        assert (report.sent, report.failed, report.repeated) == (READERS, [], 0)
        wait_until(lambda: new.is_dir() and any(new.iterdir()))
        came = service.receive(postfix[1])
        assert (came.read, came.kinds, came.suppressed, came.failed) == (1, {BounceKind.HARD: 1}, 0, [])
    with office.database.reading() as connection:
        unknown = subscribers.with_address(connection, UNKNOWN)
        assert unknown is not None
        held = bounces.of_reader(connection, unknown.id)
        rows = [row for row in connection.execute(query) if row.address != UNKNOWN]
        assert [row.address for row in rows if bounces.of_reader(connection, row.subscriber_id)] == []
    assert [(bounce.kind, bounce.code) for bounce in held] == [(BounceKind.HARD, "5.1.1")]
    for row in rows:
        wait_until(partial(stored, dovecot[1], row.address))
        [mail] = stored(dovecot[1], row.address)
        assert sha256(SIGNATURES.split(mail)[-1]).hexdigest() == row.message_sha256, "what the house keeps is unsigned"
        assert beliefs(mail) == [True, True]
        assert verp.read(message_from_bytes(mail)["Return-Path"].strip("<>"), service.links) == row.id
    assert not any(new.iterdir()), "nothing else came back"
