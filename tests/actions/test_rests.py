"""When sending rests and goes on: nobody waits for others' dead mailboxes, nothing is sent twice, nothing is lost."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import pairwise
from threading import Event, Semaphore

import pytest
from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from digest.actions import subscribe
from digest.actions.compose import Round, compose
from digest.actions.deliver import Sending
from digest.domain.delivery import Kind, Outcome, Reply, State
from digest.domain.message import Message
from digest.domain.subscriber import Status, Wishes
from digest.mail.pool import Pool
from digest.mail.transport import TransportDown
from digest.store import bells, claims, deliveries, rests, subscribers
from digest.store.claims import Share
from digest.store.database import Database
from digest.store.deliveries import Settled
from digest.store.tables import bounces, shown_papers, suppressions
from digest.store.tables import deliveries as ledger
from digest.store.tables import subscribers as subscribers_table
from tests.builders import DAY, NOW
from tests.delivering import delivered, sending
from tests.fakes import SENT, ListTransport, Watch

DEAD = Reply(outcome=Outcome.REFUSED, text="550 5.1.1 no such person", at="RCPT")
FULL = Reply(outcome=Outcome.LATER, text="452 4.2.2 mailbox full", at="RCPT")
BLOCKED = Reply(outcome=Outcome.REFUSED, text="554 5.7.1 blocked", at="DATA")
BUSY = Reply(outcome=Outcome.LATER, text="421 4.7.28 unusual rate of mail", at="RCPT")


def crowd(database: Database, readers: int, domain: Callable[[int], str] = "d{}.example".format) -> None:
    """Compose an issue for each of many readers."""
    with database.writing() as connection:
        for number in range(readers):
            address, long_ago = f"r{number}@{domain(number)}", NOW - timedelta(days=1)
            subscribers.add(connection, address, Wishes(bar=0), now=long_ago, status=Status.ACTIVE, consent={})
    assert compose(database, Round(now=NOW, queued_at=NOW, key_id=1)).issues == readers


def counts(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return deliveries.counts(connection)


def number_of(message: Message) -> int:
    return int(message.recipient[1:].partition("@")[0])


def serve(process: Sending, watch: Watch, hours: float) -> None:
    """Let the clock ring every minute for some hours."""
    while watch.seconds < hours * 3600:
        process.run()
        watch.sleep(60)


def some(first: int, reply: Reply, message: Message) -> Reply:
    return reply if number_of(message) < first else SENT


def test_many_dead_mailboxes_at_the_head_keep_no_living_reader_waiting_for_long(published: Database) -> None:
    crowd(published, 40)
    watch, transport = Watch(), ListTransport(partial(some, 24, DEAD))
    process = sending(published, transport, watch=watch)
    serve(process, watch, 1)
    assert len(transport.sent) == 16
    with published.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(suppressions)) == 0
        assert connection.scalar(select(func.count()).select_from(bounces)) or 0 > 0, "the last ones count: it was they"


def test_a_short_block_and_many_full_mailboxes_are_over_when_the_server_takes_mail_again(published: Database) -> None:
    crowd(published, 40)
    watch = Watch()
    transport = ListTransport(lambda message: BLOCKED if watch.seconds < 60 else some(15, FULL, message))
    serve(sending(published, transport, watch=watch), watch, 1)
    assert len(transport.sent) == 25


def test_a_relay_that_denies_every_mailbox_suppresses_nobody_in_a_small_house_either(published: Database) -> None:
    crowd(published, 9)
    for days in range(2):
        delivered(published, ListTransport(lambda _: DEAD), NOW + timedelta(days=days, minutes=days))
    with published.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(suppressions)) == 0


def test_a_confirmation_is_tried_again_soon_whatever_sending_rests_for(published: Database) -> None:
    crowd(published, 1)
    with published.writing() as connection:
        bells.put_off(connection, rests.TROUBLED, NOW - timedelta(hours=3))
        bells.put_off(connection, rests.RESTS, NOW + timedelta(hours=2))
        deliveries.queue(connection, 1, Kind.CONFIRMATION, "1", now=NOW, letter={})

    class Down(ListTransport):
        def open(self) -> None:
            raise TransportDown("one lost connection")

    delivered(published, Down())
    asked = select(ledger.c.next_attempt_at).where(ledger.c.kind == Kind.CONFIRMATION)
    with published.reading() as connection:
        assert connection.scalar(asked) == NOW + timedelta(seconds=5)


def test_trouble_nobody_met_for_hours_is_forgotten(published: Database) -> None:
    crowd(published, 3)
    with published.writing() as connection:
        bells.put_off(connection, rests.TROUBLED, NOW - timedelta(hours=24))
        bells.put_off(connection, rests.RESTS, NOW - timedelta(hours=23))
    report = delivered(published, ListTransport(partial(some, 1, FULL)))
    assert (report.sent, report.rests_until) == (2, "")


def test_a_rest_another_process_begins_is_kept_at_the_next_claim(published: Database) -> None:
    crowd(published, 60, lambda _: "readers.example")
    transport = ListTransport()

    def answer(_: Message) -> Reply:
        if len(transport.sent) == 3:
            with published.writing() as connection:
                rests.begin(connection, rests.ALIKE, NOW)
        return SENT

    transport.answer = answer
    report = delivered(published, transport)
    assert (report.sent, report.waiting, bool(report.rests_until)) == (25, 35, True)


def test_all_connections_down_at_the_same_moment_let_sending_rest(published: Database) -> None:
    crowd(published, 12)
    all_are_there, watch = Event(), Watch()
    process = sending(published, ListTransport(), watch=watch, limits={"connections": 4, "connections_per_domain": 9})

    class Down(ListTransport):
        def open(self) -> None:
            assert all_are_there.wait(60)
            raise TransportDown("refused")

    class Gathering(Pool[claims.Claim]):
        def ended(self, patience: float | None = None) -> list[object]:  # type: ignore[override]
            if len(self.under_way) == 4:
                all_are_there.set()
                time.sleep(0.5)
            return super().ended(patience)  # type: ignore[return-value]

    process.pool = Gathering(Down, 4, watch.monotonic)
    report = process.run()
    assert ("refused" in report.failed[0], bool(report.rests_until)) == (True, True)


def meeting(database: Database, change: Callable[[Connection], object]) -> list[str]:
    """Claim while another transaction has changed a row and not ended yet; give where the rows stand."""

    def claim() -> int:
        with database.writing() as connection:
            return len(claims.claim(connection, "me", Share(), now=NOW + claims.LEASE * 2))

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as connection:
            change(connection)
            claimed = pool.submit(claim)
            time.sleep(0.5)
        assert claimed.result(60) == 0
    return list(counts(database))


def test_what_is_taken_back_at_this_moment_is_not_claimed(published: Database) -> None:
    crowd(published, 3)
    assert meeting(published, lambda connection: claims.take_back_unsent(connection, ledger.c.id > 0)) == ["cancelled"]
    with published.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(shown_papers)) == 0


def test_what_is_settled_at_this_moment_is_not_claimed(published: Database) -> None:
    crowd(published, 1)
    with published.writing() as connection:
        [slow] = claims.claim(connection, "slow", Share(), now=NOW)
    sent = Settled(state=State.SENT, reply="250 ok")
    settle = partial(deliveries.settle, delivery=slow.delivery, holder="slow", end=sent, now=NOW)
    assert meeting(published, settle) == ["sent"]


def test_a_reply_with_a_nul_stops_nobody(published: Database) -> None:
    crowd(published, 3)
    transport = ListTransport(lambda _: Reply(outcome=Outcome.SENT, text="250 o\0k"))
    assert delivered(published, transport).sent == 3
    assert counts(published) == {"sent": 3}


class AwayError(Exception):
    """Stands for the driver's own."""


