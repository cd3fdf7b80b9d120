"""Every reply of a mail server is sorted by what it means for the reader."""

from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
from aiosmtpd.controller import Controller

from digest.domain.delivery import Outcome
from digest.domain.message import Message
from digest.mail.smtp import SECONDS, Login, Smtp
from digest.mail.transport import Stale, TransportDown
from tests.fakes import Watch
from tests.scripted import DROP, OPEN, QUICK, SLOW, Server, Socket, answering, carried, running
from tests.servers import Inbox, free_port


def message(body: bytes = b"Subject: x\r\n\r\nbody\r\n") -> Message:
    return Message(id="1@example.org", sender="digest@example.org", recipient="ada@readers.example", body=body)


@pytest.mark.parametrize(
    ("told", "outcome", "words"),
    [
        ({}, Outcome.SENT, "250 kept"),
        ({"RCPT": ["251 will forward"]}, Outcome.SENT, "250 kept"),
        ({"MAIL": ["251 so"], "RCPT": ["252 perhaps"], "DATA": ["355 go on"]}, Outcome.SENT, "250 kept"),
        ({"DOT": ["252 kept, perhaps"]}, Outcome.SENT, "252 kept, perhaps"),
        ({"DOT": ["299 kept"]}, Outcome.SENT, "299 kept"),
        ({"DOT": ["300 odd"]}, Outcome.LATER, "300 odd"),
        ({"RCPT": ["450 4.2.1 busy"]}, Outcome.LATER, "450 4.2.1 busy"),
        ({"RCPT": ["550 5.1.1 nobody"]}, Outcome.REFUSED, "550 5.1.1 nobody"),
        ({"MAIL": ["451 greylisted"]}, Outcome.LATER, "451 greylisted"),
        ({"DATA": ["554 no"]}, Outcome.REFUSED, "554 no"),
        ({"DATA": ["250 odd"]}, Outcome.LATER, "250 odd"),
        ({"DOT": ["452 full"]}, Outcome.LATER, "452 full"),
        ({"DOT": ["550 spam"]}, Outcome.REFUSED, "550 spam"),
        ({"RCPT": ["421 closing"]}, Outcome.LATER, "421 closing"),
        ({"MAIL": ["421 closing"]}, Outcome.LATER, "421 closing"),
        ({"MAIL": [DROP]}, Outcome.LATER, "127.0.0.1: "),
        ({"RCPT": [DROP]}, Outcome.LATER, "127.0.0.1: "),
        ({"DATA": [DROP]}, Outcome.LATER, "127.0.0.1: "),
        ({"DOT": [DROP]}, Outcome.UNKNOWN, "lost after the message was sent"),
        ({"MAIL": ["552 5.3.4 too large"]}, Outcome.REFUSED, "552 5.3.4 too large"),
        ({"MAIL": [SLOW]}, Outcome.LATER, "timed out"),
        ({"RCPT": [SLOW]}, Outcome.LATER, "timed out"),
        ({"DATA": [SLOW]}, Outcome.LATER, "timed out"),
        ({"DOT": [SLOW]}, Outcome.UNKNOWN, "timed out"),
    ],
)
def test_a_reply_means_one_thing_and_the_next_message_goes_through(
    told: dict[str, list[str]], outcome: Outcome, words: str
) -> None:
    with answering(**told) as (server, transport):
        reply = carried(transport, message())
        assert (reply.outcome, words in reply.text) == (outcome, True), reply
        assert carried(transport, message()).outcome is Outcome.SENT
        assert server.connections == (2 if reply.text.startswith(("421", "127.0.0.1")) else 1)


def test_nothing_is_sent_before_it_is_open() -> None:
    with answering() as (server, transport):
        with pytest.raises(Stale):
            transport.send(message())
        assert server.connections == 0
        transport.open()
        assert transport.send(message()).outcome is Outcome.SENT


@pytest.mark.parametrize("dead", ["421 idle too long", DROP])
def test_a_connection_that_died_is_not_replaced_before_somebody_asked_again(dead: str) -> None:
    with answering(MAIL=["250 ok", dead]) as (server, transport):
        carried(transport, message())
        transport.open()
        with pytest.raises(Stale):
            transport.send(message())
        assert (server.connections, len(server.got)) == (1, 1)


@pytest.mark.parametrize(("seconds", "connections"), [(30.0, 1), (31.0, 2)])
def test_a_connection_that_was_silent_for_long_is_opened_anew_before_a_message(
    seconds: float, connections: int
) -> None:
    watch = Watch()
    server = Server({})
    with running(server):
        transport = Smtp("127.0.0.1", server.port, OPEN, monotonic=watch.monotonic)
        for _ in range(2):
            transport.open()
            assert transport.send(message()).outcome is Outcome.SENT
            watch.sleep(seconds)
        transport.close()
    assert server.script.connections == connections


