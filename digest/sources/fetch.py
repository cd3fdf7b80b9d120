"""The one polite client: says who it is, keeps its distance, asks again with patience, and never takes too much."""

import contextlib
import logging
import re
import sqlite3
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hishel
import httpx2
import tenacity
from hishel.httpx2 import CacheTransport

from digest.sources.base import MOST_BYTES, SourceError
from digest.sources.turns import LONGEST_WAIT, TryAgain, TurnedAway
from digest.sources.wire import TELLING, Telling, Wire

log = logging.getLogger(__name__)
TRY_AGAIN, TURNED_AWAY = {500, 502, 504}, {429, 503}
CODINGS = {"", "identity", "gzip", "deflate"}
"""How a body may be packed, once: a chain of packings can swell without giving a byte that could be counted."""
ERROR_BYTES = 100_000
MOST_REDIRECTS = 3
PLAIN = " @:/.,;-_+~"
"""Characters of a contact that may stand in a header as they are; others are percent-encoded."""
WAITS = tenacity.wait_exponential(multiplier=2, max=60) + tenacity.wait_random(0, 1)
Turn = Callable[[str], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a host answered with status 200; the names of headers are in lower case."""

    body: bytes
    headers: Mapping[str, str]


class Fetcher:
    """GET and POST with manners.

    Headers of a single request, such as an API key, go on the wire only: never into the cache, a message or a log.

    Parameters
    ----------
    contact : str
        The operator's address or page, sent in the User-Agent so that a host can complain to somebody.
    cache : Path or None
        Folder of the on-disk HTTP cache (RFC 9111: conditional requests); None keeps nothing.
    turn : callable
        `turn(host)` is a context manager that waits until this host may be asked again; a refusal passes through it.
    sleep, monotonic : callables
        Waiting between tries, in seconds, and a clock that only goes forward.
    attempts : int
        Tries for one address in all.
    most_bytes, most_seconds : int, float
        The longest body that is read, unpacked, and the longest time one answer may take.
    silence : float
        Seconds a host may say nothing.
    private_hosts : collection of str
        Names of hosts that may lie in a private network.
    """

    def __init__(
        self,
        *,
        contact: str,
        cache: Path | None,
        turn: Turn,
        sleep: Callable[[float], None],
        monotonic: Callable[[], float] = time.monotonic,
        attempts: int = 4,
        most_bytes: int = MOST_BYTES,
        most_seconds: float = 300.0,
        silence: float = 60.0,
        private_hosts: Collection[str] = (),
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.turn, self.most_bytes, self.retrying = turn, most_bytes, _patience(attempts, sleep)
        limits: dict[str, Any] = {"most_bytes": most_bytes, "most_seconds": most_seconds, "monotonic": monotonic}
        wire = Telling(transport or Wire(private_hosts=private_hosts, **limits))
        facts = _manners(contact, silence)
        self.clients = {"POST": httpx2.Client(transport=wire, **facts)}
        self.clients["GET"] = httpx2.Client(transport=_cached(wire, cache, most_bytes), **facts)

    def get(self, address: str, *, headers: Mapping[str, str] | None = None) -> bytes:
        """Fetch an address.

        Returns
        -------
        The body of an answer 200, at most `most_bytes` long.

        Raises
        ------
        SourceError
            If no usable answer came: what happened, with which host; `status` and `body` are those of its answer.
        """
        return self.ask(address, headers=headers).body

    def post(self, address: str, json: object, *, headers: Mapping[str, str] | None = None) -> bytes:
        """Send JSON to an address, which is never cached; gives and raises what `get` does."""
        return self.ask(address, json=json, headers=headers).body

    def ask(self, address: str, *, json: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch an address, or send JSON to it if there is any, and give the headers of the answer as well."""
        url = _read(address)
        for _ in range(1 + MOST_REDIRECTS):
            try:
                found = self.retrying(self._once, url, json, headers or {})
            except TryAgain as error:
                wish = f", and asks for {error.after:,.0f} s of patience" if error.after > LONGEST_WAIT else ""
                message = f"{url.host} did not answer: {error}{wish}"
                raise SourceError(message, status=error.status, body=error.body) from error
            if isinstance(found, Answer):
                return found
            url = found
        raise SourceError(f"{url.host} redirects more than {MOST_REDIRECTS} times; stopped following")

    def _once(self, url: httpx2.URL, json: object, headers: Mapping[str, str]) -> Answer | httpx2.URL:
        method = "GET" if json is None else "POST"
        stream = self.clients[method].stream(method, url, json=json, extensions={TELLING: dict(headers)})
        try:
            with self.turn(url.host), stream as answer:
                return self._taken(answer, headers)
        except (sqlite3.Error, RuntimeError) as error:
            raise SourceError(f"the HTTP cache is damaged: {error}; delete the folder http in the cache") from error
        except (httpx2.LocalProtocolError, UnicodeError):
            # What they say may hold the header, and the header a key.
            raise SourceError(f"a header for {url.host} holds what no header can hold") from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise TryAgain(f"{type(error).__name__}: {error}") from error
        except TimeoutError as error:
            raise SourceError(f"{url.host} could not be asked: others were asking it all the time") from error

    def _taken(self, answer: httpx2.Response, headers: Mapping[str, str]) -> Answer | httpx2.URL:
        host, status = answer.url.host, answer.status_code
        if (coding := answer.headers.get("Content-Encoding", "").strip().lower()) not in CODINGS:
            raise SourceError(f"{host} packs its answer as {coding[:40]!r}; not unpacked", status=status)
        if status == 200:
            return Answer(body=self._body(answer, host), headers=dict(answer.headers))
        if answer.next_request is not None:
            return _followed(answer, answer.next_request.url)
        body = _without(headers, _beginning(answer))
        if status in TRY_AGAIN | TURNED_AWAY:
            kind = TurnedAway if status in TURNED_AWAY else TryAgain
            raise kind(f"status {status}", after=_wished(answer.headers), status=status, body=body)
        said = " ".join(body[:1_000].decode("utf-8", "replace").split())
        printable = "".join(letter for letter in said if letter.isprintable())[:200]
        raise SourceError(f"{host} answers {status}: {printable}", status=status, body=body)

    def _body(self, answer: httpx2.Response, host: str) -> bytes:
        chunks, size = [], 0
        for chunk in answer.iter_bytes():
            size += len(chunk)
            if size > self.most_bytes:
                raise SourceError(f"{host} sends more than {self.most_bytes:,} bytes; stopped reading", status=200)
            chunks.append(chunk)
        return b"".join(chunks)

    def close(self) -> None:
        """End the connections."""
        for client in self.clients.values():
            client.close()


def _manners(contact: str, silence: float) -> dict[str, Any]:
    # no-cache: the cache answers only after asking whether its copy still holds; a stale day must not last.
    told = {"User-Agent": f"trending-papers-digest (+{quote(contact, safe=PLAIN)})", "Cache-Control": "no-cache"}
    told["Accept-Encoding"] = "gzip, deflate"
    return {"headers": told, "trust_env": False, "timeout": httpx2.Timeout(silence, connect=min(15.0, silence))}


def _patience(attempts: int, sleep: Callable[[float], None]) -> tenacity.Retrying:
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, TryAgain) and error.after <= LONGEST_WAIT),
        stop=tenacity.stop_after_attempt(attempts),
        wait=_wait,
        sleep=sleep,
        reraise=True,
    )


