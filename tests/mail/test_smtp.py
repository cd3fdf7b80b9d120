"""Every reply of a mail server is sorted by what it means for the reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from digest.domain.delivery import Outcome
from digest.domain.message import Message
from digest.mail.smtp import Smtp
from digest.mail.transport import TransportDown

DROP = ""
USUAL = {"DATA": "354 go on", "QUIT": "221 bye", "DOT": "250 kept"}


class Server(ThreadingTCPServer):
    """A mail server that answers as told, each reply once, and as usual after that; DROP breaks the connection."""

    daemon_threads = True

    def __init__(self, told: dict[str, list[str]]) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.told, self.connections, self.commands, self.got = told, 0, list[str](), list[bytes]()

    def reply(self, verb: str) -> str:
        """Say what is next for a command."""
        return self.told[verb].pop(0) if self.told.get(verb) else USUAL.get(verb, "250 ok")


class Talk(StreamRequestHandler):
    """One connection."""

    server: Server

    def says(self, reply: str) -> bool:
        """Send a reply; whether the connection goes on."""
        if reply:
            self.wfile.write(f"{reply}\r\n".encode())
        return bool(reply) and not reply.startswith("421")

    def handle(self) -> None:
        """Answer commands until the end."""
        self.server.connections += 1
        going = self.says(self.server.reply("CONNECT").replace("250 ok", "220 here"))
        while going and (line := self.rfile.readline()):
            self.server.commands.append(line.decode().strip().replace("quit", "QUIT"))
            verb = line[:4].decode().upper()
            reply = self.server.reply(verb)
            going = self.says(reply) and verb != "QUIT"
            if verb == "DATA" and reply.startswith("354"):
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line.removeprefix(b"."))
                self.server.got.append(b"".join(lines))
                going = self.says(self.server.reply("DOT"))


@contextmanager
def answering(**told: list[str]) -> Iterator[tuple[Server, Smtp]]:
    with Server(told) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        transport = Smtp("127.0.0.1", server.server_address[1], security="none")
        yield server, transport
        transport.close()
        server.shutdown()


def message(body: bytes = b"Subject: x\r\n\r\nbody\r\n") -> Message:
    return Message(id="1@example.org", sender="digest@example.org", recipient="ada@readers.example", body=body)


@pytest.mark.parametrize(
    ("told", "outcome", "words"),
    [
        ({}, Outcome.SENT, "250 kept"),
        ({"RCPT": ["251 will forward"]}, Outcome.SENT, "250 kept"),
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
    ],
)
def test_a_reply_means_one_thing_and_the_next_message_goes_through(
    told: dict[str, list[str]], outcome: Outcome, words: str
) -> None:
    with answering(**told) as (server, transport):
        reply = transport.send(message())
        assert (reply.outcome, words in reply.text) == (outcome, True), reply
        assert transport.send(message()).outcome is Outcome.SENT
        broken = DROP in str([*told.values()]) and reply.text.startswith(("421", "127.0.0.1"))
        assert server.connections == (2 if broken else 1)


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
        assert transport.send(message()).at == command


@pytest.mark.parametrize("said", ["550 5.7.1 Sending quota exceeded", "553 5.7.1 not your address", "530 log in"])
def test_where_nothing_is_taken_from_the_sender_the_transport_is_down(said: str) -> None:
    with answering(MAIL=["250 ok", said]) as (server, transport):
        assert transport.send(message()).outcome is Outcome.SENT
        with pytest.raises(TransportDown, match=f"127.0.0.1 takes no mail from the sender: {said}"):
            transport.send(message())
        assert transport.send(message()).outcome is Outcome.SENT
        assert server.connections == 1


def test_two_messages_go_over_one_connection_each_in_its_own_envelope() -> None:
    with answering() as (server, transport):
        assert [transport.send(message()).outcome for _ in range(2)] == [Outcome.SENT, Outcome.SENT]
    envelope = ["MAIL FROM:<digest@example.org>", "RCPT TO:<ada@readers.example>", "DATA"]
    assert server.commands[1:] == [*envelope, *envelope, "QUIT"]
    assert server.connections == 1


def test_lines_that_begin_with_a_dot_survive() -> None:
    body = b".first\r\n\r\n.\r\n..two\r\nlast without end"
    with answering() as (server, transport):
        transport.send(message(body))
    assert server.got == [body + b"\r\n"]


@pytest.mark.parametrize("greeting", ["554 go away", "421 busy", DROP])
def test_where_no_connection_can_be_opened_the_transport_is_down(greeting: str) -> None:
    with answering(CONNECT=[greeting]) as (_, transport):
        with pytest.raises(TransportDown, match="cannot be used"):
            transport.send(message())
        assert transport.send(message()).outcome is Outcome.SENT


def test_a_server_that_is_not_there_is_a_transport_that_is_down() -> None:
    with Server({}) as server:
        port = server.server_address[1]
    with pytest.raises(TransportDown, match=f"127.0.0.1:{port} cannot be used"):
        Smtp("127.0.0.1", port, security="none").send(message())


@pytest.mark.parametrize("dead", ["421 idle too long", DROP])
def test_a_connection_that_died_while_idle_is_opened_anew(dead: str) -> None:
    with answering() as (server, transport):
        assert transport.send(message()).outcome is Outcome.SENT
        server.told["MAIL"] = [dead]
        reply = transport.send(message())
        assert (reply.outcome, server.connections) == ((Outcome.SENT, 2) if dead == DROP else (Outcome.LATER, 1)), reply


def test_a_server_without_tls_gets_no_message_where_tls_was_asked_for() -> None:
    with answering() as (server, _):
        transport = Smtp("127.0.0.1", server.server_address[1], security="starttls", login="me", password="secret")
        with pytest.raises(TransportDown, match="STARTTLS"):
            transport.send(message())
    assert (server.got, [line for line in server.commands if "AUTH" in line]) == ([], [])
