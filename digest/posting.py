"""How mail leaves: into a folder, to stdout, or by one of the mail servers, as the settings say."""

import sys
from collections.abc import Mapping
from functools import lru_cache

from digest.domain.pace import Limits
from digest.mail.dkim import Signing
from digest.mail.file import Folder, Maildir, Stdout
from digest.mail.relays import Order, Relays
from digest.mail.smtp import SECONDS, Login, Smtp
from digest.mail.transport import Transport
from digest.settings import Settings

NEXT_SECONDS = 30.0
"""How long a server may take to greet where there is another that can be tried."""


def transport_of(settings: Settings) -> Transport:
    """Open the transport that is set; it signs what it carries if there are keys."""
    carrier = _carrier_of(settings)
    return Signing(carrier, settings.domain, settings.dkim_keys) if settings.dkim_keys else carrier


def _carrier_of(settings: Settings) -> Transport:
    match settings.transport:
        case "maildir":
            return Maildir(settings.outbox)
        case "folder":
            return Folder(settings.outbox)
        case "stdout":
            return Stdout(sys.stdout.buffer)
    relays = relays_of(settings)
    return relays[0] if len(relays) == 1 else Relays(relays, _order_of(settings.relays))


@lru_cache(maxsize=1)
def _order_of(relays: tuple[tuple[str, int], ...]) -> Order:
    """Give the order of these servers: the same for all connections, from one run to the next."""
    return Order(len(relays))


def relays_of(settings: Settings, seconds: Mapping[str, float] = SECONDS) -> list[Smtp]:
    """Give every mail server that is set, in the order they are tried; `seconds` is how long each step may take."""
    login = Login(
        name=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        security=settings.smtp_security,
        ca_file=settings.smtp_ca_file,
        certificate=settings.smtp_client_certificate,
    )
    is_lmtp = settings.transport == "lmtp"
    if len(settings.relays) > 1:
        seconds = {**seconds, "greeting": min(seconds["greeting"], NEXT_SECONDS)}
    return [Smtp(host, port, login, is_lmtp=is_lmtp, seconds=seconds) for host, port in settings.relays]


def limits_of(settings: Settings) -> Limits:
    """Give how fast mail may leave; only a mail server gains by several connections."""
    return Limits(
        connections=settings.connections if settings.is_sending else 1,
        connections_per_domain=settings.connections_per_domain,
        rate=settings.rate,
        rate_per_domain=settings.rate_per_domain,
        ramp_first_day=settings.ramp_first_day,
    )