@pytest.mark.parametrize(
    "error", [OperationalError("UPDATE", {}, AwayError()), PoolExhausted("QueuePool limit reached")]
)
def test_what_was_sent_while_the_database_was_away_is_not_sent_again(published: Database, error: Exception) -> None:
    crowd(published, 8)
    transport = ListTransport()
    process, is_away = sending(published, transport, limits={"connections": 4, "connections_per_domain": 4}), [True]
    noting = published.noting

    def failing() -> object:
        if is_away[0] and len(transport.sent) >= 2:
            raise error
        return noting()

    published.noting = failing  # type: ignore[method-assign, assignment]
    with pytest.raises(type(error)):
        process.run()
    with pytest.raises(type(error)):
        process.close()
    is_away[0] = False
    process.pool = Pool(lambda: transport, 4, Watch().monotonic)
    process.run()
    process.close()
    assert (len(transport.sent), len({message.id for message in transport.sent})) == (8, 8)
    assert counts(published) == {"sent": 8}


def test_an_issue_that_is_put_off_until_it_is_given_up_is_taken_back(published: Database) -> None:
    crowd(published, 10, lambda number: "large.example" if number < 4 else f"d{number}.example")
    watch, transport = Watch(), ListTransport(partial(some, 4, BUSY))
    serve(sending(published, transport, watch=watch), watch, 23)
    assert counts(published) == {"cancelled": 4, "sent": 6}
    first = shown_papers.c.subscriber_id <= 4
    with published.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(shown_papers).where(first)) == 0
        covered = connection.scalars(select(subscribers_table.c.covered_until).where(subscribers_table.c.id <= 4))
        assert set(covered) == {DAY - timedelta(days=1)}


