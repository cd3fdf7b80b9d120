"""The past is read politely: what was read is not asked for again, and a source that keeps failing is left alone."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from digest.actions.backfill import Step, backfill, estimate, left
from digest.domain.listing import Batch
from digest.sources.base import SourceError
from digest.store import papers, receipts
from digest.store.database import Database
from tests.builders import DAY, NOW, listing


class Past:
    """A source of past days, one paper a day, that fails on some."""

    def __init__(self, *failing: date) -> None:
        self.failing, self.asked = set(failing), list[date]()

    def read(self, day: date) -> Iterator[Batch]:
        self.asked.append(day)
        if day in self.failing:
            raise SourceError("busy")
        yield Batch(
            source="huggingface", announced_on=day, listings=(listing(day.toordinal() % 90_000, listed_on=day),)
        )

    def steps(self, days: int) -> list[Step]:
        back = [DAY - timedelta(days=number) for number in range(1, days + 1)]
        return [
            Step(source="huggingface", day=day, requests=1, read=lambda day=day: self.read(day))  # type: ignore[misc]
            for day in back
        ]


def days_ago(number: int) -> date:
    return DAY - timedelta(days=number)


def test_what_was_read_is_not_asked_for_again(database: Database) -> None:
    past = Past()
    first = backfill(database, past.steps(5), clock=lambda: NOW)
    assert (first.steps, first.new, first.done) == (5, 5, True)
    again = backfill(database, past.steps(7), clock=lambda: NOW)
    assert (again.steps, again.skipped) == (2, {"read before": 5})
    assert past.asked == [days_ago(number) for number in range(1, 8)]
    assert left(database, past.steps(7)) == []


def test_a_day_that_failed_is_named_and_read_the_next_time(database: Database) -> None:
    past = Past(days_ago(2))
    report = backfill(database, past.steps(4), clock=lambda: NOW)
    assert (report.steps, report.failed) == (3, [f"huggingface {days_ago(2)}: busy"])
    past.failing.clear()
    assert [step.day for step in left(database, past.steps(4))] == [days_ago(2)]
    assert backfill(database, past.steps(4), clock=lambda: NOW).done


def test_a_source_that_keeps_failing_is_left_alone(database: Database) -> None:
    past = Past(*(days_ago(number) for number in range(1, 30)))
    report = backfill(database, past.steps(20), clock=lambda: NOW)
    assert len(past.asked) == 3
    assert report.skipped == {"huggingface left alone": 17}


def test_interrupted_midway_nothing_is_lost_or_doubled(database: Database) -> None:
    past = Past()
    steps = past.steps(6)

    def interrupt(step: str, done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backfill(database, steps, clock=lambda: NOW, advance=interrupt)
    backfill(database, steps, clock=lambda: NOW)
    assert sorted(past.asked) == sorted(set(past.asked))
    with database.reading() as connection:
        assert papers.count(connection) == 6
        assert receipts.of_day(connection, days_ago(1)) == [], "the past does not vouch for the day it was announced"


def test_the_estimate_counts_what_is_left_at_each_pace(database: Database) -> None:
    past = Past()
    backfill(database, past.steps(10), clock=lambda: NOW)
    assert estimate(left(database, past.steps(40)), {"huggingface": 2.0}) == timedelta(seconds=60)
