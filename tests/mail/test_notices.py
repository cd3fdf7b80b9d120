"""Every mail that is no issue: what it says, that its text and its HTML say the same, and who is written to."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from lxml import html
from sqlalchemy import select

from digest.domain.cadence import Cadence
from digest.domain.delivery import SETTLING, Kind
from digest.domain.profile import Stance, read_topics
from digest.domain.subscriber import Layout, Status, Subscriber, Wishes, wishes_to_json
from digest.domain.wished import Change
from digest.links import Links, Purpose
from digest.mail.mime import Letter
from digest.mail.notices import OF_THE_LIST, letter_for_notice
from digest.service import Service
from digest.store import deliveries, notices, subscribers, told
from digest.store.database import Database
from digest.store.tables import deliveries as ledger
from tests.builders import NOW, masthead, paper
from tests.cast import address_of, joined, wishes_of
from tests.delivering import delivered
from tests.fakes import ListTransport

LINKS = Links("https://digest.example.org", {1: "k" * 64})
NUMBER = 77
XSS = "<script>alert(1)</script> & “x”"
Changing = Callable[..., list[tuple[str, dict[str, Any]]]]
FACTS = {"recipient": address_of("ada"), "key_id": 1, "date": NOW.isoformat()}
HOSTILE = Wishes(topics=read_topics([XSS]), cadence=Cadence(zone="America/New_York"), length=5, layout=Layout.FULL)
OWN: dict[Kind, dict[str, Any]] = {
    Kind.CONFIRMATION: {"confirmation": 3},
    Kind.WELCOME: {"wishes": wishes_to_json(HOSTILE), "next_at": (NOW + timedelta(hours=3)).isoformat()},
    Kind.CHANGED: {
        "before": wishes_to_json(wishes_of("dara")), "after": wishes_to_json(HOSTILE),
        "paused_before": "none", "paused_after": "until 3 April 2026", "forgotten": 1_234,
    },
    Kind.GOODBYE: {},
    Kind.UNREACHABLE: {"failed": [["2026-03-16", 3, f"550 {XSS} http://x.example/?1"], ["2026-W12", 4, "452 " * 90]]},
    Kind.QUIET: {
        "day": "2026-03-17", "note": "No paper cleared your bar.", "next_at": NOW.isoformat(), "rests_on": f"On {XSS}.",
        "missed": [[XSS, "https://arxiv.org/abs/2603.00001?a=1&b=2"], ["漢字 " * 40, "https://arxiv.org/abs/2603.00002"]],
    },
}  # fmt: skip
KINDS = sorted(OWN)


def letter(kind: Kind, **facts: Any) -> Letter:
    return letter_for_notice(kind, NUMBER, FACTS | OWN[kind] | facts, masthead(postal_address="1 Lab Way"), LINKS)


def tree(made: Letter) -> Any:
    return html.fromstring(made.html)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def test_every_kind_that_is_no_issue_has_its_letter() -> None:
    assert set(OWN) == set(Kind) - {Kind.ISSUE}


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_html_hold_the_same_links_and_the_same_words(kind: Kind) -> None:
    made = letter(kind)
    page = tree(made)
    links = re.findall(r"https://\S+", made.text)
    assert set(links) == set(page.xpath("//a/@href"))
    assert [line for line in made.text.splitlines() if "https://" in line and " " in line.strip()] == []
    for gone in page.xpath("//head | //*[@class='preheader']"):
        gone.drop_tree()
    said = words(re.sub(r"https://\S+", "", made.text))
    assert set(said) == set(words(" ".join(page.itertext())))


@pytest.mark.parametrize("kind", KINDS)
def test_no_line_of_the_text_is_wider_than_seventy_two_columns_but_a_link(kind: Kind) -> None:
    lines = [line for line in letter(kind).text.splitlines() if len(line) > 72 and "https://" not in line]
    assert lines == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_came_from_outside_becomes_markup(kind: Kind) -> None:
    made = letter(kind)
    assert "<script" not in made.html
    assert tree(made).xpath("//script") == []
    assert "\n" not in made.subject


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_belongs_to_the_list_carries_the_way_to_leave(kind: Kind) -> None:
    leave = LINKS.link(Purpose.LEAVE, NUMBER)
    made = letter(kind)
    assert made.leave_url == (leave if kind in OF_THE_LIST else "")
    assert (leave in made.text) == (kind in {Kind.WELCOME, Kind.CHANGED, Kind.UNREACHABLE, Kind.QUIET})
    assert "1 Lab Way" in made.text


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Kind.CONFIRMATION])
def test_a_row_without_the_facts_of_its_kind_or_with_unknown_ones_is_still_a_mail(kind: Kind) -> None:
    bare = letter_for_notice(kind, NUMBER, FACTS | {"unheard_of": 1}, masthead(), LINKS)
    assert len(bare.subject) > 5
    assert "\n\n\n" not in bare.text + letter(kind).text


@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_made_again_is_the_same(kind: Kind) -> None:
    assert letter(kind) == letter(kind)


def flat(made: Letter) -> str:
    return " ".join(made.text.split())


def test_a_welcome_says_what_comes_when_and_how_it_gets_better() -> None:
    topics = read_topics([f"topic {number}" for number in range(15)])
    said = flat(letter(Kind.WELCOME, wishes=wishes_to_json(Wishes(topics=topics, cadence=Cadence(zone="Asia/Tokyo")))))
    assert "every day at 07:00 (Asia/Tokyo): up to 10 papers" in said
    assert "The next one is due on Tuesday, 17 March 2026, at 21:00 (Asia/Tokyo)." in said
    assert "topic 9; and 5 more." in said
    assert "topic 10" not in said
    assert "five to ten papers you like" in said
    assert "Add digest@example.org to your address book" in said


def test_a_changed_mail_lists_only_what_changed() -> None:
    before, after = wishes_to_json(Wishes()), wishes_to_json(Wishes(quiet_days=True, layout=Layout.COMPACT))
    text = letter(Kind.CHANGED, before=before, after=after, paused_after="none", forgotten=0).text
    changed = [line for line in text.splitlines() if line.startswith("- ")]
    assert changed == [
        "- How much is said of a paper: compact. Before: normal.",
        "- A day with nothing for you: told by a short mail. Before: not told.",
    ]


def test_what_the_server_said_is_shortened_and_holds_no_links() -> None:
    said = flat(letter(Kind.UNREACHABLE))
    assert "x.example" not in said
    assert "452…”" in said
    assert "We could not bring you 2 issues" in said


def test_a_quiet_day_says_why_what_came_nearest_and_when_the_next_look_is() -> None:
    said = flat(letter(Kind.QUIET, zone="Asia/Tokyo"))
    assert "Nothing for you this time. No paper cleared your bar." in said
    assert "The next look is on Tuesday, 17 March 2026, at 18:00 (Asia/Tokyo)." in said
    assert "Switch these mails off in your preferences" in said


@pytest.fixture
def change(database: Database) -> Changing:
    """Give what keeps wishes of a reader and says which deliveries there are, by state, with their letters."""
    reader = joined(database, "ada")

    def changed(wishes: Wishes, minutes: int = 0) -> list[tuple[str, dict[str, Any]]]:
        with database.writing() as connection:
            held = subscribers.with_id(connection, reader.id)
            assert held is not None
            subscribers.keep_wishes(connection, held, wishes, NOW)
            notices.changed(connection, held, key_id=1, now=NOW + timedelta(minutes=minutes))
            newest = deliveries.newest(connection, reader.id, Kind.CHANGED)
            assert newest is None or deliveries.waiting(connection)[1] in {None, NOW + SETTLING}
        return [(newest[0].state, newest[1])] if newest else []

    return changed


def test_changes_in_a_row_are_one_mail_from_the_first_to_the_last(change: Changing) -> None:
    change(Wishes(length=5))
    [(state, told)] = change(Wishes(length=6), minutes=1)
    assert (state, told["before"]["topics"][0]["words"], told["after"]["length"]) == ("queued", "robot manipulation", 6)


def test_what_is_set_back_in_time_is_not_told(change: Changing) -> None:
    change(Wishes(length=5))
    [(state, _)] = change(wishes_of("ada"), minutes=1)
    assert state == "cancelled"


def test_saving_without_a_change_is_not_told(change: Changing) -> None:
    assert change(wishes_of("ada")) == []


@pytest.mark.parametrize("status", [Status.PENDING, Status.UNSUBSCRIBED])
def test_who_is_not_subscribed_is_told_of_no_change(database: Database, status: Status) -> None:
    reader: Subscriber = joined(database, "ada", status=status)
    with database.writing() as connection:
        subscribers.keep_wishes(connection, reader, Wishes(length=5), NOW)
        notices.changed(connection, reader, forgotten=3, key_id=1, now=NOW)
        assert deliveries.counts(connection) == {}


class Desk:
    """A reader at the page of preferences, and what waits to be told of it; minutes pass between two presses."""

    def __init__(self, service: Service) -> None:
        self.service, self.minutes = service, 0
        self.reader = joined(service.database, "ada")
        service.now = lambda: NOW + timedelta(minutes=self.minutes)
        with service.database.writing() as connection:
            number = deliveries.queue(connection, self.reader.id, Kind.ISSUE, "2026-03-16", now=NOW)
        self.token = service.links.link(Purpose.PREFERENCES, number or 0).rpartition("/")[2]

    def like(self, count: int) -> None:
        """Like some papers."""
        with self.service.database.writing() as connection:
            told.react(connection, self.reader.id, [paper(n) for n in range(1, count + 1)], liked=True, now=NOW)

    def told(self) -> list[tuple[str, tuple[str, ...]]]:
        """Give the state of each mail that tells of a change, and what it tells."""
        with self.service.database.reading() as connection:
            rows = connection.execute(select(ledger).where(ledger.c.kind == Kind.CHANGED).order_by(ledger.c.id))
            return [(row.state, Change.from_json(row.letter).sentences) for row in rows]


@pytest.fixture
def desk(service: Service) -> Desk:
    return Desk(service)


def test_a_pause_new_wishes_and_what_was_forgotten_are_told_in_one_mail(desk: Desk) -> None:
    desk.like(2)
    desk.service.pause_by_link(desk.token, date(2026, 4, 3))
    desk.minutes = 1
    desk.service.keep_wishes(desk.token, replace(wishes_of("ada"), length=5))
    assert desk.service.forget_reactions(desk.token) == 2
    desk.like(1)
    assert desk.service.forget_reactions(desk.token) == 1
    [(state, sentences)] = desk.told()
    assert (state, sentences) == ("queued", (
        "Length: up to 5 papers. Before: up to 10 papers.",
        "Pause: until 3 April 2026. Before: none.",
        "Forgotten for good: 3 papers you had liked or disliked.",
    ))  # fmt: skip
    desk.minutes = 10
    transport = ListTransport()
    assert delivered(desk.service.database, transport, desk.service.now()).sent == 1, (
        "who is paused is told all the same"
    )
    assert b"Pause: until 3 April 2026" in transport.sent[0].body


def test_resuming_and_another_end_of_a_pause_are_told(desk: Desk) -> None:
    desk.service.pause(address_of("ada"), None)
    desk.service.pause_by_link(desk.token, date(2026, 4, 3))
    assert desk.told() == [("queued", ("Pause: until 3 April 2026. Before: until you come back.",))]
    desk.service.resume_by_link(desk.token)
    assert desk.told() == [("queued", ("Pause: none. Before: until you come back.",))]


def test_what_was_paused_and_resumed_in_time_is_not_told(desk: Desk) -> None:
    desk.service.pause_by_link(desk.token, None)
    desk.minutes = 5
    desk.service.resume_by_link(desk.token)
    assert [state for state, _ in desk.told()] == ["cancelled"]


def test_what_was_forgotten_is_told_though_all_else_was_set_back(desk: Desk) -> None:
    desk.like(1)
    desk.service.pause_by_link(desk.token, None)
    desk.service.forget_reactions(desk.token)
    desk.service.resume_by_link(desk.token)
    assert desk.told() == [("queued", ("Forgotten for good: 1 paper you had liked or disliked.",))]


def test_nothing_forgotten_and_nothing_resumed_is_not_told(desk: Desk) -> None:
    assert desk.service.forget_reactions(desk.token) == 0
    desk.service.resume_by_link(desk.token)
    assert desk.told() == []


def test_what_the_operator_does_is_not_told(desk: Desk) -> None:
    desk.like(2)
    desk.service.pause(address_of("ada"), None)
    desk.service.resume(address_of("ada"))
    assert desk.service.forget(address_of("ada")) == 2
    assert desk.told() == []


def test_stances_are_told_apart() -> None:
    after = wishes_to_json(Wishes(topics=read_topics(["robots"], stance=Stance.NEVER)))
    said = flat(letter(Kind.CHANGED, before=wishes_to_json(Wishes(topics=read_topics(["robots"]))), after=after))
    assert "Never shown from now on: robots." in said
    assert "No longer followed: robots." in said
