"""Joining ready fragments gives, byte for byte, what rendering the whole page would give."""

import random
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.domain.issue import Entry, Issue, Reason, why_of
from digest.domain.rising import Rising
from digest.domain.score import TrendScore
from digest.domain.subscriber import Layout
from digest.domain.text import tidy
from digest.links import Links, Purpose
from digest.mail.cards import CardFacts, rising_lines
from digest.mail.compiling import compile_issue, inline
from digest.mail.fitting import encoded_size
from digest.mail.fragments import Parts
from digest.mail.mime import Letter, message_of
from digest.mail.renderer import (
    as_text,
    letter_for_issue,
    sections_of,
    stands_first,
    values_for_entry,
    values_for_issue,
)
from digest.resources import templates
from tests.builders import DAY, NOW, masthead, paper

LINKS = Links("https://digest.example.org", {1: "k" * 64})
MASTHEAD = masthead(list_name='Papers & "more" <3', postal_address="Straße 1, 漢字")
RESTS_ON = "arXiv listed 1,234 papers, 1,233 were read. A & B <c>."
RECEIPT = "Chosen from 1,233 papers <d>."
RISING = [
    Rising(term=term, factor=factor, count=9, papers=(), span=span)
    for term, factor, span in [("A & B <i>", 4.2, "day"), ("QZwhyZQ", 9, "week"), ("<!--cut-->", 3, "week")]
]
ODD = [
    "QZwhyZQ",
    "QZwQZaZQhyZQ",
    "<!--cut-->",
    "<!--c<!--cut-->ut-->",
    "QZZQ",
    "</td></table>",
    "{{ 7 * 7 }}",
    "&amp; ]]>",
]
words = st.text(st.sampled_from("ab <>&\"'éñ\u00a0漢字אב\u202b🚀QZ.") | st.characters(), max_size=80) | st.sampled_from(
    ODD
)
tidied = words.map(tidy).filter(bool)
Compiled = tuple[dict[str, Any], list[dict[str, Parts]]]


def card(number: int, **facts: Any) -> CardFacts:
    evidence = (f"{number * 7 % 300} upvotes in {number} h, usual 6", "1 comment")[: 1 + number % 2]
    value = number % 100 / 100
    trend = TrendScore(
        value=value, percentile=value, rank=3, among=240, evidence=evidence, has_votes=number % 5 > 0,
        strength=number % 9, high=number % 4 * 20,
    )  # fmt: skip
    counts = tuple((8.0 * at, at * number) for at in range(1, 1 + number % 9))
    return CardFacts(
        paper=paper(number, **facts), listed_on=DAY - timedelta(days=number % 8), trend=trend, counts=counts
    )


def issue_of(shown: Sequence[CardFacts], topics: Sequence[str], **facts: Any) -> Issue:
    entries = [
        Entry(
            rank=rank, paper_id=rank, paper_key=one.paper.key, title=one.paper.title, card=one.paper.key, topic=topic,
            from_relevance=0.5, from_trend=0.25, terms=((topic, 0.5),), evidence=one.trend.evidence,
            why=why_of(Reason(topic=topic, terms=((topic, 0.5),)), has_topics=True, has_votes=True),
            followed="By Ann O'Lee <x>, whom you follow" if rank % 3 == 0 else "",
            similar=tuple(f"{TITLES[n]} {n}" for n in range(rank % 5)),
        )
        for rank, (one, topic) in enumerate(zip(shown, topics, strict=True), 1)
    ]  # fmt: skip
    usual: dict[str, Any] = {
        "id": 3,
        "subscriber_id": 2,
        "edition_id": 1,
        "period": "2026-03-17",
        "created_at": NOW,
        "key_id": 1,
    }
    usual |= {"address": "ada@readers.example", "zone": "Asia/Kolkata", "entries": tuple(entries)}
    return Issue(**(usual | facts))


def joined(issue: Issue, compiled: Compiled, shown: Sequence[CardFacts]) -> Letter:
    frames, cards = compiled
    keys = [one.paper.key for one in shown]
    return letter_for_issue(issue, 12_345, frames, dict(zip(keys, cards, strict=True)), LINKS)


def only(kept: Collection[str]) -> Callable[..., Any]:
    """Give what a template calls to show a section, as one would without fragments: it is shown or it is not."""
    return lambda name, caller: caller() if name in kept else type(caller())()


