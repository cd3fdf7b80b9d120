"""The doctor's looks outside: the way mail leaves, what DNS says of who sends it, and the web its links lead to."""

import os
import ssl
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx2

from digest.domain.finding import Finding, ok, warn, wrong
from digest.links import Purpose
from digest.mail import dns
from digest.mail.dkim import BadKeyError, Key
from digest.mail.smtp import Smtp
from digest.mail.transport import TransportDown
from digest.posting import relays_of
from digest.service import Service
from digest.settings import Settings
from digest.settings_mail import LOOPBACK

PATIENCE = {"greeting": 15.0, "end": 5.0}
"""Seconds a mail server may take; somebody is waiting for the answer."""
SECONDS = 10.0
EXPIRES = timedelta(days=14)
"""Those who renew certificates by themselves do so well before."""
MADE_UP = "1.AAAAAAAAAAAAAAAAAAAAAA"
"""A token in the form of ours that no key made."""


def way_out(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look whether mail can leave as it is set: each mail server is greeted and logged in to, and nothing is sent."""
    if not settings.is_sending:
        place = next(
            path for path in (settings.outbox.absolute(), *settings.outbox.absolute().parents) if path.exists()
        )
        if settings.transport != "stdout" and not (place.is_dir() and os.access(place, os.W_OK)):
            yield wrong("outbox", f"mail goes {settings.way_out}, and {place} cannot be written", "See who owns it.")
        else:
            yield warn(
                "outbox", f"mail goes {settings.way_out} and leaves nowhere", "To send it: DIGEST_TRANSPORT=smtp."
            )
    for relay in relays_of(settings, PATIENCE) if settings.is_sending else ():
        try:
            relay.open()
        except TransportDown as error:
            remedy = "See to DIGEST_SMTP_HOST, _PORT, _SECURITY, _USER, _PASSWORD and _CA_FILE."
            yield wrong("relay", str(error), remedy)
            continue
        yield _relay(relay.host, settings, relay.certified_until, now)
        if settings.utf8_addresses:
            yield _letters(relay)
        relay.close()


def _letters(relay: Smtp) -> Finding:
    if relay.takes_utf8:
        return ok("utf8", f"{relay.host} announces SMTPUTF8")
    seen = f"{relay.host} does not announce SMTPUTF8: addresses with letters beyond ASCII before the @ get no mail"
    return warn("utf8", seen, "Switch it on there, or unset DIGEST_UTF8_ADDRESSES.")


def _relay(host: str, settings: Settings, until: float | None, now: datetime) -> Finding:
    login = f"logged in as {settings.smtp_user}" if settings.smtp_user else "nobody logs in"
    if until is None:
        seen = f"{host} answers, unencrypted; {login}"
        is_near = host in LOOPBACK or host.startswith("/")
        remedy = "Set DIGEST_SMTP_SECURITY, unless the way there is yours alone."
        return ok("relay", seen) if is_near else warn("relay", seen, remedy)
    ends = datetime.fromtimestamp(until, UTC)
    seen = f"{host} answers under TLS, its certificate holds until {ends:%Y-%m-%d}; {login}"
    return ok("relay", seen) if ends - now > EXPIRES else warn("relay", seen, "Renew the mail server's certificate.")


def authentication(settings: Settings, look_up: dns.LookUp) -> dict[str, Callable[[], Iterator[Finding]]]:
    """Give the looks at DNS by what they look at; none where no mail leaves."""
    if not settings.is_sending:
        return {}
    domain, back = settings.domain, (settings.bounce_address or settings.sender).rpartition("@")[2]
    hosts = [host for host, _ in settings.relays if host not in LOOPBACK and not host.startswith("/")]
    return {
        "spf": partial(dns.spf, look_up, back),
        "dkim": partial(_dkim, look_up, domain, settings.dkim_keys),
        "dmarc": partial(dns.dmarc, look_up, domain),
        "mx": partial(dns.mx, look_up, back),
        "ptr": partial(dns.ptr, look_up, back, hosts),
    }


def _dkim(look_up: dns.LookUp, domain: str, paths: Sequence[Path]) -> Iterator[Finding]:
    try:
        keys = [Key.read(path) for path in paths]
    except BadKeyError as error:
        yield wrong("dkim", str(error), "Nothing leaves so: name a file of `digest dkim new` in DIGEST_DKIM_KEYS.")
        return
    yield from dns.dkim(look_up, domain, keys)


def web(settings: Settings, house: Service | None, now: datetime, ca_file: str = "") -> Iterator[Finding]:
    """Look whether the web answers as readers reach it, under a certificate that holds, and refuses a made-up link.

    The link is that of leaving: nobody's status may be another after it was opened.
    """
    url, before = settings.public_url, _statuses(house)
    context = ssl.create_default_context(cafile=ca_file or None)
    try:
        with httpx2.Client(verify=context, trust_env=False, timeout=SECONDS) as client:
            health = client.get(f"{url}/healthz")
            refused = client.get(f"{url}/{Purpose.LEAVE}/{MADE_UP}")
            ends = _holds_until(client, url)
    except httpx2.TransportError as error:
        grave = wrong if settings.is_sending else warn
        yield grave(
            "web", f"{url} cannot be reached: {error}", "Is `digest serve` running, and the web server before it?"
        )
        return
    if _statuses(house) != before:
        seen = "a reader's status changed while a made-up link was opened"
        yield warn("web", seen, "Look again; if it was no reader's own doing, stop the service and report it.")
    else:
        yield _answer(url, health.status_code, refused.status_code, ends, now)


def _answer(url: str, health: int, refused: int, ends: datetime | None, now: datetime) -> Finding:
    if health != 200:
        return wrong(
            "web", f"{url}/healthz answers {health}", "The web server before this service passes on every path."
        )
    if refused not in range(400, 500):
        seen = f"a made-up link to leave is answered with {refused}"
        return wrong("web", seen, "The web server before this service must neither answer nor redirect.")
    if ends and ends - now <= EXPIRES:
        return warn("web", f"{url} answers; its certificate ends on {ends:%Y-%m-%d}", "Renew it.")
    until = f", its certificate holds until {ends:%Y-%m-%d}" if ends else ""
    return ok("web", f"{url} answers{until}; a made-up link is refused and changes nothing")


def _holds_until(client: httpx2.Client, url: str) -> datetime | None:
    with client.stream("GET", f"{url}/healthz") as answer:
        held = answer.extensions["network_stream"].get_extra_info("ssl_object")
        ends = str(held.getpeercert()["notAfter"]) if held else ""
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None


def _statuses(house: Service | None) -> dict[int, str]:
    return {one.id: one.status for one in house.subscribers()} if house else {}
