"""What comes back, at the operator's door and at the clock's."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from digest import scheduler
from digest.cli import app
from digest.domain.delivery import Kind
from digest.mail import verp
from digest.service import Service
from digest.settings import Settings
from digest.store import deliveries, subscribers
from tests.builders import NOW
from tests.returning import FOLDER, READER


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give the command, run in an empty folder where one reader was sent an issue that bounced into `bounces`."""
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(app, ["subscribers", "add", READER])
    (tmp_path / "bounces" / "new").mkdir(parents=True)
    with Service(Settings(_env_file=None)) as service:
        with service.database.writing() as connection:
            reader = subscribers.with_address(connection, READER)
            assert reader is not None
            number = deliveries.queue(connection, reader.id, Kind.ISSUE, "2026-03-17", now=NOW)
        own = verp.address("bounce@bounces.digest.example", number or 0, service.links)
    raw = (FOLDER / "arf-return-path.eml").read_text("utf-8").replace("{verp}", own)
    (tmp_path / "bounces" / "new" / "1").write_text(raw, "utf-8")
    return lambda *words: CliRunner().invoke(app, list(words))


def test_a_folder_is_read_and_a_suppression_is_released_with_what_it_was_for(digest: Callable[..., Any]) -> None:
    result = digest("receive", "--maildir", "bounces", "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["read"], said["kinds"], said["suppressed"]) == (0, 1, {"complaint": 1}, 1)
    released = digest("subscribers", "release", READER)
    assert "complaint" in released.stdout
    assert "(complaint), and is written to again." in released.stdout
    again = digest("subscribers", "release", READER)
    assert (again.exit_code, again.stderr) == (2, f"digest: {READER} is not suppressed\n")


def test_without_a_mailbox_the_command_is_refused_and_the_clock_rings_for_nothing(digest: Callable[..., Any]) -> None:
    result = digest("receive")
    assert (result.exit_code, result.stderr.startswith("digest: no mailbox is set")) == (2, True)
    with Service(Settings(_env_file=None)) as service:
        assert service.receive().to_json()["read"] == 0


def test_the_clock_reads_the_mailbox_that_is_set(digest: Callable[..., Any]) -> None:
    assert scheduler.receive in [work for work, _ in scheduler.RINGS]
    with Service(Settings(_env_file=None, bounce_maildir="bounces")) as service:
        scheduler.receive(service)
    assert list(Path("bounces/new").iterdir()) == []
    assert "(complaint)" in digest("subscribers", "release", READER).stdout


def test_an_imap_server_that_cannot_be_reached_is_told(digest: Callable[..., Any]) -> None:
    with Service(Settings(_env_file=None, bounce_imap_host="127.0.0.1:1", bounce_imap_user="bounce")) as service:
        [sentence] = service.receive().failed
    assert sentence.startswith("the IMAP server does not give the mailbox: ")
