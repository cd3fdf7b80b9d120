"""SMTP as transport: one connection kept open, every reply sorted by what it means for the reader."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from digest.domain.delivery import Outcome, Reply
from digest.domain.message import Message
from digest.mail.transport import TransportDown

TALK_SECONDS = 60.0
DOT_SECONDS = 600.0
"""RFC 5321, 4.5.3.2: a server may take ten minutes over the final dot."""
Security = Literal["starttls", "tls", "none"]


class Smtp:
    """Sends messages to one mail server.

    A 4yz reply means later, 5yz refused; a connection lost between the final dot and its reply means unknown
    (RFC 1047). A connection that died while it was idle is opened anew, once; where none can be opened, or the server
    takes nothing from our address, the transport is down.
    """

    def __init__(self, host: str, port: int, *, security: Security, login: str = "", password: str = "") -> None:
        self.host, self.port, self.security, self.login, self.password = host, port, security, login, password
        self._open: smtplib.SMTP | None = None

    def send(self, message: Message) -> Reply:
        """Send one message over the open connection, or a new one."""
        reused = self._open is not None
        server = self._connection()
        try:
            refused = self._envelope(server, message)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            if reused:
                return self.send(message)
            return Reply(outcome=Outcome.LATER, text=f"{self.host}: {error}")
        return refused or self._handed_over(server, message)

    def close(self) -> None:
        """Say goodbye, if there is somebody to say it to."""
        server, self._open = self._open, None
        if server is not None:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    def _connection(self) -> smtplib.SMTP:
        if self._open is None:
            try:
                self._open = self._greeted()
            except (OSError, smtplib.SMTPException) as error:
                raise TransportDown(f"{self.host}:{self.port} cannot be used: {error}") from error
        return self._open

    def _greeted(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TALK_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TALK_SECONDS)
        try:
            server.ehlo()
            if self.security == "starttls":
                server.starttls(context=context)
                server.ehlo()
            if self.login:
                server.login(self.login, self.password)
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _envelope(self, server: smtplib.SMTP, message: Message) -> Reply | None:
        for command, argument, expected in (
            ("MAIL", f"FROM:<{message.sender}>", 250),
            ("RCPT", f"TO:<{message.recipient}>", 250),
            ("DATA", "", 354),
        ):
            code, text = server.docmd(command, argument)
            if code != expected and (command, code) != ("RCPT", 251):
                return self._refusal(server, code, text, command)
        return None

    def _handed_over(self, server: smtplib.SMTP, message: Message) -> Reply:
        try:
            server.send(_stuffed(message.body) + b".\r\n")
            with _patience(server, DOT_SECONDS):
                code, text = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Reply(
                outcome=Outcome.UNKNOWN, text=f"{self.host}: connection lost after the message was sent: {error}"
            )
        if code == 250:
            return Reply(outcome=Outcome.SENT, text=_words(code, text))
        return self._refusal(server, code, text, "DATA")

    def _refusal(self, server: smtplib.SMTP, code: int, text: bytes, command: str) -> Reply:
        if code == 421:
            self.close()
        else:
            try:
                server.rset()
            except (OSError, smtplib.SMTPException):
                self.close()
        is_final = 500 <= code < 600
        if is_final and command == "MAIL":  # That says nothing of the reader: nobody would get anything now.
            raise TransportDown(f"{self.host} takes no mail from the sender: {_words(code, text)}")
        return Reply(outcome=Outcome.REFUSED if is_final else Outcome.LATER, text=_words(code, text), at=command)


@contextmanager
def _patience(server: smtplib.SMTP, seconds: float) -> Iterator[None]:
    if server.sock is not None:
        server.sock.settimeout(seconds)
    yield
    if server.sock is not None:
        server.sock.settimeout(TALK_SECONDS)


def _stuffed(body: bytes) -> bytes:
    whole = body if body.endswith(b"\r\n") else body + b"\r\n"
    return (b"." + whole if whole.startswith(b".") else whole).replace(b"\r\n.", b"\r\n..")


def _words(code: int, text: bytes) -> str:
    return f"{code} {text.decode('utf-8', 'replace')}"
