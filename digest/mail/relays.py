"""Several mail servers as one transport: the next is tried when one cannot be used."""

import logging
from collections import deque
from collections.abc import Iterable

from digest.domain.delivery import Reply
from digest.domain.message import Message
from digest.mail.transport import Transport, TransportDown

log = logging.getLogger(__name__)


class Relays:
    """Sends by the first of several transports that can be used, and stays with it.

    What one of them answered to a message is final: only where one is down is another tried.
    """

    def __init__(self, relays: Iterable[Transport]) -> None:
        self.relays = deque(relays)

    def send(self, message: Message) -> Reply:
        """Send one message by the first that can be used; raises TransportDown where none can."""
        why: list[str] = []
        while len(why) < len(self.relays):
            try:
                return self.relays[0].send(message)
            except TransportDown as error:
                why.append(str(error))
                self.relays.rotate(-1)
                log.warning("a mail server is passed over: %s", error)
        raise TransportDown("; ".join(why))

    def close(self) -> None:
        """Let go of all."""
        for relay in self.relays:
            relay.close()
