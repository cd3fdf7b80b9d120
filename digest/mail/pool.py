"""Several connections at once: each message is made and sent in a thread, over a transport nobody else is using."""

import logging
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

from digest.domain.delivery import Outcome, Reply
from digest.domain.message import Message
from digest.mail.transport import Transport, TransportDown

log = logging.getLogger(__name__)
Ticket = TypeVar("Ticket")
Result = tuple[Reply, str]
"""What came back for a message, and the hash of what was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Generic[Ticket]):
    """What became of one message: what came back and its hash, or why this connection can carry nothing."""

    ticket: Ticket
    result: Result | TransportDown


class Pool(Generic[Ticket]):
    """As many transports as are wanted, opened when they are first needed, and kept.

    One that is down is done without; the others go on. So a server that takes fewer connections than are set gets
    those it takes.

    Parameters
    ----------
    open_transport : callable
    most : int
        How many messages may be under way at once.
    """

    def __init__(self, open_transport: Callable[[], Transport], most: int) -> None:
        self.left = most
        self._open_transport = open_transport
        self._idle: list[Transport] = []
        self._under_way: dict[Future[Result], Ticket] = {}
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="connection")

    @property
    def has_room(self) -> bool:
        """Whether one more message can be handed over."""
        return len(self._under_way) < self.left

    @property
    def under_way(self) -> int:
        """How many messages are."""
        return len(self._under_way)

    def hand_over(self, ticket: Ticket, make: Callable[[], Message]) -> None:
        """Begin to make and send a message; what becomes of it is told by `ended`, with the ticket."""
        idle = self._idle.pop() if self._idle else None
        self._under_way[self._threads.submit(self._send, idle, make)] = ticket

    def ended(self, patience: float | None = None) -> list[Ended[Ticket]]:
        """Wait until a message is over, for so many seconds at most, and give all that are."""
        over, _ = wait(self._under_way, patience, FIRST_COMPLETED)
        return [self._ended(future) for future in over]

    def close(self) -> None:
        """Let go of every connection, when the last message is over."""
        self._threads.shutdown()
        while self._idle:
            self._idle.pop().close()

    def _ended(self, future: Future[Result]) -> Ended[Ticket]:
        ticket = self._under_way.pop(future)
        try:
            return Ended(ticket=ticket, result=future.result())
        except TransportDown as error:
            self.left -= 1
            return Ended(ticket=ticket, result=error)

    def _send(self, idle: Transport | None, make: Callable[[], Message]) -> Result:
        transport = idle or self._opened()
        try:
            result = _tried(transport, make)
        except TransportDown:
            transport.close()
            raise
        self._idle.append(transport)
        return result

    def _opened(self) -> Transport:
        try:
            return self._open_transport()
        except OSError as error:
            raise TransportDown(f"{error.filename or 'it'} cannot be opened: {error.strerror or error}") from error


def _tried(transport: Transport, make: Callable[[], Message]) -> Result:
    sha256 = ""
    try:
        message = make()
        sha256 = message.sha256
        return transport.send(message), sha256
    except TransportDown:
        raise
    except Exception as error:  # One mail that cannot be made or carried must not keep back all others.
        log.exception("a message failed here")
        return Reply(outcome=Outcome.LATER, text=f"failed here: {error!r}"), sha256
