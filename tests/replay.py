"""A host on loopback that replays answers by path, with headers as real ones send them, and fails where it is told to.

>>> import urllib.request
>>> with replaying() as host:
...     host.serve("/rss/*", b"<rss/>")
...     urllib.request.urlopen(host.address + "/rss/cs.CL").read(), host.count("/rss/*")
(b'<rss/>', 1)
"""

import hashlib
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from urllib.parse import parse_qs, urlsplit

PIECE = 65_536
TYPES = {"<": "application/rss+xml; charset=utf-8", "[": "application/json; charset=utf-8"}
TYPES |= {"{": TYPES["["], "": "text/plain; charset=utf-8"}
Pieces = Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer.

    Attributes
    ----------
    body : bytes, or a callable that gives the pieces of a body too long to hold
    headers : what is sent beside Content-Type, Content-Length, ETag, Cache-Control, Date and Server
    length : the Content-Length that is told; None tells the true one, or none for pieces, -1 never tells any
    waits : seconds before the first byte
    pause : seconds between the pieces
    """

    body: bytes | Pieces = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    waits: float = 0.0
    pause: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: the names of its headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes = b""


Answers = Callable[[str, Mapping[str, Sequence[str]], Mapping[str, str]], Answer]


class Host(ThreadingHTTPServer):
    """The host; use it by `replaying()`.

    Attributes
    ----------
    asked : every request it got, in order
    not_modified : how many of them it answered with 304
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Replay)
        self.served: list[tuple[str, Answers]] = []
        self.asked: list[Asked] = []
        self.not_modified = 0
        self.ending = threading.Event()

    @property
    def address(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"

    def serve(self, pattern: str, *answers: bytes | Answer | Answers) -> None:
        """Answer paths that match a pattern (`*` and `?`); what was served last is looked at first.

        Several answers are given one after the other, the last one for ever; a callable
        `(path, query, headers) -> Answer` decides anew each time.
        """
        self.served.insert(0, (pattern, _one_after_the_other(list(answers))))

    def count(self, pattern: str = "*") -> int:
        """Count the requests for paths that match a pattern."""
        return sum(fnmatchcase(one.path, pattern) for one in self.asked)

    def answer(self, asked: Asked) -> Answer:
        """Give the answer to a request; 404 for a path nothing is served for."""
        for pattern, answers in list(self.served):
            if fnmatchcase(asked.path, pattern):
                return answers(asked.path, asked.query, asked.headers)
        return Answer(status=404, body=b"Not Found")

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away."""


@contextmanager
def replaying() -> Iterator[Host]:
    """Run a host for the time of a `with` block; whatever it still waits for ends with the block."""
    host = Host()
    thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        host.ending.set()
        host.shutdown()
        thread.join()
        host.server_close()


class _Replay(BaseHTTPRequestHandler):
    server: Host
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        query = parse_qs(address.query, keep_blank_values=True)
        asked = Asked(method=self.command, path=address.path, query=query, headers=headers, body=body)
        self.server.asked.append(asked)
        self.close_connection = True
        with suppress(OSError):
            self._send(self.server.answer(asked), headers.get("if-none-match", ""))

    do_POST = do_GET  # noqa: N815 - the name the library calls.

    def _send(self, answer: Answer, held: str) -> None:
        self.server.ending.wait(answer.waits)
        told = dict(answer.headers)
        whole = answer.body if isinstance(answer.body, bytes) else None
        if whole is not None and answer.status == 200:
            told = {"ETag": f'"{hashlib.sha256(whole).hexdigest()[:32]}"', "Cache-Control": "max-age=3600"} | told
        if whole is not None:
            told = {"Content-Type": TYPES.get(whole.lstrip()[:1].decode("latin-1"), TYPES[""])} | told
        if held and held == told.get("ETag"):
            self.server.not_modified += 1
            answer, whole = replace(answer, status=304, body=b"", length=-1), b""
        length = len(whole) if answer.length is None and whole is not None else answer.length
        if length is not None and length >= 0:
            told["Content-Length"] = str(length)
        self.send_response(answer.status)
        for name, value in told.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in answer.body() if callable(answer.body) else _cut(answer.body, 1 if answer.pause else PIECE):
            self.wfile.write(piece)
            if answer.pause and self.server.ending.wait(answer.pause):
                return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _one_after_the_other(answers: list[bytes | Answer | Answers]) -> Answers:
    def give(path: str, query: Mapping[str, Sequence[str]], headers: Mapping[str, str]) -> Answer:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, bytes):
            return Answer(body=answer)
        return answer if isinstance(answer, Answer) else answer(path, query, headers)

    return give


def _cut(body: bytes, size: int) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


# The ways in which a host fails.


def refusal(status: int = 429, retry_after: str = "") -> Answer:
    """Too many requests (429) or too busy (503), with or without Retry-After."""
    headers = {"Retry-After": retry_after} if retry_after else {}
    return Answer(status=status, body=b"Rate exceeded." if status == 429 else b"Service Unavailable", headers=headers)


def hang() -> Answer:
    """Take the request and say nothing."""
    return Answer(waits=600)


def drip(body: bytes, pause: float = 0.05) -> Answer:
    """Send a body a byte at a time."""
    return Answer(body=body, pause=pause)


def broken_off(body: bytes) -> Answer:
    """Send half a body under the length of the whole, and close."""
    return Answer(body=body[: len(body) // 2], length=len(body))


def told_short(body: bytes) -> Answer:
    """Tell a Content-Length of half the body that is sent."""
    return Answer(body=body, length=len(body) // 2)


def page() -> Answer:
    """An HTML page where a feed is expected, as captive portals and error pages do with status 200."""
    said = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in</body></html>"
    return Answer(body=said, headers={"Content-Type": "text/html; charset=utf-8"})


def redirect(to: str, status: int = 302) -> Answer:
    """Send the client to another address."""
    return Answer(status=status, headers={"Location": to})


def flood(size: int = 200_000_000) -> Answer:
    """A body of spaces that is too long; its length is told."""
    return Answer(body=lambda: repeat(b" " * PIECE, size // PIECE), length=size // PIECE * PIECE)


def gzip_bomb(size: int = 500_000_000) -> Answer:
    """A small body that unpacks to half a gigabyte of spaces."""
    packer, piece = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16), b" " * 10_000_000
    packed = b"".join([*(packer.compress(piece) for _ in range(size // len(piece))), packer.flush()])
    return Answer(body=packed, headers={"Content-Encoding": "gzip", "Content-Type": TYPES["<"]})


def entity_bomb(padding: int = 0) -> Answer:
    """A feed whose entities would expand to gigabytes, after a comment of some bytes."""
    entities = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 11))
    feed = f'<!DOCTYPE rss [<!ENTITY e0 "{"x" * 100}">{entities}]><rss><channel><title>&e10;</title></channel></rss>'
    return Answer(body=f'<?xml version="1.0"?><!--{" " * padding}-->{feed}'.encode())
