"""Collecting over real HTTP on loopback: the feeds are asked as the sources want it, and a failing one is named."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from digest.actions.collect import asking, collect
from digest.resources import resource_dir
from digest.sources.arxiv_feed import ArxivFeed
from digest.sources.base import Source
from digest.sources.fetch import Fetcher
from digest.sources.huggingface import DailyPapers
from digest.store import papers
from digest.store.database import Database
from tests.builders import NOW

DAY = date(2026, 3, 18)


class Host(ThreadingHTTPServer):
    """Both sources on one port; remembers what was asked, and fails where it is told to."""

    asked: list[tuple[str, str]]
    failing: set[str]


class Answers(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self.server.asked.append((self.path, self.headers["User-Agent"]))
        folder = resource_dir("sample") / DAY.isoformat()
        if address.path in self.server.failing:
            return self._answer(503, b"busy")
        if address.path.startswith("/rss/"):
            return self._answer(200, (folder / "arxiv.xml").read_bytes())
        asked = parse_qs(address.query)
        name = "huggingface.json" if asked["date"] == [DAY.isoformat()] else "huggingface_yesterday.json"
        return self._answer(200, (folder / name).read_bytes() if asked["p"] == ["0"] else b"[]")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def host() -> Iterator[Host]:
    server = Host(("127.0.0.1", 0), Answers)
    server.asked, server.failing = [], set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@contextmanager
def sources(host: Host, folder: Path) -> Iterator[list[Source]]:
    base = f"http://127.0.0.1:{host.server_port}"
    fetcher = Fetcher(
        contact="ops@example.org",
        cache=folder / "http",
        turn=lambda _: nullcontext(),
        sleep=lambda _: None,
        private_hosts=("127.0.0.1",),
    )
    yield [
        ArxivFeed(fetcher, ("cs.AI", "cs.CL"), f"{base}/rss/"),
        DailyPapers(fetcher, f"{base}/api/daily_papers"),
    ]
    fetcher.close()


def test_a_day_is_collected_over_http(database: Database, host: Host, tmp_path: Path) -> None:
    with sources(host, tmp_path) as asked:
        report = collect(database, asking(asked), DAY, observed_at=NOW, now=NOW)
    assert report.done, report.failed
    assert [path for path, _ in host.asked] == [
        "/rss/cs.AI+cs.CL",
        "/api/daily_papers?date=2026-03-18&limit=100&p=0",
        "/api/daily_papers?date=2026-03-17&limit=100&p=0",
    ]
    assert {agent for _, agent in host.asked} == {"trending-papers-digest (+ops@example.org)"}
    with database.reading() as connection:
        assert papers.count(connection) == report.new > 50


def test_a_failing_source_is_named_and_the_other_is_kept(database: Database, host: Host, tmp_path: Path) -> None:
    host.failing = {"/rss/cs.AI+cs.CL"}
    with sources(host, tmp_path) as asked:
        report = collect(database, asking(asked), DAY, observed_at=NOW, now=NOW)
    assert report.failed == ["arxiv: 127.0.0.1 did not answer: status 503"]
    assert sum(path.startswith("/rss/") for path, _ in host.asked) == 4, "asked again with patience, then given up"
    assert report.verdicts["arxiv 2026-03-18"] == "failed"
    assert report.papers == 43
