"""The ledger as the operator reads it, and what of it waits."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update

from digest.actions.repeat import repeat
from digest.domain.delivery import Kind, State
from digest.domain.subscriber import Refused, Status, Wishes
from digest.store import deliveries, records, subscribers
from digest.store.database import Database
from digest.store.tables import deliveries as rows
from tests.builders import NOW

DAYS = timedelta(days=1)


@pytest.fixture
def ledger(database: Database) -> Database:
    """Give a database with four deliveries to two readers: sent, failed, unknown, and one that waits."""
    with database.writing() as connection:
        join = partial(subscribers.add, now=NOW, status=Status.ACTIVE, consent={})
        ada, bela = (join(connection, f"{name}@x.example", Wishes()) for name in ("ada", "bela"))
        assert ada
        assert bela
        for number, (reader, state) in enumerate(
            [(ada, State.SENT), (bela, State.FAILED), (ada, State.UNKNOWN), (bela, State.QUEUED)], 1
        ):
            deliveries.queue(connection, reader, Kind.CHANGED, str(number), now=NOW)
            values = {"state": state, "attempts": 1, "reply": "250 ok", "message_sha256": "ab" * 32}
            values |= {"sent_at": NOW + DAYS if state is State.SENT else None}
            connection.execute(update(rows).where(rows.c.id == number).values(**values))
    return database


def numbers(ledger: Database, **wanted: object) -> list[int]:
    with ledger.reading() as connection:
        return [one.number for one in records.newest(connection, **({"most": 50} | wanted))]  # type: ignore[arg-type]


def test_records_are_newest_first_and_those_that_were_asked_for(ledger: Database) -> None:
    assert numbers(ledger) == [4, 3, 2, 1]
    assert numbers(ledger, most=2) == [4, 3]
    assert numbers(ledger, address="Ada@X.example") == [3, 1]
    assert numbers(ledger, state=State.UNKNOWN) == [3]
    assert numbers(ledger, day=(NOW + DAYS).date()) == [1], "the day it was sent on"
    assert numbers(ledger, day=NOW.date()) == [4, 3, 2]
    assert numbers(ledger, day=(NOW - DAYS).date()) == []


@pytest.mark.parametrize("number", [2, 3])
def test_what_did_not_arrive_for_certain_may_be_queued_once_more_under_its_number(
    ledger: Database, number: int
) -> None:
    later = NOW + 9 * DAYS
    with ledger.writing() as connection:
        repeat(connection, number, later)
    with ledger.reading() as connection:
        row = connection.execute(rows.select().where(rows.c.id == number)).one()
        assert (row.state, row.next_attempt_at, row.created_at) == (State.QUEUED, later, later)
        assert (row.handed_over_at is not None) == (number == 3), "an unknown one may have arrived, and is counted so"
    with pytest.raises(Refused, match="is queued"), ledger.writing() as connection:
        repeat(connection, number, later)


@pytest.mark.parametrize("state", [State.SENT, State.CANCELLED, State.QUEUED, State.SENDING])
def test_nothing_else_is_ever_queued_once_more(ledger: Database, state: State) -> None:
    with ledger.writing() as connection:
        connection.execute(update(rows).where(rows.c.id == 3).values(state=state))
    with pytest.raises(Refused, match=f"3 is {state}"), ledger.writing() as connection:
        repeat(connection, 3, NOW)


def test_who_left_is_never_sent_anything_once_more(ledger: Database) -> None:
    with ledger.writing() as connection:
        bela = subscribers.with_address(connection, "bela@x.example")
        assert bela
        subscribers.set_status(connection, bela, Status.UNSUBSCRIBED, now=NOW)
    with pytest.raises(Refused, match="2 may not be sent"), ledger.writing() as connection:
        repeat(connection, 2, NOW)
    with pytest.raises(LookupError, match="no delivery 9"), ledger.writing() as connection:
        repeat(connection, 9, NOW)


def test_only_what_is_due_waits_and_a_claim_that_hangs_does(ledger: Database) -> None:
    def since(minutes: float) -> object:
        with ledger.reading() as connection:
            return records.due_since(connection, NOW + timedelta(minutes=minutes))

    assert since(-1) is None, "it is not due yet"
    assert since(0) == NOW
    with ledger.writing() as connection:
        connection.execute(update(rows).where(rows.c.id == 4).values(state=State.SENDING))
    assert since(0.5) is None, "it is under way"
    assert since(1) == NOW
