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
    looks = {
        partial(_maildir, Path(settings.bounce_maildir).absolute()): bool(settings.bounce_maildir),
        partial(_imap, settings, ca_file): bool(settings.bounce_imap_host),
        partial(_lmtp, settings): bool(settings.bounce_lmtp),
        partial(_webhook, settings): bool(settings.bounce_webhook_secret.get_secret_value()),
    }
    return [look for look, is_set in looks.items() if is_set] or [_nobody] * settings.is_sending


def _nobody() -> Iterator[Finding]:
    yield warn("returns", "nobody reads what comes back", f"Set DIGEST_BOUNCE_ADDRESS, and {WAYS}.")


def _maildir(folder: Path) -> Iterator[Finding]:
    try:
        next((folder / "new").iterdir(), None)
    except OSError as error:
        seen = f"{folder} is no Maildir folder: {error.strerror}"
        yield wrong("returns", seen, f"Make it: mkdir -p {folder}/new {folder}/cur {folder}/tmp; or see who owns it.")
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
        smtplib.LMTP(host, port, local_hostname="localhost", timeout=SECONDS).close()
    except OSError as error:
        grave = wrong if settings.is_sending else warn
        yield grave("returns", f"nobody takes in by LMTP on {host}:{port}: {error}", "Is `digest serve` running?")
    else:
        yield ok("returns", f"{host}:{port} takes in by LMTP")


def _webhook(settings: Settings) -> Iterator[Finding]:
    yield ok("returns", f"{settings.public_url}/returns takes in what is signed by the secret")


def _words_of(error: Exception) -> str:
    first = error.args[0] if error.args else ""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(error)
