"""The ledger: a delivery is queued once, claimed by one, and its end is written down."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from digest.domain.delivery import Delivery, Kind, State
from digest.domain.subscriber import Status, Subscriber
from digest.store import claims, deliveries, subscribers
from digest.store.claims import LEASE, MOST_CLAIMED, Claim, Share
from digest.store.database import Database
from digest.store.deliveries import Settled
from tests.builders import NOW
from tests.cast import joined


@pytest.fixture
def ada(database: Database) -> Subscriber:
    return joined(database, "ada")


def queued(database: Database, reader: Subscriber, *keys: str, kind: Kind = Kind.ISSUE) -> None:
    with database.writing() as connection:
        for key in keys:
            deliveries.queue(connection, reader.id, kind, key, now=NOW)


def claimed(database: Database, holder: str, now: datetime = NOW, dead: Sequence[str] = ()) -> list[Delivery]:
    with database.writing() as connection:
        return [one.delivery for one in claims.claim(connection, holder, Share(), now=now, dead=dead)]


def keys_of(found: Sequence[Delivery]) -> list[str]:
    return [delivery.key for delivery in found]


def test_a_delivery_is_in_the_ledger_once(database: Database, ada: Subscriber) -> None:
    with database.writing() as connection:
        assert deliveries.queue(connection, ada.id, Kind.ISSUE, "2026-03-17", now=NOW) == 1
        assert deliveries.queue(connection, ada.id, Kind.ISSUE, "2026-03-17", now=NOW) is None
        assert deliveries.queue(connection, ada.id, Kind.CONFIRMATION, "2026-03-17", now=NOW) is not None
        assert deliveries.counts(connection) == {"queued": 2}


def test_confirmations_go_first_then_notices_and_issues_in_order(database: Database, ada: Subscriber) -> None:
    keys = [f"{number}" for number in range(MOST_CLAIMED)]
    queued(database, ada, *keys)
    queued(database, ada, "changed", kind=Kind.CHANGED)
    queued(database, ada, "welcome", kind=Kind.WELCOME)
    queued(database, ada, "asked", kind=Kind.CONFIRMATION)
    assert keys_of(claimed(database, "me")) == ["asked", "changed", "welcome", *keys[:-3]]


def test_two_claimers_never_get_the_same_row(database: Database, ada: Subscriber) -> None:
    queued(database, ada, *map(str, range(MOST_CLAIMED + 300)))
    at_once = Barrier(4)

    def take(holder: str) -> list[str]:
        at_once.wait()
        return keys_of(claimed(database, holder)) + keys_of(claimed(database, holder))

    with ThreadPoolExecutor(4) as pool:
        taken = [key for part in pool.map(take, ["a", "b", "c", "d"]) for key in part]
    assert sorted(taken, key=int) == [str(number) for number in range(MOST_CLAIMED + 300)]


@pytest.mark.parametrize(
    ("passed", "dead", "taken"),
    [
        (timedelta(), [], False),
        (timedelta(), ["other"], False),
        (timedelta(), ["first"], True),
        (LEASE, [], False),
        (LEASE + timedelta(seconds=1), [], True),
    ],
)
def test_a_row_is_taken_over_from_the_dead_and_after_its_lease_only(
    database: Database, ada: Subscriber, passed: timedelta, dead: list[str], taken: bool
) -> None:
    queued(database, ada, "a")
    [held] = claimed(database, "first")
    assert keys_of(claimed(database, "second", NOW + passed, dead)) == (["a"] if taken else [])
    with database.writing() as connection:
        assert claims.holders(connection) == ["second" if taken else "first"]
        assert claims.hold(connection, held, "first", NOW) is not taken


def test_who_renews_a_claim_keeps_it(database: Database, ada: Subscriber) -> None:
    queued(database, ada, "a")
    [held] = claimed(database, "first")
    with database.writing() as connection:
        assert claims.hold(connection, held, "first", NOW + LEASE)
    assert claimed(database, "second", NOW + LEASE + timedelta(minutes=1)) == []


def test_nothing_is_claimed_before_its_time_nor_after_its_end(database: Database, ada: Subscriber) -> None:
    queued(database, ada, *State)
    again = NOW + timedelta(minutes=10)
    for delivery in claimed(database, "me"):
        with database.writing() as connection:
            end = Settled(state=State(delivery.key), reply="r" * 2_000, sha256="s", next_attempt_at=again)
            deliveries.settle(connection, delivery, "me", end, NOW)
    assert claimed(database, "me", again - timedelta(seconds=1)) == []
    [waiting] = claimed(database, "me", again)
    assert (waiting.key, waiting.attempts, len(waiting.reply), waiting.message_sha256) == ("queued", 1, 1_000, "s")


def taken(database: Database, holder: str, *dead: str) -> list[Claim]:
    with database.writing() as connection:
        return claims.claim(connection, holder, Share(), now=NOW, dead=dead)


def test_what_is_given_back_can_be_claimed_at_once(database: Database, ada: Subscriber) -> None:
    queued(database, ada, "a", "b")
    mine = taken(database, "me")
    with database.writing() as connection:
        deliveries.settle(connection, mine[0].delivery, "me", Settled(state=State.SENT, reply="250"), NOW)
        claims.give_back(connection, mine, "other", NOW)
        assert deliveries.counts(connection) == {"sending": 1, "sent": 1}
        claims.give_back(connection, mine, "me", NOW)
    assert [(one.key, one.attempts) for one in claimed(database, "other")] == [("b", 0)]


def test_what_was_handed_over_by_the_dead_is_known_however_often_it_is_given_back(
    database: Database, ada: Subscriber
) -> None:
    queued(database, ada, "a", "b", "c")
    first, second, _ = taken(database, "gone")
    with database.writing() as connection:
        assert claims.hold(connection, first.delivery, "gone", NOW)
        assert claims.hold(connection, second.delivery, "gone", NOW)
        claims.let_go(connection, second, "gone", NOW)
    mine = taken(database, "me", "gone")
    assert [(one.delivery.key, one.was_handed_over) for one in mine] == [("a", True), ("b", False), ("c", False)]
    with database.writing() as connection:
        claims.give_back(connection, mine[1:], "me", NOW)
        assert claims.hold(connection, mine[0].delivery, "me", NOW)
        claims.let_go(connection, mine[0], "me", NOW)
    again = taken(database, "other")
    assert [(one.delivery.key, one.was_handed_over) for one in again] == [("a", True), ("b", False), ("c", False)]


def test_who_lost_a_claim_settles_nothing(database: Database, ada: Subscriber) -> None:
    queued(database, ada, "a")
    [held] = claimed(database, "first")
    claimed(database, "second", dead=["first"])
    with database.writing() as connection:
        deliveries.settle(connection, held, "first", Settled(state=State.FAILED, reply="late"), NOW)
        assert deliveries.counts(connection) == {"sending": 1}


@pytest.mark.parametrize(
    ("kind", "status", "suppressed", "reason"),
    [
        (Kind.ISSUE, Status.ACTIVE, "", ""),
        (Kind.ISSUE, Status.PAUSED, "", "subscriber is paused"),
        (Kind.ISSUE, Status.PENDING, "", "subscriber is pending"),
        (Kind.ISSUE, Status.UNSUBSCRIBED, "unsubscribed", "suppressed: unsubscribed"),
        (Kind.ISSUE, Status.ACTIVE, "hard bounce", "suppressed: hard bounce"),
        (Kind.CONFIRMATION, Status.PENDING, "", ""),
        (Kind.CONFIRMATION, Status.PENDING, "unsubscribed", ""),
        (Kind.CONFIRMATION, Status.PENDING, "complaint", "suppressed: complaint"),
        (Kind.WELCOME, Status.ACTIVE, "", ""),
        (Kind.WELCOME, Status.PAUSED, "", ""),
        (Kind.WELCOME, Status.ACTIVE, "hard bounce", "suppressed: hard bounce"),
        (Kind.CHANGED, Status.PAUSED, "", ""),
        (Kind.CHANGED, Status.PENDING, "", "subscriber is pending"),
        (Kind.CHANGED, Status.UNSUBSCRIBED, "unsubscribed", "suppressed: unsubscribed"),
        (Kind.UNREACHABLE, Status.PAUSED, "", "subscriber is paused"),
        (Kind.UNREACHABLE, Status.ACTIVE, "hard bounce", "suppressed: hard bounce"),
        (Kind.QUIET, Status.PAUSED, "", "subscriber is paused"),
        (Kind.GOODBYE, Status.UNSUBSCRIBED, "unsubscribed", ""),
        (Kind.GOODBYE, Status.UNSUBSCRIBED, "complaint", "suppressed: complaint"),
        (Kind.GOODBYE, Status.ACTIVE, "", "subscriber is active"),
        (Kind.GOODBYE, Status.PENDING, "unsubscribed", "subscriber is pending"),
    ],
)
def test_what_must_not_go_out_has_a_reason(
    database: Database, ada: Subscriber, kind: Kind, status: Status, suppressed: str, reason: str
) -> None:
    queued(database, ada, "a", kind=kind)
    [delivery] = claimed(database, "me")
    with database.writing() as connection:
        subscribers.set_status(connection, ada, status, now=NOW)
        if suppressed:
            subscribers.suppress(connection, ada.address.upper(), suppressed, NOW)
        assert deliveries.unwanted(connection, delivery) == reason
