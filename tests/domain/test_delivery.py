"""When a message is tried again follows from what the server said."""

from datetime import timedelta

import pytest

from digest.domain.delivery import GIVE_UP_AFTER, Delivery, Kind, Outcome, Reply, State, state_after
from tests.builders import NOW


def delivery(attempts: int = 0) -> Delivery:
    return Delivery(
        id=1, subscriber_id=1, kind=Kind.ISSUE, key="", state=State.SENDING, attempts=attempts, created_at=NOW
    )


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("450 4.2.0 <ada@readers.example>: Recipient address rejected: Greylisted", [5, 10, 20, 40, 80, 160, 180]),
        ("451 4.7.1 try again", [5, 10, 20]),
        ("450 Gray-listed", [5, 10]),
        ("421 4.7.0 closing", [15, 30, 60, 120, 180]),
        ("421 greylisted", [15]),
        ("452 4.2.2 full", [10, 20, 40]),
        ("450 4.7.10 odd", [10]),
        ("127.0.0.1: timed out", [10, 20]),
    ],
)
def test_the_wait_follows_from_what_the_server_said_and_doubles(said: str, minutes: list[int]) -> None:
    reply = Reply(outcome=Outcome.LATER, text=said)
    waits = [state_after(reply, delivery(attempts), NOW) for attempts in range(len(minutes))]
    assert waits == [(State.QUEUED, NOW + timedelta(minutes=wait)) for wait in minutes]


def test_nothing_is_tried_again_when_the_next_issue_is_near() -> None:
    reply = Reply(outcome=Outcome.LATER, text="451 4.7.1 greylisted")
    assert state_after(reply, delivery(), NOW + GIVE_UP_AFTER - timedelta(minutes=4)) == (State.FAILED, None)


@pytest.mark.parametrize(
    ("said", "code", "enhanced"),
    [
        ("250 2.0.0 queued", 250, "2.0.0"),
        ("550-5.1.1 no such\n550 person", 550, "5.1.1"),
        ("550", 550, ""),
        ("450 4.7 odd", 450, ""),
        ("251.0.0.1: lost", 0, ""),
        ("failed here: 550", 0, ""),
        ("", 0, ""),
    ],
)
def test_codes_are_read_only_where_a_server_spoke(said: str, code: int, enhanced: str) -> None:
    reply = Reply(outcome=Outcome.LATER, text=said)
    assert (reply.code, reply.enhanced) == (code, enhanced)
