"""The polite client: who it says it is, when it asks again, what it refuses."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import httpx2
import pytest

from digest.sources.base import SourceError
from digest.sources.fetch import LONGEST_WAIT, Fetcher

ADDRESS = "https://rss.arxiv.org/rss/cs"
Answer = Callable[[httpx2.Request], httpx2.Response]


class Host:
    """A host that answers as told, one answer after the other and the last one for ever; and how long was slept."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers, self.asked, self.slept = list(answers), list[dict[str, str]](), list[float]()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(dict(request.headers))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def fetch(self, cache: Path | None = None, times: int = 1, **facts: Any) -> bytes:
        """Ask the host."""
        turn: Callable[[str], AbstractContextManager[Any]] = facts.pop("turn", lambda host: nullcontext())
        fetcher = Fetcher(
            contact="ops@example.org", cache=cache, turn=turn, sleep=self.slept.append,
            transport=httpx2.MockTransport(self), **facts,
        )  # fmt: skip
        try:
            return [fetcher.get(ADDRESS) for _ in range(times)][-1]
        finally:
            fetcher.close()


def test_it_says_who_it_is_and_takes_its_turn() -> None:
    turns: list[str] = []

    def turn(host: str) -> AbstractContextManager[None]:
        turns.append(host)
        return nullcontext()

    host = Host(httpx2.Response(200, content=b"body"))
    assert host.fetch(turn=turn) == b"body"
    assert (turns, host.slept) == (["rss.arxiv.org"], [])
    assert host.asked[0]["user-agent"] == "trending-papers-digest (+ops@example.org)"


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [("7", 7, 7), ("9999", LONGEST_WAIT, LONGEST_WAIT), ("", 0, 10), ("-5", 0, 10), ("soon", 0, 10), ("²", 0, 10)],
)
def test_a_host_that_asks_for_patience_gets_it(retry_after: str, least: float, most: float) -> None:
    busy = httpx2.Response(429, headers=[(b"Retry-After", retry_after.encode("latin-1"))])
    host = Host(busy, httpx2.Response(200, content=b"body"))
    assert host.fetch() == b"body"
    assert len(host.asked) == 2
    assert least <= host.slept[0] <= most


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx2.Response(503), "rss.arxiv.org did not answer: status 503"),
        (httpx2.ReadTimeout("slow"), "did not answer: ReadTimeout: slow"),
        (httpx2.ConnectError("refused"), "did not answer: ConnectError"),
        (httpx2.RemoteProtocolError("broken off"), "did not answer: RemoteProtocolError"),
    ],
)
def test_a_host_that_never_answers_is_given_up_after_the_attempts(answer: httpx2.Response, says: str) -> None:
    host = Host(answer)
    with pytest.raises(SourceError, match=says):
        host.fetch(attempts=3)
    assert (len(host.asked), len(host.slept)) == (3, 2)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx2.Response(301, headers={"Location": "https://elsewhere.example"}), "redirects to https://elsewhere"),
        (httpx2.Response(404, content=b"no such page"), "answers 404: no such page"),
        (httpx2.Response(400), "answers 400"),
        (httpx2.Response(204), "answers 204"),
    ],
)
def test_what_cannot_get_better_is_asked_once(answer: httpx2.Response, says: str) -> None:
    host = Host(answer)
    with pytest.raises(SourceError, match=says):
        host.fetch()
    assert len(host.asked) == 1


def test_a_body_without_end_is_not_read_to_its_end() -> None:
    given: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            given.append(1)
            yield b"x" * 1_000

    host = Host(httpx2.Response(200, content=endless()))
    with pytest.raises(SourceError, match="more than 5,000 bytes"):
        host.fetch(most_bytes=5_000)
    assert len(given) < 100


def test_a_turn_that_never_comes_is_a_source_error() -> None:
    def never(_host: str) -> AbstractContextManager[None]:
        raise TimeoutError

    with pytest.raises(SourceError, match="others were asking"):
        Host(httpx2.Response(200)).fetch(turn=never)


def test_an_unchanged_answer_is_asked_for_conditionally_and_read_from_the_cache(tmp_path: Path) -> None:
    fresh = {"ETag": '"one"', "Cache-Control": "max-age=0", "Date": "Tue, 17 Mar 2026 09:00:00 GMT"}
    host = Host(httpx2.Response(200, content=b"body", headers=fresh), httpx2.Response(304, headers=fresh))
    assert host.fetch(tmp_path / "cache", times=2) == b"body"
    assert [headers.get("if-none-match") for headers in host.asked] == [None, '"one"']
