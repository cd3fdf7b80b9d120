"""Makes a message of a letter, right to the letter of RFC 5322, 2045, 2047 and 8058, and the same bytes every time."""

import re
from binascii import b2a_qp
from dataclasses import dataclass
from email.header import Header
from email.utils import quote
from hashlib import sha256

from digest.domain.message import Message
from digest.domain.text import tidy
from digest.mail.cards import Masthead

LONGEST_LINE = 76
LONGEST_WORD = 60
"""Python encodes a longer one by itself; it fits a line behind the header's name."""
LONGEST_VALUE = 900
"""Of a header that is never folded: a line ends at 998."""
ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
ADDRESS = re.compile(rf'(?:{ATOM}(?:\.{ATOM})*|"(?:[ !#-\[\]-~]|\\[ -~])+")@[\w.-]+', re.A)
BEYOND_ASCII = re.compile(r"[^\x00-\x7F]")
"""In a local part each stands where a letter may."""
UNSAFE = bytes(range(9)) + bytes(range(11, 32)) + b"\x7f"
QUESTIONED = bytes.maketrans(UNSAFE, b"?" * len(UNSAFE))
"""Control characters other than tab and line end: a terminal that shows the mail would obey them."""
BROKEN = (
    (b"\nFrom ", b"\n=46=\nrom "),  # Mail folders put a > before a line that begins so.
    (b"=20\n", b"=\n=20\n"),  # Python makes a line of 77 of one that is full and ends in a blank.
    (b"=09\n", b"=\n=09\n"),
)


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


def message_of(letter: Letter) -> Message:
    """Make the message of a letter: multipart/alternative, plain text first, nothing random in it.

    Raises
    ------
    ValueError
        If an address or another value that must stand in a header as it is cannot.
    """
    masthead, subject = letter.masthead, tidy(letter.subject)
    boundary = f"=_{sha256(letter.message_id.encode()).hexdigest()[:32]}"  # No encoded line holds "=_".
    head = [
        _from(masthead),
        _to(letter.recipient),
        _words("Subject", subject, "us-ascii" if _is_plain(subject) else "utf-8"),
        _as_it_is("Date", letter.date),
        _as_it_is("Message-ID", f"<{letter.message_id}>"),
        *(_of_the_list(letter) if letter.leave_url else ()),
        "Auto-Submitted: auto-generated",
        "Content-Language: en",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
    ]
    parts = [_part("plain", letter.text), _part("html", letter.html)]
    opened = f"\r\n--{boundary}\r\n".encode()
    body = opened.join([("\r\n".join(head) + "\r\n").encode(), *parts]) + f"\r\n--{boundary}--\r\n".encode()
    return Message(id=letter.message_id, sender=masthead.sender, recipient=letter.recipient, body=body)


def _of_the_list(letter: Letter) -> tuple[str, ...]:
    return (
        _as_it_is("List-Id", f"<{letter.masthead.list_id}>"),
        _as_it_is("List-Help", f"<{letter.masthead.public_url}/>"),
        _as_it_is("List-Unsubscribe", f"<{letter.leave_url}>"),
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Precedence: bulk",
    )


def _as_it_is(name: str, value: str) -> str:
    """Give a header that is never folded and never encoded: an encoded word has no place in it."""
    if not (value.isascii() and value.isprintable() and len(value) <= LONGEST_VALUE):
        raise ValueError(f"the header {name} cannot say {value[:LONGEST_LINE]!r}")
    return f"{name}: {value}"


def _to(address: str) -> str:
    """Give the header To: letters beyond ASCII before the @ stand there as they are (RFC 6532)."""
    local, at, domain = address.rpartition("@")
    _address(BEYOND_ASCII.sub("x", local) + at + domain)
    if not address.isprintable() or len(address.encode()) > LONGEST_VALUE:
        raise ValueError(f"no mail can be addressed so: {address[:LONGEST_LINE]!r}")
    return f"To: {address}"


def _address(address: str) -> str:
    if not ADDRESS.fullmatch(address):
        raise ValueError(f"no mail can be addressed so: {address[:LONGEST_LINE]!r}")
    return address


def _from(masthead: Masthead) -> str:
    name, address = tidy(masthead.list_name), f"<{_address(masthead.sender)}>"
    quoted = quote(name)
    said = f'From: "{quoted}"' if _is_plain(quoted) and len(quoted) <= LONGEST_WORD else _words("From", name, "utf-8")
    fits = len(said.rpartition("\n")[2]) + len(address) < LONGEST_LINE
    return f"{said} {address}" if fits else f"{said}\r\n {address}"


def _words(name: str, text: str, charset: str) -> str:
    """Give a header whose text is encoded as a whole or not at all: decoders add a space where it mixes the two."""
    said = Header(text, charset, LONGEST_LINE, name).encode(splitchars=" ", linesep="\r\n")
    return f"{name}: {said}"


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text and max(map(len, text.split()), default=0) <= LONGEST_WORD


def _part(kind: str, text: str) -> bytes:
    """Encode a part in lines of at most 76 characters, of which none is a single dot or begins with "From "."""
    lines = text.encode("utf-8", "replace").replace(b"\r\n", b"\n").replace(b"\r", b"\n").translate(QUESTIONED)
    head = f'Content-Type: text/{kind}; charset="utf-8"\nContent-Transfer-Encoding: quoted-printable\n\n'
    whole = head.encode() + b2a_qp(lines)
    for mark, as_two_lines in BROKEN:
        whole = whole.replace(mark, as_two_lines)
    return whole.replace(b"\n", b"\r\n")
