"""What comes back is acted on: an address that is dead is given up, who complains has left, and nothing is answered."""

import imaplib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select
from sqlalchemy.exc import TimeoutError as PoolTimeout

from digest.actions.receive import BROKEN, GONE, MOST_SECONDS, UNPROVED, receive, release
from digest.actions.report import ReceiveReport
from digest.actions.subscribe import remove
from digest.domain.bounce import BounceKind, of_reply
from digest.domain.delivery import Kind, Outcome, Reply
from digest.domain.subscriber import Refused, Status, Subscriber
from digest.mail.mailbox import ImapInbox, Mailbox, MaildirFolder
from digest.store import bounces, deliveries, subscribers
from digest.store.database import Database
from digest.store.tables import bounces as bounces_table
from digest.store.tables import deliveries as deliveries_table
from tests.builders import NOW
from tests.cast import wishes_of
from tests.returning import LINKS, READER, SAMPLES, all_connections_taken

BY_NAME = {sample.name: sample for sample in SAMPLES}
DAY = timedelta(days=1)


@pytest.fixture
def sent(database: Database) -> list[int]:
    """Give the numbers of eight deliveries to one reader."""
    with database.writing() as connection:
        number = subscribers.add(connection, READER, wishes_of("ada"), now=NOW - DAY, status=Status.ACTIVE, consent={})
        queued = [deliveries.queue(connection, number or 0, Kind.ISSUE, f"day {n}", now=NOW) for n in range(8)]
    return [one for one in queued if one]


def came(
    database: Database, folder: Path, *samples: str, delivery: int, at: datetime = NOW, name: str = ""
) -> ReceiveReport:
    """Let mails lie in a Maildir folder, and receive them."""
    (folder / "new").mkdir(parents=True, exist_ok=True)
    for sample in samples:
        (folder / "new" / f"{name}{sample}").write_bytes(BY_NAME[sample].raw(delivery))
    return receive(database, [MaildirFolder(folder)], links=LINKS, now=at, seconds=lambda: 0.0)


def reader(database: Database) -> Subscriber:
    with database.reading() as connection:
        found = subscribers.with_address(connection, READER)
    assert found is not None
    return found


def reason(database: Database) -> str:
    with database.reading() as connection:
        held = bounces.suppressed(connection, READER)
    return held.reason if held else ""


def test_hard_bounces_of_two_days_suppress_and_their_mails_are_moved(
    database: Database, sent: list[int], tmp_path: Path
) -> None:
    for delivery in sent[:3]:
        report = came(database, tmp_path, "postfix-user-unknown", delivery=delivery, name=str(delivery))
        assert (report.read, report.suppressed, dict(report.kinds), report.left) == (1, 0, {"hard": 1}, False)
    assert came(database, tmp_path, "gmail-no-such-user", delivery=sent[3], at=NOW + DAY).suppressed == 1
    assert (reason(database), reader(database).status) == ("bounced", Status.ACTIVE)
    assert len(list((tmp_path / "cur").iterdir())) == 4
    assert came(database, tmp_path, delivery=sent[0]).read == 0


@pytest.mark.parametrize("words", ["550 relaying denied", "550 user unknown"])
def test_an_evening_of_refusals_suppresses_nobody(words: str, database: Database, sent: list[int]) -> None:
    reply = Reply(outcome=Outcome.REFUSED, text=words, at="RCPT")
    with database.writing() as connection:
        for minute, delivery in enumerate(sent):
            bounces.note(connection, delivery, of_reply(reply, NOW + timedelta(minutes=minute)))
    assert reason(database) == ""


def test_soft_bounces_suppress_when_they_come_day_after_day(
    database: Database, sent: list[int], tmp_path: Path
) -> None:
    seen = []
    for day, delivery in enumerate(sent[:5]):
        came(database, tmp_path, "gmail-over-quota", delivery=delivery, at=NOW + day * DAY)
        seen.append(reason(database))
    assert seen == ["", "", "", "", "bounced"]


def test_soft_bounces_far_apart_never_suppress(database: Database, sent: list[int], tmp_path: Path) -> None:
    for week, delivery in enumerate(sent):
        came(database, tmp_path, "gmail-over-quota", delivery=delivery, at=NOW + week * 7 * DAY)
    assert reason(database) == ""


