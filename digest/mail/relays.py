"""Several mail servers as one transport: the next is tried when one cannot be used."""

import logging
import time
from collections.abc import Callable, Sequence
from math import inf

from digest.domain.delivery import Reply
from digest.domain.message import Message
from digest.mail.transport import Stale, Transport, TransportDown

log = logging.getLogger(__name__)
REST_SECONDS = 300.0
"""A server that was down is tried again after this time, so that it costs one time-out in it and not one a mail."""


class Order:
    """The order in which mail servers are tried; one for all connections, so that each need not find out for itself.

    Examples
    --------
    >>> order = Order(2, monotonic=lambda: 0.0)
    >>> order.pass_over(0)
    >>> order.turns()
    [1, 0]
    """

    def __init__(self, count: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rests_until, self._monotonic = [-inf] * count, monotonic

    @property
    def all_rest(self) -> bool:
        """Whether every server was passed over a short time ago."""
        return min(self._rests_until) > self._monotonic()

    def turns(self) -> list[int]:
        """Give the servers by number: as they were named, and last those that were down a short time ago."""
        now = self._monotonic()
        return sorted(range(len(self._rests_until)), key=lambda number: max(self._rests_until[number], now))

    def begin(self, number: int) -> None:
        """Note that one is tried that was down: until it is known to be up, no other connection waits for it too."""
        if self._rests_until[number] > -inf:
            self.pass_over(number)

    def pass_over(self, number: int) -> None:
        """Note that one is down."""
        self._rests_until[number] = self._monotonic() + REST_SECONDS

    def welcome(self, number: int) -> None:
        """Note that one is up."""
        self._rests_until[number] = -inf


class Relays:
    """Sends by the first of several transports that can be used.

    What one of them answered to a message is final: only where one is down is another tried.

    Parameters
    ----------
    relays : sequence of Transport
    order : Order
        Shared with the same relays of other connections.
    """

    def __init__(self, relays: Sequence[Transport], order: Order | None = None) -> None:
        self.relays, self.order = relays, order or Order(len(relays))
        self._at: int | None = None

    def open(self) -> None:
        """Open the first that can be used; raises TransportDown where none can."""
        errors: list[TransportDown] = []
        for number in self.order.turns():
            self.order.begin(number)
            try:
                self.relays[number].open()
            except TransportDown as error:
                errors.append(error)
                self._pass_over(number, error)
                continue
            self.order.welcome(number)
            if self._at not in {None, number}:
                self.close(but=number)
            self._at = number
            return
        raise TransportDown("; ".join(map(str, errors)), for_all=all(error.for_all for error in errors))

    def send(self, message: Message) -> Reply:
        """Send one message by the one that is open; if it is down, another may be opened."""
        if self._at is None:
            raise Stale("no mail server is open")
        try:
            return self.relays[self._at].send(message)
        except TransportDown as error:
            self._pass_over(self._at, error)
            if self.order.all_rest:
                raise
            raise Stale(str(error)) from error

    def close(self, but: int | None = None) -> None:
        """Let go of all, or of all but one."""
        for number, relay in enumerate(self.relays):
            if number != but:
                relay.close()

    def _pass_over(self, number: int, error: TransportDown) -> None:
        self.order.pass_over(number)
        log.warning("a mail server is passed over: %s", error)
