"""Thirty announcement days, five faults and a holiday: at the end every paper is held once, and the receipts know."""

import gzip
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest
from sqlalchemy import func, select

from digest.actions.collect import Ask, collect
from digest.actions.enrich import enrich
from digest.domain.calendar import HOLIDAYS, AnnouncementCalendar, read_holidays
from digest.domain.listing import Receipt, Verdict
from digest.domain.profile import is_in
from digest.sources.arxiv_api import ArxivApi
from digest.sources.arxiv_days import ArxivCompletion, ArxivHarvest
from digest.sources.arxiv_feed import ArxivFeed
from digest.sources.arxiv_oai import ArxivOai, sets_of
from digest.sources.fetch import Fetcher
from digest.store import receipts
from digest.store.database import Database
from digest.store.papers import window
from digest.store.tables import listings, papers
from tests.replay import Answer, Host, refusal, replaying
from tests.wire import Row, api_answer, day_feed, harvest

RECORDS = Path(__file__).parents[2] / "shared" / "data" / "trend" / "arxiv_inputs_2026q1.jsonl.gz"
CATEGORIES = ("cs.AI", "cs.CL", "cs.CV")
PART = "+".join(CATEGORIES)
CALENDAR = AnnouncementCalendar(holidays=read_holidays(HOLIDAYS.split()))
FIRST, DAYS = date(2026, 1, 5), 30
HOLIDAY = date(2026, 1, 19)
FAULTS = {3: "busy", 8: "stale", 14: "truncated", 19: "html", 25: "empty"}
"""Which announcement day fails, counted from 0, and how."""
pytestmark = pytest.mark.skipif(not RECORDS.exists(), reason="the measuring data is not beside the project")


def month() -> dict[date, list[Row]]:
    """Give real listings, dated anew onto announcement days one after the other."""
    with gzip.open(RECORDS, "rt", encoding="utf-8") as lines:
        every = [json.loads(line) for line in lines]
    rows = [row for row in every if set(row["categories"]) & set(CATEGORIES)]
    first = {row["arxiv_id"]: row for row in reversed(rows)}
    kept = [row for row in rows if first[row["arxiv_id"]] is row]
    groups = [list(group) for _, group in groupby(kept, key=lambda row: row["listing_date"])][:DAYS]
    return dict(zip(CALENDAR.announcing(FIRST, FIRST + timedelta(days=60)), groups, strict=False))


