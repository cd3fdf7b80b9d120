"""Several connections at once: each message is made and sent in a thread, over a transport nobody else is using."""

import logging
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Generic, TypeVar

from digest.domain.delivery import Outcome, Reply
from digest.domain.message import Message
from digest.mail.transport import Stale, Transport, TransportDown

log = logging.getLogger(__name__)
Ticket = TypeVar("Ticket")
IDLE_SECONDS = 60.0
"""A connection nobody used for so long is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What came back for a message, and the hash of what was sent."""

    reply: Reply
    sha256: str


Result = Carried | str | Exception
"""What came of a message: it was carried; or why it is not wanted any more; or what kept it here."""


class Pool(Generic[Ticket]):
    """As many transports as are wanted, opened when they are first needed, and kept; and one more for what is urgent.

    One that is down is done without; the others go on. So a server that takes fewer connections than are set gets
    those it takes.

    Parameters
    ----------
    open_transport : callable
    most : int
        How many messages may be under way at once; where it is one, nothing is more urgent.
    monotonic : callable
        Gives seconds of a clock nobody sets.
    """

    def __init__(self, open_transport: Callable[[], Transport], most: int, monotonic: Callable[[], float]) -> None:
        self.left = self.most = most
        self._open_transport, self._monotonic = open_transport, monotonic
        self._idle: list[tuple[float, Transport]] = []
        self._under_way: dict[Future[Result], Ticket] = {}
        self._threads = ThreadPoolExecutor(most + 1, thread_name_prefix="connection")

    @property
    def under_way(self) -> Collection[Ticket]:
        """The messages that are."""
        return self._under_way.values()

    def has_room(self, *, is_urgent: bool = False) -> bool:
        """Whether one more message can be handed over."""
        return len(self._under_way) < self.left + (is_urgent and self.left > 1)

    def begin(self) -> None:
        """Begin a run: try all connections again, and close those nobody used for a while."""
        self.left, at = self.most, self._monotonic()
        old = [transport for since, transport in self._idle if at - since > IDLE_SECONDS]
        self._idle = [(since, transport) for since, transport in self._idle if at - since <= IDLE_SECONDS]
        for transport in old:
            transport.close()

    def hand_over(self, ticket: Ticket, ask: Callable[[], str], make: Callable[[], Message]) -> None:
        """Begin to send a message; what becomes of it is told by `ended`, with the ticket.

        Parameters
        ----------
        ask : says why the message is not wanted any more, or nothing; asked when it can leave at once
        make : makes the message
        """
        idle = self._idle.pop()[1] if self._idle else None
        told = copy_context()  # The log names the run in its lines.
        self._under_way[self._threads.submit(told.run, self._send, idle, ask, make)] = ticket

    def ended(self, patience: float | None = None) -> list[tuple[Ticket, Result]]:
        """Wait until a message is over, for so many seconds at most, and give all that are."""
        over, _ = wait(self._under_way, patience, FIRST_COMPLETED)
        return [(self._under_way.pop(future), self._result(future)) for future in over]

    def close(self) -> None:
        """Let go of every connection, when the last message is over."""
        self._threads.shutdown()
        while self._idle:
            self._idle.pop()[1].close()

    def _result(self, future: Future[Result]) -> Result:
        result = future.result()
        self.left -= isinstance(result, TransportDown)
        return result

    def _send(self, idle: Transport | None, ask: Callable[[], str], make: Callable[[], Message]) -> Result:
        transport = idle
        try:
            transport = idle or self._opened()
            result = _sent(transport, ask, make)
        except Exception as error:
            if transport:
                with suppress(Exception):
                    transport.close()
            return error
        self._idle.append((self._monotonic(), transport))
        return result

    def _opened(self) -> Transport:
        try:
            return self._open_transport()
        except OSError as error:
            raise TransportDown(f"{error.filename or 'it'} cannot be opened: {error.strerror or error}") from error


def _sent(transport: Transport, ask: Callable[[], str], make: Callable[[], Message]) -> Result:
    """Send a message when it can leave at once: else who leaves while a server is slow to greet would still get it."""
    while True:
        transport.open()
        if reason := ask():
            return reason
        try:
            return _tried(transport, make)
        except Stale:
            continue


def _tried(transport: Transport, make: Callable[[], Message]) -> Carried:
    sha256 = ""
    try:
        message = make()
        sha256 = message.sha256
        return Carried(reply=transport.send(message), sha256=sha256)
    except (Stale, TransportDown):
        raise
    except Exception as error:  # One mail that cannot be made or carried must not keep back all others.
        log.exception("a message failed here")
        return Carried(reply=Reply(outcome=Outcome.LATER, text=f"failed here: {error!r}"), sha256=sha256)
