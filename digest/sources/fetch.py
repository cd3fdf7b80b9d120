"""The one polite client: says who it is, keeps its distance, asks again with patience, and never takes too much."""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import hishel
import httpx2
import tenacity
from hishel.httpx2 import CacheTransport

from digest.sources.base import MOST_BYTES, SourceError

log = logging.getLogger(__name__)
TRY_AGAIN = {429, 500, 502, 503, 504}
TIME_OUT = httpx2.Timeout(60, connect=15)
LONGEST_WAIT = 120.0
PLAIN = " @:/.,;-_+~"
"""Characters of a contact that may stand in a header as they are; others are percent-encoded."""
WAITS = tenacity.wait_exponential(multiplier=2, max=60) + tenacity.wait_random(0, 1)
Turn = Callable[[str], AbstractContextManager[Any]]


class TryAgain(Exception):  # noqa: N818 - it says what the caller may do.
    """The host asks for patience or could not be reached; `after` is its wish in seconds, 0 if it named none."""

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


class Fetcher:
    """GET with manners.

    Parameters
    ----------
    contact : str
        The operator's address or page, sent in the User-Agent so that a host can complain to somebody.
    cache : Path or None
        Folder of the on-disk HTTP cache (RFC 9111: conditional requests); None keeps nothing.
    turn : callable
        `turn(host)` is a context manager that waits until this host may be asked again.
    sleep : callable
        Waits between tries; seconds.
    attempts : int
        Tries for one address in all.
    most_bytes : int
        The longest body that is read.
    """

    def __init__(
        self,
        *,
        contact: str,
        cache: Path | None,
        turn: Turn,
        sleep: Callable[[float], None],
        attempts: int = 4,
        most_bytes: int = MOST_BYTES,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.turn, self.most_bytes = turn, most_bytes
        wire = transport or httpx2.HTTPTransport()
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)
            storage = hishel.SqliteStorage(database_path=cache / "http.sqlite3", max_stream_size=most_bytes)
            wire = CacheTransport(wire, storage=storage, rfc=True)
        # no-cache: the cache answers only after asking whether its copy still holds; a stale day must not last.
        told = {"User-Agent": f"trending-papers-digest (+{quote(contact, safe=PLAIN)})", "Cache-Control": "no-cache"}
        self.client = httpx2.Client(transport=wire, headers=told, timeout=TIME_OUT, trust_env=False)
        self.retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TryAgain),
            stop=tenacity.stop_after_attempt(attempts),
            wait=_wait,
            sleep=sleep,
            reraise=True,
        )

    def get(self, address: str) -> bytes:
        """Fetch an address.

        Returns
        -------
        The body of an answer 200, at most `most_bytes` long.

        Raises
        ------
        SourceError
            If no usable answer came: what happened, with which host.
        """
        try:
            return self.retrying(self._once, address)
        except TryAgain as error:
            raise SourceError(f"{urlsplit(address).hostname} did not answer: {error}") from error

    def _once(self, address: str) -> bytes:
        host = urlsplit(address).hostname or ""
        try:
            with self.turn(host), self.client.stream("GET", address) as answer:
                return self._body(answer, host)
        except sqlite3.Error as error:
            raise SourceError(f"the HTTP cache is damaged: {error}; delete the folder http in the cache") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise TryAgain(f"{type(error).__name__}: {error}") from error
        except TimeoutError as error:
            raise SourceError(f"{host} could not be asked: others were asking it all the time") from error

    def _body(self, answer: httpx2.Response, host: str) -> bytes:
        if answer.status_code in TRY_AGAIN:
            raise TryAgain(f"status {answer.status_code}", _seconds(answer.headers.get("Retry-After", "")))
        if answer.is_redirect:
            raise SourceError(f"{host} redirects to {answer.headers.get('Location', '?')[:100]}; not followed")
        chunks, size = [], 0
        for chunk in answer.iter_bytes():
            size += len(chunk)
            if size > self.most_bytes:
                raise SourceError(f"{host} sends more than {self.most_bytes:,} bytes; stopped reading")
            chunks.append(chunk)
        body = b"".join(chunks)
        if answer.status_code != 200:
            raise SourceError(f"{host} answers {answer.status_code}: {body[:200].decode('utf-8', 'replace')}")
        return body

    def close(self) -> None:
        """End the connections."""
        self.client.close()


def _seconds(retry_after: str) -> float:
    return min(float(retry_after), LONGEST_WAIT) if retry_after.isdecimal() else 0.0


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    wished = error.after if isinstance(error, TryAgain) else 0.0
    log.warning("asking again after: %s", error)
    return max(wished, float(WAITS(state)))
