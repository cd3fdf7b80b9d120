"""Hugging Face's daily papers: what is unknown or absurd is left out, what is readable comes in."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.domain.listing import Batch, Verdict, verdict_of
from digest.domain.signal import SignalKind
from digest.sources.base import SourceError
from digest.sources.huggingface import DailyPapers, parse_daily_papers
from tests.builders import DAY, NOW
from tests.sources.hosts import Host

BODY = (Path(__file__).parents[1] / "data" / "daily_papers.json").read_bytes()
ODD: list[Any] = [None, True, -1, 3.5, 10**30, "text", [], {}, [[None]], "\ud800", float("nan")]


def with_first(change: Callable[[dict[str, Any]], object]) -> Batch:
    items = json.loads(BODY)
    change(items[0])
    return parse_daily_papers(json.dumps(items).encode(), observed_at=NOW, day=DAY)


def counts(batch: Batch) -> dict[str, int]:
    return {signal.kind.value: signal.value for signal in batch.listings[0].signals}


def test_a_day_is_read_with_its_counts() -> None:
    batch = parse_daily_papers(BODY, observed_at=NOW)
    first, second = batch.listings
    assert counts(batch) == {"upvotes": 31, "comments": 3, "stars": 7}
    assert [(one.kind, one.value) for one in second.signals] == [(SignalKind.UPVOTES, 0)]
    assert (first.paper.organisation, first.paper.code_url) == ("A Lab", "https://github.com/a-lab/gripper")
    assert (first.listed_on, batch.announced_on) == (DAY, DAY)
    assert {signal.observed_at for signal in first.signals} == {NOW}


def test_hidden_authors_stay_hidden() -> None:
    assert parse_daily_papers(BODY, observed_at=NOW).listings[0].paper.authors == ("Jörg Kraß", "Bo Ek")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://x.org/\ud800", 7, None])
def test_only_addresses_of_the_web_are_kept(address: object) -> None:
    assert with_first(lambda item: item["paper"].update(githubRepo=address)).listings[0].paper.code_url == ""


@pytest.mark.parametrize("absurd", [-1, 10**9, 1.5, True, None, "31", [], 10**400])
def test_an_absurd_count_is_no_count_and_is_noticed(absurd: object) -> None:
    batch = with_first(lambda item: item["paper"].update(upvotes=absurd))
    assert "upvotes" not in counts(batch)
    assert [(fault.reason, fault.where, fault.kept) for fault in batch.faults] == [
        ("no count of upvotes", "2603.00001", True)
    ]


@pytest.mark.parametrize("name", [*json.loads(BODY)[0]["paper"], "numComments", "paper", "title", "publishedAt"])
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_wrong_type_in_any_field_keeps_the_rest(name: str, odd: object) -> None:
    inside = name in json.loads(BODY)[0]["paper"]
    batch = with_first(lambda item: (item["paper"] if inside else item).update({name: odd}))
    assert batch.listings[-1].paper.title == "Nobody voted yet"
    assert len(batch.listings) + sum(not fault.kept for fault in batch.faults) == 2


@pytest.mark.parametrize(
    ("change", "kept", "reasons"),
    [
        ({"title": "0"}, 2, []),
        ({"title": "long " * 7_200}, 2, ["over-long title"]),
        ({"summary": ""}, 2, ["no abstract"]),
        ({"id": "2603.00004"}, 1, ["listed twice"]),
        ({"id": "12"}, 1, ["no arXiv id"]),
        ({"submittedOnDailyAt": "soon"}, 2, []),
    ],
)
def test_oddities_are_counted(change: dict[str, object], kept: int, reasons: list[str]) -> None:
    batch = with_first(lambda item: item["paper"].update(change))
    assert (len(batch.listings), [fault.reason for fault in batch.faults]) == (kept, reasons)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"<html>Bot check</html>", "no JSON"),
        (BODY[:900], "no JSON"),
        (b'{"error": "Invalid date"}', "no list of papers but .*Invalid date"),
        (b"[" * 100_000, "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"7", "no list"),
    ],
)
def test_what_is_no_list_is_a_source_error(body: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        parse_daily_papers(body, observed_at=NOW)


def pages(sizes: dict[str, list[int]]) -> Host:
    """Give a host with as many papers a page as told."""

    def answer(address: str) -> bytes:
        told = dict(part.split("=") for part in address.partition("?")[2].split("&"))
        wanted = next(f"{name}={told[name]}" for name in ("date", "week", "sort") if name in told)
        page, first = int(told["p"]), 100 * int(told["p"])
        size = [*sizes[wanted], 0][page]
        papers = [{"id": f"2603.{first + i + 1:05d}", "title": "T", "upvotes": 1} for i in range(size)]
        on = {"submittedOnDailyAt": "2026-03-11T00:00:00Z"} if wanted.startswith(("week", "sort")) else {}
        return json.dumps([{"paper": paper | on} for paper in papers]).encode()

    return Host(answer)


def test_yesterday_is_read_again_and_pages_are_followed_to_a_short_one() -> None:
    host = pages({"date=2026-03-16": [100, 40], "date=2026-03-17": [100]})
    batches = list(DailyPapers(host.fetcher).batches(date(2026, 3, 17), NOW))
    assert [(batch.announced_on, len(batch.listings)) for batch in batches] == [
        (DAY, 100),
        (date(2026, 3, 16), 100),
        (date(2026, 3, 16), 40),
    ]
    asked = [address.partition("?")[2] for address in host.asked]
    assert asked[:2] == ["date=2026-03-17&limit=100&p=0", "date=2026-03-17&limit=100&p=1"]


def test_one_day_alone_can_be_asked_for() -> None:
    host = pages({"date=2026-03-16": [3]})
    assert [len(batch.listings) for batch in DailyPapers(host.fetcher).day(date(2026, 3, 16), NOW)] == [3]


def test_what_trends_is_asked_for_once_and_keeps_its_own_day() -> None:
    host = pages({"date=2026-03-16": [], "date=2026-03-17": [], "sort=trending": [100, 100]})
    *_, trending = DailyPapers(host.fetcher, trending=True).batches(DAY, NOW)
    assert {one.listed_on for one in trending.listings} == {date(2026, 3, 11)}
    assert (len(trending.listings), trending.announced_on, verdict_of(trending, DAY)[0]) == (
        100,
        None,
        Verdict.COMPLETE,
    )
    assert [address.partition("?")[2] for address in host.asked if "sort" in address] == ["sort=trending&limit=100&p=0"]


def test_a_week_is_read_page_by_page_and_each_paper_keeps_its_day() -> None:
    host = pages({"week=2026-W11": [100, 20]})
    batches = list(DailyPapers(host.fetcher).week("2026-W11", NOW))
    assert [len(batch.listings) for batch in batches] == [100, 20]
    assert {one.listed_on for batch in batches for one in batch.listings} == {date(2026, 3, 11)}
    assert {batch.announced_on for batch in batches} == {None}


@pytest.mark.parametrize("name", ["", "2026-11", "2026-W1", "2026-W11&date=x"])
def test_what_is_no_week_is_a_source_error(name: str) -> None:
    with pytest.raises(SourceError, match="not an ISO week"):
        list(DailyPapers(pages({}).fetcher).week(name, NOW))
