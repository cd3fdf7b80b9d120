"""What the house remembers of papers: all of it, each thing once, nothing replaced by nothing."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from digest.domain.listing import Listing, ListingKind
from digest.store import papers, tables
from digest.store.database import Database
from tests.builders import DAY, NOW, listing, listings


def recorded(database: Database, *found: Listing, at: datetime = NOW) -> int:
    with database.writing() as connection:
        return papers.record(connection, found, at)


def rows(database: Database) -> dict[str, set[str]]:
    with database.reading() as connection:
        names = ("papers", "listings", "signals")
        return {name: {str(row) for row in connection.execute(select(tables.metadata.tables[name]))} for name in names}


def votes(database: Database, as_of: datetime) -> list[list[int]]:
    with database.reading() as connection:
        found = papers.window(connection, DAY, DAY, as_of)
    return [[signal.value for signal in one.attention.signals] for one in found]


def seen(one: Listing, **facts: Any) -> Listing:
    return replace(one, signals=(replace(one.signals[0], **facts),))


def test_recording_the_same_listings_twice_changes_nothing(database: Database) -> None:
    found = [*listings(600), listing(601)]
    assert recorded(database, *found) == 601
    before = rows(database)
    assert recorded(database, *found, at=NOW + timedelta(hours=3)) == 0
    assert rows(database) == before


def test_a_signal_is_only_added(database: Database) -> None:
    first, later = listing(upvotes=5), NOW + timedelta(hours=3)
    for one in (first, seen(first, observed_at=later, value=8), seen(first, value=99)):
        recorded(database, one)
    with database.reading() as connection:
        held = connection.execute(select(tables.signals.c.observed_at, tables.signals.c.value)).all()
    assert sorted(tuple(row) for row in held) == [(NOW, 5), (later, 8)]


def test_the_window_hides_what_was_counted_later(database: Database) -> None:
    first = listing(upvotes=5)
    recorded(database, first, seen(first, observed_at=NOW + timedelta(hours=3), value=8))
    moments = [NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=3)]
    assert [votes(database, moment) for moment in moments] == [[[]], [[5]], [[5, 8]]]


def test_a_second_source_adds_what_it_knows(database: Database) -> None:
    recorded(database, listing(title="Exact title", authors=()))
    recorded(database, listing(upvotes=3, title="Other", text_source="huggingface", code_url="https://example.org/c"))
    with database.reading() as connection:
        [found] = papers.window(connection, DAY, DAY, NOW)
    assert (found.paper.title, found.paper.code_url) == ("Exact title", "https://example.org/c")
    assert (found.paper.authors, found.attention.signals[0].value) == (("Ann Lee", "Bo Ek"), 3)


def test_only_what_was_announced_new_is_a_candidate(database: Database) -> None:
    recorded(database, *(replace(listing(i), kind=kind) for i, kind in enumerate(ListingKind, 1)))
    with database.reading() as connection:
        found = papers.window(connection, DAY, DAY, NOW)
    assert [one.paper.arxiv_id for one in found] == ["2603.00001", "2603.00002"]


def test_a_paper_listed_again_counts_for_its_last_day(database: Database) -> None:
    days = [DAY, DAY - timedelta(days=2)]
    recorded(database, *(listing(1, listed_on=day) for day in days))
    with database.reading() as connection:
        assert [one.listed_on for one in papers.window(connection, days[1], DAY, NOW)] == [DAY]


@pytest.mark.parametrize("text", ["\u202e<b>&amp;'\"\\", "扩散 🚀", "x" * 36_000])
def test_whatever_a_paper_says_comes_back_as_it_was(database: Database, text: str) -> None:
    told = listing(title=text, abstract=text, authors=(text,), keywords=(text,), published_on=date(2026, 3, 1))
    recorded(database, told)
    with database.reading() as connection:
        assert papers.by_id(connection, [1]) == {1: told.paper}
        assert list(papers.newest(connection, 5)) == [told.paper]


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a time zone"):
        recorded(database, listing(), at=NOW.replace(tzinfo=None))
    assert rows(database)["papers"] == set()


def test_what_raises_midway_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(StatementError):
        recorded(database, listing(1), seen(listing(2, upvotes=1), observed_at=NOW.replace(tzinfo=None)))
    assert rows(database) == {"papers": set(), "listings": set(), "signals": set()}
