"""Joining and leaving: nobody is written to who did not say yes, and whoever leaves has left."""

from datetime import datetime, timedelta

import pytest

from digest.actions import subscribe
from digest.domain.delivery import Kind
from digest.domain.profile import read_topics
from digest.domain.subscriber import Joining, Refused, Status, Subscriber, Wishes
from digest.links import BadLink, Links, Purpose
from digest.mail.mime import Letter
from digest.mail.notices import letter_for_notice
from digest.store import claims, deliveries, subscribers
from digest.store.claims import Share
from digest.store.database import Database
from digest.store.tables import confirmations
from tests.builders import NOW, masthead

LINKS = Links("https://digest.example.org", {1: "k" * 64})
ADA = "ada@readers.example"


class Door:
    """The reader's door, for one address."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def sign_up(self, address: str = ADA, *, at: datetime = NOW, wishes: Wishes | None = None) -> str:
        """Sign up."""
        with self.database.writing() as connection:
            return subscribe.sign_up(connection, address, wishes or Wishes(), consent={"from": "::1"}, key_id=1, now=at)

    def confirm(self, number: int = 1, joining: Joining = Joining.OPEN) -> Status:
        """Follow the link of a confirmation."""
        with self.database.writing() as connection:
            return subscribe.confirm(connection, number, joining=joining, key_id=1, now=NOW).status

    def leave(self, key_id: int | None = None) -> None:
        """Leave, by the button of a page if the key of a goodbye is named."""
        with self.database.writing() as connection:
            subscribe.leave(connection, self.held(), NOW, key_id=key_id)

    def held(self) -> Subscriber:
        """Give the subscriber as it stands."""
        with self.database.reading() as connection:
            held = subscribers.with_address(connection, ADA)
        assert held is not None
        return held

    def letters(self, *kinds: Kind) -> list[Letter]:
        """Give the letters that wait, confirmations if no other kind is named."""
        with self.database.writing() as connection:
            held = claims.claim(connection, "me", Share(), now=NOW + timedelta(days=9), dead=["me"])
            wanted = [(claim.delivery, claim.letter or {}) for claim in held]
            wanted = [one for one in wanted if not deliveries.unwanted(connection, one[0])]
        asked = kinds or (Kind.CONFIRMATION,)
        return [letter_for_notice(d.kind, d.id, facts, masthead(), LINKS) for d, facts in wanted if d.kind in asked]


@pytest.fixture
def door(database: Database) -> Door:
    return Door(database)


def test_signing_up_asks_and_confirming_makes_active(door: Door) -> None:
    assert door.sign_up() == "asked"
    assert (door.held().status, door.held().next_issue_at) == (Status.PENDING, None)
    [letter] = door.letters()
    link = LINKS.link(Purpose.CONFIRM, 1)
    assert (letter.recipient, letter.subject, letter.leave_url) == (ADA, "Please confirm: Trending papers", "")
    assert (link in letter.text, f'href="{link}"' in letter.html) == (True, True)
    assert door.confirm() is Status.ACTIVE
    assert door.held().next_issue_at == Wishes().cadence.next_due(NOW)


def test_nothing_a_stranger_typed_is_mailed_to_others_and_it_counts_only_once_confirmed(door: Door) -> None:
    typed = Wishes(topics=read_topics(["Buy spam"]), length=25)
    door.sign_up(wishes=typed)
    door.sign_up(wishes=Wishes(length=4))
    assert not [letter for letter in door.letters() if "spam" in letter.text + letter.html + letter.subject]
    assert door.held().wishes == Wishes()
    door.confirm(2)
    assert (door.held().wishes, door.confirm(1)) == (Wishes(length=4), Status.ACTIVE)
    assert door.held().wishes == Wishes(length=4)


def test_nobody_is_asked_more_than_three_times_a_day(door: Door) -> None:
    said = [door.sign_up(at=NOW + timedelta(hours=hour)) for hour in range(5)]
    assert said == ["asked", "asked", "asked", "asked often enough", "asked often enough"]
    assert len(door.letters()) == 3
    assert door.sign_up("other@readers.example") == "asked"
    later = [door.sign_up(at=NOW + timedelta(days=days, seconds=1)) for days in (2, 4, 6, 8, 200, 370)]
    assert later == ["asked", "asked", "asked", "asked often enough", "asked often enough", "asked"]


@pytest.mark.parametrize("again", [ADA, "ADA@readers.example"])
def test_who_is_already_subscribed_is_neither_asked_nor_changed_but_shown_the_way_once_a_day(
    door: Door, again: str
) -> None:
    door.sign_up(wishes=Wishes(length=5))
    door.confirm()
    for _ in range(3):
        assert door.sign_up(again, wishes=Wishes(length=25)) == "already subscribed"
    assert (door.held().wishes.length, len(door.letters())) == (5, 1)
    assert len(door.letters(Kind.WELCOME)) == 2


def test_a_confirmation_used_again_changes_nothing(door: Door) -> None:
    door.sign_up()
    door.confirm()
    door.leave()
    assert door.confirm() is Status.UNSUBSCRIBED


def test_a_confirmation_of_nobody_is_a_bad_link(door: Door) -> None:
    with pytest.raises(BadLink, match="open it again from the mail"):
        door.confirm(7)


def test_leaving_then_joining_again_needs_a_fresh_confirmation(door: Door) -> None:
    door.sign_up()
    door.confirm()
    door.leave()
    assert (door.held().status, door.held().next_issue_at) == (Status.UNSUBSCRIBED, None)
    assert door.sign_up(wishes=Wishes(length=7)) == "asked"
    assert (door.held().status, door.held().confirmed_at) == (Status.PENDING, None)
    assert door.confirm(1) is Status.PENDING
    assert len(door.letters()) == 2, "the fresh confirmation goes out although the address had left"
    assert door.confirm(2) is Status.ACTIVE
    with door.database.writing() as connection:
        deliveries.queue(connection, door.held().id, Kind.ISSUE, "2026-03-17", now=NOW)
        held = claims.claim(connection, "you", Share(), now=NOW)
        wanted = {claim.delivery.kind: deliveries.unwanted(connection, claim.delivery) for claim in held}
        assert wanted == {Kind.WELCOME: "", Kind.ISSUE: ""}
    assert door.held().wishes.length == 7


def test_leaving_twice_is_leaving_once(door: Door) -> None:
    door.sign_up()
    door.leave()
    door.leave()
    assert door.held().status is Status.UNSUBSCRIBED


def test_who_confirms_is_welcomed_once_with_what_was_asked_for(door: Door) -> None:
    door.sign_up(wishes=Wishes(topics=read_topics(["protein design"]), length=5))
    door.confirm()
    door.confirm()
    [letter] = door.letters(Kind.WELCOME)
    assert "You follow: protein design." in letter.text
    assert "every day at 07:00 (UTC): up to 5 papers. The next one is due on" in " ".join(letter.text.split())


def test_who_leaves_by_the_page_gets_one_goodbye_and_who_leaves_by_one_click_none(door: Door) -> None:
    door.sign_up()
    door.confirm()
    door.leave()
    door.leave(key_id=1)
    assert door.letters(Kind.GOODBYE) == [], "whoever has left already is told nothing more"
    door.sign_up()
    door.confirm(2)
    for _ in range(2):
        door.leave(key_id=1)
    left = door.letters(Kind.WELCOME, Kind.GOODBYE)
    assert [letter.subject for letter in left] == ["You are unsubscribed from Trending papers"]


def test_who_never_said_yes_gets_no_goodbye(door: Door) -> None:
    door.sign_up()
    door.leave(key_id=1)
    assert door.letters(Kind.GOODBYE) == []


def test_who_comes_back_before_the_goodbye_is_sent_gets_none(door: Door) -> None:
    door.sign_up()
    door.confirm()
    door.leave(key_id=1)
    door.sign_up()
    door.confirm(2)
    assert door.letters(Kind.GOODBYE) == []


def test_who_waits_for_approval_is_let_in_by_hand_only(door: Door) -> None:
    door.sign_up()
    with door.database.writing() as connection:
        assert not subscribe.approve(connection, 1, key_id=1, now=NOW), "not confirmed yet"
    assert door.confirm(joining=Joining.APPROVAL) is Status.PENDING
    assert door.held().confirmed_at == NOW
    assert door.letters(Kind.WELCOME) == [], "who waits is not welcomed yet"
    with door.database.writing() as connection:
        assert subscribe.approve(connection, 1, key_id=1, now=NOW)
        assert not subscribe.approve(connection, 1, key_id=1, now=NOW)
        assert not subscribe.approve(connection, 99, key_id=1, now=NOW)
    assert [letter.recipient for letter in door.letters(Kind.WELCOME)] == [ADA]
    assert (door.held().status, door.held().next_issue_at) == (Status.ACTIVE, Wishes().cadence.next_due(NOW))


def test_a_removed_reader_is_gone_with_every_link(door: Door) -> None:
    door.sign_up()
    with door.database.writing() as connection:
        subscribe.remove(connection, door.held())
        assert connection.execute(confirmations.select()).all() == []
        assert subscribers.with_address(connection, ADA) is None
    with pytest.raises(BadLink):
        door.confirm()


@pytest.mark.parametrize(
    ("joining", "address", "sentence"),
    [
        (Joining.OPEN, "x@anywhere.example", ""),
        (Joining.APPROVAL, "x@anywhere.example", ""),
        (Joining.DOMAINS, "x@uni.example", ""),
        (Joining.DOMAINS, "x@xn--bcher-kva.example", ""),
        (Joining.DOMAINS, "x@anywhere.example", "Addresses at anywhere.example cannot join"),
        (Joining.DOMAINS, "x@evil-uni.example", "cannot join"),
        (Joining.DOMAINS, "x@mail.uni.example", "cannot join"),
        (Joining.INVITATION, "x@uni.example", "by invitation"),
    ],
)
def test_who_may_join_by_itself(joining: Joining, address: str, sentence: str) -> None:
    domains = ["Uni.example", "xn--bcher-kva.example"]
    if not sentence:
        subscribe.check_joining(address, joining, domains)
        return
    with pytest.raises(Refused, match=sentence):
        subscribe.check_joining(address, joining, domains)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" ada@readers.example\n", ADA),
        ("Ada+x@READERS.Example", "Ada+x@readers.example"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"),
    ],
)
def test_an_address_is_read_as_servers_take_it(typed: str, read: str) -> None:
    assert subscribe.read_address(typed) == read


@pytest.mark.parametrize(
    "typed",
    ["", "ada", "ada@", "@x.example", "a@b@c.example", "jürg@readers.example", "a b@x.example", '"a b"@x.example',
     "a\r\nBcc: eve@x.example", "ada@x.example\r\nBcc: eve", "ada@[127.0.0.1]", "a" * 300 + "@x.example",
     "a,b@x.example", "ada@x.example,eve@x.example", "<ada@x.example>", "ada@\u202ex.example", "ada@x.example\x00"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(Refused, match=r"This does not look like a mail address: [A-Z].*"):
        subscribe.read_address(typed, utf8=False)


def test_letters_beyond_ascii_before_the_at_are_read_where_they_may_be_there() -> None:
    assert subscribe.read_address("ju\u0308rg@Bücher.example") == "jürg@xn--bcher-kva.example"
