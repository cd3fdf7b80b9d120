"""What comes back, at the operator's door and at the clock's."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from digest import console, scheduler
from digest.actions.report import ReceiveReport
from digest.cli import app
from digest.domain.bounce import Bounce, BounceKind
from digest.domain.delivery import Kind
from digest.mail import verp
from digest.service import Service
from digest.settings import Settings
from digest.store import bounces, deliveries, subscribers
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
    assert "left" not in digest("receive", "--maildir", "bounces").stdout
    released = digest("subscribers", "release", READER)
    taken_back = "(complaint); that is taken back, but it is unsubscribed and comes back only by signing up again.\n"
    assert released.stdout.endswith(taken_back)
    again = digest("subscribers", "release", READER)
    assert (again.exit_code, f"{READER} is not suppressed; 0.00 of 1 counts" in again.stderr) == (2, True)


def test_a_dry_release_says_what_counts_and_changes_nothing(digest: Callable[..., Any]) -> None:
    with Service(Settings(_env_file=None)) as service:
        now = service.now()
        for number, days in enumerate((1, 0)):
            with service.database.writing() as connection:
                if number:
                    deliveries.queue(connection, 1, Kind.ISSUE, "2026-03-18", now=now)
                hard = Bounce(kind=BounceKind.HARD, at=now - timedelta(days=days), code="5.1.1", words="no such person")
                bounces.note(connection, number + 1, hard)
            told = [digest("subscribers", "release", READER, "--dry-run").stdout for _ in range(2)]
            assert told[0] == told[1]
            assert told[0].count("hard 5.1.1 no such person") == number + 1
            held = f"suppressed since {now:%Y-%m-%d} (bounced)" if number else "not suppressed"
            assert f"{READER} is {held}; {('0.57', '1.17')[number]} of 1 counts against it." in told[0]
    assert "it is written to again." in digest("subscribers", "release", READER).stdout


def test_what_comes_by_the_webhook_is_no_matter_of_the_command(
    digest: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_BOUNCE_ADDRESS", "bounce@bounces.digest.example")
    monkeypatch.setenv("DIGEST_BOUNCE_WEBHOOK_SECRET", "a key of the provider")
    result = digest("receive")
    assert (result.exit_code, "is taken in by `digest serve`" in result.stderr) == (2, True)
    assert "no mailbox is set: name" not in result.stderr


def test_what_is_left_is_said_in_words_and_to_programs_as_a_flag(capsys: pytest.CaptureFixture[str]) -> None:
    console.show(ReceiveReport(left=True), as_json=False)
    assert "later" in (told := capsys.readouterr().out)
    assert "more is left for the next run" in told
    console.show(ReceiveReport(left=True), as_json=True)
    assert json.loads(capsys.readouterr().out)["left"] is True


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
