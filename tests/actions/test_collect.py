"""Collecting: what can be read is kept, what fails is named, and nothing held is lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from digest.actions.collect import Ask, asking, collect
from digest.actions.report import CollectReport
from digest.domain.calendar import AnnouncementCalendar
from digest.domain.listing import Batch, Fault, Listing, Verdict
from digest.sources.base import Source, SourceError
from digest.store import papers, receipts
from digest.store.database import Database
from tests.builders import DAY, NOW, listing, listings
from tests.fakes import ListSource


class Batches:
    """A source that answers as it is told."""

    name = "arxiv"

    def __init__(self, *answers: Batch) -> None:
        self.answers = answers

    def batches(self, day: date, observed_at: datetime) -> Iterator[Batch]:
        """Give the answers."""
        yield from self.answers


def batch(*found: Listing, **facts: Any) -> Batch:
    return Batch(source="arxiv", announced_on=DAY, listings=found, **facts)


def collected(database: Database, *sources: Source) -> CollectReport:
    return collect(database, asking(sources), DAY, observed_at=NOW, now=NOW)


def held(database: Database) -> int:
    with database.reading() as connection:
        return papers.count(connection)


def verdicts(database: Database) -> dict[str, tuple[Verdict, int, int]]:
    with database.reading() as connection:
        return {one.source: (one.verdict, one.expected, one.held) for one in receipts.of_day(connection, DAY)}


def test_a_failing_source_is_named_and_the_others_are_kept(database: Database) -> None:
    broken = ListSource(name="arxiv", fails=SourceError("arxiv.org did not answer: status 503"))
    report = collected(database, broken, ListSource(*listings(5)))
    assert report.failed == ["arxiv: arxiv.org did not answer: status 503"]
    assert (report.papers, report.new, report.signals, held(database)) == (5, 5, 5, 5)
    assert verdicts(database) == {"arxiv": (Verdict.FAILED, 0, 0), "huggingface": (Verdict.COMPLETE, 5, 5)}


def test_what_came_before_a_source_broke_off_is_kept(database: Database) -> None:
    report = collected(database, ListSource(*listings(5), fails=SourceError("page 2 did not come")))
    assert (held(database), report.done) == (5, False)
    assert verdicts(database)["huggingface"][0] is Verdict.FAILED


def test_collecting_again_adds_nothing_and_an_empty_answer_takes_nothing_away(database: Database) -> None:
    source = ListSource(*listings(5), listing(6))
    assert collected(database, source).new == 6
    assert collected(database, source).new == 0
    empty = collected(database, ListSource())
    assert (empty.done, empty.papers, held(database)) == (True, 0, 6)
    assert verdicts(database)["huggingface"][0] is Verdict.NOTHING


def test_faults_are_counted_and_named(database: Database) -> None:
    lost, kept = Fault(reason="no title", where="item 3"), Fault(reason="no abstract", where="item 4", kept=True)
    report = collected(database, Batches(batch(*listings(3), faults=(lost, lost, kept))))
    assert (report.skipped, report.noticed) == ({"no title": 2}, {"no abstract": 1})
    assert report.named == ["no title: item 3", "no title: item 3", "no abstract: item 4"]
    assert report.failed == ["arxiv: partial: 2 of 5 records could not be read"]
    assert verdicts(database) == {"arxiv": (Verdict.PARTIAL, 5, 3)}
    assert report.to_json()["done"] is False


def test_several_answers_of_a_source_make_one_receipt(database: Database) -> None:
    found = listings(9)
    report = collected(database, Batches(batch(*found[:4]), batch(*found[4:6], cut_short="cut"), batch(*found[6:])))
    assert verdicts(database) == {"arxiv": (Verdict.PARTIAL, 9, 9)}
    assert report.failed == ["arxiv: partial: cut"]


def test_a_stale_batch_is_kept_and_reported(database: Database) -> None:
    stale = replace(batch(*listings(2)), announced_on=DAY - timedelta(days=1), today_only=True)
    report = collected(database, Batches(stale))
    assert report.failed == ["arxiv: stale: the batch is of 2026-03-16, not of 2026-03-17"]
    assert (held(database), verdicts(database)) == (2, {"arxiv": (Verdict.STALE, 2, 2)})


def test_an_error_that_is_none_of_the_sources_is_not_hidden(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        collected(database, ListSource(*listings(2), fails=ZeroDivisionError()))
    assert held(database) == 2


def test_a_later_source_mends_the_paper_of_an_earlier(database: Database) -> None:
    voted = listing(1, upvotes=3, text_source="huggingface", abstract="")
    collected(database, ListSource(voted), ListSource(replace(listing(1), source="arxiv"), name="arxiv"))
    with database.reading() as connection:
        [found] = papers.window(connection, DAY, DAY, NOW)
    assert (found.paper.abstract, found.attention.signals[-1].value) == ("We study subject 1 with care.", 3)


class Doors:
    """A feed that fails, and a remedy that gives what it is told."""

    name = "OAI-PMH"

    def __init__(self, *answers: Batch) -> None:
        self.answers, self.asked = answers, list[date]()

    def between(self, since: date, until: date) -> Iterator[Batch]:
        """Give the answers."""
        self.asked.append(since)
        if not self.answers:
            raise SourceError("busy")
        yield from self.answers


def mended(database: Database, remedy: Doors, day: date = DAY) -> CollectReport:
    stale = Batches(batch(today_only=True))
    ask = Ask(source=stale, remedy=remedy, calendar=AnnouncementCalendar())
    return collect(database, [ask], day, observed_at=NOW, now=NOW)


def test_a_day_is_mended_only_by_a_whole_harvest(database: Database) -> None:
    whole = batch(listing(7))
    assert not mended(database, Doors(replace(whole, cut_short="broken off"))).done
    assert not mended(database, Doors(replace(whole, listings=()))).done
    assert not mended(database, Doors()).done
    report = mended(database, Doors(whole))
    assert report.done
    assert report.mended[0].endswith("filled from OAI-PMH: 1 paper")


def test_a_day_that_failed_is_tried_again_on_the_days_after_until_it_is_whole(database: Database) -> None:
    mended(database, Doors())
    later = Doors(batch(listing(7)))
    mended(database, later, DAY + timedelta(days=1))
    assert later.asked == [DAY + timedelta(days=1), DAY]
    again = Doors(batch(listing(8)))
    mended(database, again, DAY + timedelta(days=2))
    assert again.asked == [DAY + timedelta(days=2)]


def test_a_feed_that_cannot_be_reached_on_a_silent_day_is_no_failure(database: Database) -> None:
    class Gone(Batches):
        def batches(self, day: date, observed_at: datetime) -> Iterator[Batch]:
            raise SourceError("not there")
            yield

    sunday = date(2026, 3, 15)
    ask = Ask(source=Gone(), calendar=AnnouncementCalendar())
    report = collect(database, [ask], sunday, observed_at=NOW, now=NOW)
    assert report.done
    assert report.verdicts == {f"arxiv {sunday}": "no announcement"}
