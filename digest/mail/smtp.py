"""SMTP and LMTP as transport: one connection kept open, every reply sorted by what it means for the reader."""

import re
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from digest.domain.delivery import Outcome, Reply
from digest.domain.message import Message
from digest.mail.transport import Stale, TransportDown

SECONDS = {"greeting": 300.0, "MAIL": 300.0, "RCPT": 300.0, "DATA": 120.0, "body": 180.0, ".": 600.0, "end": 5.0}
"""How long a server may take over each step (RFC 5321, 4.5.3.2); `end`, for RSET and QUIT, is our own."""
TOO_LARGE = 552
"""Refused with MAIL, this alone is about the message; all other refusals of MAIL are about who sends."""
CLOSING = 421
"""To the first command of a message on a connection used before: it was idle too long, or carried enough."""
IDLE_SECONDS = 30.0
"""Who has been silent for longer is not trusted to be there still: servers close what is idle, some without a word."""
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
    (RFC 1047). Where none can be opened, or the server takes nothing from our address, the transport is down.

    Parameters
    ----------
    host : str
        A name or an address; of an LMTP server also the path of a socket.
    seconds : mapping
        How long the server may take over each step.
    """

    def __init__(
        self,
        host: str,
        port: int,
        login: Login,
        *,
        is_lmtp: bool = False,
        seconds: Mapping[str, float] = SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.host, self.port, self.login, self.is_lmtp, self.seconds = host, port, login, is_lmtp, seconds
        self._monotonic, self._spoken_at = monotonic, 0.0
        self._open: smtplib.SMTP | None = None
        self._is_fresh = False

    def open(self) -> None:
        """Connect, encrypt and log in, where nothing is open or was idle too long."""
        if self._open is not None and self._monotonic() - self._spoken_at > IDLE_SECONDS:
            self.close()
        if self._open is None:
            try:
                self._open = self._greeted()
            except Broken as error:
                words = f"{self.host}:{self.port} cannot be used: {_said(error)}"
                raise TransportDown(words, for_all=_is_for_all(error)) from error
            self._spoken_at, self._is_fresh = self._monotonic(), True

    def send(self, message: Message) -> Reply:
        """Send one message over the open connection."""
        server, is_fresh = self._open, self._is_fresh
        if server is None:
            raise Stale(f"{self.host}: nothing is open")
        if why := self._unfit(server, message):
            return Reply(outcome=Outcome.REFUSED, text=why)
        self._is_fresh = False
        try:
            for command, argument, expected in _commands(server, message):
                refused = self._refused(server, command, argument, expected)
                if refused and command == "MAIL" and self._open is None and not is_fresh:
                    raise Stale(refused.text)
                if refused:
                    return refused
            return self._handed_over(server, message)
        finally:
            self._spoken_at = self._monotonic()

    @property
    def certified_until(self) -> float | None:
        """Until when the certificate of the server that is open holds, by the epoch; None if nothing is encrypted."""
        sock = self._open.sock if self._open else None
        held = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
        return ssl.cert_time_to_seconds(str(held["notAfter"])) if held else None

    @property
    def takes_utf8(self) -> bool:
        """Whether the server that is open announces SMTPUTF8 (RFC 6531)."""
        return self._open is not None and self._open.has_extn("smtputf8")

    def close(self) -> None:
        """Say goodbye, if there is somebody to say it to."""
        server, self._open = self._open, None
        if server is not None:
            try:
                self._wait_for(server, "end")
                server.quit()
            except Broken:
                server.close()

    def _greeted(self) -> smtplib.SMTP:
        security = "none" if self.host.startswith("/") else self.login.security
        patience, kind = self.seconds["greeting"], smtplib.LMTP if self.is_lmtp else smtplib.SMTP
        context = None if security == "none" else self.login.context()
        if security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=patience, context=context)
        else:
            server = kind(self.host, self.port, timeout=patience)
        server.command_encoding = "utf-8"
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
        for address in (message.sender, message.recipient.rpartition("@")[2]):
            if not (address.isascii() and message.recipient.isprintable() and address.isprintable()):
                return f"Mail goes from plain ASCII addresses to plain ASCII domains only, which {address!r} is not."
        if not (message.recipient.isascii() or self.takes_utf8):
            return f"550 5.6.7 {self.host} does not announce SMTPUTF8, without which {message.recipient} has no mail."
        most, size = server.esmtp_features.get("size", ""), len(message.body)
        if most.isdecimal() and 0 < int(most) < size:
            return f"The message has {size:,} bytes; {self.host} takes {int(most):,} at most."
        return ""

    def _refused(self, server: smtplib.SMTP, command: str, argument: str, expected: int) -> Reply | None:
        """Say one command; nothing is given where the reply is of the class it needs."""
        try:
            self._wait_for(server, command)
            code, text = server.docmd(command, argument)
        except Broken as error:
            self.close()
            return Reply(outcome=Outcome.LATER, text=f"{self.host}: {_said(error)}")
        return None if code // 100 == expected else self._refusal(server, code, text, command)

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
        if code // 100 == 2:
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
            raise TransportDown(f"{self.host} takes no mail from the sender: {_words(code, text)}", for_all=True)
        return Reply(outcome=Outcome.REFUSED if is_final else Outcome.LATER, text=_words(code, text), at=command)

    def _wait_for(self, server: smtplib.SMTP, step: str) -> None:
        if server.sock is not None:
            server.sock.settimeout(self.seconds[step])


def _commands(server: smtplib.SMTP, message: Message) -> Iterator[tuple[str, str, int]]:
    """Give the commands before a message with what the server announced for them, and the class of reply they need."""
    sender, recipient = f"FROM:<{message.sender}>", f"TO:<{message.recipient}>"
    if server.has_extn("size"):
        sender += f" SIZE={len(message.body)}"
    if not message.recipient.isascii():
        sender += " SMTPUTF8 BODY=8BITMIME"
    if server.has_extn("dsn"):
        sender += " RET=HDRS" + (f" ENVID={_xtext(message.id)}" if len(message.id) <= LONGEST_ENVID else "")
        recipient += f" NOTIFY=FAILURE,DELAY ORCPT={_original(message.recipient)}"
    yield "MAIL", sender, 2
    yield "RCPT", recipient, 2
    yield "DATA", "", 3


def _original(address: str) -> str:
    """Write an address for ORCPT: as RFC 3461, 4.2, says, or RFC 6533, 3, where it goes beyond ASCII."""
    if address.isascii():
        return f"rfc822;{_xtext(address)}"
    return "utf-8;" + re.sub(r"[^!-~]|[+=\\]", lambda found: f"\\x{{{ord(found[0]):X}}}", address)


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


def _is_for_all(error: Exception) -> bool:
    """Whether what kept one connection from being opened keeps every other."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return error.smtp_code >= 500
    return isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError | FileNotFoundError)
