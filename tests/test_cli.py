"""The operator's door: what cannot work is said in a sentence with status 2, and dry runs leave nothing behind."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from digest.cli import app
from digest.resources import resource_dir

SAMPLE = resource_dir("sample") / "2026-03-17"
REPLAY = ["--day", "2026-03-17", "--file", str(SAMPLE / "arxiv.xml"), "--file", str(SAMPLE / "huggingface.json")]


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give the command, run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGEST_ARXIV_CATEGORIES", "")
    monkeypatch.setenv("DIGEST_HUGGINGFACE", "false")
    return lambda *words: CliRunner().invoke(app, list(words))


def test_a_recorded_day_is_replayed_and_again_changes_nothing(digest: Callable[..., Any], tmp_path: Path) -> None:
    assert digest("subscribers", "add", "ada@readers.example", "--topic", "robot manipulation").exit_code == 0
    first = digest("run", *REPLAY, "--json")
    assert first.exit_code == 0
    said = json.loads(first.stdout)
    assert (said["compose"]["issues"], said["deliver"]["sent"], said["done"]) == (1, 1, True)
    again = json.loads(digest("run", *REPLAY, "--json").stdout)
    assert (again["compose"]["skipped"], again["deliver"]["sent"]) == ({"already composed": 1}, 0)
    assert len(list((tmp_path / "outbox" / "new").iterdir())) == 1


def test_a_dry_run_composes_and_sends_nothing(digest: Callable[..., Any], tmp_path: Path) -> None:
    digest("subscribers", "add", "ada@readers.example")
    dry = json.loads(digest("run", *REPLAY, "--dry-run", "--json").stdout)
    assert (dry["compose"]["issues"], dry["deliver"]["sent"], dry["deliver"]["waiting"]) == (1, 0, 0)
    assert not (tmp_path / "outbox").exists()
    digest("compose", "--day", "2026-03-17")
    assert json.loads(digest("deliver", "--dry-run", "--json").stdout)["waiting"] == 1
    assert json.loads(digest("deliver", "--json").stdout)["sent"] == 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SENDER", "Lab <papers@x.org>", "must be a bare address"),
        ("SENDER", "papers", "must be a bare address"),
        ("PUBLIC_URL", "http://digest.example.org", "must begin with https://"),
        ("ARXIV_CATEGORIES", "cs.AI cs.CL", "not an arXiv category"),
        ("JOINING", "domains", "DIGEST_JOINING_DOMAINS names none"),
        ("SIGNING_KEY", "short", "32 characters"),
        ("DATABASE_URL", "digest.sqlite3", "sqlite:///digest.sqlite3"),
        ("SENDRE", "a@x.org", "no such setting"),
    ],
)
def test_a_wrong_setting_is_refused_in_a_sentence(
    digest: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"DIGEST_{name}", value)
    refused = digest("subscribers", "list")
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.output


def test_a_typing_error_in_the_settings_file_is_named(digest: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=another program's\nDIGEST_ADMIN_PASWORD=x\n")
    refused = digest("subscribers", "list")
    assert refused.exit_code == 2
    assert "DIGEST_ADMIN_PASWORD: no such setting" in refused.stderr
    assert "POSTGRES" not in refused.stderr


@pytest.mark.parametrize("words", [["run", *REPLAY[2:]], ["collect", "--file", "missing.json", "--day", "2026-03-17"]])
def test_a_file_needs_its_day_and_must_be_there(digest: Callable[..., Any], words: list[str]) -> None:
    assert digest(*words).exit_code == 2


def test_serve_on_a_busy_port_sends_nothing(digest: Callable[..., Any], tmp_path: Path) -> None:
    digest("subscribers", "add", "ada@readers.example")
    digest("collect", *REPLAY)
    digest("publish", "--day", "2026-03-17")
    digest("compose", "--day", "2026-03-17")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = digest("serve", "--port", str(taken.getsockname()[1]))
    assert refused.exit_code == 2
    assert "name another port with --port" in refused.stderr
    assert refused.stderr.count("127.0.0.1") == 1
    assert not (tmp_path / "outbox").exists()


def test_a_spreadsheet_is_imported_and_exported_unchanged(digest: Callable[..., Any], tmp_path: Path) -> None:
    rows = "address,topics,hour\na@readers.example,protein design; cs.CL,6\nno address,,\nb@readers.example,,seven\n"
    (tmp_path / "readers.csv").write_bytes(b"\xef\xbb\xbf" + rows.encode())
    report = digest("subscribers", "import", "readers.csv", "--json")
    said = json.loads(report.stdout)
    assert report.exit_code == 1
    assert (said["added"], said["skipped"]) == (1, {"refused": 2})
    assert "hour must be a number, not 'seven'" in said["failed"][1]
    written = digest("subscribers", "export").stdout
    (tmp_path / "again.csv").write_text(written)
    digest("subscribers", "remove", "a@readers.example")
    assert digest("subscribers", "import", "again.csv").exit_code == 0
    assert digest("subscribers", "export").stdout == written


@pytest.mark.parametrize(
    ("body", "said"), [(b"name;mail\nx;y", "name the columns"), (b"address\nj\xfcrg@x.org", "UTF-8")]
)
def test_a_file_that_is_no_such_spreadsheet_is_refused(
    digest: Callable[..., Any], tmp_path: Path, body: bytes, said: str
) -> None:
    (tmp_path / "readers.csv").write_bytes(body)
    refused = digest("subscribers", "import", "readers.csv")
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_the_demo_leaves_a_folder_alone_that_it_did_not_make(digest: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.tex").touch()
    refused = digest("demo", "--no-serve", "--into", "precious")
    assert refused.exit_code == 2
    assert (tmp_path / "precious" / "thesis.tex").exists()


def test_the_demo_says_what_it_did_for_programs_too(digest: Callable[..., Any]) -> None:
    said = json.loads(digest("demo", "--no-serve", "--json").stdout)
    assert said["done"]
    assert said["papers"] == 109
    assert [one["reader"].partition("@")[0] for one in said["issues"]] == ["mira", "chen", "ada"]
    assert all(3 <= one["papers"] <= 10 for one in said["issues"])


def test_receipts_say_what_a_run_vouches_for(digest: Callable[..., Any]) -> None:
    digest("collect", *REPLAY)
    digest("collect", "--day", "2026-03-18", "--file", str(SAMPLE / "arxiv.xml"))
    rows = json.loads(digest("receipts", "--days", "5000", "--json").stdout)
    assert [(row["day"], row["source"], row["verdict"], row["held"]) for row in rows] == [
        ("2026-03-17", "arxiv", "complete", 20),
        ("2026-03-17", "huggingface", "complete", 21),
        ("2026-03-18", "arxiv", "stale", 20),
    ]
    assert rows[2]["reason"] == "the batch is of 2026-03-17, not of 2026-03-18"
    assert "2026-03-17" in digest("receipts", "--days", "5000").stdout


def test_a_backfill_says_first_how_long_it_takes(digest: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_ARXIV_CATEGORIES", "cs.CL")
    monkeypatch.setenv("DIGEST_HUGGINGFACE", "true")
    said = json.loads(digest("backfill", "--days", "365", "--dry-run", "--json").stdout)
    assert (said["left"], said["steps"]) == (106, 0)
    assert said["at_least"] == "0:18:33"


def test_readers_are_listed_with_whole_addresses_and_what_each_waits_for(digest: Callable[..., Any]) -> None:
    names = [f"{name}.{'x' * 50}@readers.example" for name in ("ada", "bela")]
    topics = [word for number in range(9) for word in ("--topic", f"robot manipulation {number}")]
    digest("subscribers", "add", names[0], "--frequency", "weekdays", *topics)
    digest("subscribers", "add", names[1], "--invite")
    told = digest("subscribers", "list").stdout
    assert all(name in told for name in names)
    table = " ".join(told.split())
    for part in ("Monday to Friday", "active", "waits for its", "robot manipulation 0"):
        assert part in table
    assert "robot manipulation 8" not in table
    rows = json.loads(digest("subscribers", "list", "--json").stdout)
    assert [(row["number"], row["address"]) for row in rows] == [(1, names[0]), (2, names[1])]
    assert "robot manipulation 8" in rows[0]["topics"]
