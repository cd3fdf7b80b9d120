"""Delivering: once to each inbox, later when told so, never to one who left."""

from collections import Counter
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from functools import partial
from threading import Event, Lock
from time import sleep

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from digest.actions import subscribe
from digest.actions.compose import Round, compose
from digest.actions.preview import of_delivery
from digest.actions.report import DeliverReport
from digest.domain.bounce import BounceKind
from digest.domain.delivery import FIRST_WAIT, GIVE_UP_AFTER, TRIED_AGAIN, Kind, Outcome, Reply, State
from digest.domain.message import Message
from digest.domain.subscriber import Wishes
from digest.journal import Line
from digest.links import Purpose
from digest.mail.mime import message_of
from digest.mail.pool import Pool
from digest.mail.renderer import letter_for_issue
from digest.mail.transport import TransportDown
from digest.store import bounces, claims, deliveries, editions, issues, rests, subscribers
from digest.store.claims import LEASE, Share
from digest.store.database import Database
from digest.store.tables import deliveries as deliveries_table
from tests.builders import NOW
from tests.cast import address_of, joined
from tests.delivering import LINKS, delivered, sending
from tests.fakes import SENT, ListTransport, Watch

LATER, REFUSED, UNKNOWN = (
    Reply(outcome=outcome, text=outcome.value, at="RCPT")
    for outcome in (Outcome.LATER, Outcome.REFUSED, Outcome.UNKNOWN)
)


def counts(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return deliveries.counts(connection)


@pytest.fixture
def composed(published: Database) -> Database:
    """Give a database with the issues of two readers queued."""
    for name in ("ada", "bela"):
        joined(published, name, wishes=Wishes())
    assert compose(published, Round(now=NOW, queued_at=NOW, key_id=1)).issues == 2
    return published


def test_every_message_goes_out_once(composed: Database) -> None:
    transport = ListTransport()
    assert delivered(composed, transport).sent == 2
    assert delivered(composed, transport).sent == 0
    assert [message.recipient for message in transport.sent] == [address_of("ada"), address_of("bela")]
    assert counts(composed) == {"sent": 2}


def test_what_was_sent_can_be_made_again_to_the_byte(composed: Database) -> None:
    transport = ListTransport()
    delivered(composed, transport)
    with composed.reading() as connection:
        for message, (number, issue_id) in zip(
            transport.sent, reversed(deliveries.last_sent(connection, 9)), strict=True
        ):
            found = deliveries.with_id(connection, number)
            issue = issues.with_ids(connection, [issue_id])[issue_id]
            pages = editions.pages_of(connection, [issue])[issue.edition_id]
            again = message_of(letter_for_issue(issue, number, *pages, LINKS))
            assert again.body == message.body
            assert found is not None
            assert found[0].message_sha256 == again.sha256


def test_a_page_that_may_be_passed_on_holds_nothing_of_the_reader(composed: Database) -> None:
    transport = ListTransport()
    delivered(composed, transport)
    with composed.reading() as connection:
        page = of_delivery(connection, 1, LINKS).html
    own = [LINKS.link(purpose, 1) for purpose in (Purpose.LEAVE, Purpose.PREFERENCES)]
    assert [text for text in [*own, address_of("ada")] if text in page] == []
    assert "This page may be passed on" in page


def test_later_is_tried_again_after_the_wait_and_not_before(composed: Database) -> None:
    busy, free = ListTransport(lambda _: LATER), ListTransport()
    first = delivered(composed, busy)
    assert (first.later, first.skipped, first.done) == (2, {"queued: later": 2}, False)
    assert (first.waiting, first.next_try_at) == (2, "2026-03-17T09:10:00+00:00")
    assert delivered(composed, free, NOW + FIRST_WAIT - timedelta(seconds=1)).sent == 0
    assert delivered(composed, free, NOW + FIRST_WAIT).sent == 2


def test_a_message_is_given_up_before_the_next_issue(composed: Database) -> None:
    moment, tries = NOW, 0
    while counts(composed) == {"queued": 2}:
        tries += bool(delivered(composed, ListTransport(lambda _: LATER), moment).skipped)
        moment += timedelta(minutes=10)
    assert counts(composed) == {"failed": 2, "queued": 2}, "and each reader will be told"
    assert timedelta(hours=18) < moment - NOW <= GIVE_UP_AFTER
    assert 5 <= tries <= 15


def failed(database: Database, kind: Kind = Kind.UNREACHABLE) -> list[list[str]]:
    """Give the periods of the failed issues in each notice that still waits."""
    with database.reading() as connection:
        found = (deliveries.newest(connection, number, kind) for number in (1, 2))
        return [[one[0] for one in held[1]["failed"]] for held in found if held and held[0].state is State.QUEUED]


def test_an_issue_that_was_refused_is_told_a_day_later_with_a_link_to_it(composed: Database) -> None:
    said = Reply(outcome=Outcome.REFUSED, text="552 5.2.2 <b>Over quota</b>")
    delivered(composed, ListTransport(lambda _: said))
    transport = ListTransport()
    assert delivered(composed, transport, NOW + TRIED_AGAIN - timedelta(seconds=1)).sent == 0
    assert delivered(composed, transport, NOW + TRIED_AGAIN).sent == 2
    mail = message_from_bytes(transport.sent[0].body, policy=default)
    text, page = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert page is not None
    assert mail["Subject"] == "We could not bring you the issue of Tuesday, 17 March 2026"
    link = LINKS.link(Purpose.VIEW, 1)
    assert f"{link} Your server said: “552 5.2.2 <b>Over quota</b>”" in " ".join(text.get_content().split())
    assert f'href="{link}"' in page.get_content()
    assert "552 5.2.2 &lt;b&gt;Over quota" in page.get_content()


def test_an_issue_given_up_after_many_tries_is_told_too(composed: Database) -> None:
    delivered(composed, ListTransport(lambda _: LATER), NOW + GIVE_UP_AFTER)
    assert failed(composed) == [["2026-03-17"], ["2026-03-17"]]


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.LATER])
@pytest.mark.parametrize(
    ("at", "said", "is_told"),
    [
        ("RCPT", "550 no such person", True),
        ("RCPT", "550 5.4.1 Recipient address rejected", True),
        ("RCPT", "550 5.7.1 your network is listed", False),
        ("RCPT", "450 4.1.8 sender's domain not found", False),
        ("RCPT", "421 4.2.1 too many from your network", False),
        ("DATA", "552 5.2.2 over quota", True),
        ("DATA", "550 5.1.1 no such person", True),
        ("DATA", "554 5.7.1 looks like spam", False),
        ("DATA", "554 no", False),
        ("MAIL", "451 4.7.1 slow down", False),
        ("", "outbox: no space left", False),
    ],
)
def test_only_what_is_about_the_readers_mailbox_is_told_to_the_reader(
    composed: Database, outcome: Outcome, at: str, said: str, is_told: bool
) -> None:
    reply = Reply(outcome=outcome, text=said, at=at)
    report = delivered(composed, ListTransport(lambda _: reply), NOW + GIVE_UP_AFTER)
    assert report.failed == [f"not every message could be delivered; the first: {said}"]
    assert failed(composed) == ([["2026-03-17"]] * 2 if is_told else [])
    is_taken_back = outcome is Outcome.LATER and not is_told
    assert counts(composed)["cancelled" if is_taken_back else "failed"] == 2


