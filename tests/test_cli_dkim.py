"""The operator makes keys, and the mails that leave are signed by them; the ledger knows them as they were made."""

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import dkim
import pytest
from sqlalchemy import create_engine, select
from typer.testing import CliRunner

from digest.cli import app
from digest.resources import resource_dir
from digest.store.tables import deliveries

SAMPLE = resource_dir("sample") / "2026-03-17"
REPLAY = ["--day", "2026-03-17", "--file", str(SAMPLE / "arxiv.xml"), "--file", str(SAMPLE / "huggingface.json")]
Digest = Callable[..., Any]


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Digest:
    """Give the command, run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGEST_ARXIV_CATEGORIES", "")
    monkeypatch.setenv("DIGEST_HUGGINGFACE", "false")
    monkeypatch.setenv("DIGEST_SENDER", "papers@digest.example.org")
    return lambda *words: CliRunner().invoke(app, list(words))


def test_what_leaves_is_believed_and_what_the_ledger_holds_is_unsigned(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = json.loads(digest("dkim", "new", "--selector", "spring", "--json").stdout)
    told = {f"{one['name']}.".encode(): "".join(one["strings"]).encode() for one in made["records"]}
    assert [*told] == [b"spring-rsa._domainkey.digest.example.org.", b"spring-ed25519._domainkey.digest.example.org."]
    monkeypatch.setenv("DIGEST_DKIM_KEYS", ",".join(made["files"]))
    digest("subscribers", "add", "ada@readers.example", "--topic", "robot manipulation")
    assert digest("run", *REPLAY).exit_code == 0
    [mail] = (tmp_path / "outbox" / "new").iterdir()
    body = mail.read_bytes()
    assert [dkim.DKIM(body).verify(at, dnsfunc=lambda name, timeout: told[name]) for at in (0, 1)] == [True, True]
    engine = create_engine(f"sqlite:///{tmp_path / 'digest.sqlite3'}")
    with engine.connect() as connection:
        kept = connection.scalars(select(deliveries.c.message_sha256)).one()
    engine.dispose()
    assert kept == sha256(body[body.index(b"From: ") :]).hexdigest()


def test_keys_are_read_by_their_owner_alone_and_never_written_over(digest: Digest, tmp_path: Path) -> None:
    first = digest("dkim", "new", "--selector", "a", "--into", "keys")
    assert first.exit_code == 0
    assert "DIGEST_DKIM_KEYS=keys/a-rsa.pem,keys/a-ed25519.pem" in first.stdout
    held = {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    assert [stat.S_IMODE(path.stat().st_mode) for path in held] == [0o600, 0o600]
    (tmp_path / "keys" / "a-rsa.pem").unlink()
    again = digest("dkim", "new", "--selector", "a", "--into", "keys")
    assert again.exit_code == 2
    assert "a-ed25519.pem: this key is there already" in again.stderr
    [path] = (tmp_path / "keys").iterdir()
    assert path.read_bytes() == held[path]


def test_the_printed_record_is_a_line_of_a_zone_in_strings_a_name_server_takes(digest: Digest) -> None:
    said = digest("dkim", "new", "--selector", "a").stdout
    [line] = [line for line in said.splitlines() if line.startswith("a-rsa._domainkey.digest.example.org. IN TXT (")]
    assert [len(string) for string in line.split('"')[1::2]] == [255, 155]


@pytest.mark.parametrize("selector", ["a_b", "-a", "a.b", "../a", "a" * 41])
def test_a_selector_that_is_no_part_of_a_host_name_is_refused(selector: str, digest: Digest, tmp_path: Path) -> None:
    said = digest("dkim", "new", f"--selector={selector}")
    assert said.exit_code == 2
    assert "a selector is letters, digits and hyphens" in said.stderr
    assert not list(tmp_path.glob("**/*.pem"))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["gone.pem"], "there is no gone.pem"),
        (["a_b.pem"], "named as its selector"),
        (["a.pem", "old/a.pem"], "two keys have one selector"),
    ],
)
def test_keys_that_cannot_be_meant_are_refused_at_the_start(
    names: list[str], said: str, digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DKIM_KEYS", ", ".join(names))
    refused = digest("deliver")
    assert refused.exit_code == 2
    assert "DIGEST_DKIM_KEYS" in refused.stderr
    assert said in refused.stderr


def test_a_file_without_a_key_is_refused_at_the_start(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spring.pem").write_text("no key")
    monkeypatch.setenv("DIGEST_DKIM_KEYS", "spring.pem")
    refused = digest("deliver")
    assert refused.exit_code == 2
    assert "DIGEST_DKIM_KEYS: spring.pem holds no private key in PEM form without a password" in refused.stderr
    assert not (tmp_path / "digest.sqlite3").exists()


def test_making_keys_makes_no_database(digest: Digest, tmp_path: Path) -> None:
    assert digest("dkim", "new").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["dkim"]


def test_where_no_keys_are_set_reading_the_settings_loads_no_cryptography(tmp_path: Path) -> None:
    asked = "import sys; from digest.opened import read_settings; read_settings(); print('cryptography' in sys.modules)"
    root = {"PYTHONPATH": str(Path(__file__).parents[1])}
    said = subprocess.run([sys.executable, "-c", asked], cwd=tmp_path, env=root, capture_output=True, check=True)
    assert said.stdout == b"False\n"
