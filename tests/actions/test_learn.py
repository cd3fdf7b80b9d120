"""Learning: a model with its window and its measured quality, or a counted reason; the clock does so once a week."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from digest import scheduler
from digest.actions.learn import learn
from digest.actions.report import LearnReport
from digest.domain.listing import Listing
from digest.domain.trend import ENOUGH, Trend
from digest.due import LEARN_LEASE
from digest.service import Service
from digest.settings import Settings
from digest.store import bells, models, papers
from digest.store.database import Database
from tests.builders import DAY, NOW, listing
from tests.trending import let_trend

SUBJECTS = ("robot manipulation", "speech recognition", "video generation", "protein design", "language models")


def past(count: int, days: int = 100) -> list[Listing]:
    """Give listings of papers that were voted on, spread over the days before the morning of the tests."""
    found = []
    for n in range(1, count + 1):
        on, subject = DAY - timedelta(days=12 + n % days), SUBJECTS[n % 5]
        named = {"title": f"On {subject} {n}", "abstract": f"We study {subject}.", "authors": (f"A {n % 40} Lee",)}
        one = listing(n, upvotes=3 * (n % 5) + n % 7, listed_on=on, **named)
        later = [replace(one.signals[0], observed_at=one.signals[0].observed_at + timedelta(days=d)) for d in (1, 7)]
        grown = [replace(seen, value=seen.value + 4 + n % 3) for seen in later]
        found.append(replace(one, signals=(*one.signals, *grown)))
    return found


def learnt(database: Database, *found: Listing, steps: list[str] | None = None) -> LearnReport:
    with database.writing() as connection:
        papers.record(connection, found, NOW)
    said = steps if steps is not None else []
    return learn(database, now=NOW, window=timedelta(days=365), advance=lambda step, *_: said.append(step))


def test_too_little_history_is_a_counted_skip_that_says_what_to_do(database: Database) -> None:
    report = learnt(database, *past(20))
    assert (report.done, report.failed, report.version, report.papers, report.voted_on) == (False, [], 0, 20, 20)
    assert report.skipped == {"too little history": 1}
    assert f" {ENOUGH} over " in report.advice
    assert "`digest backfill`" in report.advice
    with database.reading() as connection:
        assert models.last(connection, "trend") is None


def test_without_any_history_nothing_fails(database: Database) -> None:
    report = learnt(database)
    assert (report.done, report.failed, report.version, report.papers) == (False, [], 0, 0)
    assert sum(report.skipped.values()) == 1


def test_a_model_is_kept_with_its_window_and_its_measured_quality(database: Database) -> None:
    steps: list[str] = []
    report = learnt(database, *past(ENOUGH + 100), listing(9000, listed_on=DAY - timedelta(days=400)), steps=steps)
    assert report.papers == ENOUGH + 100, "what is older than the window is not learnt from"
    assert report.skipped == {}
    with database.reading() as connection:
        last = models.last(connection, "trend")
        assert last is not None
        assert last[:2] == (report.version, NOW)
        facts, arrays = models.facts_of(connection, report.version), models.arrays_of(connection, report.version)
    trend = Trend.from_arrays(arrays)
    assert trend.window_ is not None
    assert facts == {"window": [day.isoformat() for day in trend.window_], "quality": report.quality}
    assert facts["window"] == [report.since, report.until]
    assert report.quality
    assert last[2] == trend.learnt_from_
    assert list(dict.fromkeys(steps)) == ["reading the history", "learning", "keeping the model"]


@pytest.fixture
def moment() -> list[datetime]:
    """Give the time, which the test moves."""
    return [NOW]


@pytest.fixture
def house(settings: Callable[..., Settings], moment: list[datetime]) -> Iterator[Service]:
    with Service(settings(), now=lambda: moment[0]) as opened:
        yield opened


def begins(house: Service, moment: list[datetime], at: datetime) -> bool:
    moment[0] = at
    return house.is_time_to_learn()


def test_the_clock_learns_once_todays_edition_stands_and_then_once_a_week(
    house: Service, moment: list[datetime]
) -> None:
    assert not begins(house, moment, NOW), "collect and publish come first"
    let_trend(house.database)
    assert begins(house, moment, NOW)
    assert not begins(house, moment, NOW), "another process has begun"
    house.learnt(is_done=True)
    for days, is_due in ((1, False), (6, False), (7, True), (8, False)):
        at = NOW + timedelta(days=days)
        assert not begins(house, moment, at), f"day {days}: no edition of that day stands yet"
        let_trend(house.database, at.date())
        assert begins(house, moment, at) is is_due, f"day {days}"
        if is_due:
            house.learnt(is_done=True)


def test_after_a_crash_another_ring_takes_over(house: Service, moment: list[datetime]) -> None:
    let_trend(house.database)
    assert begins(house, moment, NOW)
    assert not begins(house, moment, NOW + LEARN_LEASE - timedelta(seconds=1))
    assert begins(house, moment, NOW + LEARN_LEASE)


def test_a_house_with_too_little_history_tries_again_the_next_day(house: Service) -> None:
    let_trend(house.database)
    scheduler.learn(house)
    with house.database.reading() as connection:
        assert bells.next_at(connection, "learn") == NOW + timedelta(days=1)


def test_what_the_operator_learns_by_hand_the_clock_need_not_learn_again(house: Service) -> None:
    let_trend(house.database)
    with house.database.writing() as connection:
        papers.record(connection, past(ENOUGH + 100), NOW)
    assert house.learn().version
    assert not house.is_time_to_learn()