def test_an_issue_that_could_not_be_made_here_is_tried_again_and_told_to_the_operator_alone(
    composed: Database,
) -> None:
    def breaks(_: Message) -> Reply:
        raise ZeroDivisionError

    report = delivered(composed, ListTransport(breaks))
    assert report.failed == ["not every message could be delivered; the first: failed here: ZeroDivisionError()"]
    assert (failed(composed), counts(composed)) == ([], {"queued": 2})
    assert delivered(composed, ListTransport(), NOW + FIRST_WAIT).sent == 2


def test_no_reader_hears_of_a_fault_of_ours_that_lasted(composed: Database) -> None:
    def breaks(_: Message) -> Reply:
        raise ZeroDivisionError

    delivered(composed, ListTransport(breaks), NOW + GIVE_UP_AFTER)
    assert (failed(composed), counts(composed)) == ([], {"cancelled": 2})


def test_there_is_never_a_notice_about_a_notice_and_a_dead_mailbox_is_left_alone_for_a_week(composed: Database) -> None:
    refusing = ListTransport(lambda _: REFUSED)
    for day in range(12):  # The operator believes in these addresses: else they were given up after a few days.
        for number in (1, 2):
            with composed.writing() as connection:
                deliveries.queue(
                    connection, number, Kind.ISSUE, f"day {day}", now=NOW + timedelta(days=day), issue_id=number
                )
                bounces.release(connection, address_of(("ada", "bela")[number - 1]), bounces.BOUNCED)
        delivered(composed, refusing, NOW + timedelta(days=day))
    with composed.reading() as connection:
        rows = connection.execute(select(deliveries_table).where(deliveries_table.c.subscriber_id == 1)).all()
    kinds = Counter(row.kind for row in rows)
    assert kinds == {Kind.ISSUE: 13, Kind.UNREACHABLE: 3}, "the first day's, and those after one day and after eight"
    assert failed(composed) == [[f"day {day}" for day in range(5, 12)]] * 2, "the last seven are named"


