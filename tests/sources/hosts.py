"""A host that answers from a function; what it was asked is there to be read."""

from collections.abc import Callable
from typing import cast

from digest.sources.fetch import Fetcher

Answer = bytes | Exception


class Host:
    """Answers a request with bytes, or fails as it is told."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self.answer, self.asked = answer, list[str]()

    @property
    def fetcher(self) -> Fetcher:
        """The host as the sources know it."""
        return cast("Fetcher", self)

    def get(self, address: str) -> bytes:
        """Answer."""
        self.asked.append(address)
        answer = self.answer(address)
        if isinstance(answer, Exception):
            raise answer
        return answer


def in_turn(*answers: Answer) -> Host:
    """Give a host that answers one after the other, the last one for ever."""
    left = list(answers)
    return Host(lambda _: left.pop(0) if len(left) > 1 else left[0])
