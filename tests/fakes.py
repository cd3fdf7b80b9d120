"""Stand-ins that are lists: what was sent is there to be read."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from digest.domain.delivery import Outcome, Reply
from digest.domain.listing import Batch, Listing
from digest.domain.message import Message
from digest.domain.pace import Limits, Pace, Speed

SENT = Reply(outcome=Outcome.SENT, text="250 ok")


class ListTransport:
    """A transport that keeps what it is given and answers as it is told."""

    def __init__(self, answer: Callable[[Message], Reply] = lambda _: SENT) -> None:
        self.sent: list[Message] = []
        self.answer = answer

    def open(self) -> None:
        """A list is always open."""

    def send(self, message: Message) -> Reply:
        """Keep a message."""
        reply = self.answer(message)
        if reply.outcome is Outcome.SENT:
            self.sent.append(message)
        return reply

    def close(self) -> None:
        """Nothing is open."""


class ListSource:
    """A source that lists what it is given, and then fails if it is told how."""

    def __init__(self, *found: Listing, name: str = "huggingface", fails: Exception | None = None) -> None:
        self.name, self.found, self.fails = name, found, fails

    def batches(self, day: date, observed_at: datetime) -> Iterator[Batch]:
        """Give one batch, if there is anything to list."""
        if self.found or self.fails is None:
            yield Batch(source=self.name, announced_on=day, listings=self.found)
        if self.fails is not None:
            raise self.fails


class Watch:
    """A watch that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        """Tell the seconds."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let them pass."""
        self.seconds += seconds


def speed(watch: Watch | None = None, **limits: int) -> Speed:
    """Give a speed by a watch of the tests; one connection and no limit, if none is named."""
    shown = watch or Watch()
    return Speed(pace=Pace(Limits(**limits)), monotonic=shown.monotonic, sleep=shown.sleep)
