"""Programs that read mail, each by its own code, find in the bytes what was rendered: nothing is lost on the way."""

import imaplib
import os
import shutil
import smtplib
from collections.abc import Iterator
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.judges.mails import Mail
from tests.judges.programs import HERE, needs, path_of, said_by, serving, written
from tests.servers import free_port

PLAIN, HTML = "2", "3"
"""How mblaze counts: the whole is part 1."""


def rendered(mail: Mail) -> list[str]:
    """Give text and HTML as they went in; how many line ends stand last is no part of what a mail says."""
    return [mail.letter.text.rstrip("\n"), mail.letter.html.rstrip("\n")]


def lines_of(body: bytes) -> str:
    """Give decoded bytes as text, with line ends as they were rendered."""
    return body.decode("utf-8").replace("\r\n", "\n").rstrip("\n")


def test_python_reads_what_was_rendered(every_mail: list[Mail]) -> None:
    for mail in every_mail:
        assert [mail.part(name).rstrip("\n") for name in ("plain", "html")] == rendered(mail), mail.name
        assert (mail.parsed["Subject"], mail.parsed["To"]) == (mail.letter.subject, mail.letter.recipient)


@needs("mshow")
def test_mblaze_reads_what_was_rendered(mails: list[Mail], tmp_path: Path) -> None:
    for mail, path in zip(mails, written(mails, tmp_path, "eml"), strict=True):
        read = [lines_of(said_by("mshow", "-O", path, part)) for part in (PLAIN, HTML)]
        assert read == rendered(mail), mail.name
        subject = said_by("mhdr", "-d", "-h", "subject", path).decode().strip()
        assert subject == mail.letter.subject


@needs("ripmime")
def test_ripmime_reads_what_was_rendered(mails: list[Mail], tmp_path: Path) -> None:
    for mail in mails:
        folder = tmp_path / mail.name
        folder.mkdir()
        # It is given the line ends of a Unix mailbox: where its buffer ends between CR and LF, it adds a line.
        (tmp_path / "mail.eml").write_bytes(mail.body.replace(b"\r\n", b"\n"))
        said_by("ripmime", "-i", tmp_path / "mail.eml", "-d", folder)
        read = [lines_of(part.read_bytes()) for part in sorted(folder.iterdir()) if part.stat().st_size]
        assert read == rendered(mail), mail.name


@pytest.fixture
def dovecot() -> Iterator[tuple[int, int]]:
    """Run Dovecot; give the ports of LMTP and IMAP."""
    into, out = free_port(), free_port()
    # Its processes give up root, and pytest's own folders can be entered by nobody else.
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "mail").mkdir()
        shutil.chown(folder / "mail", "nobody")
        settings = Template((HERE / "dovecot.conf").read_text("utf-8"))
        (folder / "dovecot.conf").write_text(settings.substitute(folder=folder, lmtp=into, imap=out))
        command = (path_of("dovecot"), "-F", "-c", folder / "dovecot.conf")
        with serving(*command, port=out, log=folder / "dovecot.log"):
            yield into, out


@needs("dovecot", "lmtp", "imap")
@pytest.mark.skipif(os.geteuid() != 0, reason="Dovecot changes its user, which only root may")
def test_what_dovecot_takes_in_it_gives_out_unchanged(dovecot: tuple[int, int], mails: list[Mail]) -> None:
    into, out = dovecot
    for mail in mails:
        with smtplib.LMTP("127.0.0.1", into) as server:
            server.sendmail("bounce@digest.example.org", [mail.letter.recipient], mail.body)
        with imaplib.IMAP4("127.0.0.1", out) as box:
            box.login(mail.letter.recipient, "any")
            box.select()
            number = box.search(None, "HEADER", "Message-ID", mail.letter.message_id)[1][0].decode()
            assert fetched(box, number, "BODY.PEEK[]").endswith(mail.body), mail.name
            read = [lines_of(fetched(box, number, f"BINARY.PEEK[{part}]")) for part in (1, 2)]
            assert read == rendered(mail), mail.name


def fetched(box: imaplib.IMAP4, number: str, what: str) -> bytes:
    """Give one thing of one mail, as an IMAP server tells it."""
    told: list[Any] = box.fetch(number, f"({what})")[1]
    body: bytes = next(one[1] for one in told if isinstance(one, tuple))
    return body