def test_the_same_told_often_counts_once(database: Database, sent: list[int], tmp_path: Path) -> None:
    for turn in range(6):
        came(database, tmp_path, "postfix-expired", delivery=sent[0], name=str(turn))
    with database.reading() as connection:
        assert len(bounces.of_reader(connection, reader(database).id)) == 1
    assert reason(database) == ""


def test_a_policy_a_delay_or_an_auto_reply_never_suppresses(
    database: Database, sent: list[int], tmp_path: Path
) -> None:
    harmless = [sample.name for sample in SAMPLES if sample.kind in {"policy", "none", "auto-reply"}]
    for delivery in sent:
        assert came(database, tmp_path, *harmless, delivery=delivery).read == len(harmless)
    assert (reason(database), reader(database).status) == ("", Status.ACTIVE)


def test_who_complains_has_left_and_is_never_written_to(database: Database, sent: list[int], tmp_path: Path) -> None:
    assert came(database, tmp_path, "arf-return-path", delivery=sent[0]).suppressed == 1
    assert (reason(database), reader(database).status) == ("complaint", Status.UNSUBSCRIBED)


@pytest.mark.parametrize("name", ["reply-unsubscribe-to-the-token", "arf-yahoo"])
def test_who_asks_by_mail_or_complains_with_no_proof_but_a_leave_link_has_left_and_may_come_back(
    name: str, database: Database, sent: list[int], tmp_path: Path
) -> None:
    came(database, tmp_path, name, delivery=sent[0])
    assert (reason(database), reader(database).status) == (Status.UNSUBSCRIBED, Status.UNSUBSCRIBED)
    with database.writing() as connection, pytest.raises(Refused, match="left by its own wish"):
        release(connection, READER, NOW)


def test_a_complaint_after_leaving_outlives_it(database: Database, sent: list[int], tmp_path: Path) -> None:
    came(database, tmp_path, "reply-unsubscribe-to-the-token", delivery=sent[0])
    assert came(database, tmp_path, "arf-return-path", delivery=sent[0]).suppressed == 1
    assert reason(database) == "complaint"


@pytest.mark.parametrize("name", [sample.name for sample in SAMPLES if sample.named_by == "nothing"])
def test_what_is_not_proved_changes_no_row(name: str, database: Database, sent: list[int], tmp_path: Path) -> None:
    assert came(database, tmp_path, name, delivery=sent[0]).skipped == {UNPROVED: 1}
    assert (reason(database), reader(database).status) == ("", Status.ACTIVE)
    with database.reading() as connection:
        assert connection.execute(select(bounces_table)).all() == []


def test_what_is_not_proved_never_waits_for_another_writer(database: Database, sent: list[int], tmp_path: Path) -> None:
    with database.writing():
        assert came(database, tmp_path, "forged-token", delivery=sent[0]).skipped == {UNPROVED: 1}


