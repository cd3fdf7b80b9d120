"""The operator is told of trouble once, and once when it is over, whatever way there is to tell."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from digest.actions.watch import WatchReport, watch
from digest.domain.alarm import Alarm
from digest.domain.bounce import Bounce, BounceKind
from digest.domain.delivery import Kind, State
from digest.domain.listing import Receipt, Verdict
from digest.domain.subscriber import Status, Wishes
from digest.store import bounces, claims, deliveries, receipts, rests, subscribers
from digest.store.claims import Share
from digest.store.database import Database
from digest.store.deliveries import Settled
from digest.store.tables import deliveries as deliveries_table
from tests.builders import DAY, NOW


class Operator:
    """Somebody who is told, and may not be listening."""

    def __init__(self) -> None:
        self.told: list[Alarm] = []
        self.is_away = False

    def __call__(self, alarm: Alarm) -> None:
        if self.is_away:
            raise ConnectionError("nobody listens")
        self.told.append(alarm)


@pytest.fixture
def operator() -> Operator:
    return Operator()


def ring(database: Database, operator: Operator, now: datetime, *, is_late: bool = True) -> WatchReport:
    return watch(database, {"mail": operator}, now=now, day=DAY, is_late=is_late, sources=["arxiv"])


def sign(database: Database, verdict: Verdict, remedy: str = "") -> None:
    receipt = Receipt(source="arxiv", day=DAY, observed_at=NOW, verdict=verdict, reason="cut", remedy=remedy)
    with database.writing() as connection:
        receipts.add(connection, receipt)


def minutes(number: int) -> datetime:
    return NOW + timedelta(minutes=number)


def test_a_stale_source_is_told_once_and_once_when_it_is_over(database: Database, operator: Operator) -> None:
    sign(database, Verdict.STALE)
    for at in range(5):
        ring(database, operator, minutes(at))
    assert len(operator.told) == 1
    assert f"digest collect --day {DAY} --again" in operator.told[0].words
    sign(database, Verdict.COMPLETE)
    for at in range(5, 9):
        ring(database, operator, minutes(at))
    assert [alarm.is_over for alarm in operator.told] == [False, True]


@pytest.mark.parametrize(
    ("verdict", "remedy"), [(Verdict.NOTHING, ""), (Verdict.PARTIAL, "filled from OAI-PMH: 3 papers")]
)
def test_a_silent_day_or_a_mended_one_is_no_trouble(
    database: Database, operator: Operator, verdict: Verdict, remedy: str
) -> None:
    sign(database, verdict, remedy)
    assert ring(database, operator, NOW).told == []


def test_a_source_has_time_until_patience_ends(database: Database, operator: Operator) -> None:
    sign(database, Verdict.FAILED)
    assert ring(database, operator, NOW, is_late=False).told == []
    assert len(ring(database, operator, minutes(1)).told) == 1


def test_a_source_that_was_not_read_at_all_is_told_once_the_clock_has_been_going(
    database: Database, operator: Operator
) -> None:
    for at in range(0, 60, 10):
        assert ring(database, operator, minutes(at)).told == [], "a house just opened has had no time to read"
    assert "was not read" in ring(database, operator, minutes(60)).told[0]


def test_who_could_not_be_told_is_told_again(database: Database, operator: Operator) -> None:
    sign(database, Verdict.FAILED)
    operator.is_away = True
    assert not ring(database, operator, NOW).done
    operator.is_away = False
    ring(database, operator, minutes(1))
    ring(database, operator, minutes(2))
    assert len(operator.told) == 1


def test_one_way_that_fails_neither_stops_the_other_nor_repeats_it(database: Database, operator: Operator) -> None:
    sign(database, Verdict.FAILED)
    deaf = Operator()
    deaf.is_away = True
    for at in range(4):
        watch(database, {"mail": deaf, "webhook": operator}, now=minutes(at), day=DAY, is_late=True, sources=[])
    assert len(operator.told) == 1
    deaf.is_away = False
    watch(database, {"mail": deaf, "webhook": operator}, now=minutes(5), day=DAY, is_late=True, sources=[])
    assert (len(deaf.told), len(operator.told)) == (1, 1)


def test_a_failed_day_is_not_over_because_midnight_passed(database: Database, operator: Operator) -> None:
    sign(database, Verdict.FAILED)
    ring(database, operator, NOW)
    tomorrow = NOW + timedelta(days=1)
    watch(database, {"mail": operator}, now=tomorrow, day=DAY + timedelta(days=1), is_late=False, sources=[])
    assert [alarm.is_over for alarm in operator.told if alarm.name.startswith(str(DAY))] == [False]


def test_trouble_that_passed_before_anybody_heard_of_it_is_not_told(database: Database, operator: Operator) -> None:
    sign(database, Verdict.FAILED)
    operator.is_away = True
    ring(database, operator, NOW)
    sign(database, Verdict.COMPLETE)
    operator.is_away = False
    assert ring(database, operator, minutes(1)).told == []


def test_mail_that_cannot_leave_is_told(database: Database, operator: Operator) -> None:
    sign(database, Verdict.COMPLETE)
    with database.writing() as connection:
        reader = subscribers.add(connection, "a@readers.example", Wishes(), now=NOW, status=Status.ACTIVE, consent={})
        assert reader
        deliveries.queue(connection, reader, Kind.ISSUE, "2026-03-17", now=NOW)
    for at in (0, 20, 29, 30, 31):
        ring(database, operator, minutes(at))
    assert [alarm.name for alarm in operator.told] == ["mail"]


def test_that_sending_rests_is_told_when_it_lasts_and_when_it_is_over(database: Database, operator: Operator) -> None:
    sign(database, Verdict.COMPLETE)
    with database.writing() as connection:
        rests.begin(connection, rests.DOWN, NOW)
    for at in (0, 20, 30, 31, 32):
        ring(database, operator, minutes(at))
    assert [(alarm.name, "digest deliver --now" in alarm.words) for alarm in operator.told] == [("mail", True)]
    with database.writing() as connection:
        rests.end(connection)
    for at in range(33, 39):
        ring(database, operator, minutes(at))
    assert [alarm.is_over for alarm in operator.told] == [False, True]


def test_mail_that_leaves_slowly_is_no_trouble(database: Database, operator: Operator) -> None:
    sign(database, Verdict.COMPLETE)
    with database.writing() as connection:
        reader = subscribers.add(connection, "a@readers.example", Wishes(), now=NOW, status=Status.ACTIVE, consent={})
        for key in ("2026-03-16", "2026-03-17"):
            assert deliveries.queue(connection, reader or 0, Kind.ISSUE, key, now=NOW)
        [first, _] = claims.claim(connection, "me", Share(), now=NOW)
        sent = Settled(state=State.SENT, reply="250")
        deliveries.settle(connection, first.delivery, "me", sent, minutes(20))
        claims.free(connection, "me", [], NOW)
    for at in (0, 20, 40, 49):
        ring(database, operator, minutes(at))
    assert operator.told == []
    ring(database, operator, minutes(51))
    assert [alarm.name for alarm in operator.told] == ["mail"]


def test_a_clock_that_stood_is_told_and_that_it_goes_again(database: Database, operator: Operator) -> None:
    sign(database, Verdict.COMPLETE)
    ring(database, operator, NOW)
    for at in (200, 201, 202):
        ring(database, operator, minutes(at))
    assert [alarm.is_over for alarm in operator.told if alarm.name.startswith("clock")] == [False, True]
    assert "stood still from" in operator.told[0].words


@pytest.mark.parametrize(("refused", "sent", "is_told"), [(20, 400, True), (20, 401, False), (19, 0, False)])
def test_refusals_for_policy_are_told_where_they_are_many_and_not_few_among_many(
    refused: int, sent: int, is_told: bool, database: Database, operator: Operator
) -> None:
    with database.writing() as connection:
        wishes = Wishes()
        reader = subscribers.add(connection, "ada@a.example", wishes, now=NOW, status=Status.ACTIVE, consent={}) or 0
        numbers = [deliveries.queue(connection, reader, Kind.ISSUE, str(key), now=NOW) for key in range(max(sent, 20))]
        own = [number for number in numbers if number]
        table = deliveries_table
        connection.execute(update(table).where(table.c.id.in_(own[:sent])).values(state="sent", sent_at=NOW))
        connection.execute(update(table).where(table.c.id.in_(own[sent:])).values(state="failed"))
        for number in own[:refused]:
            words = "550 5.7.1 listed" if number != own[0] else "554 5.7.1 odd"
            bounces.note(connection, number, Bounce(kind=BounceKind.POLICY, at=NOW, words=words))
    for at in range(3):
        ring(database, operator, minutes(at), is_late=False)
    told = [alarm.words for alarm in operator.told if alarm.name == "refusals"]
    assert len(told) == is_told
    assert all("20 mails" in words and "550 5.7.1 listed" in words for words in told)
    ring(database, operator, NOW + timedelta(days=1, minutes=1), is_late=False)
    assert [alarm.is_over for alarm in operator.told if alarm.name == "refusals"] == [False, True][: 2 * is_told]
