"""A Maildir holds every message once and whole."""

from pathlib import Path

from digest.domain.delivery import Outcome
from digest.domain.message import Message
from digest.mail.file import Maildir

MESSAGE = Message(id="issue.7.ab/../c@example.org", sender="a@b.example", recipient="c@d.example", body=b"one\r\n")


def test_a_message_sent_twice_is_there_once(tmp_path: Path) -> None:
    replies = [Maildir(tmp_path / "outbox").send(MESSAGE) for _ in range(2)]
    [path] = [path for path in (tmp_path / "outbox").rglob("*") if path.is_file()]
    assert path == tmp_path / "outbox" / "new" / "issue.7.ab_.._c@example.org.eml"
    assert path.read_bytes() == MESSAGE.body
    assert [(reply.outcome, reply.text) for reply in replies] == [(Outcome.SENT, str(path))] * 2


def test_a_folder_that_cannot_be_written_is_tried_later(tmp_path: Path) -> None:
    outbox = Maildir(tmp_path)
    (tmp_path / "new").rmdir()
    reply = outbox.send(MESSAGE)
    assert reply.outcome is Outcome.LATER
    assert str(tmp_path) in reply.text
