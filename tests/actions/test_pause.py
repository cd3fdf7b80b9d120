"""Pausing: nothing is sent before the end, nothing of the reader's is lost, and nobody else can be paused."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.actions.pause import pause, resume
from digest.domain.cadence import Cadence
from digest.domain.delivery import Kind
from digest.domain.subscriber import Refused, Status, Subscriber
from digest.store import claims, deliveries, subscribers
from digest.store.claims import Share
from digest.store.database import Database
from tests.builders import NOW
from tests.cast import joined, wishes_of

BACK_ON = date(2026, 3, 31)
BACK_AT = datetime(2026, 3, 30, 22, tzinfo=UTC)
"""When that day begins in Berlin, where Ada lives."""


def paused(database: Database, reader: Subscriber, until: date | None = BACK_ON) -> Subscriber:
    with database.writing() as connection:
        pause(connection, reader, until, NOW)
    return again(database, reader)


def resumed(database: Database, reader: Subscriber) -> Subscriber:
    with database.writing() as connection:
        resume(connection, reader, NOW)
    return again(database, reader)


def again(database: Database, reader: Subscriber) -> Subscriber:
    with database.reading() as connection:
        held = subscribers.with_id(connection, reader.id)
    assert held is not None
    return held


def test_who_is_paused_is_not_due_and_comes_back_as_before(database: Database) -> None:
    ada = joined(database, "ada")
    away = paused(database, ada)
    assert away == replace(ada, status=Status.PAUSED, next_issue_at=None, resumes_at=BACK_AT)
    with database.reading() as connection:
        assert subscribers.due(connection, NOW + timedelta(days=99), after_id=0, most=9) == []
    assert resumed(database, away) == replace(ada, next_issue_at=ada.wishes.cadence.next_due(NOW))


def test_what_is_queued_for_who_pauses_is_never_sent(database: Database) -> None:
    ada = joined(database, "ada")
    with database.writing() as connection:
        deliveries.queue(connection, ada.id, Kind.ISSUE, "2026-03-17", now=NOW)
    paused(database, ada)
    with database.writing() as connection:
        [claim] = claims.claim(connection, "me", Share(), now=NOW)
        assert deliveries.unwanted(connection, claim.delivery) == "subscriber is paused"


def test_pausing_again_moves_the_end(database: Database) -> None:
    ada = paused(database, joined(database, "ada"))
    assert paused(database, ada, BACK_ON + timedelta(days=1)).resumes_at == BACK_AT + timedelta(days=1)
    assert (paused(database, ada, None).status, again(database, ada).resumes_at) == (Status.PAUSED, None)


def test_who_is_not_paused_resumes_to_no_other_hour(database: Database) -> None:
    ada = joined(database, "ada")
    assert resumed(database, ada) == ada


@pytest.mark.parametrize("status", [Status.PENDING, Status.UNSUBSCRIBED])
def test_who_gets_no_issues_can_neither_pause_nor_resume(database: Database, status: Status) -> None:
    ada = joined(database, "ada")
    with database.writing() as connection:
        subscribers.set_status(connection, ada, status, now=NOW)
    held = again(database, ada)
    for move, verb in ((paused, "pause"), (resumed, "resume")):
        with pytest.raises(Refused, match=f"so there is nothing to {verb}"):
            move(database, held)
    assert again(database, ada) == held


def test_a_pause_is_over_when_its_day_begins_and_not_before(database: Database) -> None:
    ada = paused(database, joined(database, "ada"))
    bela = paused(database, joined(database, "bela"))
    paused(database, joined(database, "chen"), None)
    joined(database, "dara")
    with database.writing() as connection:
        assert subscribers.resting(connection, BACK_AT - timedelta(seconds=1), 9) == []
        assert subscribers.resting(connection, BACK_AT, 9) == [ada]
        assert subscribers.resting(connection, BACK_AT + timedelta(days=300), 9) == [ada, bela]
        assert subscribers.resting(connection, BACK_AT + timedelta(days=300), 1) == [ada]
        subscribers.set_status(connection, ada, Status.ACTIVE, now=BACK_AT)
        assert subscribers.resting(connection, BACK_AT, 9) == []
    assert again(database, ada).resumes_at is None


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.UNSUBSCRIBED, Status.PENDING])
def test_whoever_is_no_longer_paused_has_no_day_of_coming_back(database: Database, status: Status) -> None:
    ada = paused(database, joined(database, "ada"))
    with database.writing() as connection:
        subscribers.set_status(connection, ada, status, now=NOW)
    assert again(database, ada).resumes_at is None


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
def test_who_moves_while_paused_comes_back_on_the_same_day_there(database: Database, zone: str) -> None:
    ada = paused(database, joined(database, "ada"))
    with database.writing() as connection:
        subscribers.keep_wishes(connection, ada, replace(wishes_of("ada"), cadence=Cadence(zone=zone)), NOW)
    held = again(database, ada)
    assert (held.status, held.next_issue_at, held.resumes_on) == (Status.PAUSED, None, BACK_ON)
    assert held.resumes_at != BACK_AT