def test_what_there_is_no_time_for_is_left_and_read_by_the_next_run(
    database: Database, sent: list[int], tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    for name in "abc":
        (tmp_path / "new" / name).write_bytes(BY_NAME["postfix-delayed"].raw(sent[0]))
    passed = iter([0.0, 1.0, MOST_SECONDS - 1, MOST_SECONDS])
    report = receive(database, [MaildirFolder(tmp_path)], links=LINKS, now=NOW, seconds=lambda: next(passed))
    assert (report.read, report.left, report.done) == (2, True, True)
    report = came(database, tmp_path, delivery=sent[0])
    assert (report.read, report.left) == (1, False)


class Odd(MaildirFolder):
    """A folder of which one mail is no bytes at all."""

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Give the mails, that one among them."""
        for name, raw in super().unread():
            yield name, cast("bytes", None) if name == "b" else raw


def test_a_mail_that_raises_is_counted_and_marked_and_the_next_is_read(
    database: Database, sent: list[int], tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    for name, sample in zip("abc", ("gmail-over-quota", "reply-of-a-person", "yahoo-policy"), strict=True):
        (tmp_path / "new" / name).write_bytes(BY_NAME[sample].raw(sent[0]))
    report = receive(database, [Odd(tmp_path)], links=LINKS, now=NOW, seconds=lambda: 0.0)
    assert (report.read, report.skipped, report.kinds) == (3, {f"{BROKEN}: TypeError": 1}, {"soft": 1, "policy": 1})
    assert list((tmp_path / "new").iterdir()) == []


def test_where_all_connections_are_in_use_nothing_is_marked(
    database: Database, sent: list[int], tmp_path: Path
) -> None:
    with all_connections_taken(database), pytest.raises(PoolTimeout):
        came(database, tmp_path, "gmail-over-quota", delivery=sent[0])
    assert came(database, tmp_path, delivery=sent[0]).kinds == {"soft": 1}


def test_nothing_is_ever_answered(database: Database, sent: list[int], tmp_path: Path) -> None:
    with database.reading() as connection:
        before = connection.execute(select(deliveries_table)).all()
    report = came(database, tmp_path, *BY_NAME, delivery=sent[0])
    assert (report.read, report.done) == (len(SAMPLES), True)
    with database.reading() as connection:
        assert connection.execute(select(deliveries_table)).all() == before


def test_what_comes_back_for_a_forgotten_reader_is_counted(database: Database, sent: list[int], tmp_path: Path) -> None:
    came(database, tmp_path, "postfix-mailbox-full", delivery=sent[0])
    with database.writing() as connection:
        remove(connection, reader(database))
    assert came(database, tmp_path, "gmail-no-such-user", delivery=sent[0]).skipped == {GONE: 1}


def test_a_released_address_begins_anew(database: Database, sent: list[int], tmp_path: Path) -> None:
    for day in range(2):
        came(database, tmp_path, "gmail-no-such-user", delivery=sent[day], at=NOW + day * DAY)
    with database.writing() as connection:
        was = release(connection, READER.upper(), NOW + DAY)
        assert (was.suppressed, len(was.bounces)) == (bounces.Suppressed(reason="bounced", since=NOW + DAY), 2)
        with pytest.raises(LookupError, match=r"is not suppressed; 0\.00 of 1 counts against it"):
            release(connection, READER, NOW + DAY)
    came(database, tmp_path, "gmail-over-quota", delivery=sent[2], at=NOW + DAY)
    assert reason(database) == ""


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(outcome=Outcome.REFUSED, text="550 5.1.1 no such person", at="RCPT"), "bounced"),
        (Reply(outcome=Outcome.REFUSED, text="550 5.7.1 listed", at="RCPT"), ""),
        (Reply(outcome=Outcome.REFUSED, text="554 transaction failed", at="DATA"), ""),
        (Reply(outcome=Outcome.LATER, text="452 4.2.2 mailbox full", at="RCPT"), ""),
    ],
)
def test_a_refusal_while_sending_counts_as_what_comes_back(
    reply: Reply, why: str, database: Database, sent: list[int], tmp_path: Path
) -> None:
    with database.writing() as connection:
        bounces.note(connection, sent[0], of_reply(reply, NOW))
    came(database, tmp_path, "sendmail-user-unknown", delivery=sent[1], at=NOW + DAY)
    assert reason(database) == why


def test_a_mailbox_that_cannot_be_read_is_told_and_the_next_is_read(
    database: Database, sent: list[int], tmp_path: Path
) -> None:
    def refused() -> imaplib.IMAP4:
        raise ConnectionRefusedError(111, "Connection refused")

    (tmp_path / "good" / "new").mkdir(parents=True)
    (tmp_path / "good" / "new" / "a").write_bytes(BY_NAME["sendmail-user-unknown"].raw(sent[0]))
    (tmp_path / "good" / "new" / "folder").mkdir()
    boxes: list[Mailbox] = [
        ImapInbox(refused, "bounce", "secret"),
        MaildirFolder(tmp_path / "none"),
        MaildirFolder(tmp_path / "good"),
    ]
    report = receive(database, boxes, links=LINKS, now=NOW, seconds=lambda: 0.0)
    assert (report.read, len(report.failed), report.done) == (1, 2, False)
    assert "secret" not in str(report.failed)
    assert report.kinds == {"hard": 1}


def test_every_kind_is_among_the_samples() -> None:
    assert {sample.kind for sample in SAMPLES} == set(BounceKind)
