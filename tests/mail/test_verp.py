"""An address for bounces names its delivery, and nobody else can make one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.delivery import Delivery, Kind, State
from digest.domain.message import Message
from digest.links import BadLink, Links
from digest.mail import verp
from digest.mail.postroom import PostRoom
from digest.settings_mail import LONGEST_BOUNCER
from tests.builders import NOW, masthead

OLD, NEW = "o" * 32, "n" * 32
LINKS = Links("https://digest.example.org", {1: OLD, 2: NEW})
MESSAGE = Message(id="1@example.org", sender="papers@example.org", recipient="c@d.example", body=b"one\r\n")


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_what_was_made_is_read_back_however_its_case_was_folded(number: int) -> None:
    made = verp.address(f"{'b' * LONGEST_BOUNCER}@bounces.example.org", number, LINKS)
    local, _, domain = made.partition("@")
    assert (domain, len(local) <= 64, made) == ("bounces.example.org", True, made.lower())
    assert {verp.read(form, LINKS) for form in (made, made.upper(), made.title())} == {number}


@given(st.integers(min_value=0, max_value=35), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567+@ -"))
def test_an_address_that_was_altered_is_never_read(at: int, other: str) -> None:
    made = verp.address("b@example.org", 12_345, LINKS)
    token = made.partition("@")[0]
    at %= len(token) - 2
    altered = f"{token[: at + 2]}{other}{token[at + 3 :]}@example.org"
    if altered != made:
        with pytest.raises(BadLink):
            verp.read(altered, LINKS)


@pytest.mark.parametrize(
    "odd", ["", "@", "bounce@example.org", "bounce+@example.org", f"bounce+{'9' * 5000}@example.org", "b+²" + "a" * 16]
)
def test_what_is_no_such_address_is_a_bad_link(odd: str) -> None:
    with pytest.raises(BadLink):
        verp.read(odd, LINKS)


def test_older_keys_read_for_ever_and_keys_of_others_never() -> None:
    old = verp.address("b@example.org", 7, Links("", {1: OLD}))
    assert verp.read(old, LINKS) == 7
    with pytest.raises(BadLink):
        verp.read(old, Links("", {2: NEW}))


def test_every_mail_of_the_post_room_comes_back_to_an_address_of_its_delivery() -> None:
    room = PostRoom(links=LINKS, masthead=masthead(), holder="me", bounce_address="bounce@example.org")
    row = Delivery(
        id=7, subscriber_id=1, kind=Kind.CONFIRMATION, key="1", state=State.SENDING, attempts=0, created_at=NOW
    )
    facts = {"recipient": "c@d.example", "key_id": 2, "date": NOW.isoformat(), "confirmation": 1}
    sent, plain = room.notice(row, facts), replace(room, bounce_address="").notice(row, facts)
    assert (verp.read(sent.sender, LINKS), plain.sender) == (7, masthead().sender)
    assert sent.body == plain.body


def test_a_message_keeps_its_bytes_and_without_an_address_for_bounces_its_sender() -> None:
    sent = verp.returning_to(MESSAGE, "bounce@example.org", 7, LINKS)
    assert (verp.read(sent.sender, LINKS), sent.sha256) == (7, MESSAGE.sha256)
    assert verp.returning_to(MESSAGE, "", 7, LINKS) is MESSAGE
