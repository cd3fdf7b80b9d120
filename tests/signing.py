"""Keys that sign in tests, made once in a run, what their records say, and what dkimpy makes of a signed message."""

from functools import cache

import dkim

from digest.domain.message import Message
from digest.mail.dkim import Key, Signer, new_secrets

DOMAIN = "digest.example.org"


@cache
def keys() -> tuple[Key, ...]:
    """Give a key of each kind, RSA first."""
    return tuple(Key(selector=f"test-{kind}", secret=secret) for kind, secret in new_secrets().items())


def records() -> dict[str, tuple[str, ...]]:
    """Give the strings of every key's TXT record by its name."""
    return {f"{key.selector}._domainkey.{DOMAIN}": key.record for key in keys()}


def signed(body: bytes, *by: Key) -> bytes:
    """Sign the bytes of a message, by every key if none is named."""
    message = Message(id="test", sender="", recipient="", body=body)
    return Signer(DOMAIN, by or keys()).signed(message).body


def beliefs(body: bytes) -> list[bool]:
    """Say of each signature of a message whether dkimpy believes it."""
    return [_believes(body, at) for at in range(body.count(b"DKIM-Signature: "))]


def _believes(body: bytes, at: int) -> bool:
    told = {f"{name}.".encode(): "".join(strings).encode() for name, strings in records().items()}
    try:
        return bool(dkim.DKIM(body).verify(at, dnsfunc=lambda name, timeout: told[name]))
    except dkim.DKIMException:
        return False
