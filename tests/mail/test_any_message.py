"""Whatever papers, names, topics and readers say, a message breaks no limit, and no header and no element is added."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import EmailMessage
from typing import Any

import lxml.html
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from digest.domain.paper import web_address
from digest.domain.rising import Rising
from digest.domain.subscriber import Layout
from digest.domain.text import shorten, tidy
from digest.mail.cards import TITLE_CHARACTERS
from digest.mail.compiling import compile_issue
from digest.mail.fragments import without_marks
from digest.mail.mime import Letter, message_of
from tests.builders import masthead
from tests.mail.test_cards import ODD, card, issue_of, joined
from tests.mail.test_mime import OF_A_LIST, ONCE, assert_well_formed, read

HOSTILE = [
    *ODD, "\r\nBcc: eve@example.net\r\n\r\n<p>x", "=?utf-8?q?a=0D=0ABcc=3A_x?=", "\u202etxt.exe", "<script>x</script>",
    '" onclick="x', "'><img src=x>", "]]></style><!--", "-->", "<!--[if mso]>", "&lt;b&gt;", "\r\n.\r\n", "From me",
    "\x1b[31m", "a" * 400, "漢" * 200, "e" + "\u0301" * 40, "👩‍👩‍👧🇩🇪", "שלום (א)", "javascript:x", "--=_0",
    "\x00\x85\u2028\u2029\ufeff\u00ad",
]  # fmt: skip
pieces = st.sampled_from(HOSTILE) | st.text(st.characters(blacklist_categories=["Cs"]), max_size=60)
any_text = st.lists(pieces, max_size=3).map(" ".join).map(lambda text: text.replace("://", ":")).filter(tidy)
locals_ = st.text(st.sampled_from("abcXYZ019!#$%&'*+/=?^_`{|}~-"), min_size=1, max_size=64)
quoted = st.text(st.sampled_from(" ab,;:<>()[]@.é"[:-1]), min_size=1, max_size=30).map('"{}"'.format)
addresses = st.builds(
    "{}@{}".format, locals_ | quoted, st.sampled_from(["xn--bcher-kva.example", "a.b", "e" * 60 + ".example"])
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Every text of a message that somebody else writes."""

    titles: tuple[str, ...]
    abstract: str
    author: str
    topic: str
    similar: str
    missed: str
    rising: str
    note: str
    list_name: str
    contact: str
    address: str
    layout: Layout

    def each(self, write: Callable[[str], str]) -> "Told":
        """Give the same with every text written otherwise, but for the address."""
        changed: dict[str, Any] = {name: write(getattr(self, name)) for name in TEXTS}
        return replace(self, titles=tuple(map(write, self.titles)), **changed)


TEXTS = ("abstract", "author", "topic", "similar", "missed", "rising", "note", "list_name", "contact")
tellings = st.builds(
    Told,
    titles=st.lists(any_text, min_size=1, max_size=3).map(tuple),
    address=addresses,
    layout=st.sampled_from(list(Layout)),
    **dict.fromkeys(TEXTS, any_text),
)
slowly = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def letter_of(told: Told) -> Letter:
    shown = [
        card(number, title=title, abstract=told.abstract, authors=(told.author,), organisation=told.author)
        for number, title in enumerate(told.titles, 1)
    ]
    issue = issue_of(shown, [told.topic] * len(shown), note=told.note, address=told.address, layout=told.layout)
    entries = [replace(entry, similar=(told.similar,), followed=told.author) for entry in issue.entries]
    missed = ((told.missed, "https://example.org/missed?a=1&b=2"),)
    compiled = compile_issue(
        masthead(list_name=told.list_name, contact=told.contact, postal_address=told.contact),
        shown,
        rests_on=told.note,
        receipt=told.note,
        rising=[Rising(term=told.rising, factor=4.2, count=9, papers=(), span="day")],
    )
    return joined(replace(issue, entries=tuple(entries), missed=missed), compiled, shown)


def parts_of(letter: Letter) -> list[str]:
    mail = read(message_of(letter))
    return [part.get_content() for part in mail.iter_parts() if isinstance(part, EmailMessage)]


def opened(html: str) -> Any:
    return lxml.html.document_fromstring(html.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))


def built_of(html: str) -> list[Any]:
    """Give every element and comment of a page with its attributes, but for where links lead."""
    return [
        (one.tag, one.text) if one.tag is etree.Comment else (one.tag, {**one.attrib, "href": ""})
        for one in opened(html).iter()
    ]


def close(text: str) -> str:
    return "".join(text.split())


@slowly
@given(tellings)
def test_no_message_breaks_a_limit_or_gets_a_header_more(told: Told) -> None:
    message = message_of(letter_of(told))
    assert_well_formed(message)
    mail = read(message)
    assert sorted(mail.keys()) == sorted(ONCE + OF_A_LIST)
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert all(sorted(part.keys()) == ["Content-Transfer-Encoding", "Content-Type"] for part in mail.iter_parts())
    assert mail["Subject"].startswith("17 Mar: ")


@slowly
@given(tellings)
def test_no_text_adds_an_element_an_attribute_or_a_link_to_a_page(told: Told) -> None:
    text, html = parts_of(letter_of(told))
    plain = letter_of(told.each(lambda _: "word")).html
    assert built_of(html) == built_of(plain)
    links = [one.get("href") for one in opened(html).iter("a")]
    assert links == [one.get("href") for one in opened(plain).iter("a")]
    assert all(web_address(address) == address for address in links)
    assert set(re.findall(r"https?://\S+", text)) == set(links)
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text + html)


@slowly
@given(tellings.map(lambda told: told.each(tidy)))
def test_text_and_page_say_the_same_of_every_paper(told: Told) -> None:
    letter = letter_of(told)
    text, html = parts_of(letter)
    page = opened(html)
    titles = [without_marks(shorten(title, TITLE_CHARACTERS)) for title in told.titles]
    shown = [" ".join(one.text_content().split()) for one in page.iter("h2")]
    assert shown[: len(titles)] == titles
    classes = ("why", "score", "trend", "authors", "similar", "followed")
    said = [close(one.text_content()) for name in classes for one in page.find_class(name)]
    assert len(said) == 6 * len(titles)
    whole = close(text)
    for one in [*map(close, titles), *said, close(told.note), close(without_marks(told.rising))]:
        assert one.replace("Whythispaper:", "Why:").removeprefix("No.") in whole
