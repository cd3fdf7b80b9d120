"""A Message is a rendered mail with its envelope: everything a transport needs, and nothing about how it is carried."""

from dataclasses import dataclass
from hashlib import sha256

from digest.domain.delivery import Kind

KINDS = ("issue", "weekly", "catchup", *(kind.value for kind in Kind if kind is not Kind.ISSUE), "alarm")
"""Every kind of mail there is, by the name under which it is shown."""
NO_EDITION = "There is no edition yet: collect and publish first."
NOTHING_NEW = "Nothing is left that this reader has not been sent."


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A rendered mail.

    Attributes
    ----------
    id : the Message-ID without its angle brackets
    sender, recipient : the envelope's addresses, ASCII but for letters before the recipient's @
    body : the whole message as it goes out, CRLF line ends
    """

    id: str
    sender: str
    recipient: str
    body: bytes

    @property
    def sha256(self) -> str:
        """The SHA-256 of the body in hex, kept in the ledger."""
        return sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a reader would get now, before it becomes a message; `note` says why it is empty."""

    subject: str = ""
    text: str = ""
    html: str = ""
    note: str = ""


class NothingToShowError(Exception):
    """A kind of mail cannot be shown now; the text is a sentence for the operator."""
