"""What stays on this machine: a folder holds every message once and whole, and stdout is an mbox."""

import mailbox
import shutil
from io import BytesIO
from pathlib import Path

import pytest

from digest.domain.delivery import Outcome
from digest.domain.message import Message
from digest.mail.file import Folder, Maildir, Stdout
from digest.mail.transport import TransportDown
from tests.scripted import carried

MESSAGE = Message(id="issue.7.ab/../c@example.org", sender="a@b.example", recipient="c@d.example", body=b"one\r\n")


def test_a_message_sent_twice_is_there_once(tmp_path: Path) -> None:
    replies = [carried(Maildir(tmp_path / "outbox"), MESSAGE) for _ in range(2)]
    [path] = [path for path in (tmp_path / "outbox").rglob("*") if path.is_file()]
    assert path == tmp_path / "outbox" / "new" / "issue.7.ab_.._c@example.org.eml"
    assert path.read_bytes() == MESSAGE.body
    assert [(reply.outcome, reply.text) for reply in replies] == [(Outcome.SENT, str(path))] * 2


def test_a_folder_that_was_removed_is_made_again_and_one_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    outbox = Maildir(tmp_path / "outbox")
    carried(outbox, MESSAGE)
    shutil.rmtree(tmp_path / "outbox")
    reply = outbox.send(MESSAGE)
    assert (reply.outcome, str(tmp_path) in reply.text) == (Outcome.LATER, True)
    assert carried(outbox, MESSAGE).outcome is Outcome.SENT
    (tmp_path / "file").touch()
    with pytest.raises(TransportDown, match="cannot be made: Not a directory"):
        carried(Maildir(tmp_path / "file"), MESSAGE)


def test_a_plain_folder_holds_nothing_that_is_not_whole(tmp_path: Path) -> None:
    replies = [carried(Folder(tmp_path), MESSAGE) for _ in range(2)]
    [path] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert (path, path.read_bytes()) == (tmp_path / "issue.7.ab_.._c@example.org.eml", MESSAGE.body)
    assert [(reply.outcome, reply.text) for reply in replies] == [(Outcome.SENT, str(path))] * 2


def test_stdout_is_an_mbox_that_others_can_read(tmp_path: Path) -> None:
    out = BytesIO()
    bodies = [b"Subject: one\r\n\r\nFirst.\r\n", b"Subject: two\r\n\r\nSecond.\r\n"]
    for body in bodies:
        one = Message(id="1@example.org", sender="a@b.example", recipient="c@d.example", body=body)
        assert Stdout(out).send(one).outcome is Outcome.SENT
    (tmp_path / "mbox").write_bytes(out.getvalue())
    box = mailbox.mbox(tmp_path / "mbox")
    assert [(mail["Subject"], mail.get_payload()) for mail in box] == [("one", "First.\n"), ("two", "Second.\n")]
    box.close()


def test_a_stdout_nobody_reads_any_more_is_a_transport_that_is_down() -> None:
    class Closed(BytesIO):
        def write(self, _: object) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(TransportDown, match="stdout takes nothing any more: Broken pipe"):
        Stdout(Closed()).send(MESSAGE)
