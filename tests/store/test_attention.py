"""What was seen of papers is read as it was known at a moment: all announcements, all counts, in order of time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import event

from digest.domain.attention import Attention
from digest.domain.listing import Listing, ListingKind
from digest.domain.signal import Signal, SignalKind
from digest.store import papers
from digest.store.database import Database
from tests.builders import DAY, NOW, listing, paper


def recorded(database: Database, *found: Listing) -> None:
    with database.writing() as connection:
        papers.record(connection, found, NOW)


def history(database: Database, since: date = DAY, as_of: datetime = NOW) -> list[Attention]:
    with database.reading() as connection:
        return papers.history(connection, since, as_of)


def counted(value: int, hours: float, kind: SignalKind = SignalKind.UPVOTES) -> Listing:
    """Give a count of the first paper, some hours after the morning of the tests."""
    at = NOW + timedelta(hours=hours)
    signal = Signal(paper_key=paper(1).key, source="huggingface", kind=kind, value=value, observed_at=at)
    return replace(listing(1, upvotes=0), signals=(signal,))


def test_counts_come_in_order_of_time_and_those_of_later_never(database: Database) -> None:
    recorded(database, counted(9, 3), counted(2, -3), counted(5, 0), counted(1, 0, SignalKind.COMMENTS))
    [seen] = history(database)
    assert [(one.kind.value, one.value) for one in seen.signals] == [("upvotes", 2), ("comments", 1), ("upvotes", 5)]
    assert {one.paper_key for one in seen.signals} == {paper(1).key}
    assert [one.observed_at.tzinfo for one in seen.signals] == [UTC] * 3
    assert [one.value for one in history(database, as_of=NOW + timedelta(hours=3))[0].signals][-1] == 9


def test_a_paper_of_the_window_brings_all_its_announcements_and_none_of_later(database: Database) -> None:
    days = (DAY - timedelta(days=40), DAY, DAY + timedelta(days=1))
    recorded(database, *(listing(1, listed_on=day) for day in reversed(days)), listing(1, upvotes=3))
    with database.reading() as connection:
        [found] = papers.window(connection, DAY, DAY, NOW)
    before, today = ("arxiv", days[0]), ("arxiv", DAY)
    assert found.attention.listings == (before, today, ("huggingface", DAY))
    assert (found.listed_on, found.paper) == (DAY, found.attention.paper)


def test_a_new_version_is_never_an_announcement(database: Database) -> None:
    kinds = (ListingKind.NEW, ListingKind.CROSS, ListingKind.REPLACE, ListingKind.REPLACE_CROSS)
    recorded(database, *(replace(listing(n), kind=kind) for n, kind in enumerate(kinds, 1)))
    assert [seen.paper.key for seen in history(database)] == [paper(1).key, paper(2).key]


def test_history_begins_with_its_day_and_leaves_out_what_was_withdrawn(database: Database) -> None:
    recorded(database, listing(1, listed_on=DAY - timedelta(days=1)), listing(2), listing(3, withdrawn=True))
    assert [seen.paper.key for seen in history(database)] == [paper(2).key]
    assert len(history(database, since=DAY - timedelta(days=1))) == 2


def test_a_paper_that_was_announced_but_not_counted_has_no_signals(database: Database) -> None:
    recorded(database, listing(1))
    [seen] = history(database)
    assert (seen.signals, seen.is_voted_on, seen.listings) == ((), False, (("arxiv", DAY),))


def test_history_never_asks_once_for_each_paper(database: Database) -> None:
    recorded(database, *(listing(n, upvotes=n) for n in range(1, 60)))
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    assert len(history(database)) == 59
    assert len([one for one in asked if one.startswith("SELECT")]) == 3


def test_one_paper_is_read_by_its_row_and_an_unannounced_one_is_none(database: Database) -> None:
    recorded(database, listing(1, upvotes=4, withdrawn=True), replace(listing(2), kind=ListingKind.REPLACE))
    with database.reading() as connection:
        first, second = (papers.named(connection, paper(n).key) for n in (1, 2))
        assert first is not None
        assert second is not None
        seen = papers.attention(connection, first, NOW)
        assert seen is not None
        assert [one.value for one in seen.signals] == [4]
        assert papers.attention(connection, second, NOW) is None
        assert papers.named(connection, "arxiv:2603.09999") is None
