"""The polite client: who it says it is, when it asks again, what it refuses, and that it ends."""

import gzip
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from digest.sources.base import SourceError
from digest.sources.fetch import Fetcher
from digest.sources.turns import LONGEST_WAIT, Turns
from tests import replay

ADDRESS = "https://rss.arxiv.org/rss/cs"
SECRET = "sk-0123456789"


class Wire:
    """A host that answers as told, one answer after the other and the last one for ever; and how long was slept."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers, self.asked, self.slept = list(answers), list[httpx2.Request](), list[float]()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.asked.append(httpx2.Request(request.method, request.url, headers=request.headers, content=request.content))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def fetcher(self, cache: Path | None = None, **facts: Any) -> Fetcher:
        """Give a client that asks this host."""
        turn: Callable[[str], AbstractContextManager[Any]] = facts.pop("turn", lambda host: nullcontext())
        usual: dict[str, Any] = {"sleep": self.slept.append, "transport": httpx2.MockTransport(self)}
        return Fetcher(contact="ops@example.org", cache=cache, turn=turn, **(usual | facts))

    def fetch(self, cache: Path | None = None, times: int = 1, **facts: Any) -> bytes:
        """Ask the host."""
        fetcher = self.fetcher(cache, **facts)
        try:
            return [fetcher.get(ADDRESS) for _ in range(times)][-1]
        finally:
            fetcher.close()


@pytest.fixture
def host() -> Iterator[replay.Host]:
    with replay.replaying() as opened:
        yield opened


def reaching(**facts: Any) -> Fetcher:
    """Give a client for real sockets on loopback."""
    usual: dict[str, Any] = {"cache": None, "turn": lambda _: nullcontext(), "sleep": lambda _: None, "attempts": 2}
    return Fetcher(contact="ops@example.org", **(usual | {"private_hosts": ("127.0.0.1",)} | facts))


def test_it_says_who_it_is_and_takes_its_turn() -> None:
    turns: list[str] = []

    def turn(host: str) -> AbstractContextManager[None]:
        turns.append(host)
        return nullcontext()

    wire = Wire(httpx2.Response(200, content=b"body"))
    assert wire.fetch(turn=turn) == b"body"
    assert (turns, wire.slept) == (["rss.arxiv.org"], [])
    assert wire.asked[0].headers["user-agent"] == "trending-papers-digest (+ops@example.org)"


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "7"}, 7, 7),
        ({"Retry-After": ""}, 0, 10),
        ({"Retry-After": "-5"}, 0, 10),
        ({"Retry-After": "soon"}, 0, 10),
        ({"Retry-After": "²"}, 0, 10),
        ({"Retry-After": "Tue, 17 Mar 2026 09:00:20 GMT", "Date": "Tue, 17 Mar 2026 09:00:00 GMT"}, 20, 20),
        ({"Retry-After": "Tue, 17 Mar 2026 08:00:00 GMT", "Date": "Tue, 17 Mar 2026 09:00:00 GMT"}, 0, 10),
        ({"Retry-After": "Tue, 17 Mar 2026 09:00:20 GMT"}, 0, 10),
        ({"Retry-After": "Tue, 17 Mar 2026 09:00:20 -0000", "Date": "Tue, 17 Mar 2026 09:00:00 GMT"}, 0, 10),
        ({"RateLimit": '"api";r=0;t=15'}, 15, 15),
    ],
)
def test_a_host_that_asks_for_patience_gets_it(headers: dict[str, str], least: float, most: float) -> None:
    busy = httpx2.Response(429, headers=[(name.encode(), value.encode("latin-1")) for name, value in headers.items()])
    wire = Wire(busy, httpx2.Response(200, content=b"body"))
    assert wire.fetch() == b"body"
    assert len(wire.asked) == 2
    assert least <= wire.slept[0] <= most


@pytest.mark.parametrize("wish", [str(int(LONGEST_WAIT) + 1), "9" * 400])
def test_a_host_that_wishes_more_patience_than_a_run_has_is_not_asked_again(wish: str) -> None:
    wire = Wire(httpx2.Response(429, headers={"Retry-After": wish}))
    with pytest.raises(SourceError, match="did not answer: status 429, and asks for"):
        wire.fetch()
    assert (len(wire.asked), wire.slept) == (1, [])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx2.Response(503), "rss.arxiv.org did not answer: status 503"),
        (httpx2.Response(500), "rss.arxiv.org did not answer: status 500"),
        (httpx2.ReadTimeout("slow"), "did not answer: ReadTimeout: slow"),
        (httpx2.ConnectError("refused"), "did not answer: ConnectError"),
        (httpx2.RemoteProtocolError("broken off"), "did not answer: RemoteProtocolError"),
    ],
)
def test_a_host_that_never_answers_is_given_up_after_the_attempts(answer: httpx2.Response, says: str) -> None:
    wire = Wire(answer)
    with pytest.raises(SourceError, match=says):
        wire.fetch(attempts=3)
    assert (len(wire.asked), len(wire.slept)) == (3, 2)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx2.Response(301, headers={"Location": "https://elsewhere.example"}), "redirects to https://elsewhere"),
        (httpx2.Response(301, headers={"Location": "http://rss.arxiv.org/rss/cs"}), "redirects to http://rss.arxiv"),
        (httpx2.Response(301, headers={"Location": "https://rss.arxiv.org:81/"}), "redirects to https://rss.arxiv"),
        (httpx2.Response(301, headers={"Location": "//a:b@rss.arxiv.org/"}), "redirects to //a:b@"),
        (httpx2.Response(301, headers={"Location": "file:///etc/passwd"}), "redirects to file"),
        (httpx2.Response(301), "answers 301"),
        (httpx2.Response(304), "answers 304"),
        (httpx2.Response(404, content=b"no\n such \x1b[31mpage"), r"answers 404: no such \[31mpage"),
        (httpx2.Response(400), "answers 400"),
        (httpx2.Response(204), "answers 204"),
        (httpx2.Response(200, headers={"Content-Encoding": "br"}), "packs its answer as 'br'"),
        (httpx2.Response(200, headers={"Content-Encoding": "gzip, gzip"}), "packs its answer as 'gzip, gzip'"),
    ],
)
def test_what_cannot_get_better_is_asked_once(answer: httpx2.Response, says: str) -> None:
    wire = Wire(answer)
    with pytest.raises(SourceError, match=says):
        wire.fetch()
    assert len(wire.asked) == 1


@pytest.mark.parametrize("status", [400, 404, 429, 503])
def test_an_error_carries_status_and_body(status: int) -> None:
    with pytest.raises(SourceError) as caught:
        Wire(httpx2.Response(status, content=b"x" * 300_000)).fetch()
    assert (caught.value.status, len(caught.value.body)) == (status, 100_000)


@pytest.mark.parametrize(
    "address",
    ["ftp://example.org/", "file:///etc/passwd", "//example.org", "https://", "https://a:b@example.org", "", "http://[",
     "javascript:alert(1)", "https://exa mple.org/", "https://example.org:99999/", "data:,x"],
)  # fmt: skip
def test_only_addresses_of_the_web_are_asked(address: str) -> None:
    wire = Wire(httpx2.Response(200))
    with pytest.raises(SourceError, match="not an address"):
        wire.fetcher().get(address)
    assert wire.asked == []


def test_redirects_on_the_same_host_are_followed_three_times_each_in_its_turn() -> None:
    moved = [httpx2.Response(301, headers={"Location": f"/rss/{n}"}) for n in range(3)]
    turns: list[str] = []

    def turn(host: str) -> AbstractContextManager[None]:
        turns.append(host)
        return nullcontext()

    wire = Wire(*moved, httpx2.Response(200, content=b"body"))
    assert wire.fetch(turn=turn) == b"body"
    assert [str(one.url) for one in wire.asked][1:] == [f"https://rss.arxiv.org/rss/{n}" for n in range(3)]
    assert len(turns) == 4
    wire = Wire(httpx2.Response(302, headers={"Location": ADDRESS}))
    with pytest.raises(SourceError, match="redirects more than 3 times"):
        wire.fetch()
    assert len(wire.asked) == 4


def test_a_body_without_end_is_not_read_to_its_end() -> None:
    given: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            given.append(1)
            yield b"x" * 1_000

    with pytest.raises(SourceError, match="more than 5,000 bytes"):
        Wire(httpx2.Response(200, content=endless())).fetch(most_bytes=5_000)
    assert len(given) < 100


def test_a_small_body_that_unpacks_to_a_large_one_is_not_unpacked_to_its_end() -> None:
    packed = gzip.compress(b" " * 30_000_000)
    with pytest.raises(SourceError, match="more than 20,000,000 bytes"):
        Wire(httpx2.Response(200, content=iter([packed]), headers={"Content-Encoding": "gzip"})).fetch()


def test_a_turn_that_never_comes_is_a_source_error() -> None:
    def never(_host: str) -> AbstractContextManager[None]:
        raise TimeoutError

    with pytest.raises(SourceError, match="others were asking"):
        Wire(httpx2.Response(200)).fetch(turn=never)


def test_an_unchanged_answer_is_asked_for_conditionally_and_read_from_the_cache(tmp_path: Path) -> None:
    fresh = {"ETag": '"one"', "Cache-Control": "max-age=0", "Date": "Tue, 17 Mar 2026 09:00:00 GMT"}
    wire = Wire(httpx2.Response(200, content=b"body", headers=fresh), httpx2.Response(304, headers=fresh))
    assert wire.fetch(tmp_path / "cache", times=2) == b"body"
    assert [asked.headers.get("if-none-match") for asked in wire.asked] == [None, '"one"']


def test_a_private_answer_is_cached_too_and_a_broken_one_never(tmp_path: Path, host: replay.Host) -> None:
    private = {"Cache-Control": "private, max-age=60", "Vary": "Accept, Authorization"}
    host.serve("/good", replay.Answer(body=b"body", headers=private))
    host.serve("/broken", replay.broken_off(b"body" * 1_000), b"whole" * 1_000)
    fetcher = reaching(cache=tmp_path / "cache")
    told = {"Authorization": f"Bearer {SECRET}"}
    assert {fetcher.get(f"{host.address}/good", headers=told) for _ in range(3)} == {b"body"}
    assert (host.count("/good"), host.not_modified) == (3, 2)
    assert fetcher.get(f"{host.address}/broken") == b"whole" * 1_000
    fetcher.close()


def test_json_is_posted_and_never_cached(tmp_path: Path) -> None:
    fresh = {"ETag": '"one"', "Cache-Control": "max-age=3600"}
    wire = Wire(httpx2.Response(200, content=b"[]", headers=fresh))
    fetcher = wire.fetcher(tmp_path / "cache")
    assert {fetcher.post("https://example.org/batch", {"ids": ["ARXIV:1"]}) for _ in range(2)} == {b"[]"}
    assert [(one.method, one.content, one.headers.get("if-none-match")) for one in wire.asked] == [
        ("POST", b'{"ids":["ARXIV:1"]}', None)
    ] * 2
    moved = Wire(httpx2.Response(307, headers={"Location": "/elsewhere"}))
    with pytest.raises(SourceError, match="redirects to /elsewhere; not followed"):
        moved.fetcher().post("https://example.org/batch", {})
    fetcher.close()


def test_headers_of_an_answer_are_given_with_lower_case_names() -> None:
    fetcher = Wire(httpx2.Response(200, content=b"{}", headers={"X-RateLimit-Remaining": "0"})).fetcher()
    assert fetcher.ask("https://example.org/").headers["x-ratelimit-remaining"] == "0"


def test_a_secret_goes_on_the_wire_and_nowhere_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fresh = {"ETag": '"one"', "Cache-Control": "max-age=60"}
    wire = Wire(
        httpx2.Response(200, content=b"body", headers=fresh),
        httpx2.Response(503, content=SECRET.encode()),
        httpx2.Response(403, content=f"the key {SECRET} is wrong".encode()),
    )
    fetcher = wire.fetcher(tmp_path / "cache")
    told = {"Authorization": f"Bearer {SECRET}"}
    fetcher.get(ADDRESS, headers=told)
    with pytest.raises(SourceError, match=r"the key \.\.\. is wrong") as caught:
        fetcher.get(ADDRESS, headers=told)
    fetcher.close()
    assert [one.headers["authorization"] for one in wire.asked] == [f"Bearer {SECRET}"] * 3
    assert SECRET.encode() not in caught.value.body
    assert SECRET not in caplog.text
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize("key", [f"{SECRET}\n", f"{SECRET}é", f"\x00{SECRET}"])
def test_a_secret_that_cannot_be_sent_is_not_told(host: replay.Host, key: str) -> None:
    with pytest.raises(SourceError, match="what no header can hold") as caught:
        reaching().get(host.address, headers={"x-api-key": key})
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


# Over real sockets.


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "2130706433"])
def test_a_private_network_is_not_asked(host: replay.Host, name: str) -> None:
    address = host.address.replace("127.0.0.1", name)
    with pytest.raises(SourceError, match=r"lies in a private network|not an address"):
        reaching(private_hosts=()).get(address)
    assert host.asked == []


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.1", "169.254.169.254", "224.0.0.1", "fe80::1", "fd00::1"])
def test_a_name_that_leads_to_a_private_address_is_not_asked(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    def resolve(name: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", ("93.184.215.14", port)), (0, 0, 0, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(SourceError, match=f"example.org lies in a private network \\({address}\\)"):
        reaching().get("https://example.org/")


def test_a_name_is_resolved_once_and_its_checked_address_connected_to(
    monkeypatch: pytest.MonkeyPatch, host: replay.Host
) -> None:
    resolved: list[str] = []
    resolve = socket.getaddrinfo

    def rebinding(name: Any, *rest: Any, **more: Any) -> Any:
        resolved.append(name)
        return resolve("127.0.0.1" if resolved.count("papers.example") == 1 else "10.255.255.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    host.serve("/", b"body")
    address = host.address.replace("127.0.0.1", "papers.example")
    assert reaching(private_hosts=("papers.example",)).get(f"{address}/") == b"body"
    assert resolved.count("papers.example") == 1
    assert host.asked[0].headers["host"].startswith("papers.example:")


def test_a_name_nobody_knows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(SourceError, match=r"nowhere\.example did not answer: ConnectError: .*not known"):
        reaching().get("https://nowhere.example/")


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl to make a certificate with")
@pytest.mark.parametrize(
    ("name", "trusted", "says"),
    [("papers.example", True, ""), ("papers.example", False, "CERTIFICATE"), ("other.example", True, "CERTIFICATE")],
)
def test_certificates_are_checked_for_the_name_though_its_address_is_pinned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: replay.Host, name: str, trusted: bool, says: str
) -> None:
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2"]
    made += ["-subj", "/CN=papers.example", "-addext", "subjectAltName=DNS:papers.example"]
    subprocess.run(["openssl", *made], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    plain, host.socket = host.socket, context.wrap_socket(host.socket, server_side=True)
    plain.close()
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **more: resolve("127.0.0.1", *rest, **more))
    host.serve("/", b"body")
    ask = partial(reaching(private_hosts=(name,)).get, f"https://{name}:{host.server_port}/")
    if not says:
        assert ask() == b"body"
        return
    with pytest.raises(SourceError, match=says):
        ask()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (replay.drip(b"x" * 10_000, pause=0.02), "needs more than 0 s"),
        (replay.Answer(body=gzip.compress(b"x" * 10_000), headers={"Content-Encoding": "gzip"}, pause=0.02), "needs"),
        (replay.hang(), "did not answer: ReadTimeout"),
    ],
)
def test_an_answer_that_does_not_end_is_ended(host: replay.Host, answer: replay.Answer, says: str) -> None:
    host.serve("/", answer)
    began = time.monotonic()
    with pytest.raises(SourceError, match=says):
        reaching(most_seconds=0.4, silence=0.2).get(f"{host.address}/")
    assert time.monotonic() - began < 3


def test_headers_that_drip_are_ended_too() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not ended.wait(0.02):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    with pytest.raises(SourceError, match="needs more than"):
        reaching(most_seconds=0.4).get(f"http://127.0.0.1:{server.getsockname()[1]}/")
    ended.set()
    thread.join()
    server.close()


def test_what_follows_a_packed_body_is_not_taken_without_limit(host: replay.Host) -> None:
    packed = gzip.compress(b"small") + b"\0" * 3_000_000
    host.serve("/", replay.Answer(body=packed, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(SourceError, match="sends more than"):
        reaching(most_bytes=1_000_000).get(f"{host.address}/")


def test_a_host_that_keeps_refusing_is_let_alone_by_every_run(tmp_path: Path, host: replay.Host) -> None:
    now = 1_800_000_000.0
    host.serve("/", *[replay.refusal()] * 4, b"body")

    def run() -> bytes:
        turns = Turns(tmp_path / "turns", clock=lambda: now, sleep=lambda _: None)
        return reaching(turn=turns, attempts=4).get(f"{host.address}/")

    with pytest.raises(SourceError, match="did not answer: status 429"):
        run()
    with pytest.raises(SourceError, match="is not asked before 2027-01-15 08:05 UTC: it refused 4 times") as caught:
        run()
    assert (host.count(), caught.value.status) == (4, 429)
    now += 301
    assert run() == b"body"
    assert (run(), host.count()) == (b"body", 6)
