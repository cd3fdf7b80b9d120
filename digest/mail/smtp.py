"""SMTP and LMTP as transport: one connection kept open, every reply sorted by what it means for the reader."""

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from digest.domain.delivery import Outcome, Reply
from digest.domain.message import Message
from digest.mail.transport import TransportDown

SECONDS = {"greeting": 300.0, "MAIL": 300.0, "RCPT": 300.0, "DATA": 120.0, "body": 180.0, ".": 600.0, "end": 30.0}
"""How long a server may take over each step (RFC 5321, 4.5.3.2); `end`, for RSET and QUIT, is our own."""
TOO_LARGE = 552
"""Refused with MAIL, this alone is about the message; all other refusals of MAIL are about who sends."""
CLOSING = 421
"""To the first command of a message on a connection used before: it was idle too long, or carried enough."""
LONGEST_ENVID = 100
Security = Literal["starttls", "tls", "none"]
Broken = (OSError, smtplib.SMTPException)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How a mail server is entered.

    Attributes
    ----------
    name, password : an empty name logs in nobody
    ca_file : PEM file of who may vouch for the server; empty: whom this machine trusts
    certificate : PEM file with certificate and key that are shown to the server; empty: none
    """

    security: Security
    name: str = ""
    password: str = ""
    ca_file: str = ""
    certificate: str = ""

    def context(self) -> ssl.SSLContext:
        """Make what a connection is encrypted with; the server's certificate and name are checked."""
        context = ssl.create_default_context(cafile=self.ca_file or None)
        if self.certificate:
            context.load_cert_chain(self.certificate)
        return context


