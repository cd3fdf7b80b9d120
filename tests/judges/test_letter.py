"""What RFC 5322, 2045, 2046, 2047, 2369 and 8058 and the large mailbox providers ask of a mail, read from its bytes."""

import re
import unicodedata
from email.utils import parsedate_to_datetime

import pytest

from digest.domain.delivery import Kind
from digest.mail.mime import message_of
from tests.judges.mails import ISSUES, RECORDED, RECORDINGS, Mail
from tests.judges.reading import LINK, links_of_html, page_of

OFF_THE_LIST = {"alarm", Kind.CONFIRMATION, Kind.GOODBYE}
"""Kinds that are no mail of the list: there is nothing to leave by them."""
ISSUE_KINDS = ("issue", "weekly", "catch-up")
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted")
ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")


@pytest.mark.parametrize("kind", [*ISSUE_KINDS, "alarm", *(kind for kind in Kind if kind is not Kind.ISSUE)])
def test_every_kind_of_mail_is_judged(every_mail: list[Mail], kind: str) -> None:
    assert kind in {mail.kind for mail in every_mail}


def test_twenty_issues_are_judged_and_each_is_the_same_bytes_again(every_mail: list[Mail]) -> None:
    assert sum(mail.kind in {"issue", "weekly"} for mail in every_mail) == ISSUES
    for mail in every_mail:
        assert message_of(mail.letter).body == mail.body, mail.name


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recorded answers are not beside the project: fewer days")
def test_issues_of_recorded_days_are_among_them(every_mail: list[Mail]) -> None:
    days = {str(parsedate_to_datetime(mail.letter.date).date()) for mail in every_mail}
    assert days >= set(RECORDED)


def test_every_line_and_every_encoded_word_is_short_and_of_ascii(every_mail: list[Mail]) -> None:
    for mail in every_mail:
        assert mail.body.isascii(), mail.name
        lines = mail.body.split(b"\r\n")
        assert not [line for line in lines if b"\r" in line or b"\n" in line], "a bare CR or LF"
        headers, bodies = mail.body.split(b"\r\n\r\n", 1)
        assert [line for line in bodies.split(b"\r\n") if len(line) > 76] == [], mail.name
        # Folding cannot divide an address or a link; all other header lines stay within what is wanted.
        assert [line for line in headers.split(b"\r\n") if len(line) > 78 and b" " in line.partition(b": ")[2]] == []
        assert max(map(len, lines)) <= 998, mail.name
        assert all(len(word) <= 75 for word in ENCODED_WORD.findall(headers)), mail.name
        assert all(len(line) <= 76 for line in headers.split(b"\r\n") if ENCODED_WORD.search(line)), mail.name


def test_no_html_is_so_long_that_a_mailbox_cuts_it(every_mail: list[Mail]) -> None:
    for mail in every_mail:
        part = mail.parsed.get_body(("html",))
        assert part is not None
        assert len(mail.part("html").encode()) < 90_000, mail.name
        assert len(str(part.get_payload())) < 102_400, mail.name


def test_text_comes_first_and_both_parts_say_how_they_are_written(every_mail: list[Mail]) -> None:
    for mail in every_mail:
        parsed = mail.parsed
        assert parsed.get_content_type() == "multipart/alternative"
        assert "Content-Transfer-Encoding" not in parsed
        parts = list(parsed.iter_parts())
        assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
        for part in parts:
            assert (part.get_content_charset(), part["Content-Transfer-Encoding"]) == ("utf-8", "quoted-printable")
        boundary = str(parsed.get_boundary())
        assert len(boundary) <= 70
        assert mail.body.count(boundary.encode()) == 4, "once in the header, three times between the parts"
        assert parsed.defects == [], mail.name


def test_every_header_stands_once_and_says_what_it_must(every_mail: list[Mail]) -> None:
    for mail in every_mail:
        parsed = mail.parsed
        assert {name: len(parsed.get_all(name, [])) for name in ONCE} == dict.fromkeys(ONCE, 1), mail.name
        assert str(parsed["Message-ID"]).endswith("@digest.example.org>")
        assert parsedate_to_datetime(str(parsed["Date"])).utcoffset() is not None
        assert parsed["Auto-Submitted"] == "auto-generated"
    ids = [mail.parsed["Message-ID"] for mail in every_mail]
    assert len(set(ids)) == len(ids)


def test_a_mail_of_the_list_can_be_left_by_one_click_and_by_a_link_in_both_parts(every_mail: list[Mail]) -> None:
    for mail in every_mail:
        raw = re.findall(rb"^(List-[\w-]+): (.*)\r$", mail.body.split(b"\r\n\r\n", 1)[0] + b"\r\n", re.MULTILINE)
        if mail.kind in OFF_THE_LIST:
            assert raw == [], mail.name
            continue
        told = dict(raw)
        assert len(raw) == len(told), f"{mail.name}: one header of a name"
        assert told[b"List-Unsubscribe-Post"] == b"List-Unsubscribe=One-Click"
        assert re.fullmatch(rb"<https://[^<>,\s]{1,74}>", told[b"List-Unsubscribe"]), mail.name
        assert re.fullmatch(rb"<[\w.-]+>", told[b"List-Id"]), mail.name
        leave = told[b"List-Unsubscribe"].decode()[1:-1]
        assert leave in links_of_html(mail), mail.name
        assert leave in LINK.findall(mail.part("plain")), mail.name


def test_the_html_needs_nothing_that_runs_or_is_fetched(every_mail: list[Mail]) -> None:
    unsafe = ["script", "form", "iframe", "object", "embed", "link", "base", "video", "audio", "svg", "input", "button"]
    for mail in every_mail:
        page = page_of(mail)
        assert [one.tag for one in page.iter(*unsafe)] == [], mail.name
        names = {str(name) for one in page.iter() for name in one.attrib}
        assert [name for name in names if name.startswith("on")] == [], mail.name
        assert not re.search(r"@import|url\(|linear-gradient|javascript:|expression\(", mail.part("html")), mail.name
        assert all({"alt", "width", "height"} <= set(one.attrib) for one in page.iter("img")), mail.name
        assert {link.partition(":")[0] for link in links_of_html(mail)} <= {"https", "http"}, mail.name


def test_no_line_of_text_is_wider_than_72_columns_but_for_its_link(every_mail: list[Mail]) -> None:
    for mail in every_mail:
        wide = [line.split() for line in mail.part("plain").splitlines() if columns(line) > 72]
        # A word alone cannot be divided: an address, or a link behind what it is called.
        assert [words for words in wide if len(words) > 1 and not LINK.fullmatch(words[-1])] == [], mail.name
        assert all(len(words) <= 4 for words in wide), mail.name


def columns(line: str) -> int:
    """Count the columns a line takes on a terminal."""
    marks = [one for one in line if unicodedata.category(one) not in {"Mn", "Me", "Cf"}]
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in marks)