def test_who_does_not_say_goodbye_is_not_waited_for() -> None:
    assert SECONDS["end"] <= 5
    with answering(QUIT=[SLOW]) as (_, transport):
        transport.open()
        begun = monotonic()
        transport.close()
        assert monotonic() - begun < 2 * QUICK["end"] + 1


@pytest.mark.parametrize(
    ("told", "for_all"),
    [
        ({"CONNECT": ["421 one is enough"]}, False),
        ({"CONNECT": [DROP]}, False),
        ({"EHLO": ["250 nothing"]}, True),
        ({"EHLO": ["250-here\r\n250 AUTH PLAIN"], "AUTH": ["535 5.7.8 no"]}, True),
        ({"EHLO": ["250-here\r\n250 AUTH PLAIN"], "AUTH": ["454 4.7.0 not now"]}, False),
    ],
)
def test_it_is_told_whether_another_connection_may_fare_better(told: dict[str, list[str]], for_all: bool) -> None:
    with answering(Login(security="none", name="me", password="secret"), **told) as (_, transport):
        with pytest.raises(TransportDown) as down:
            transport.open()
        assert down.value.for_all is for_all


JURG = Message(
    id="1@example.org", sender="digest@example.org", recipient="jürg+a@xn--bcher-kva.example",
    body="To: jürg@x.example\r\n\r\nx\r\n".encode(),
)  # fmt: skip


def test_an_address_beyond_ascii_goes_to_a_server_that_announces_it() -> None:
    with answering(EHLO=["250-here\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8"]) as (server, transport):
        assert carried(transport, JURG).outcome is Outcome.SENT
    assert server.commands[1:3] == [
        "MAIL FROM:<digest@example.org> SMTPUTF8 BODY=8BITMIME RET=HDRS ENVID=1@example.org",
        f"RCPT TO:<{JURG.recipient}> NOTIFY=FAILURE,DELAY ORCPT=utf-8;j\\x{{FC}}rg\\x{{2B}}a@xn--bcher-kva.example",
    ]
    assert server.got == [JURG.body]


def test_an_address_beyond_ascii_is_refused_where_the_server_announces_nothing_and_the_mailbox_is_not_blamed() -> None:
    with answering() as (server, transport):
        reply = carried(transport, JURG)
        assert (reply.outcome, reply.enhanced, reply.is_about_mailbox) == (Outcome.REFUSED, "5.6.7", False)
        assert "does not announce SMTPUTF8" in reply.text
        assert carried(transport, message()).outcome is Outcome.SENT
    assert len(server.got) == 1


def test_aiosmtpd_takes_an_address_beyond_ascii() -> None:
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True)
    controller.start()
    try:
        transport = Smtp("127.0.0.1", controller.port, OPEN)
        assert carried(transport, JURG).outcome is Outcome.SENT
        transport.close()
    finally:
        controller.stop()
    assert inbox.envelopes == [("digest@example.org", [JURG.recipient])]
    assert inbox.mails[0]["To"] == "jürg@x.example"


@pytest.mark.parametrize(
    ("told", "command"),
    [
        ({"MAIL": ["451 no"]}, "MAIL"),
        ({"RCPT": ["550 no"]}, "RCPT"),
        ({"DATA": ["554 no"]}, "DATA"),
        ({"DOT": ["452 no"]}, "DATA"),
        ({"RCPT": [DROP]}, ""),
        ({}, ""),
    ],
)
def test_a_reply_says_which_command_was_refused(told: dict[str, list[str]], command: str) -> None:
    with answering(**told) as (_, transport):
        assert carried(transport, message()).at == command


@pytest.mark.parametrize("said", ["550 5.7.1 Sending quota exceeded", "553 5.7.1 not your address", "530 log in"])
def test_where_nothing_is_taken_from_the_sender_the_transport_is_down(said: str) -> None:
    with answering(MAIL=["250 ok", said]) as (server, transport):
        assert carried(transport, message()).outcome is Outcome.SENT
        with pytest.raises(TransportDown, match=f"127.0.0.1 takes no mail from the sender: {said}"):
            carried(transport, message())
        assert carried(transport, message()).outcome is Outcome.SENT
        assert server.connections == 1


def test_two_messages_go_over_one_connection_each_in_its_own_envelope() -> None:
    with answering() as (server, transport):
        assert [carried(transport, message()).outcome for _ in range(2)] == [Outcome.SENT, Outcome.SENT]
    envelope = ["MAIL FROM:<digest@example.org>", "RCPT TO:<ada@readers.example>", "DATA"]
    assert server.commands[1:] == [*envelope, *envelope, "QUIT"]
    assert server.connections == 1


def test_lines_that_begin_with_a_dot_survive() -> None:
    body = b".first\r\n\r\n.\r\n..two\r\nlast without end"
    with answering() as (server, transport):
        carried(transport, message(body))
    assert server.got == [body + b"\r\n"]


