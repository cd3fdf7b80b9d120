"""A message is right to the letter of the standards, and nothing in it can break out of its place."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.message import Message
from digest.domain.text import tidy
from digest.links import Links, Purpose
from digest.mail.mime import Letter, message_of
from tests.builders import masthead

LEAVE = Links("https://digest.example.org", {1: "k" * 64}).link(Purpose.LEAVE, 999_999_999)
LETTER = Letter(
    subject="17 Mar: A study",
    text="Grüße, 漢字\n.\n..dots\nFrom here\n\n" + "long " * 300 + "\nend\n",
    html="<p>" + "x" * 3_000 + " é = &lt; 🚀</p>\n.\n",
    recipient="ada@readers.example",
    message_id="issue.7.0123456789abcdef@example.org",
    date="Tue, 17 Mar 2026 09:00:00 +0000",
    masthead=masthead(list_name="Trending päpers"),
    leave_url=LEAVE,
)
ONCE = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted"]
OF_A_LIST = ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Precedence"]
subjects = st.text() | st.text(min_size=150) | st.text(st.sampled_from('漢🚀é =?_ab"\\(),:;<>@'), max_size=200)
subjects |= st.lists(st.sampled_from(["=?utf-8?q?a=0D=0ABcc=3A_x?=", "word", "a" * 120, "é", "=?"])).map(" ".join)


def read(message: Message) -> EmailMessage:
    return message_from_bytes(message.body, policy=default)


def head(message: Message) -> list[str]:
    return message.body.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")


def assert_well_formed(message: Message) -> None:
    """Check every rule on lines: RFC 5322 2.1.1 and 2.3, RFC 2045 6.7, RFC 2047 2."""
    body = message.body
    assert b"\r" not in body.replace(b"\r\n", b"")
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert body.isascii()
    assert all(len(line) <= 76 for line in body.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    for line in head(message):
        assert len(line) <= (998 if line.startswith(("To:", "List-Unsubscribe:")) else 78)
        words = re.findall(r"=\?utf-8\?.*?\?=(?=\s|$)", line)
        assert all(len(word) <= 75 for word in words)
        assert not words or len(line) <= 76


def test_a_list_mail_has_every_header_once() -> None:
    mail = read(message_of(LETTER))
    assert {name: len(mail.get_all(name, [])) for name in ONCE + OF_A_LIST} == dict.fromkeys(ONCE + OF_A_LIST, 1)
    assert str(mail["From"]) == "Trending päpers <digest@example.org>"
    assert (mail["To"], mail["List-Id"]) == ("ada@readers.example", "<daily.digest.example.org>")
    assert mail["Message-ID"] == "<issue.7.0123456789abcdef@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_letter_that_is_no_list_mail_cannot_be_left() -> None:
    mail = read(message_of(replace(LETTER, leave_url="")))
    assert [name for name in OF_A_LIST if name in mail] == []


def test_one_click_unsubscribe_is_written_to_the_letter() -> None:
    lines = [line for line in head(message_of(LETTER)) if line.startswith("List-Unsubscribe")]
    assert lines == [f"List-Unsubscribe: <{LEAVE}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    assert len(f"<{LEAVE}>") <= 76
    assert LEAVE.startswith("https://")


def test_text_comes_first_and_both_parts_say_what_was_rendered() -> None:
    message = message_of(LETTER)
    mail = read(message)
    text, html = mail.iter_parts()
    assert (mail.get_content_type(), text.get_content_type(), html.get_content_type()) == (
        "multipart/alternative",
        "text/plain",
        "text/html",
    )
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert [part.get_content().replace("\r\n", "\n") for part in (text, html)] == [LETTER.text, LETTER.html]
    assert_well_formed(message)


def test_nothing_in_a_message_is_random() -> None:
    first, second = message_of(LETTER), message_of(replace(LETTER, message_id="issue.8.0123456789abcdef@example.org"))
    assert first.body == message_of(LETTER).body
    boundaries = [read(one).get_boundary() or "" for one in (first, second)]
    assert boundaries[0] != boundaries[1]
    assert first.body.count(boundaries[0].encode()) == 4
    assert all(len(boundary) <= 70 for boundary in boundaries)


@given(subjects.map(tidy))
def test_every_subject_comes_back_as_it_was(subject: str) -> None:
    message = message_of(replace(LETTER, subject=subject))
    assert_well_formed(message)
    assert read(message)["Subject"] == subject


def test_a_plain_subject_of_any_length_comes_back_as_it_was() -> None:
    for length in range(50, 110):
        subject = ("plain words of a title " * 6)[:length].strip()
        message = message_of(replace(LETTER, subject=subject))
        assert_well_formed(message)
        assert read(message)["Subject"] == subject
        assert b"Subject:\r\n" not in message.body


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r")))
def test_every_text_comes_back_as_it_was(text: str) -> None:
    message = message_of(replace(LETTER, text=text + "\n", html=text + "\n"))
    assert_well_formed(message)
    for part in read(message).iter_parts():
        assert isinstance(part, EmailMessage)
        assert part.get_content().replace("\r\n", "\n") == text + "\n"


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: eve@example.net", "x\nBcc: eve@example.net", "x\rBcc: y", "=?utf-8?q?a=0D=0ABcc=3A_x?="]
)
@pytest.mark.parametrize("place", ["subject", "recipient", "message_id", "date", "leave_url", "list_id"])
def test_no_value_adds_a_header(place: str, evil: str) -> None:
    changed: dict[str, Any] = {place: f"{evil}@example.org" if place == "recipient" else evil}
    if place == "list_id":
        changed = {"masthead": masthead(list_id=evil)}
    try:
        message = message_of(replace(LETTER, **changed))
    except ValueError:
        return
    assert "Bcc" not in read(message)
    assert len(read(message).keys()) == len(ONCE + OF_A_LIST)


def test_a_name_with_a_line_end_is_refused() -> None:
    with pytest.raises(ValueError, match="CR or LF"):
        message_of(replace(LETTER, masthead=masthead(list_name="x\r\nBcc: eve@example.net")))


@pytest.mark.parametrize(
    "recipient", ["ada@xn--bcher-kva.example", "a" * 64 + "@" + "b" * 60 + ".example", "=?a?=@b.example"]
)
def test_an_address_stands_in_its_header_as_it_is(recipient: str) -> None:
    message = message_of(replace(LETTER, recipient=recipient))
    assert f"To: {recipient}" in head(message)
    assert message.recipient == recipient
