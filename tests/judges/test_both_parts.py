"""Whoever reads the text part reads what the HTML says: the same papers, words and links."""

from itertools import pairwise

import pytest

from digest.domain.alarm import Alarm
from digest.domain.delivery import Kind
from digest.links import Links
from digest.mail.notices import letter_for_alarm, letter_for_notice
from tests.builders import NOW, masthead
from tests.judges.mails import EARLIER, Mail
from tests.judges.reading import CARD, LINK, bare, differences, inside, links_of_html, page_of, words_of_html


def test_text_and_html_hold_the_same_links(every_mail: list[Mail]) -> None:
    for mail in every_mail:
        # An address that stands in a title or an abstract is text in both parts.
        told = {*links_of_html(mail), *LINK.findall(words_of_html(mail))}
        assert set(LINK.findall(mail.part("plain"))) == told, mail.name


def test_text_and_html_say_the_same_of_every_paper_and_around_them(every_mail: list[Mail]) -> None:
    told = [f"{mail.name}: {one}" for mail in every_mail for one in differences(mail.part("html"), mail.part("plain"))]
    assert not told, "\n".join(told)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.ISSUE])
@pytest.mark.parametrize("failed", [[], [["2026-03-17", 7, "550 5.2.2 Full"]]])
def test_a_notice_of_which_little_was_kept_says_the_same_twice(kind: Kind, failed: list[list[object]]) -> None:
    facts = {"recipient": "ada@readers.example", "key_id": 1, "date": NOW.isoformat(), "confirmation": 7}
    links = Links("https://digest.example.org", {1: "k" * 64})
    letter = letter_for_notice(kind, 7, {**facts, "failed": failed}, masthead(), links)
    assert differences(letter.html, letter.text) == []


def test_an_alarm_that_is_over_says_the_same_twice() -> None:
    alarm = Alarm(name="arxiv", words="arXiv brings nothing: look at /admin.", since=NOW, over_at=NOW)
    letter = letter_for_alarm(alarm, "operator@example.org", masthead(), NOW)
    assert differences(letter.html, letter.text) == []


PLACES = {
    "a title": "//h2/a",
    "a score": "//*[@class='score']",
    "a reason": "//p[@class='why']/strong/following-sibling::text()",
    "what was just missed": "//li/a",
    "what it rests on": "//p[@class='rests']",
    "the receipt": "//td[@class='footer']/p[2]",
}


@pytest.mark.parametrize("place", PLACES)
def test_what_only_one_part_says_is_found_wherever_it_stands(every_mail: list[Mail], place: str) -> None:
    mail = next(mail for mail in every_mail if mail.kind == "issue" and inside(page_of(mail), "//li"))
    page, text = mail.part("html"), mail.part("plain")
    found = inside(page_of(mail), PLACES[place])[0]
    words = str(found if isinstance(found, str) else found.text_content()).split()
    first, second = next(pair for pair in pairwise(words) if " ".join(pair) in text)
    pair = f"{first} {second}"
    assert differences(page, text.replace(pair, f"{first} otherwise {second}", 1)), "a word more in the text"
    assert differences(page, text.replace(pair, first, 1)), "a word less in the text"
    assert differences(page.replace(pair, f"{first} otherwise {second}", 1), text), "a word more in the HTML"


def test_papers_and_links_that_changed_their_places_are_found(every_mail: list[Mail]) -> None:
    mail = next(mail for mail in every_mail if mail.kind == "issue" and len(inside(page_of(mail), "//li/a")) > 1)
    page, text = mail.part("html"), mail.part("plain")
    assert differences(page, text.replace("\n 1. ", "\n 2. ")), "a number"
    for path in ("//h2/a", "//li/a"):
        one, other = (link.get("href") for link in inside(page_of(mail), path)[:2])
        assert differences(page.replace(one, "#").replace(other, one).replace("#", other), text), path


def test_every_card_says_title_score_reason_and_trend(every_mail: list[Mail]) -> None:
    for mail in [mail for mail in every_mail if mail.kind in {"issue", "weekly", "catch-up"}]:
        cards = inside(page_of(mail), f"//{CARD}")
        assert cards, mail.name
        for card in cards:
            for path in (".//h2", ".//*[@class='score']", ".//*[@class='why']", ".//*[@class='trend']"):
                assert [bare(one.text_content()) != "" for one in inside(card, path)] == [True], (mail.name, path)


def test_a_catch_up_is_judged_that_draws_from_two_editions(every_mail: list[Mail]) -> None:
    mail = next(mail for mail in every_mail if mail.kind == "catch-up")
    titles = {one.text_content() for one in inside(page_of(mail), f"//{CARD}/h2")}
    earlier = {one.paper.title for one in EARLIER}
    assert titles & earlier
    assert titles - earlier
