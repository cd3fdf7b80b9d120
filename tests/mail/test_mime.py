"""A message is right to the letter of the standards, and nothing in it can break out of its place."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
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
ONCE += ["Content-Language"]
OF_A_LIST = ["List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "Precedence"]
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
        assert len(line) <= (998 if line.startswith(("To:", "List-Unsubscribe:", "List-Help:")) else 78)
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


texts = st.text() | st.text(st.sampled_from("From .=\t\n\x1bé"), max_size=400) | st.text("a \t=\n漢", min_size=70)
texts |= st.lists(st.sampled_from(["From ", "a" * 75, "\n", " ", ".", "é", "\t"])).map("".join)


@given(texts)
def test_every_text_comes_back_as_it_was_but_for_what_a_terminal_would_obey(text: str) -> None:
    message = message_of(replace(LETTER, text=text, html=text + "<"))
    assert_well_formed(message)
    told = re.sub(r"\r\n?", "\n", re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", "?", text))
    for part, said in zip(read(message).iter_parts(), (told, told + "<"), strict=True):
        assert isinstance(part, EmailMessage)
        assert part.get_content().replace("\r\n", "\n") == said


def test_a_lone_surrogate_or_a_null_spoils_no_message() -> None:
    message = message_of(replace(LETTER, text="a\ud800b\x00c\x1b[31md\n", subject="a\ud800\x00b"))
    text, _ = read(message).iter_parts()
    assert isinstance(text, EmailMessage)
    assert (text.get_content(), read(message)["Subject"]) == ("a?b?c?[31md\r\n", "a b")


def test_no_line_of_a_body_is_taken_for_the_end_of_a_mail_or_the_start_of_another() -> None:
    lines = message_of(replace(LETTER, text=".\nFrom x\nFrom From x\n", html="From \n.\n")).body.split(b"\r\n")
    assert not [line for line in lines if line == b"." or line.startswith(b"From ")]


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


names = st.text() | st.text(min_size=80) | st.text(st.sampled_from('漢🚀é =?_ab"\\(),:;<>@.'), max_size=120)


@given(names.map(tidy), st.sampled_from(["digest@example.org", "papers@" + "a" * 50 + ".example"]))
def test_every_name_of_a_list_comes_back_as_it_was(name: str, sender: str) -> None:
    message = message_of(replace(LETTER, masthead=masthead(list_name=name, sender=sender)))
    assert_well_formed(message)
    words, address = parseaddr(str(message_from_bytes(message.body)["From"]))
    assert (str(make_header(decode_header(words))), address) == (name, sender)


def test_a_name_or_subject_with_a_line_end_stands_on_one_line() -> None:
    evil = "x\r\nBcc: eve@example.net"
    mail = read(message_of(replace(LETTER, subject=evil, masthead=masthead(list_name=evil))))
    assert (mail["From"].addresses[0].display_name, mail["Subject"], "Bcc" in mail) == (
        "x Bcc: eve@example.net", "x Bcc: eve@example.net", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "address",
    ["ada@bücher.example", "jürg@bücher.example", "jü rg@b.example", "jü\u202erg@b.example",
     "ada", "@b.example", "a b@c.example", "a,b@c.example", "a@b@c.example",
     "<a@b.example>", "a@b.example>", "a..b@c.example", "a@b.example\r\nRCPT TO:<x@y.example>", "", '"a"b"@c.example',
     '"a\r\nBcc: x"@c.example', "é" * 450 + "@c.example"],
)  # fmt: skip
def test_what_is_no_address_of_a_mail_is_refused_in_header_and_envelope(address: str) -> None:
    for changed in (replace(LETTER, recipient=address), replace(LETTER, masthead=masthead(sender=address))):
        with pytest.raises(ValueError, match="no mail can be addressed so"):
            message_of(changed)


def test_a_recipient_beyond_ascii_stands_in_the_header_as_it_is() -> None:
    address = "jürg+例え@xn--bcher-kva.example"
    made = message_of(replace(LETTER, recipient=address))
    assert f"\r\nTo: {address}\r\n".encode() in made.body
    plain = message_of(replace(LETTER, recipient="x@y.example")).body.replace(b"x@y.example", address.encode())
    assert made.body == plain, "nothing else goes beyond ASCII"
    assert made.recipient == address


def test_a_sender_beyond_ascii_sends_nothing() -> None:
    with pytest.raises(ValueError, match="no mail can be addressed so"):
        message_of(replace(LETTER, masthead=masthead(sender="jürg@b.example")))


@pytest.mark.parametrize(
    "recipient",
    [
        "ada@xn--bcher-kva.example",
        "a" * 64 + "@" + "b" * 60 + ".example",
        "=?a?=@b.example",
        '"a, b\\"@"@c.example',
        "o'a+b%c/d@e",
    ],
)
def test_an_address_stands_in_its_header_as_it_is(recipient: str) -> None:
    message = message_of(replace(LETTER, recipient=recipient))
    assert f"To: {recipient}" in head(message)
    assert message.recipient == recipient
