"""The one-method protocol by which messages leave the house."""

from typing import Protocol

from digest.domain.delivery import Reply
from digest.domain.message import Message


class Transport(Protocol):
    """Carries a message out."""

    def send(self, message: Message) -> Reply:
        """Carry one message; every end of it is a Reply, an exception is a fault of ours."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...