class Smtp:
    """Sends messages to one mail server.

    A 4yz reply means later, 5yz refused; a connection lost between the final dot and its reply means unknown
    (RFC 1047). A connection that died or was closed while it was idle is opened anew, once; where none can be opened,
    or the server takes nothing from our address, the transport is down.

    Parameters
    ----------
    host : str
        A name or an address; of an LMTP server also the path of a socket.
    """

    def __init__(
        self, host: str, port: int, login: Login, *, is_lmtp: bool = False, seconds: Mapping[str, float] = SECONDS
    ) -> None:
        self.host, self.port, self.login, self.is_lmtp, self.seconds = host, port, login, is_lmtp, seconds
        self._open: smtplib.SMTP | None = None

    def send(self, message: Message) -> Reply:
        """Send one message over the open connection, or a new one."""
        reused = self._open is not None
        server = self._connection()
        if why := self._unfit(server, message):
            return Reply(outcome=Outcome.REFUSED, text=why)
        try:
            refused = self._envelope(server, message)
        except Broken as error:
            self.close()
            if reused:
                return self.send(message)
            return Reply(outcome=Outcome.LATER, text=f"{self.host}: {_said(error)}")
        if refused and reused and refused.at == "MAIL" and refused.code == CLOSING:
            return self.send(message)
        return refused or self._handed_over(server, message)

    def greet(self) -> float | None:
        """Connect, encrypt and log in as for a message, and send none; raises TransportDown where that cannot be.

        Returns
        -------
        Until when the server's certificate holds, in seconds since the epoch; None if nothing is encrypted.
        """
        sock = self._connection().sock
        held = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
        return ssl.cert_time_to_seconds(str(held["notAfter"])) if held else None

    def close(self) -> None:
        """Say goodbye, if there is somebody to say it to."""
        server, self._open = self._open, None
        if server is not None:
            try:
                self._wait_for(server, "end")
                server.quit()
            except Broken:
                server.close()

    def _connection(self) -> smtplib.SMTP:
        if self._open is None:
            try:
                self._open = self._greeted()
            except Broken as error:
                raise TransportDown(f"{self.host}:{self.port} cannot be used: {_said(error)}") from error
        return self._open

    def _greeted(self) -> smtplib.SMTP:
        security = "none" if self.host.startswith("/") else self.login.security
        patience, kind = self.seconds["greeting"], smtplib.LMTP if self.is_lmtp else smtplib.SMTP
        context = None if security == "none" else self.login.context()
        if security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=patience, context=context)
        else:
            server = kind(self.host, self.port, timeout=patience)
        try:
            if security == "starttls":
                server.starttls(context=context)
            server.ehlo_or_helo_if_needed()
            if self.login.name:
                server.login(self.login.name, self.login.password)
        except Broken:
            server.close()
            raise
        return server

    def _unfit(self, server: smtplib.SMTP, message: Message) -> str:
        """Say why a message cannot be sent to this server, or nothing."""
        for address in (message.sender, message.recipient):
            if not (address.isascii() and address.isprintable()):
                return f"Mail goes to and from plain ASCII addresses only, which {address!r} is not."
        most, size = server.esmtp_features.get("size", ""), len(message.body)
        if most.isdecimal() and 0 < int(most) < size:
            return f"The message has {size:,} bytes; {self.host} takes {int(most):,} at most."
        return ""

    def _envelope(self, server: smtplib.SMTP, message: Message) -> Reply | None:
        for command, argument, expected in _commands(server, message):
            self._wait_for(server, command)
            code, text = server.docmd(command, argument)
            if code not in expected:
                return self._refusal(server, code, text, command)
        return None

    def _handed_over(self, server: smtplib.SMTP, message: Message) -> Reply:
        outcome = Outcome.LATER  # Where not all could be written, the final dot was not, so nothing was taken.
        try:
            self._wait_for(server, "body")
            server.send(_stuffed(message.body) + b".\r\n")
            outcome = Outcome.UNKNOWN
            self._wait_for(server, ".")
            code, text = server.getreply()
        except Broken as error:
            self.close()
            when = "after" if outcome is Outcome.UNKNOWN else "before"
            return Reply(outcome=outcome, text=f"{self.host}: connection lost {when} the message was sent: {error}")
        if code == 250:
            return Reply(outcome=Outcome.SENT, text=_words(code, text))
        return self._refusal(server, code, text, "DATA")

    def _refusal(self, server: smtplib.SMTP, code: int, text: bytes, command: str) -> Reply:
        if code == CLOSING:
            self.close()
        else:
            try:
                self._wait_for(server, "end")
                server.rset()
            except Broken:
                self.close()
        is_final = 500 <= code < 600
        if is_final and command == "MAIL" and code != TOO_LARGE:  # Nobody would get anything now.
            raise TransportDown(f"{self.host} takes no mail from the sender: {_words(code, text)}")
        return Reply(outcome=Outcome.REFUSED if is_final else Outcome.LATER, text=_words(code, text), at=command)

    def _wait_for(self, server: smtplib.SMTP, step: str) -> None:
        if server.sock is not None:
            server.sock.settimeout(self.seconds[step])


def _commands(server: smtplib.SMTP, message: Message) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Give the commands before a message with what the server announced for them, and the replies they need."""
    sender, recipient = f"FROM:<{message.sender}>", f"TO:<{message.recipient}>"
    if server.has_extn("size"):
        sender += f" SIZE={len(message.body)}"
    if server.has_extn("dsn"):
        sender += " RET=HDRS" + (f" ENVID={_xtext(message.id)}" if len(message.id) <= LONGEST_ENVID else "")
        recipient += f" NOTIFY=FAILURE,DELAY ORCPT=rfc822;{_xtext(message.recipient)}"
    yield "MAIL", sender, (250,)
    yield "RCPT", recipient, (250, 251)
    yield "DATA", "", (354,)


def _xtext(value: str) -> str:
    """Encode a value as RFC 3461, 4, says: `+`, `=` and blanks by their numbers."""
    return re.sub(r"[^!-~]|[+=]", lambda found: f"+{ord(found[0]):02X}", value)


def _stuffed(body: bytes) -> bytes:
    whole = body if body.endswith(b"\r\n") else body + b"\r\n"
    return (b"." + whole if whole.startswith(b".") else whole).replace(b"\r\n.", b"\r\n..")


def _words(code: int, text: bytes) -> str:
    return f"{code} {text.decode('utf-8', 'replace')}"


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return _words(error.smtp_code, said if isinstance(said, bytes) else said.encode())
    return str(error)
