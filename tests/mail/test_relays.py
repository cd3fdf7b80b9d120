"""Of several mail servers the next is tried when one cannot be used."""

import pytest

from digest.domain.delivery import Outcome, Reply
from digest.domain.message import Message
from digest.mail.relays import REST_SECONDS, Order, Relays
from digest.mail.transport import Stale, TransportDown
from tests.fakes import ListTransport, Watch
from tests.scripted import carried

MESSAGE = Message(id="1@example.org", sender="a@b.example", recipient="c@d.example", body=b"one\r\n")


class Down(ListTransport):
    """A transport that cannot be opened, as often as it is told, and counts how often it was tried and closed."""

    def __init__(self, times: int = 1_000, *, for_all: bool = False) -> None:
        super().__init__()
        self.times, self.for_all, self.asked, self.closed = times, for_all, 0, 0

    def open(self) -> None:
        """Be down, or not any more."""
        self.asked += 1
        if self.asked <= self.times:
            raise TransportDown(f"down {self.asked}", for_all=self.for_all)

    def close(self) -> None:
        """Count."""
        self.closed += 1


def refuses_us(_: Message) -> Reply:
    raise TransportDown("takes nothing from us", for_all=True)


def test_the_next_is_used_by_every_connection_and_run_while_the_first_is_down() -> None:
    first, second, order = Down(), ListTransport(), Order(2, Watch().monotonic)
    for _ in range(3):
        relays = Relays([first, second], order)
        assert [carried(relays, MESSAGE).outcome for _ in range(3)] == [Outcome.SENT] * 3
        relays.close()
    assert (first.asked, len(second.sent)) == (1, 9)


def test_the_first_is_tried_again_after_a_while_and_then_used_and_the_other_closed() -> None:
    watch = Watch()
    first, second = Down(times=2), Down(times=0)
    relays = Relays([first, second], Order(2, watch.monotonic))
    for seconds in (0, REST_SECONDS - 1, 1, REST_SECONDS - 1, 1):
        watch.sleep(seconds)
        assert carried(relays, MESSAGE).outcome is Outcome.SENT
    assert (first.asked, len(first.sent), len(second.sent)) == (3, 1, 4)
    assert (first.closed, second.closed) == (0, 1)


def test_while_one_connection_tries_the_dead_one_no_other_waits_for_it() -> None:
    watch, others = Watch(), list[list[int]]()
    order = Order(2, watch.monotonic)

    class Probed(Down):
        def open(self) -> None:
            others.append(order.turns())
            super().open()

    relays = Relays([Probed(), ListTransport()], order)
    for _ in range(2):
        relays.open()
        watch.sleep(REST_SECONDS)
    assert others == [[0, 1], [1, 0]]


def test_the_first_is_tried_again_when_the_second_fails_too() -> None:
    first, second = Down(times=1), Down()
    relays = Relays([first, second])
    with pytest.raises(TransportDown, match="down 1; down 1"):
        relays.open()
    assert carried(relays, MESSAGE).outcome is Outcome.SENT
    assert (len(first.sent), len(second.sent)) == (1, 0)


@pytest.mark.parametrize(("both", "for_all"), [((True, True), True), ((True, False), False)])
def test_no_connection_can_fare_better_only_where_that_is_so_of_each(both: tuple[bool, bool], for_all: bool) -> None:
    with pytest.raises(TransportDown) as down:
        Relays([Down(for_all=one) for one in both]).open()
    assert down.value.for_all is for_all


def test_where_one_takes_nothing_from_us_another_is_opened_before_the_message_goes() -> None:
    second = ListTransport()
    relays = Relays([ListTransport(refuses_us), second])
    relays.open()
    with pytest.raises(Stale, match="takes nothing from us"):
        relays.send(MESSAGE)
    assert second.sent == []
    assert carried(relays, MESSAGE).outcome is Outcome.SENT


@pytest.mark.parametrize("other", [ListTransport(refuses_us), Down()])
def test_where_nobody_takes_anything_from_us_the_transport_is_down(other: ListTransport) -> None:
    with pytest.raises(TransportDown, match="takes nothing from us"):
        carried(Relays([ListTransport(refuses_us), other]), MESSAGE)


def test_nothing_is_sent_before_one_is_open() -> None:
    first = ListTransport()
    with pytest.raises(Stale):
        Relays([first]).send(MESSAGE)
    assert first.sent == []


def test_what_one_answered_is_never_asked_of_another() -> None:
    no = Reply(outcome=Outcome.REFUSED, text="550 5.1.1 nobody", at="RCPT")
    second = ListTransport()
    assert carried(Relays([ListTransport(lambda _: no), second]), MESSAGE) == no
    assert second.sent == []
