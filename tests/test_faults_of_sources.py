"""Whatever a source does, a run ends in bounded time and memory, names it, and nothing that is held is lost."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from digest.actions.collect import asking, collect
from digest.actions.report import CollectReport
from digest.resources import resource_dir
from digest.sources.arxiv_feed import ArxivFeed
from digest.sources.base import Source
from digest.sources.fetch import Fetcher
from digest.sources.huggingface import DailyPapers
from digest.sources.turns import Turns
from digest.store.database import Database
from digest.store.tables import listings, papers, signals
from tests import replay
from tests.builders import NOW

BEFORE, DAY = date(2026, 3, 17), date(2026, 3, 18)
MOST_MEMORY = 300_000_000
MOST_SECONDS = 10
FEED, VOTES = "/rss/*", "/api/daily_papers"
Fault = Callable[[bytes], replay.Answer]
NO_FEED, NO_JSON = "the answer is no feed", "the answer is no JSON"

FAULTS: dict[str, tuple[Fault, str, str]] = {
    "too many requests": (lambda _: replay.refusal(429), "did not answer: status 429", ""),
    "too many, wait a little": (lambda _: replay.refusal(429, "5"), "did not answer: status 429", ""),
    "too many, wait an hour": (lambda _: replay.refusal(429, "3600"), "status 429, and asks for 3,600 s", ""),
    "too busy": (lambda _: replay.refusal(503), "did not answer: status 503", ""),
    "no answer": (lambda _: replay.hang(), "did not answer: ReadTimeout", ""),
    "a drip": (replay.drip, "needs more than 1 s for its answer", ""),
    "broken off": (replay.broken_off, "did not answer: RemoteProtocolError: peer closed connection", ""),
    "a page instead": (lambda _: replay.page(), f"{NO_FEED}; it begins with '<!DOCTYPE html", f"{NO_JSON}; it begins"),
    "nothing": (lambda _: replay.Answer(), "the answer is empty", ""),
    "another host": (lambda _: replay.redirect("https://elsewhere.example/"), "redirects to https://elsewhere.ex", ""),
    "in circles": (lambda _: replay.redirect("?"), "redirects more than 3 times", ""),
    "inwards": (lambda _: replay.redirect("http://169.254.169.254/"), "redirects to http://169.254.169.254/", ""),
    "200 MB": (lambda _: replay.flood(), "sends more than 20,000,000 bytes", ""),
    "a gzip bomb": (lambda _: replay.gzip_bomb(), "sends more than 20,000,000 bytes", ""),
    "an entity bomb": (lambda _: replay.entity_bomb(), NO_FEED, NO_JSON),
    "a late entity bomb": (lambda _: replay.entity_bomb(padding=5_000), NO_FEED, NO_JSON),
    "a very late entity bomb": (lambda _: replay.entity_bomb(padding=200_000), "", NO_JSON),
    "a short length": (replay.told_short, "partial: the answer breaks off or is malformed", NO_JSON),
    "no length and broken off": (
        lambda body: replay.Answer(body=body[: len(body) // 2], length=-1), "partial: the answer breaks off", NO_JSON
    ),
    "a wrong length": (
        lambda body: replay.Answer(body=body, headers={"Content-Length": "many"}, length=-1), "RemoteProtocolError", ""
    ),
}  # fmt: skip
"""Each with what the report says of arXiv's feed and, where that is something else, of Hugging Face's votes."""
LARGE = ("200 MB", "a gzip bomb", "an entity bomb", "a late entity bomb", "a very late entity bomb")


def sample(day: date, name: str) -> bytes:
    return (resource_dir("sample") / day.isoformat() / name).read_bytes()


def serve(host: replay.Host, day: date) -> None:
    """Serve both sources as they were on a day."""
    host.serve(FEED, sample(day, "arxiv.xml"))
    host.serve(VOTES, partial(votes, day))


def votes(day: date, _path: str, query: Any, _headers: Any) -> replay.Answer:
    name = "huggingface.json" if query["date"] == [day.isoformat()] else "huggingface_yesterday.json"
    path = resource_dir("sample") / day.isoformat() / name
    return replay.Answer(body=path.read_bytes() if path.exists() and query["p"] == ["0"] else b"[]")


def run(database: Database, address: str, day: date, only: str = "", **facts: Any) -> CollectReport:
    """Collect a day from a host, from one of the sources or both."""
    usual: dict[str, Any] = {"turn": lambda _: nullcontext(), "sleep": lambda _: None, "attempts": 3}
    usual |= {"silence": 0.3, "most_seconds": 1.0, "private_hosts": ("127.0.0.1",), "cache": None}
    fetcher = Fetcher(contact="ops@example.org", **(usual | facts))
    sources: list[Source] = [
        ArxivFeed(fetcher, ("cs.AI", "cs.CL"), f"{address}/rss/"),
        DailyPapers(fetcher, f"{address}/api/daily_papers"),
    ]
    at = NOW + (day - BEFORE)
    try:
        return collect(database, asking(s for s in sources if only in s.name), day, observed_at=at, now=at)
    finally:
        fetcher.close()


def rows(database: Database) -> set[str]:
    """Give every row of what is held, whole."""
    with database.reading() as connection:
        return {
            f"{table.name} {tuple(row)}"
            for table in (papers, listings, signals)
            for row in connection.execute(select(table))
        }


@pytest.fixture
def host() -> Iterator[replay.Host]:
    with replay.replaying() as opened:
        serve(opened, BEFORE)
        yield opened


@pytest.fixture
def held(tmp_path: Path, host: replay.Host) -> Iterator[Database]:
    """Give a database that holds a good day of both sources, whose host has come to the next day."""
    opened = Database(f"sqlite:///{tmp_path / 'held.sqlite3'}")
    opened.migrate()
    report = run(opened, host.address, BEFORE)
    assert report.done, report.failed
    assert report.new > 30
    serve(host, DAY)
    yield opened
    opened.close()


def test_the_next_day_is_good_without_a_fault(held: Database, host: replay.Host) -> None:
    report = run(held, host.address, DAY)
    assert (report.failed, report.new > 0) == ([], True)


@pytest.mark.parametrize("source", ["arxiv", "huggingface"])
@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in LARGE])
def test_a_fault_is_named_and_nothing_held_is_lost(
    held: Database, host: replay.Host, tmp_path: Path, fault: str, source: str
) -> None:
    make, says, of_votes = FAULTS[fault]
    is_feed = source == "arxiv"
    body = sample(DAY, "arxiv.xml" if is_feed else "huggingface.json")
    host.serve(FEED if is_feed else VOTES, make(body))
    before, began = rows(held), time.monotonic()
    report = run(held, host.address, DAY, source, cache=tmp_path / "http")
    assert time.monotonic() - began < MOST_SECONDS
    assert len(report.failed) == 1, report.failed
    assert (says if is_feed or not of_votes else of_votes) in report.failed[0]
    assert report.failed[0].startswith(f"{source}: ")
    assert before <= rows(held)
    if "partial" not in report.failed[0]:
        assert before == rows(held)
        assert report.verdicts == {f"{source} {DAY}": "failed"}


@pytest.mark.parametrize(("broken", "other"), [("arxiv", "huggingface"), ("huggingface", "arxiv")])
def test_a_fault_of_one_source_costs_nothing_of_the_other(
    held: Database, host: replay.Host, broken: str, other: str
) -> None:
    host.serve(FEED if broken == "arxiv" else VOTES, replay.refusal(503))
    before = len(rows(held))
    report = run(held, host.address, DAY)
    assert [one.partition(":")[0] for one in report.failed] == [broken]
    assert report.verdicts[f"{other} {DAY}"] == "complete"
    assert len(rows(held)) > before


@pytest.mark.parametrize(
    ("source", "said"),
    [("arxiv", "arxiv: stale: the batch is of"), ("huggingface", "huggingface: asked for the list of")],
)
def test_yesterdays_answer_is_not_taken_for_todays(held: Database, host: replay.Host, source: str, said: str) -> None:
    host.serve(FEED, sample(BEFORE, "arxiv.xml"))
    host.serve(VOTES, sample(BEFORE, "huggingface.json"))
    before = rows(held)
    report = run(held, host.address, DAY, source)
    assert [one for one in report.failed if one.startswith(said)], report
    assert before <= rows(held)


def test_a_day_that_was_stale_is_read_when_the_host_has_it(held: Database, host: replay.Host, tmp_path: Path) -> None:
    host.serve(FEED, sample(BEFORE, "arxiv.xml"), sample(DAY, "arxiv.xml"))
    assert not run(held, host.address, DAY, "arxiv", cache=tmp_path / "http").done
    assert run(held, host.address, DAY, "arxiv", cache=tmp_path / "http").done


def test_a_host_that_is_gone_is_named(held: Database, host: replay.Host) -> None:
    with replay.replaying() as gone:
        address = gone.address
    before = rows(held)
    report = run(held, address, DAY)
    assert [one.partition(" did not answer: ")[2][:12] for one in report.failed] == ["ConnectError"] * 2
    assert before == rows(held)


def test_a_host_that_refused_a_run_is_not_asked_by_the_next(held: Database, host: replay.Host, tmp_path: Path) -> None:
    host.serve("*", replay.refusal(429))
    before, now = rows(held), 1_800_000_000.0
    turns = Turns(tmp_path / "turns", clock=lambda: now, sleep=lambda _: None)
    first = run(held, host.address, DAY, turn=turns, attempts=4)
    asked = host.count()
    second = run(held, host.address, DAY, turn=turns, attempts=4)
    assert "arxiv: 127.0.0.1 did not answer: status 429" in first.failed
    assert ["is not asked before 2027-01-15 08:05 UTC" in one for one in second.failed] == [True, True]
    assert (host.count(), rows(held)) == (asked, before)
    now += timedelta(minutes=6).total_seconds()
    serve(host, DAY)
    assert run(held, host.address, DAY, turn=turns).done


def test_an_unchanged_answer_is_not_sent_again_and_changes_nothing(
    held: Database, host: replay.Host, tmp_path: Path
) -> None:
    assert run(held, host.address, DAY, cache=tmp_path / "http").done
    before = rows(held)
    report = run(held, host.address, DAY, cache=tmp_path / "http")
    assert (report.done, rows(held)) == (True, before)
    assert host.not_modified == 3


@pytest.mark.parametrize("source", ["arxiv", "huggingface"])
@pytest.mark.parametrize("fault", LARGE)
def test_a_large_answer_takes_little_memory(held: Database, host: replay.Host, fault: str, source: str) -> None:
    make, says, of_votes = FAULTS[fault]
    host.serve(FEED if source == "arxiv" else VOTES, make(b""))
    before, began = rows(held), time.monotonic()
    code = "import sys; from tests.test_faults_of_sources import run_and_tell; run_and_tell(*sys.argv[1:])"
    told = [str(held.engine.url), host.address, source]
    done = subprocess.run(
        [sys.executable, "-c", code, *told], cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert time.monotonic() - began < MOST_SECONDS + 10
    assert report["peak"] < MOST_MEMORY
    assert len(report["failed"]) == 1, report
    assert (says if source == "arxiv" or not of_votes else of_votes) in report["failed"][0]
    assert before == rows(held)


def run_and_tell(url: str, address: str, source: str) -> None:
    """Collect in a process of its own, and print what failed and how much memory it took at most."""
    database = Database(url)
    report = run(database, address, DAY, source, most_seconds=30.0)
    database.close()
    print(json.dumps({"failed": report.failed, "peak": peak_memory()}))


def peak_memory() -> int:
    """Give the most bytes this process held, by a count that begins with it where there is one."""
    status = Path("/proc/self/status")
    if status.exists():
        found = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM:")), "")
        if found:
            return int(found.split()[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