def test_what_a_reader_was_served_since_stays_when_an_older_issue_is_taken_back(published: Database) -> None:
    crowd(published, 1)
    later = DAY + timedelta(days=3)
    with published.writing() as connection:
        connection.execute(update(subscribers_table).values(covered_until=later))
        assert claims.take_back_unsent(connection, claims.too_late(NOW + timedelta(days=3))) == [1]
        assert connection.scalar(select(subscribers_table.c.covered_until)) == later


def test_one_process_waits_for_a_rate_of_a_domain_and_looks_up_meanwhile(published: Database) -> None:
    crowd(published, 4, lambda _: "readers.example")
    watch, looked = Watch(), []
    process = sending(published, ListTransport(), watch=watch, limits={"rate_per_domain": 6})
    assert process.run(advance=lambda *_: looked.append(watch.seconds)).sent == 4
    assert 30 <= watch.seconds < 60
    assert max(after - before for before, after in pairwise(looked)) <= 2


class Clock(Watch):
    """A watch that goes by itself."""

    def __init__(self) -> None:
        """It is not set."""

    @property
    def seconds(self) -> float:  # type: ignore[override]
        """Tell the seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let them pass."""
        time.sleep(seconds)


def test_a_confirmation_leaves_within_ten_seconds_however_slow_every_connection_is(published: Database) -> None:
    crowd(published, 12)
    asked_at, confirmed, waits = [0.0], Event(), Semaphore(3)

    def slow(message: Message) -> Reply:
        if message.recipient.startswith("chen"):
            assert time.monotonic() - asked_at[0] < 10
            confirmed.set()
            return SENT
        if not confirmed.is_set() and not waits.acquire(
            blocking=False
        ):  # This is the fourth: every connection is taken now.
            with published.writing() as connection:
                subscribe.sign_up(connection, "chen@d99.example", Wishes(), consent={}, key_id=1, now=NOW)
            asked_at[0] = time.monotonic()
        assert confirmed.wait(60)
        return SENT

    transport = ListTransport(slow)
    report = delivered(published, transport, watch=Clock(), limits={"connections": 4, "connections_per_domain": 4})
    assert (report.sent, transport.sent[0].recipient) == (13, "chen@d99.example")
