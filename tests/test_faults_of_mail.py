"""Whatever a mail server does, the mail ends as the README's table says; no fault of others is laid to a reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Row, select

from digest.actions.compose import Round, compose
from digest.actions.deliver import Sending
from digest.domain.delivery import Kind, Outcome, Reply, State
from digest.domain.message import Message
from digest.domain.subscriber import Wishes
from digest.links import Links
from digest.mail.postroom import PostRoom
from digest.mail.relays import Relays
from digest.mail.smtp import Login, Smtp
from digest.mail.transport import Transport
from digest.store.database import Database
from digest.store.tables import deliveries, suppressions
from tests.actions.conftest import published as published
from tests.builders import NOW, masthead
from tests.cast import joined
from tests.fakes import ListTransport, speed
from tests.judges.programs import needs, path_of, serving
from tests.scripted import DROP, OPEN, QUICK, SLOW, answering, carried
from tests.servers import free_port

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
MESSAGE = Message(id="1@example.org", sender="digest@example.org", recipient="ada@readers.example", body=b"A: b\r\n")
LINKS = Links("https://digest.example.org", {1: "k" * 64})
HALF_A_DAY = timedelta(hours=12)
"""By then no reader is told of a refusal."""
WAITS = "waits with all others; the next mail server is tried"
MAYBE = "unknown: it may have arrived, so it is not sent again"
MAILBOX = "failed, and it is about the mailbox"
OTHER = "failed, and it says nothing of the reader"
SOON, USUAL, LATE = (f"tried again after {minutes} minutes" for minutes in (5, 10, 15))


class Fault(NamedTuple):
    """What happens, what becomes of the mail, how a scripted server and smtp-sink do it, and how it is entered."""

    name: str
    end: str
    told: dict[str, list[str]]
    sink: tuple[str, ...] = ()
    login: Login = OPEN


FAULTS = [
    Fault("`421`: the server closes", LATE, {"RCPT": ["421 4.3.2 closing"]}, ("-Q", "RCPT")),
    Fault("`450` or `451`: greylisted", SOON, {"RCPT": ["450 4.2.0 Greylisted"]}, ("-r", "RCPT", "-b", "451 4.7.1 x")),
    Fault("`450`: busy", USUAL, {"RCPT": ["450 4.2.1 busy"]}, ("-r", "RCPT")),
    Fault("`452`: no room", USUAL, {"DOT": ["452 4.3.1 no room"]}, ("-r", ".", "-b", "452 4.3.1 no room")),
    Fault("`550 5.1.1`: nobody there", MAILBOX, {"RCPT": ["550 5.1.1 no"]}, ("-f", "RCPT", "-B", "550 5.1.1 no")),
    Fault("`552 5.2.2`: mailbox full", MAILBOX, {"DOT": ["552 5.2.2 full"]}, ("-f", ".", "-B", "552 5.2.2 full")),
    Fault("`550 5.7.1`: policy", OTHER, {"RCPT": ["550 5.7.1 listed"]}, ("-f", "RCPT", "-B", "550 5.7.1 listed")),
    Fault("`552 5.3.4`: too large", OTHER, {"MAIL": ["552 5.3.4 big"]}, ("-f", "MAIL", "-B", "552 5.3.4 big")),
    Fault("`5yz` to our own address", WAITS, {"MAIL": ["550 5.7.1 no"]}, ("-f", "MAIL", "-B", "550 5.7.1 no")),
    Fault("connection lost or too slow, before the message", USUAL, {"RCPT": [DROP]}, ("-q", "RCPT")),
    Fault("connection lost or too slow, before the message", USUAL, {"RCPT": [SLOW]}, ("-W", "RCPT:1")),
    Fault("connection lost or too slow, before the message", USUAL, {"DATA": [SLOW]}, ("-q", "DATA")),
    Fault("connection lost or too slow, after the final dot", MAYBE, {"DOT": [DROP]}, ("-q", ".")),
    Fault("connection lost or too slow, after the final dot", MAYBE, {"DOT": [SLOW]}, ("-W", ".:1")),
    Fault("no connection, or turned away at once", WAITS, {"CONNECT": ["554 5.3.2 no"]}, ("-Q", "CONNECT")),
    Fault("no TLS, or a certificate that does not hold", WAITS, {}, ("-v",), Login(security="starttls")),
    Fault(
        "login refused",
        WAITS,
        {"EHLO": ["250-here\r\n250 AUTH PLAIN"], "AUTH": ["535 5.7.8 no"]},
        ("-f", "AUTH", "-B", "535 5.7.8 no"),
        Login(security="none", name="me", password="secret"),
    ),
]
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""It is the mail server that differs here."""
NAMES = [f"{fault.name}: {fault.sink}" for fault in FAULTS]