def rendered(issue: Issue, shown: Sequence[CardFacts], form: str) -> str:
    """Render the whole page at once, as one would without fragments."""
    values = values_for_issue(issue, 12_345, LINKS)
    set_in = as_text if form == "txt" else dict
    inside = set_in(values) | {f"{name}_url": values[name] for name in ("preferences", "view", "leave")}
    entries = [
        set_in(values_for_entry(entry, values["feedback"]))
        | {
            "is_top": stands_first(entry, issue.layout),
            "only": only(sections_of(issue, entry, issue.layout)),
            "card": card.shown(),
        }
        for entry, card in zip(issue.entries, shown, strict=True)
    ]
    folder = "catchup" if issue.since else "issue"
    said = {"masthead": MASTHEAD, "rests_on": RESTS_ON, "receipt": RECEIPT, "rising": rising_lines(RISING)}
    missed = [set_in({"title": title}) | {"address": address} for title, address in issue.missed]
    context: dict[str, Any] = {"entries": entries, "missed": missed, "cut": "", **said}
    context["issue"] = inside | {"more": "", "only": only(["own", "missed"] if issue.missed else ["own"])}
    return templates().get_template(f"email/{folder}/body.{form}").render(context)


def assert_same(issue: Issue, letter: Letter, shown: Sequence[CardFacts]) -> None:
    assert letter.html == inline(rendered(issue, shown, "html"))
    assert letter.text == rendered(issue, shown, "txt")


def compile_all(shown: Sequence[CardFacts]) -> Compiled:
    return compile_issue(MASTHEAD, shown, rests_on=RESTS_ON, receipt=RECEIPT, rising=RISING)


SHORT = "Only 3 papers cleared your bar today."
TITLES = ["A & B <i>", 'Say "yes"', "Über naïve 漢字", "אבג דה", *ODD]
CARDS = [
    card(
        number,
        title=f"{TITLES[number % len(TITLES)]} {number}",
        abstract="" if number % 7 == 0 else f"It's <b>bold</b> & \u00a0 “{TITLES[number % 5]}” " * (number % 20),
        authors=tuple(f"Ann O'{n} <Lee>" for n in range(number % 9)),
        organisation="A & B" if number % 2 else "",
        code_url="https://example.org/a?b=1&c=<2>'\"ü" if number % 3 else "",
    )
    for number in range(1, 131)
]


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_all(CARDS)


@pytest.mark.parametrize("seed", range(30))
def test_a_joined_issue_is_the_whole_page_rendered_at_once(compiled: Compiled, seed: int) -> None:
    chance = random.Random(seed)
    shown = chance.sample(CARDS, chance.randint(1, 12))
    issue = issue_of(shown, [chance.choice(["", "cs.CL", "a topic", *TITLES]) for _ in shown])
    keys = [CARDS.index(one) for one in shown]
    missed = [(chance.choice(TITLES), f"https://example.org/{n}?a=1&b=é") for n in range(chance.randint(0, 3))]
    issue = replace(issue, note=chance.choice(["", SHORT]), layout=chance.choice(list(Layout)), missed=tuple(missed))
    issue = replace(issue, since=chance.choice([None, DAY]), period=chance.choice(["2026-03-17", "2026-W12"]))
    assert_same(issue, joined(issue, (compiled[0], [compiled[1][key] for key in keys]), shown), shown)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(tidied, tidied, words.map(tidy)), min_size=1, max_size=3), tidied)
def test_whatever_papers_topics_and_addresses_say_the_page_is_the_same(
    told: list[tuple[str, str, str]], address: str
) -> None:
    shown = [card(i, title=title, abstract=text, authors=(text,)) for i, (title, text, _) in enumerate(told, 1)]
    issue = issue_of(shown, [topic for _, _, topic in told], address=address)
    assert_same(issue, joined(issue, compile_all(shown), shown), shown)


def test_the_same_issue_gives_the_same_bytes_whenever_it_is_made(compiled: Compiled) -> None:
    issue = issue_of(CARDS, [""] * len(CARDS))
    once = message_of(joined(issue, compiled, CARDS))
    templates.cache_clear()
    again = message_of(joined(issue, compile_all(CARDS), CARDS))
    assert (once.body, once.sha256, once.id) == (again.body, again.sha256, again.id)


def test_an_edition_without_cards_still_has_its_frames() -> None:
    frames, cards = compile_all([])
    own = {f"{form}_{name}" for form in ("html", "text") for name in ("head", "top", "card", "one", "tail")}
    own.add("subject")
    assert cards == []
    assert set(frames) == {"masthead", *own, *(f"catchup_{name}" for name in own)}


