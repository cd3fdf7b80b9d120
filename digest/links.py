"""Signed links: one purpose each, untimed, so that a mail can be made again and leaving works years later."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum

from itsdangerous import BadSignature, Signer

MOST_CHARACTERS = 100


class Purpose(StrEnum):
    """What a link is for; its value is the path it stands under."""

    CONFIRM = "c"
    LEAVE = "u"
    PREFERENCES = "p"
    FEEDBACK = "f"
    VIEW = "v"


class BadLink(Exception):  # noqa: N818 - the page says it in these words.
    """This link was altered or is incomplete: open it again from the mail, or ask for a new one."""


def _short_digest(data: bytes = b"") -> "hashlib._Hash":
    return hashlib.blake2b(data, digest_size=16)  # type: ignore[return-value]


class Links:
    """Makes and reads signed links.

    A token is the number of a row in base 36 and 22 characters of HMAC-BLAKE2b (128 bits); each purpose has a key of
    its own, derived from the key that the number in `keys` names.

    Parameters
    ----------
    public_url : str
        Where the web is reached.
    keys : mapping
        Secrets by their number; all of them verify.
    key_id : int, optional
        Number of the key that signs; the newest if it is not said.

    Examples
    --------
    >>> links = Links("https://digest.example.org", {1: "k" * 32})
    >>> address = links.link(Purpose.LEAVE, 12_345)
    >>> len(f"<{address}>") <= 76, links.read(Purpose.LEAVE, address.rpartition("/")[2])
    (True, 12345)
    """

    def __init__(self, public_url: str, keys: Mapping[int, str], key_id: int | None = None) -> None:
        self.public_url, self.keys = public_url, dict(keys)
        self.key_id = max(keys) if key_id is None else key_id

    def link(self, purpose: Purpose, number: int, key_id: int | None = None) -> str:
        """Make the address of a page for a purpose and a row."""
        token = self._signer(purpose, self.key_id if key_id is None else key_id).sign(_base36(number)).decode()
        return f"{self.public_url}/{purpose}/{token}"

    def read(self, purpose: Purpose, token: str) -> int:
        """Give the row's number a token was made for, whichever of the keys signed it.

        Raises
        ------
        BadLink
            If the token was not made here for this purpose.
        """
        for key_id in self.keys if len(token) <= MOST_CHARACTERS else ():
            try:
                return int(self._signer(purpose, key_id).unsign(token), 36)
            except (BadSignature, ValueError):
                continue
        raise BadLink(BadLink.__doc__)

    def _signer(self, purpose: Purpose, key_id: int) -> Signer:
        return Signer(
            self.keys[key_id], salt=f"digest.{purpose.name}", key_derivation="hmac", digest_method=_short_digest
        )


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"