@pytest.mark.parametrize(
    ("at", "said", "kind", "is_given_up"),
    [
        ("RCPT", "550 5.1.1 no such person", BounceKind.HARD, True),
        ("DATA", "552 5.2.2 over quota", BounceKind.SOFT, False),
        ("RCPT", "550 5.7.1 your network is listed", BounceKind.POLICY, False),
        ("", "outbox: no space left", BounceKind.POLICY, False),
    ],
)
def test_an_address_refused_at_the_door_counts_like_a_bounce_and_no_other_refusal_does(
    composed: Database, at: str, said: str, kind: BounceKind, is_given_up: bool
) -> None:
    refusing, tomorrow = ListTransport(lambda _: Reply(outcome=Outcome.REFUSED, text=said, at=at)), NOW + TRIED_AGAIN
    delivered(composed, refusing)
    with composed.reading() as connection:
        assert [(one.kind, one.words) for one in bounces.of_reader(connection, 1)] == [(kind, said)]
        assert bounces.suppressed(connection, address_of("ada")) is None, "one evening may be a fault of the server"
    more_issues(composed, 1, tomorrow)
    delivered(composed, refusing, tomorrow)
    with composed.reading() as connection:
        held = bounces.suppressed(connection, address_of("ada"))
    assert (held.reason if held else "") == (bounces.BOUNCED if is_given_up else "")


def refuses(text: str, _: Message) -> Reply:
    return Reply(outcome=Outcome.REFUSED, text=text, at="RCPT")


def test_alike_refusals_of_many_readers_count_for_nobody_and_what_is_no_matter_of_theirs_is_tried_again(
    composed: Database,
) -> None:
    more_issues(composed, 20)
    for said, waiting in (("554 5.7.1 blocked", 22), ("550 5.1.1 no such person", 13)):
        report = delivered(composed, ListTransport(partial(refuses, said)))
        assert "10 of the last 10 tries ended like this one" in report.failed[-1]
        with composed.writing() as connection:
            assert bounces.of_reader(connection, 1) == []
            assert deliveries.waiting(connection)[0] == waiting
            rests.end(connection)


def test_what_is_tried_again_counts_nothing_until_it_is_given_up(composed: Database) -> None:
    busy = ListTransport(lambda _: Reply(outcome=Outcome.LATER, text="450 4.2.2 full", at="RCPT"))
    kinds = []
    for at in (NOW, NOW + GIVE_UP_AFTER):
        delivered(composed, busy, at)
        with composed.reading() as connection:
            kinds.append([one.kind for one in bounces.of_reader(connection, 1)])
    assert kinds == [[], [BounceKind.SOFT]]


def test_the_log_has_one_line_for_each_settled_delivery(composed: Database, caplog: pytest.LogCaptureFixture) -> None:
    with composed.writing() as connection:
        bela = subscribers.with_address(connection, address_of("bela"))
        assert bela is not None
        subscribe.leave(connection, bela, NOW)
    with caplog.at_level("INFO"):
        delivered(composed, ListTransport())
    lines = sorted(Line().format(record).partition("event=")[2] for record in caplog.records)
    assert lines == ["delivery delivery=1 state=sent", "delivery delivery=2 state=cancelled"]


@pytest.mark.parametrize(("reply", "state"), [(REFUSED, State.FAILED), (UNKNOWN, State.UNKNOWN)])
def test_what_was_refused_or_may_have_arrived_is_not_sent_again(composed: Database, reply: Reply, state: State) -> None:
    assert delivered(composed, ListTransport(lambda _: reply)).skipped == {f"{state}: {reply.text}": 2}
    transport = ListTransport()
    delivered(composed, transport, NOW + timedelta(days=1))
    assert [message.id for message in transport.sent if message.id.startswith(Kind.ISSUE)] == []
    assert counts(composed)[state] == 2


def test_who_left_after_composing_gets_nothing(composed: Database) -> None:
    with composed.writing() as connection:
        ada = subscribers.with_address(connection, address_of("ada"))
        assert ada is not None
        subscribe.leave(connection, ada, NOW)
    transport = ListTransport()
    report = delivered(composed, transport)
    assert (report.sent, report.skipped) == (1, {"suppressed: unsubscribed": 1})
    assert [message.recipient for message in transport.sent] == [address_of("bela")]
    assert counts(composed) == {"cancelled": 1, "sent": 1}


