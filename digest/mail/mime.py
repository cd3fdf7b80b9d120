"""Makes a message of a letter, right to the letter of RFC 5322, 2045, 2047 and 8058, and the same bytes every time."""

from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from hashlib import sha256
from typing import Any

from digest.domain.message import Message
from digest.mail.cards import Masthead

LONGEST_LINE = 76
LONGEST_WORD = 60
"""Python encodes a longer one by itself; it fits a line behind the header's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything a mail says, before it becomes bytes; a letter with a `leave_url` belongs to the list."""

    subject: str
    text: str
    html: str
    recipient: str
    message_id: str
    date: str
    masthead: Masthead
    leave_url: str = ""


class LiteralHeader(UnstructuredHeader):
    """A header that says what it is given: Python would decode what looks like an encoded word, line ends included."""

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Keep the value as it is."""
        super().parse(value, kwds)
        kwds["decoded"] = value


class UnfoldedHeader(LiteralHeader):
    """A header that is never folded or encoded: Python would write encoded words into a List-Unsubscribe."""

    def fold(self, *, policy: Any) -> str:
        """Give the header as one line."""
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


class WholeHeader(LiteralHeader):
    """A header whose text is encoded as a whole or not at all: Python adds a space where it mixes the two."""

    def fold(self, *, policy: Any) -> str:
        """Give the header in lines of at most 76 characters, encoded words of at most 75."""
        text = str(self)
        is_plain = text.isascii() and "=?" not in text and max(map(len, text.split()), default=0) <= LONGEST_WORD
        whole = Header(text, "us-ascii" if is_plain else "utf-8", LONGEST_LINE, self.name)  # type: ignore[attr-defined]
        words = whole.encode(splitchars=" ", linesep=policy.linesep)
        return f"{self.name}: {words}{policy.linesep}"  # type: ignore[attr-defined]


def _policy() -> "EmailPolicy[EmailMessage]":
    registry = HeaderRegistry()
    for name in ("to", "list-unsubscribe", "list-unsubscribe-post", "list-id", "message-id"):
        registry.map_to_type(name, UnfoldedHeader)  # type: ignore[arg-type]
    registry.map_to_type("subject", WholeHeader)  # type: ignore[arg-type]
    return SMTP.clone(max_line_length=LONGEST_LINE, header_factory=registry)


POLICY = _policy()


def message_of(letter: Letter) -> Message:
    """Make the message of a letter: multipart/alternative, plain text first, nothing random in it."""
    mail = EmailMessage(policy=POLICY)
    name, _, domain = letter.masthead.sender.rpartition("@")
    mail["From"] = Address(display_name=letter.masthead.list_name, username=name, domain=domain)
    mail["To"] = letter.recipient
    mail["Subject"] = letter.subject
    mail["Date"] = letter.date
    mail["Message-ID"] = f"<{letter.message_id}>"
    if letter.leave_url:
        mail["List-Id"] = f"<{letter.masthead.list_id}>"
        mail["List-Unsubscribe"] = f"<{letter.leave_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail["Precedence"] = "bulk"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    mail.set_boundary(f"=_{sha256(letter.message_id.encode()).hexdigest()[:32]}")
    return Message(
        id=letter.message_id, sender=letter.masthead.sender, recipient=letter.recipient, body=mail.as_bytes()
    )