@pytest.mark.parametrize("greeting", ["554 go away", "421 busy", DROP])
def test_where_no_connection_can_be_opened_the_transport_is_down(greeting: str) -> None:
    with answering(CONNECT=[greeting]) as (_, transport):
        with pytest.raises(TransportDown, match="cannot be used"):
            carried(transport, message())
        assert carried(transport, message()).outcome is Outcome.SENT


def test_a_server_that_is_not_there_is_a_transport_that_is_down() -> None:
    with Server({}) as server:
        port = server.port
    with pytest.raises(TransportDown, match=f"127.0.0.1:{port} cannot be used"):
        Smtp("127.0.0.1", port, OPEN).open()


@pytest.mark.parametrize("dead", ["421 idle too long", DROP])
def test_a_connection_that_died_while_idle_is_opened_anew(dead: str) -> None:
    with answering() as (server, transport):
        assert carried(transport, message()).outcome is Outcome.SENT
        server.told["MAIL"] = [dead]
        reply = carried(transport, message())
        assert (reply.outcome, server.connections) == (Outcome.SENT, 2), reply


def test_a_server_without_tls_gets_no_message_where_tls_was_asked_for() -> None:
    login = Login(security="starttls", name="me", password="secret")
    with answering(login) as (server, transport), pytest.raises(TransportDown, match="STARTTLS"):
        carried(transport, message())
    assert (server.got, [line for line in server.commands if "AUTH" in line]) == ([], [])


def test_what_a_server_announces_is_used() -> None:
    odd = Message(id="a+1=2@example.org", sender="digest@example.org", recipient="ada+x@readers.example", body=b"x\r\n")
    with answering(EHLO=["250-here\r\n250-SIZE 10000\r\n250 DSN"]) as (server, transport):
        assert carried(transport, odd).outcome is Outcome.SENT
    assert server.commands[1:3] == [
        "MAIL FROM:<digest@example.org> SIZE=3 RET=HDRS ENVID=a+2B1+3D2@example.org",
        "RCPT TO:<ada+x@readers.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;ada+2Bx@readers.example",
    ]


@pytest.mark.parametrize("most", ["SIZE", "SIZE 0", "SIZE 1000"])
def test_a_message_is_never_sent_that_is_larger_than_a_server_takes(most: str) -> None:
    with answering(EHLO=[f"250-here\r\n250 {most}"]) as (server, transport):
        reply = carried(transport, message(b"x" * 999 + b"\r\n"))
    refused = "The message has 1,001 bytes; 127.0.0.1 takes 1,000 at most."
    assert (reply.outcome, reply.text) == (
        (Outcome.REFUSED, refused) if most == "SIZE 1000" else (Outcome.SENT, "250 kept")
    )
    assert (not server.got) == (most == "SIZE 1000")
    assert not reply.is_about_mailbox


@pytest.mark.parametrize("address", ["a@exämple.org", "a@b.example\r\nDATA", "a\n@b.example", "jürg@exämple.org"])
def test_an_address_no_server_takes_never_reaches_one(address: str) -> None:
    with answering(EHLO=["250-here\r\n250 SMTPUTF8"]) as (server, transport):
        for odd in (replace(message(), sender=address), replace(message(), recipient=address)):
            reply = carried(transport, odd)
            assert (reply.outcome, "plain ASCII" in reply.text) == (Outcome.REFUSED, True)
    assert not [line for line in server.commands if "MAIL" in line]


def test_a_sender_beyond_ascii_reaches_no_server() -> None:
    with answering(EHLO=["250-here\r\n250 SMTPUTF8"]) as (server, transport):
        assert carried(transport, replace(message(), sender="jürg@b.example")).outcome is Outcome.REFUSED
    assert not [line for line in server.commands if "MAIL" in line]


def test_what_broke_off_before_it_was_whole_is_sent_again() -> None:
    with answering(BODY=[DROP]) as (server, transport):
        reply = carried(transport, message(b"x" * 40_000_000))
        assert (reply.outcome, "lost before the message was sent" in reply.text) == (Outcome.LATER, True)
        assert carried(transport, message()).outcome is Outcome.SENT
    assert len(server.got) == 1


def test_lmtp_goes_to_a_socket(tmp_path: Path) -> None:
    server = Socket(str(tmp_path / "lmtp"), {"RCPT": ["550 5.1.1 nobody"]})
    with running(server):
        transport = Smtp(str(tmp_path / "lmtp"), 24, Login(security="starttls"), is_lmtp=True)
        assert [carried(transport, message()).outcome for _ in range(2)] == [Outcome.REFUSED, Outcome.SENT]
        transport.close()
    assert server.script.commands[0].startswith("lhlo ")
    assert len(server.script.got) == 1
