"""Addresses bounces come back to: each names its delivery and is signed, so that no stranger can make a bounce up."""

import hmac
from base64 import b32encode
from dataclasses import replace

from digest.domain.message import Message
from digest.links import BadLink, Links

SIGNED = 16
"""Characters of a signature, 5 bits each."""
LONGEST_NUMBER = 19


def returning_to(message: Message, bounce_address: str, number: int, links: Links) -> Message:
    """Give a message the envelope sender of its delivery; without an address for bounces it stays as it is."""
    return replace(message, sender=address(bounce_address, number, links)) if bounce_address else message


def address(bounce_address: str, number: int, links: Links) -> str:
    """Make the address that the bounces of a delivery come back to.

    Its token is the delivery's number and 16 characters of HMAC-SHA256 in base 32 (80 bits), all in lower case, since
    mail servers may fold the part before the @.

    Examples
    --------
    >>> links = Links("https://digest.example.org", {1: "k" * 32})
    >>> made = address("bounce@example.org", 12_345, links)
    >>> made
    'bounce+12345q7l2rfabw5bbgll6@example.org'
    >>> read(made.upper(), links)
    12345
    """
    local, _, domain = bounce_address.rpartition("@")
    return f"{local}+{number}{_signature(number, links.keys[links.key_id])}@{domain}"


def read(address: str, links: Links) -> int:
    """Give the number of the delivery an address was made for, whichever of the keys signed it.

    Raises
    ------
    BadLink
        If the address was not made here.
    """
    token = address.rpartition("@")[0].rpartition("+")[2].lower()
    digits, signature = token[:-SIGNED], token[-SIGNED:]
    if token.isascii() and digits.isdecimal() and len(digits) <= LONGEST_NUMBER:
        number = int(digits)
        if any(hmac.compare_digest(signature, _signature(number, secret)) for secret in links.keys.values()):
            return number
    raise BadLink("This address was not made here.")


def _signature(number: int, secret: str) -> str:
    return (
        b32encode(hmac.digest(secret.encode(), f"digest.bounce.{number}".encode(), "sha256"))[:SIGNED].decode().lower()
    )
