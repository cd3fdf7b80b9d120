"""Collecting: what can be read is kept, what fails is named, and nothing held is lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from digest.actions.collect import asking, collect
from digest.actions.report import CollectReport
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
    assert (found.paper.abstract, found.attention.upvotes) == ("We study subject 1 with care.", 3)
