"""Stand-ins that are lists: what was sent is there to be read."""

from collections.abc import Callable

from digest.domain.delivery import Outcome, Reply
from digest.domain.message import Message

SENT = Reply(outcome=Outcome.SENT, text="250 ok")


class ListTransport:
    """A transport that keeps what it is given and answers as it is told."""

    def __init__(self, answer: Callable[[Message], Reply] = lambda _: SENT) -> None:
        self.sent: list[Message] = []
        self.answer = answer

    def send(self, message: Message) -> Reply:
        """Keep a message."""
        reply = self.answer(message)
        if reply.outcome is Outcome.SENT:
            self.sent.append(message)
        return reply

    def close(self) -> None:
        """Nothing is open."""