def test_who_leaves_while_others_are_sent_gets_nothing(composed: Database) -> None:
    def answer(_: Message) -> Reply:
        with composed.writing() as connection:
            bela = subscribers.with_address(connection, address_of("bela"))
            assert bela is not None
            subscribe.leave(connection, bela, NOW)
        return Reply(outcome=Outcome.SENT)

    report = delivered(composed, ListTransport(answer))
    assert (report.sent, report.skipped) == (1, {"suppressed: unsubscribed": 1})


def test_confirmations_go_before_issues(composed: Database) -> None:
    with composed.writing() as connection:
        subscribe.sign_up(connection, address_of("chen"), Wishes(), consent={}, key_id=1, now=NOW)
    transport = ListTransport()
    delivered(composed, transport)
    assert [message.recipient[:4] for message in transport.sent] == ["chen", "ada@", "bela"]
    assert b"List-Unsubscribe" not in transport.sent[0].body


def test_what_a_dead_process_left_goes_out_under_the_same_id(composed: Database) -> None:
    with composed.writing() as connection:
        assert len(claims.claim(connection, "gone", Share(), now=NOW)) == 2
    transport = ListTransport()
    assert delivered(composed, transport).sent == 0
    assert delivered(composed, transport, dead="gone").sent == 2
    assert len({message.id for message in transport.sent}) == 2


def test_what_was_in_flight_when_a_process_died_is_repeated_and_counted(composed: Database) -> None:
    with composed.writing() as connection:
        first, _ = claims.claim(connection, "gone", Share(), now=NOW)
        assert claims.hold(connection, first.delivery, "gone", NOW)
    report = delivered(composed, ListTransport(), dead="gone")
    assert (report.sent, report.repeated) == (2, 1)


def test_where_no_message_can_leave_the_round_stops_and_everything_is_kept(composed: Database) -> None:
    tried: list[str] = []

    def down(message: Message) -> Reply:
        tried.append(message.recipient)
        raise TransportDown("no route")

    report = delivered(composed, ListTransport(down))
    said = "sending rests until 09:00:05 UTC: nothing can be sent now: no route"
    assert (len(tried), report.failed, report.waiting) == (1, [said], 2)
    assert delivered(composed, ListTransport()).sent == 0, "it rests"
    assert delivered(composed, ListTransport(), NOW + timedelta(seconds=5)).sent == 2


def test_a_message_that_breaks_the_transport_keeps_back_no_other(composed: Database) -> None:
    def breaks(message: Message) -> Reply:
        if message.recipient == address_of("ada"):
            raise ZeroDivisionError
        return Reply(outcome=Outcome.SENT)

    report = delivered(composed, ListTransport(breaks))
    assert (report.sent, report.skipped) == (1, {"queued: failed here: ZeroDivisionError()": 1})


def test_a_claim_taken_over_meanwhile_is_not_sent_twice(composed: Database) -> None:
    other = ListTransport()

    def slow(_: Message) -> Reply:
        taken = delivered(composed, other, NOW + LEASE + timedelta(seconds=1), holder="other")
        assert (taken.sent, taken.repeated) == (2, 1)
        return Reply(outcome=Outcome.SENT)

    report = delivered(composed, ListTransport(slow))
    assert "taken over by another process" in report.skipped
    assert [message.recipient for message in other.sent].count(address_of("bela")) == 1


def test_one_mail_that_cannot_be_made_keeps_back_no_other(composed: Database) -> None:
    with composed.writing() as connection:
        ada = subscribers.with_address(connection, address_of("ada"))
        assert ada is not None
        deliveries.queue(connection, ada.id, Kind.CONFIRMATION, "1", now=NOW, letter={"subject": "half"})
    report = delivered(composed, ListTransport())
    assert (report.sent, counts(composed)) == (2, {"queued": 1, "sent": 2})


def paced(
    database: Database, transport: ListTransport, at: datetime = NOW, **limits: int
) -> tuple[DeliverReport, float]:
    """Deliver by a watch of the tests; give the report and the seconds it took."""
    watch = Watch()
    return delivered(database, transport, at, watch=watch, limits=limits), watch.seconds


def more_issues(database: Database, count: int, at: datetime = NOW) -> None:
    """Queue issues for the first reader."""
    with database.writing() as connection:
        for number in range(count):
            assert deliveries.queue(connection, 1, Kind.ISSUE, f"{at:%d} {number}", now=at, issue_id=1)