@pytest.fixture
def queued(published: Database) -> Database:
    """Give a database with the issue of one reader queued."""
    joined(published, "ada", wishes=Wishes())
    assert compose(published, Round(now=NOW, queued_at=NOW, key_id=1)).issues == 1
    return published


def run(database: Database, transport: Transport, at: datetime = NOW) -> list[Reply]:
    """Let a process send whatever is due, and give what it heard."""
    room, heard = PostRoom(links=LINKS, masthead=masthead(), holder="me"), list[Reply]()
    sending = Sending(
        database, lambda: transport, room, speed=speed(), clock=lambda: at, is_dead=lambda _: False,
        heard=lambda reply, _: heard.append(reply),
    )  # fmt: skip
    sending.run(at_once=True)
    sending.close()
    return heard


def row_of(database: Database) -> Row[Any]:
    """Give the delivery of the issue, which nobody holds, and whose reader is not suppressed."""
    with database.reading() as connection:
        assert connection.execute(select(suppressions)).all() == []
        row = connection.execute(select(deliveries).where(deliveries.c.kind == Kind.ISSUE)).one()
    assert (row.holder, row.handed_over_at, row.state == State.SENDING) == (None, None, False)
    return row


def end_of(database: Database, transport: Transport) -> str:
    """Give what becomes of a mail, in the README's words; of one that waits, see that it is sent at last."""
    other, heard = ListTransport(), run(database, transport)
    row = row_of(database)
    if row.state != State.QUEUED:
        run(database, other, NOW + HALF_A_DAY)
        assert (row.attempts, other.sent, row_of(database).state) == (1, [], row.state), "never again by itself"
        if row.state == State.FAILED:
            return MAILBOX if heard[0].is_about_mailbox else OTHER
        return MAYBE if row.state == State.UNKNOWN else str(row.state)
    assert row.attempts == len(heard), "where nothing was said of the mail, nothing counts against it"
    again_at = row.next_attempt_at
    run(database, other if heard else Relays([transport, other]), again_at)
    assert (len(other.sent), row_of(database).state) == (1, State.SENT)
    return f"tried again after {(again_at - NOW) // timedelta(minutes=1)} minutes" if heard else WAITS


@contextmanager
def sink(fault: Fault, folder: Path) -> Iterator[Smtp]:
    port = free_port()
    command = (path_of("smtp-sink"), "-u", "nobody", *fault.sink, f"127.0.0.1:{port}", "10")
    with serving(*command, port=port, log=folder / "log"):
        transport = Smtp("127.0.0.1", port, fault.login, seconds=QUICK)
        yield transport
        transport.close()


@ONE_DATABASE
@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_a_fault_of_a_mail_server_ends_as_the_readme_says(fault: Fault, queued: Database) -> None:
    assert f"| {fault.name} | {fault.end} |" in README
    # A server that turns us away does so twice here: once alone, and once before the next server is tried.
    told = {verb: replies * 2 for verb, replies in fault.told.items()}
    with answering(fault.login, **told) as (_, transport):
        assert end_of(queued, transport) == fault.end


@needs("smtp-sink")
@ONE_DATABASE
@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_a_fault_of_smtp_sink_ends_as_the_readme_says(fault: Fault, queued: Database, tmp_path: Path) -> None:
    with sink(fault, tmp_path) as transport:
        assert end_of(queued, transport) == fault.end


@needs("smtp-sink")
def test_smtp_sink_takes_mail_over_one_connection(tmp_path: Path) -> None:
    with sink(Fault("none", "", {}, ("-v",)), tmp_path) as transport:
        assert [carried(transport, MESSAGE).outcome for _ in range(3)] == [Outcome.SENT] * 3
