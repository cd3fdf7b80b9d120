"""The protocol by which messages leave the house: make sure of a way, carry a message, let go."""

from typing import Protocol

from digest.domain.delivery import Reply
from digest.domain.message import Message


class TransportDown(Exception):  # noqa: N818 - it says what is so.
    """No message can leave at present: stop this round, keep everything, and try again later.

    Attributes
    ----------
    for_all : bool
        Whether no other connection can fare better, as where the login is refused. If not, the server may only take
        fewer connections than it is offered.
    """

    def __init__(self, words: str, *, for_all: bool = False) -> None:
        super().__init__(words)
        self.for_all = for_all


class Stale(Exception):  # noqa: N818 - it says what is so.
    """The way that was open is so no more, and nothing was said of the message: open anew, ask again, send."""


class Transport(Protocol):
    """Carries a message out."""

    def open(self) -> None:
        """Make sure that a message can be carried at once; raises TransportDown where none can be carried now."""
        ...

    def send(self, message: Message) -> Reply:
        """Carry one message by what is open, and give what came of it; raises Stale and TransportDown."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...