class Month:
    """arXiv over a month: a feed that fails on five days, and a harvest that does not."""

    def __init__(self, host: Host, held: dict[date, list[Row]]) -> None:
        self.held, self.today = held, FIRST
        self.faults = {list(held)[at]: kind for at, kind in FAULTS.items() if at < len(held)}
        host.serve("/rss/*", self.feed)
        host.serve("/oai", self.harvest)
        host.serve("/api/query", self.api)

    def feed(self, *_: object) -> Answer:
        """Answer as the feed of today, or as its fault is."""
        rows = self.held.get(self.today, [])
        body = day_feed(rows, self.today)
        kind = self.faults.get(self.today)
        if kind == "busy":
            return refusal(503)
        if kind == "stale":
            before = max(day for day in self.held if day < self.today)
            return Answer(body=day_feed(self.held[before], before))
        if kind == "html":
            return Answer(body=b"<!DOCTYPE html><html><body>Under maintenance</body></html>")
        if kind == "empty":
            return Answer(body=day_feed([], self.today))
        return Answer(body=body[: len(body) * 2 // 3] if kind == "truncated" else body)

    def harvest(self, _: str, query: Mapping[str, Sequence[str]], __: Mapping[str, str]) -> Answer:
        """Answer with what was announced in the span and set that are asked for."""
        since, subject = query["from"][0], query["set"][0].split(":")[-1]
        until = query.get("until", [self.today.isoformat()])[0]
        wanted = [(row, day) for day, rows in self.held.items() if since <= day.isoformat() <= until for row in rows]
        return Answer(body=harvest([(row, day) for row, day in wanted if is_in(row["categories"], f"cs.{subject}")]))

    def api(self, _: str, query: Mapping[str, Sequence[str]], __: Mapping[str, str]) -> Answer:
        """Answer with the whole records of the papers that are asked for."""
        wanted = set(query["id_list"][0].split(","))
        rows = [row for day in self.held.values() for row in day if row["arxiv_id"] in wanted]
        return Answer(body=api_answer(rows, FIRST))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    opened = Database(f"sqlite:///{tmp_path / 'month.sqlite3'}")
    opened.migrate()
    return opened


def polite() -> Fetcher:
    """Give a client that does not wait."""
    return Fetcher(
        contact="ops@example.org",
        cache=None,
        turn=lambda _: nullcontext(),
        sleep=lambda _: None,
        private_hosts=["127.0.0.1"],
    )


def collected(database: Database, host: Host, month: Month, until: date) -> None:
    """Collect every day up to one, weekends and the holiday as well."""
    fetcher = polite()
    feed = ArxivFeed(fetcher, CATEGORIES, f"{host.address}/rss/")
    oai = ArxivOai(fetcher, sets_of(CATEGORIES), f"{host.address}/oai", today=lambda: month.today)
    ask = Ask(source=feed, part=PART, remedy=ArxivHarvest(oai, CATEGORIES, CALENDAR), calendar=CALENDAR)
    while month.today <= until:
        morning = datetime(month.today.year, month.today.month, month.today.day, 6, tzinfo=UTC)
        collect(database, [ask], month.today, observed_at=morning, now=morning)
        month.today += timedelta(days=1)
    fetcher.close()


def held_once(database: Database, held: dict[date, list[Row]]) -> None:
    """Every paper is one row, listed once, on its day."""
    with database.reading() as connection:
        rows = connection.execute(
            select(papers.c.key, listings.c.listed_on).join(listings, listings.c.paper_id == papers.c.id)
        )
        found = Counter((row.key, row.listed_on) for row in rows)
        number = connection.scalar(select(func.count()).select_from(papers))
    expected = Counter((f"arxiv:{row['arxiv_id']}", day) for day, rows in held.items() for row in rows)
    assert found - expected == Counter()
    assert expected - found == Counter()
    assert number == len(expected)


def signed(database: Database, until: date) -> list[Receipt]:
    with database.reading() as connection:
        return list(receipts.between(connection, FIRST, until))


def test_five_faults_and_a_holiday_lose_nothing_and_are_all_known(database: Database) -> None:
    held = month()
    with replaying() as host:
        served = Month(host, held)
        collected(database, host, served, max(held))
    held_once(database, held)
    found = signed(database, max(held))
    bad = {one.day: one for one in found if one.verdict not in {Verdict.COMPLETE, Verdict.NOTHING}}
    assert {day: one.verdict.value for day, one in bad.items()} == {
        day: {"busy": "failed", "stale": "stale", "truncated": "partial", "html": "failed", "empty": "stale"}[kind]
        for day, kind in served.faults.items()
    }
    assert all(one.remedy.startswith("filled from OAI-PMH: ") for one in bad.values())
    silent = {one.day: one.reason for one in found if one.verdict is Verdict.NOTHING}
    assert silent.pop(HOLIDAY) == "holiday"
    assert set(silent.values()) == {"weekend"}
    assert all(day.weekday() >= 5 for day in silent)
    complete = {one.day: one for one in found if one.verdict is Verdict.COMPLETE}
    assert {day: one.held for day, one in complete.items()} == {day: len(held[day]) for day in complete}


def test_the_api_completes_what_the_feed_lacks(database: Database) -> None:
    held = dict(list(month().items())[:2])
    day = max(held)
    with replaying() as host:
        served = Month(host, held)
        collected(database, host, served, day)
        fetcher = polite()
        completion = ArxivCompletion(ArxivApi(fetcher, f"{host.address}/api/query"))
        at = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
        report = enrich(database, [completion], day, observed_at=at)
        again = enrich(database, [completion], day, observed_at=at)
        fetcher.close()
    number = sum(map(len, held.values()))
    assert (report.done, report.facts, again.facts) == (True, number, 0)
    with database.reading() as connection:
        found = [one.paper for one in window(connection, min(held), day, at)]
    assert {one.published_on for one in found} == {FIRST}
    commented = {f"arxiv:{row['arxiv_id']}" for rows in held.values() for row in rows if row["comment"]}
    assert {one.key for one in found if one.comment} == commented


def test_days_on_which_nothing_ran_are_filled_when_it_runs_again(database: Database) -> None:
    held = dict(list(month().items())[:8])
    days = list(held)
    with replaying() as host:
        served = Month(host, held)
        served.faults = {}
        collected(database, host, served, days[1])
        served.today = days[6]
        collected(database, host, served, days[7])
    held_once(database, held)
    missed = [one for one in signed(database, max(held)) if one.reason == "nothing was read on the day"]
    assert [one.day for one in missed] == days[2:6]
    assert all(one.is_mended for one in missed)