def test_a_rising_term_is_escaped_and_cuts_no_page() -> None:
    frames, _ = compile_all([])
    html, text = "".join(frames["html_head"][::2]), "".join(frames["text_head"][::2])
    assert "Rising today</a>: A &amp; B &lt;i&gt; 4×.<br>" in html
    assert "Rising today: A & B <i> 4×.\n" in text
    assert "Rising this week</a>: - 9×, - 3×.</p>" in html
    assert "why" not in frames["html_head"][1::2]


def test_four_terms_are_told_at_most_each_once_and_those_of_the_day_first() -> None:
    told = [("world models", "day"), ("World Models", "week"), *((f"topic {i}", "week") for i in range(5))]
    rising = [Rising(term=term, factor=2.6, count=9, papers=(), span=span) for term, span in told]
    assert rising_lines(rising) == [
        ("Rising today", "world models 3×"), ("Rising this week", "topic 0 3×, topic 1 3×, topic 2 3×"),
    ]  # fmt: skip


def test_where_nothing_rises_nothing_is_said_of_it() -> None:
    frames, _ = compile_issue(MASTHEAD, [], rests_on=RESTS_ON)
    assert "Rising" not in str(frames)
    assert rising_lines([]) == []


def test_links_stand_for_a_single_delivery_and_its_first_key(compiled: Compiled) -> None:
    issue = issue_of(CARDS[:1], [""])
    newer = Links("https://elsewhere.example", {1: "k" * 64, 2: "n" * 64})
    frames, cards = compiled
    letter = letter_for_issue(issue, 12_345, frames, {CARDS[0].paper.key: cards[0]}, newer)
    assert letter.leave_url == values_for_issue(issue, 12_345, LINKS)["leave"]
    assert letter.html.count(letter.leave_url) == letter.text.count(letter.leave_url) == 1


def test_every_card_offers_more_and_less_of_its_paper_by_one_token_of_the_delivery(compiled: Compiled) -> None:
    issue = issue_of(CARDS[:3], [""] * 3)
    letter = joined(issue, (compiled[0], compiled[1][:3]), CARDS[:3])
    address = LINKS.link(Purpose.FEEDBACK, 12_345, 1)
    wanted = [f"{address}/{entry.paper_id}/{way}" for entry in issue.entries for way in ("more", "less")]
    assert re.findall(rf'href="({re.escape(address)}[^"]*)"', letter.html) == wanted
    assert re.findall(rf"{re.escape(address)}\S*", letter.text) == wanted


def test_a_page_that_may_be_passed_on_never_speaks_for_the_reader(compiled: Compiled) -> None:
    issue = issue_of(CARDS, [""] * len(CARDS))
    held = dict(zip([one.paper.key for one in CARDS], compiled[1], strict=True))
    letter = letter_for_issue(issue, 12_345, compiled[0], held, LINKS, shared=True)
    for part in (letter.html, letter.text):
        assert "/f/" not in part
        assert "Less like this" not in part
        assert part.count("similar: ") > len(CARDS) / 2


def test_a_card_of_an_older_edition_has_no_such_place_and_is_joined_all_the_same() -> None:
    old = {"html": ["No. ", "rank", " ", "why", ""], "text": ["", "rank", ". ", "why", ""]}
    frames, _ = compile_issue(MASTHEAD, [], rests_on=RESTS_ON)
    names = ("masthead", "html_head", "html_tail", "text_head", "text_tail")
    older = {name: frames[name] for name in names} | {"html_head": ["", "count", " for you."], "html_tail": [""]}
    issue = issue_of(CARDS[:1], [""])
    for shared, since in [(False, None), (True, None), (False, DAY)]:
        issue = replace(issue, since=since, missed=(("Another study", "https://example.org/1"),))
        letter = letter_for_issue(issue, 1, older, {CARDS[0].paper.key: old}, LINKS, shared=shared)
        assert letter.subject == f"17 Mar: {issue.entries[0].title}"
        assert letter.html == f"1 paper for you.No. 1 {issue.entries[0].why}"


