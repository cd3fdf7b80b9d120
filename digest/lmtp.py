"""The mail server's door: what comes back is taken in by LMTP (RFC 2033), one recipient at a time."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from digest.service import Service

log = logging.getLogger(__name__)
MOST_BYTES = 5_000_000
"""A mail that is larger is turned away: no report with a whole mail of ours is nearly that long."""
MOST_CONNECTIONS = 20
"""A mail server needs a few; each may hold a mail in memory."""
PATIENCE_SECONDS = 60.0
DONE = "250 2.0.0 taken in"
NOT_OURS = "550 5.1.1 nothing comes back to this address"
ONE_AT_A_TIME = "452 4.5.3 one recipient at a time"
AWAY = "451 4.3.0 the database is away: try again later"
BROKEN = "451 4.3.0 this went wrong here: try again later"
TOO_MANY = "421 4.7.0 too many connections: try again later"


class _Door(LMTP):
    line_length_limit = 100_000
    """Reports quote lines that are longer than a mail may have."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to talk, unless too many do already."""
        if len(self.event_handler.doors) < MOST_CONNECTIONS:
            self.event_handler.doors.add(self)
            super().connection_made(transport)
        elif isinstance(transport, asyncio.WriteTransport):
            transport.write(f"{TOO_MANY}\r\n".encode())
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """End the talk, if there was one."""
        if self in self.event_handler.doors:
            self.event_handler.doors.remove(self)
            super().connection_lost(error)


class _Hooks:
    """What is answered to RCPT and DATA, and to what goes wrong; the names are those aiosmtpd looks for.

    Attributes
    ----------
    doors : the connections that are open
    """

    def __init__(self, service: Service) -> None:
        self.service, self.doors = service, set[_Door]()

    async def handle_RCPT(  # noqa: N802
        self, _server: LMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.service.settings.is_for_bounces(address):
            return NOT_OURS
        if envelope.rcpt_tos:  # aiosmtpd answers DATA once, where LMTP wants an answer for every recipient.
            return ONE_AT_A_TIME
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: LMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw, recipient = bytes(envelope.original_content or b""), envelope.rcpt_tos[0]
        return DONE if await asyncio.to_thread(self.service.take_in, raw, recipient) else AWAY

    async def handle_exception(self, error: Exception) -> str:
        log.error("what came by LMTP could not be taken in", exc_info=error)
        return BROKEN


@contextmanager
def taking_in(service: Service) -> Iterator[tuple[str, int] | None]:
    """Take in what comes back by LMTP while the block lasts, and give where; nothing if no setting names a door.

    Raises
    ------
    OSError
        If the address cannot be listened on.
    """
    where = service.settings.lmtp_door
    if where is None:
        yield None
        return
    with socket.create_server(where, family=socket.AF_INET6 if ":" in where[0] else socket.AF_INET) as ear:
        ending = Event()
        thread = Thread(target=asyncio.run, args=(_listen(service, ear, ending),), name="lmtp", daemon=True)
        thread.start()
        try:
            yield ear.getsockname()[:2]
        finally:
            ending.set()
            thread.join()


async def _listen(service: Service, ear: socket.socket, ending: Event) -> None:
    loop, hooks = asyncio.get_running_loop(), _Hooks(service)
    name = service.settings.bounce_address.rpartition("@")[2]

    def opened() -> _Door:
        return _Door(
            hooks, data_size_limit=MOST_BYTES, enable_SMTPUTF8=True, hostname=name, ident="digest", loop=loop,
            timeout=PATIENCE_SECONDS,
        )  # fmt: skip

    server = await loop.create_server(opened, sock=ear)
    await asyncio.to_thread(ending.wait)
    server.close()
