"""The doctor's look at how mail comes back: every way that is set, each by itself. Nothing is read or marked."""

import imaplib
import os
import smtplib
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from digest.domain.finding import Finding, ok, warn, wrong
from digest.settings import Settings

SECONDS = 15.0
"""How long a server may take; somebody is waiting for the answer."""
WAYS = "DIGEST_BOUNCE_MAILDIR, _IMAP_HOST, _LMTP or _WEBHOOK_SECRET"


def ways_back(settings: Settings, ca_file: str = "") -> list[Callable[[], Iterator[Finding]]]:
    """Give a look at each way that is set; where mail leaves and none is, one that says so."""
    looks: list[tuple[object, Callable[[], Iterator[Finding]]]] = [
        (settings.bounce_maildir, partial(_maildir, Path(settings.bounce_maildir).absolute())),
        (settings.bounce_imap_host, partial(_imap, settings, ca_file)),
        (settings.bounce_lmtp, partial(_lmtp, settings)),
        (settings.bounce_webhook_secret.get_secret_value(), partial(_webhook, settings)),
    ]
    return [look for is_set, look in looks if is_set] or [_nobody] * settings.is_sending


def _nobody() -> Iterator[Finding]:
    yield warn("returns", "nobody reads what comes back", f"Set DIGEST_BOUNCE_ADDRESS, and {WAYS}.")


def _maildir(folder: Path) -> Iterator[Finding]:
    try:
        next((folder / "new").iterdir(), None)
    except OSError as error:
        seen = f"{folder} is no Maildir folder: {error.strerror}"
        yield wrong("returns", seen, "Make it, with new, cur and tmp in it, or see who owns it.")
        return
    if all(os.access(place, os.W_OK) for place in (folder, folder / "new")):
        yield ok("returns", f"{folder} can be read")
    else:
        yield wrong("returns", f"{folder} cannot be written: what was read cannot be marked", "See who owns it.")


def _imap(settings: Settings, ca_file: str) -> Iterator[Finding]:
    context = ssl.create_default_context(cafile=ca_file or None)
    password = settings.bounce_imap_password.get_secret_value()
    try:
        with imaplib.IMAP4_SSL(*settings.bounce_imap, ssl_context=context, timeout=SECONDS) as box:
            box.login(settings.bounce_imap_user, password)
            if box.select(readonly=True)[0] != "OK":
                raise imaplib.IMAP4.error("there is no inbox")
    except (OSError, imaplib.IMAP4.error) as error:
        seen = f"{settings.bounce_imap_host} does not give its inbox: {_words_of(error)}"
        yield wrong("returns", seen, "See to DIGEST_BOUNCE_IMAP_HOST, _USER and _PASSWORD.")
    else:
        yield ok("returns", f"{settings.bounce_imap_host} gives the inbox of {settings.bounce_imap_user}")


def _lmtp(settings: Settings) -> Iterator[Finding]:
    host, port = settings.lmtp_door or ("", 0)
    try:
        with smtplib.LMTP(host, port, local_hostname="localhost", timeout=SECONDS):
            yield ok("returns", f"{host}:{port} takes in by LMTP")
    except OSError as error:
        grave = wrong if settings.is_sending else warn
        yield grave("returns", f"nobody takes in by LMTP on {host}:{port}: {error}", "Is `digest serve` running?")


def _webhook(settings: Settings) -> Iterator[Finding]:
    yield ok("returns", f"{settings.public_url}/returns takes in what is signed by the secret")


def _words_of(error: Exception) -> str:
    first = error.args[0] if error.args else ""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(error)