def test_a_short_issue_says_so_instead_of_its_count(compiled: Compiled) -> None:
    issue = issue_of(CARDS[:1], [""])
    letter = joined(issue, (compiled[0], compiled[1][:1]), CARDS[:1])
    assert "1 paper for you." in letter.html
    assert "1 paper for you.\n" in letter.text
    short = joined(replace(issue, note=SHORT), (compiled[0], compiled[1][:1]), CARDS[:1])
    assert SHORT in short.html
    assert f"{SHORT}\n" in short.text
    assert "for you." not in short.html + short.text


def test_a_followed_paper_is_marked_and_nearly_the_same_ones_stand_on_its_card(compiled: Compiled) -> None:
    issue = issue_of(CARDS[:4], [""] * 4)
    letter = joined(issue, (compiled[0], compiled[1][:4]), CARDS[:4])
    assert "★ By Ann O'Lee &lt;x&gt;, whom you follow</p>" in letter.html
    assert "    ★ By Ann O'Lee <x>, whom you follow\n" in letter.text
    assert letter.text.count("★") == letter.html.count("★") == 1
    assert '+2 similar: A &amp; B &lt;i&gt; 0; Say "yes" 1</p>' in letter.html
    assert '+4 similar: A &amp; B &lt;i&gt; 0; Say "yes" 1; Über naïve 漢字 2 and 1 more</p>' in letter.html


def long_card(number: int, character: str = "é") -> CardFacts:
    sentence = f"{character * 60} {number}. "
    return card(number, title=f"{character * 200} {number}", abstract=sentence * 60, authors=(character * 60,) * 2)


def test_an_issue_too_large_for_a_mail_first_shortens_its_last_abstracts() -> None:
    shown = [long_card(number, "e") for number in range(1, 21)]
    issue = issue_of(shown, [""] * 20, layout=Layout.FULL)
    letter = joined(issue, compile_all(shown), shown)
    assert 70_000 < len(letter.html.encode()) < 90_000
    lengths = [len(found) for found in re.findall('<p class="abstract"[^>]*>([^<]*)', letter.html)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] > 3_500
    assert len(re.findall('<p class="rank"', letter.html)) == len(re.findall("Score ", letter.text)) == 20


def test_papers_that_have_no_room_even_so_stand_on_the_web_and_the_mail_says_how_many() -> None:
    shown = [long_card(number, "漢") for number in range(1, 26)]
    issue = issue_of(shown, [""] * 25)
    letter = joined(issue, compile_all(shown), shown)
    held = len(re.findall('<p class="rank"', letter.html))
    assert 8 < held < 25
    assert encoded_size(letter.html) < 102_400
    web = values_for_issue(issue, 12_345, LINKS)["view"]
    assert re.search(f'And {25 - held} more papers <a href="{re.escape(web)}"[^>]*>on the web</a>', letter.html)
    assert f"And {25 - held} more papers on the web:\n{web}\n" in letter.text
    assert len(re.findall("Score ", letter.text)) == held
    held_cards = dict(zip([one.paper.key for one in shown], compile_all(shown)[1], strict=True))
    page = letter_for_issue(issue, 12_345, compile_all(shown)[0], held_cards, LINKS, shared=True)
    assert len(re.findall('<p class="rank"', page.html)) == 25


@given(st.text(st.characters(codec="utf-8"), max_size=4_000))
def test_the_size_of_an_encoded_part_is_never_thought_smaller_than_it_is(text: str) -> None:
    letter = joined(issue_of([], []), compile_all([]), [])
    part = message_of(replace(letter, html=text)).body.split(b"\r\n--=_")[2]
    assert len(part.partition(b"\r\n\r\n")[2]) <= encoded_size(text)


def test_layouts_show_none_one_sentence_or_all_of_an_abstract() -> None:
    shown = [card(7, abstract="One thing is so. " + "Another follows from it. " * 30)] * 2
    entries = issue_of(shown, ["", ""]).entries
    issue = replace(issue_of([], []), entries=entries)
    said = {}
    for layout in Layout:
        letter = joined(replace(issue, layout=layout), compile_all(shown[:1]), shown[:1])
        said[layout] = [len(found) for found in re.findall('<p class="abstract"[^>]*>([^<]*)', letter.html)]
        assert ('class="growth"' in letter.html) == (layout is not Layout.COMPACT)
    assert said[Layout.COMPACT] == []
    assert [said[Layout.NORMAL][1] < 190, said[Layout.NORMAL][0] > 300] == [True, True]
    assert said[Layout.FULL] == [len(" ".join(shown[0].paper.abstract.split()))] * 2
