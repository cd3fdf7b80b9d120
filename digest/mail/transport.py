"""The one-method protocol by which messages leave the house."""

from typing import Protocol

from digest.domain.delivery import Reply
from digest.domain.message import Message


class TransportDown(Exception):  # noqa: N818 - it says what is so.
    """No message can leave at present: stop this round, keep everything, and try again later."""


class Transport(Protocol):
    """Carries a message out."""

    def send(self, message: Message) -> Reply:
        """Carry one message and give what came of it; raises TransportDown where none can be carried now."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...
