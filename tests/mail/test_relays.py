"""Of several mail servers the next is tried when one cannot be used."""

import pytest

from digest.domain.delivery import Outcome, Reply
from digest.domain.message import Message
from digest.mail.relays import Relays
from digest.mail.transport import TransportDown
from tests.fakes import ListTransport

MESSAGE = Message(id="1@example.org", sender="a@b.example", recipient="c@d.example", body=b"one\r\n")


class Down(ListTransport):
    """A transport that is down, as often as it is told."""

    def __init__(self, times: int = 1_000) -> None:
        super().__init__(self.fail)
        self.times, self.asked = times, 0

    def fail(self, _: Message) -> Reply:
        """Be down, or not any more."""
        self.asked += 1
        if self.asked <= self.times:
            raise TransportDown(f"down {self.asked}")
        return Reply(outcome=Outcome.SENT)


def test_the_next_is_used_and_kept_while_the_first_is_down() -> None:
    first, second = Down(), ListTransport()
    relays = Relays([first, second])
    assert [relays.send(MESSAGE).outcome for _ in range(3)] == [Outcome.SENT] * 3
    assert (first.asked, len(second.sent)) == (1, 3)


def test_the_first_is_tried_again_when_the_second_fails_too() -> None:
    first, second = Down(times=1), Down()
    relays = Relays([first, second])
    with pytest.raises(TransportDown, match="down 1; down 1"):
        relays.send(MESSAGE)
    assert relays.send(MESSAGE).outcome is Outcome.SENT
    assert (len(first.sent), len(second.sent)) == (1, 0)


def test_what_one_answered_is_never_asked_of_another() -> None:
    no = Reply(outcome=Outcome.REFUSED, text="550 5.1.1 nobody", at="RCPT")
    second = ListTransport()
    assert Relays([ListTransport(lambda _: no), second]).send(MESSAGE) == no
    assert second.sent == []
