"""A mail server for tests that answers as it is told, and breaks off where it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer, StreamRequestHandler, ThreadingTCPServer, ThreadingUnixStreamServer
from threading import Thread
from time import sleep

from digest.domain.delivery import Reply
from digest.domain.message import Message
from digest.mail.smtp import SECONDS, Login, Smtp
from digest.mail.transport import Stale, Transport

DROP = ""
SLOW = "…"
USUAL = {"CONNECT": "220 here", "DATA": "354 go on", "QUIT": "221 bye", "DOT": "250 kept"}
QUICK = dict.fromkeys(SECONDS, 0.2)
OPEN = Login(security="none")


class Script:
    """What a server says to each command, each reply once, and as usual after that; and what it heard."""

    def __init__(self, told: dict[str, list[str]]) -> None:
        self.told, self.connections, self.commands, self.got = told, 0, list[str](), list[bytes]()

    def hear(self, line: str) -> None:
        """Note a command."""
        self.commands.append(line)

    def reply(self, verb: str) -> str:
        """Say what is next for a command."""
        return self.told[verb].pop(0) if self.told.get(verb) else USUAL.get(verb, "250 ok")


class Server(ThreadingTCPServer):
    """A mail server that follows a script; DROP breaks the connection, SLOW says nothing for too long."""

    daemon_threads = True

    def __init__(self, told: dict[str, list[str]]) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.script = Script(told)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class Socket(ThreadingUnixStreamServer):
    """The same on a socket of the file system."""

    daemon_threads = True

    def __init__(self, path: str, told: dict[str, list[str]]) -> None:
        super().__init__(path, Talk)
        self.script = Script(told)


class Talk(StreamRequestHandler):
    """One connection."""

    server: Server | Socket

    def says(self, reply: str) -> bool:
        """Send a reply; whether the connection goes on."""
        if reply == SLOW:
            sleep(2 * QUICK["."])
        elif reply:
            self.wfile.write(f"{reply}\r\n".encode())
        return reply not in {DROP, SLOW} and not reply.startswith("421")

    def handle(self) -> None:
        """Answer commands until the end."""
        script = self.server.script
        script.connections += 1
        going = self.says(script.reply("CONNECT"))
        while going and (line := self.rfile.readline()):
            script.hear(line.decode().strip().replace("quit", "QUIT"))
            verb = line[:4].decode().upper()
            reply = script.reply(verb)
            going = self.says(reply) and verb != "QUIT"
            if verb == "DATA" and reply.startswith("3"):
                going = self.takes_message()

    def takes_message(self) -> bool:
        """Read a message, unless it is told to break off before; whether the connection goes on."""
        script = self.server.script
        if script.told.get("BODY"):
            return self.says(script.reply("BODY"))
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        script.got.append(b"".join(lines))
        return self.says(script.reply("DOT"))


def carried(transport: Transport, message: Message) -> Reply:
    """Carry a message as the pool does: open, send, and once more where what was open is so no more."""
    while True:
        transport.open()
        try:
            return transport.send(message)
        except Stale:
            continue


@contextmanager
def running(server: BaseServer) -> Iterator[None]:
    """Let a server answer until the block ends."""
    with server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


@contextmanager
def answering(login: Login = OPEN, /, **told: list[str]) -> Iterator[tuple[Script, Smtp]]:
    """Run a server with a script, and give a transport to it."""
    server = Server(told)
    with running(server):
        transport = Smtp("127.0.0.1", server.port, login, seconds=QUICK)
        try:
            yield server.script, transport
        finally:
            transport.close()