def _cached(wire: httpx2.BaseTransport, folder: Path | None, most_bytes: int) -> httpx2.BaseTransport:
    if folder is None:
        return wire
    folder.mkdir(parents=True, exist_ok=True)
    storage = hishel.SqliteStorage(database_path=folder / "http.sqlite3", max_stream_size=most_bytes)
    return CacheTransport(wire, storage=storage, rfc=hishel.CacheOptions(shared=False))


def _read(address: str) -> httpx2.URL:
    try:
        url = httpx2.URL(address)
    except (httpx2.InvalidURL, UnicodeError, TypeError) as error:
        raise SourceError(f"not an address: {address[:100]!r}") from error
    is_place = re.fullmatch(r"[\w.:-]+", url.host) and 0 < (url.port or 80) < 65_536
    if url.scheme not in {"http", "https"} or not is_place or url.userinfo:
        raise SourceError(f"not an address to ask: {address[:100]!r} (http and https only, without a name to log in)")
    return url


def _followed(answer: httpx2.Response, url: httpx2.URL) -> httpx2.URL:
    held = answer.url
    to_tls = (held.scheme, held.port, url.scheme, url.port) == ("http", None, "https", None)
    same = url.host == held.host and (to_tls or (url.scheme, url.port) == (held.scheme, held.port))
    if not same or url.userinfo or answer.request.method != "GET":
        where = answer.headers.get("Location", "?")[:100]
        raise SourceError(f"{held.host} redirects to {where}; not followed", status=answer.status_code)
    return url


def _beginning(answer: httpx2.Response) -> bytes:
    body = bytearray()
    with contextlib.suppress(httpx2.TransportError, httpx2.DecodingError):
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) >= ERROR_BYTES:
                break
    return bytes(body[:ERROR_BYTES])


def _without(headers: Mapping[str, str], body: bytes) -> bytes:
    """Blot out what was told in headers: a host that refuses a key likes to repeat it."""
    for value in headers.values():
        secret = value.split()[-1:] or [""]
        body = body.replace(secret[0].encode("utf-8", "replace"), b"...") if len(secret[0]) >= 6 else body
    return body


def _wished(headers: httpx2.Headers) -> float:
    """Read how long a host asks to wait: seconds, a date (by its own clock), or the reset of its RateLimit."""
    wish = headers.get("Retry-After", "").strip()
    if wish.isdecimal():
        return float(wish)
    with contextlib.suppress(ValueError, TypeError, OverflowError, IndexError):
        until, now = parsedate_to_datetime(wish), parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - now).total_seconds())
    reset = re.search(r";\s*t=(\d{1,6})\b", headers.get("RateLimit", ""))
    return float(reset[1]) if reset and not wish else 0.0


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    wished = error.after if isinstance(error, TryAgain) else 0.0
    log.warning("asking again after: %s", error)
    return max(wished, float(WAITS(state)))