def test_a_rate_is_kept_and_everything_leaves_in_one_run(composed: Database) -> None:
    more_issues(composed, 8)
    report, seconds = paced(composed, ListTransport(), rate=20)
    assert (report.sent, report.waiting) == (10, 0)
    assert 27 <= seconds < 40, "nine times three seconds, and a moment's look at the end of each"


def test_a_new_sender_sends_twice_as_much_every_day_and_its_notices_at_once(composed: Database) -> None:
    with composed.writing() as connection:
        subscribe.sign_up(connection, address_of("chen"), Wishes(), consent={}, key_id=1, now=NOW)
    sent = []
    for at in (NOW, NOW + timedelta(days=1), NOW + timedelta(days=2)):
        more_issues(composed, 9, at)
        sent.append(paced(composed, ListTransport(), at, ramp_first_day=2)[0])
    assert [report.sent for report in sent] == [3, 4, 8], "the first day, a confirmation besides"
    assert [report.waiting for report in sent] == [9, 5, 1]
    assert [report.skipped["not sent in time: its papers come with the next issue"] for report in sent] == [0, 9, 5]
    assert "waits for tomorrow: the ramp of a new sender" in sent[0].skipped


def test_failures_of_one_kind_pause_the_run_and_keep_the_rest(composed: Database) -> None:
    more_issues(composed, 48)
    tried: list[str] = []

    def busy(message: Message) -> Reply:
        tried.append(message.id)
        return Reply(outcome=Outcome.LATER, text="452 4.3.1 no room", at="MAIL")

    report, _ = paced(composed, ListTransport(busy))
    assert (len(tried), report.later, report.waiting) == (10, 10, 50)
    assert "10 of the last 10 tries ended like this one: 452 4.3.1 no room" in report.failed[-1]
    assert paced(composed, ListTransport(busy), NOW + timedelta(minutes=4))[0].later == 0, "it rests"
    assert paced(composed, ListTransport(busy), NOW + timedelta(minutes=6))[0].later == 1, "one is tried, and it lasts"
    assert paced(composed, ListTransport(), NOW + timedelta(minutes=9))[0].sent == 0, "longer than before"
    assert paced(composed, ListTransport(), NOW + timedelta(minutes=13))[0].sent == 49, "those whose wait is over"


@pytest.mark.parametrize(("per_domain", "at_once"), [(1, 1), (4, 2)])
def test_neither_a_domain_nor_a_reader_gets_more_at_once_than_it_may(
    composed: Database, per_domain: int, at_once: int
) -> None:
    more_issues(composed, 20)
    under_way, most, lock = [0], [0], Lock()

    def slow(_: Message) -> Reply:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        sleep(0.01)
        with lock:
            under_way[0] -= 1
        return SENT

    report, _ = paced(composed, ListTransport(slow), connections=4, connections_per_domain=per_domain)
    assert (report.sent, most[0]) == (22, at_once), "a welcome never races an issue to the same reader"


def test_a_connection_that_cannot_be_opened_is_done_without(composed: Database) -> None:
    more_issues(composed, 20)
    opened: list[ListTransport] = []

    def waits(_: Message) -> Reply:
        assert turned_away.wait(60)
        return SENT

    def opens() -> ListTransport:
        with lock:
            if opened:
                turned_away.set()
                raise TransportDown("421 one is enough")
            opened.append(ListTransport(waits))
            return opened[0]

    lock, turned_away = Lock(), Event()
    process = sending(composed, ListTransport(), limits={"connections": 4, "connections_per_domain": 4})
    process.pool = Pool(opens, 4, Watch().monotonic)
    report = process.run()
    assert (report.sent, report.waiting, report.failed) == (22, 0, [])


def test_how_a_message_ended_is_written_down_when_the_database_is_back(composed: Database) -> None:
    if not composed.is_sqlite:
        pytest.skip("a missing table is another kind of error there")

    def rename(name: str, other: str) -> None:
        with composed.writing() as connection:
            connection.execute(text(f"ALTER TABLE {name} RENAME TO {other}"))

    class Mends(Watch):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if seconds >= 2:
                rename("elsewhere", "deliveries")

    def breaks(message: Message) -> Reply:
        if message.recipient == address_of("ada"):
            rename("deliveries", "elsewhere")
        return SENT

    transport = ListTransport(breaks)
    process = sending(composed, transport, watch=Mends())
    with pytest.raises(OperationalError):
        process.run()
    process.close()
    assert [message.recipient for message in transport.sent] == [address_of("ada")]
    assert counts(composed) == {"queued": 1, "sent": 1}
    assert delivered(composed, transport).sent == 1
    assert counts(composed) == {"sent": 2}
