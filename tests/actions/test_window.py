"""Sending is spread: each reader's mail leaves at its own moment of the window, the same every day."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from digest.actions.compose import Round, compose
from digest.domain.cadence import Cadence
from digest.store.database import Database
from digest.store.tables import deliveries
from tests.builders import DAY, NOW
from tests.cast import TASTES, joined, wishes_of

WINDOW = timedelta(minutes=60)


def composed(database: Database, this: Round) -> list[datetime]:
    for name in TASTES:
        joined(database, name, wishes=replace(wishes_of(name), cadence=Cadence()))
    assert compose(database, this).issues == len(TASTES)
    with database.reading() as connection:
        rows = connection.execute(select(deliveries.c.next_attempt_at, deliveries.c.created_at))
        found = [tuple(row) for row in rows]
    assert all(first == created for first, created in found), "how long it is tried counts from its own moment"
    return sorted(first for first, _ in found)


def test_issues_of_one_hour_leave_spread_over_the_window(published: Database) -> None:
    moments = composed(published, Round(now=NOW, queued_at=NOW, key_id=1, window=WINDOW))
    assert len(set(moments)) == len(TASTES)
    assert NOW <= moments[0] < NOW + WINDOW / 3
    assert NOW + WINDOW * 2 / 3 < moments[-1] < NOW + WINDOW


def test_without_a_window_all_leave_at_once(published: Database) -> None:
    assert set(composed(published, Round(now=NOW, queued_at=NOW, key_id=1))) == {NOW}


def test_a_day_that_is_named_is_not_spread(published: Database) -> None:
    assert set(composed(published, Round(now=NOW, queued_at=NOW, key_id=1, day=DAY, window=WINDOW))) == {NOW}


def test_every_reader_has_the_same_place_in_the_window_each_day() -> None:
    days = [NOW + timedelta(days=number) for number in range(3)]
    for reader in range(1, 200):
        places = {Round(now=at, queued_at=at, key_id=1, window=WINDOW).leaves_at(reader) - at for at in days}
        assert len(places) == 1
        assert timedelta() <= places.pop() < WINDOW
