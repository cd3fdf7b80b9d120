"""Reads what comes back by mail: delivery reports, complaints, wishes to leave and auto-replies. It never raises.

Whoever sends mail here may write anything into it: what it says is believed of a delivery only as `Returned` proves it.
"""

import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_string
from email.header import decode_header, make_header
from email.message import Message

from digest.domain.bounce import LONGEST_WORDS, BounceKind
from digest.domain.refusal import code_of, meaning_of
from digest.domain.text import tidy

MOST_BYTES = 200_000
"""Of a longer mail the beginning is read: what a report says stands before the mail it brings back."""
LONGEST_HEADER = 4096
"""Of a longer header the beginning is read: to decode one of megabytes takes many seconds."""
MOST_NESTED = 20
NESTS = re.compile(rb"boundary[*\d\s]{0,8}=", re.I)
"""The parser tries every boundary at every line."""
DELIVERED_TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
STATUS_PARTS = {"message/delivery-status", "message/global-delivery-status"}
ORIGINALS = {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
NO_COMPLAINT = {"not-spam", "auth-failure", "dmarc"}
LEAVING = {"opt-out", "opt-out-list"}
AUTO_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder")
AUTO_SUBJECT = re.compile(r"\s*(?:auto(?:matic|mated)?[ -]?(?:reply|response)|out of (?:the )?office)\b", re.I)
UNSUBSCRIBE = re.compile(r"\s*(?:re:\s*)*unsubscribe\s*", re.I)
ROBOT = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon)@", re.I)
WORDLESS = re.compile(r"^(?:smtp|x-[\w-]+|unknown)\s*;\s*", re.I)
RETURN_PATH = re.compile(r"^[ \t>]*Return-Path:\s*<?([^\s<>]+)>?[ \t]*$", re.I | re.M)
ADDRESS = re.compile(r"[^\s<>()\",:;@]{1,64}@[\w.-]{1,255}")
LEAVE_LINK = re.compile(r"/u/([\w.-]{10,100})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One mail that came back.

    Attributes
    ----------
    addresses : where it was sent to, and what it says the envelope sender was: one may hold our signed token
    leave_tokens : tokens of the leave links in the headers of the mail it brings back
    """

    kind: BounceKind
    code: str = ""
    words: str = ""
    addresses: tuple[str, ...] = ()
    leave_tokens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a mail says happened, before anybody asked whether it is ours; `fields` may name the envelope."""

    kind: BounceKind
    code: str = ""
    words: str = ""
    fields: tuple[Message, ...] = ()


def read_returned(raw: bytes) -> Returned:
    r"""Read a mail that came back; what cannot be read is of no kind, and the words say why.

    >>> read_returned(b"To: bounce@digest.example\nSubject: Unsubscribe\n\n").kind.value
    'unsubscribe'
    """
    raw = raw[:MOST_BYTES].replace(b"\0", b"")  # A database takes no NUL.
    if len(NESTS.findall(raw)) > MOST_NESTED:
        return Returned(kind=BounceKind.NONE, words="mails in mails, more than in any report")
    try:
        return _read(message_from_string(raw.decode("utf-8", "replace")))  # Servers write UTF-8 where none is allowed.
    except Exception as error:  # Anybody can send anything here, and the parser raises many things.
        return Returned(kind=BounceKind.NONE, words=f"cannot be read: {type(error).__name__}")


def _read(mail: Message) -> Returned:
    parts = list(_parts(mail))
    verdict = _reported(parts) or _bounced_plainly(mail, parts) or _answered(mail)
    original = _original(parts)
    envelope = [value for fields in verdict.fields for value in _all(fields, "Original-Mail-From")]
    sent_to = [value for name in DELIVERED_TO for value in _all(mail, name)]
    named = ADDRESS.findall("\n".join([*sent_to, *envelope, *RETURN_PATH.findall(original)]))
    return Returned(
        kind=verdict.kind,
        code=verdict.code,
        words=tidy(verdict.words[:LONGEST_HEADER])[:LONGEST_WORDS],
        addresses=tuple(dict.fromkeys(named)),
        leave_tokens=tuple(dict.fromkeys(LEAVE_LINK.findall(original))),
    )


def _reported(parts: Sequence[Message]) -> Verdict | None:
    """Read a delivery report (RFC 3464) or a complaint (RFC 5965) that stands in a part of its own."""
    for part in parts:
        if part.get_content_type() in STATUS_PARTS:
            return _delivery_report(_blocks(part), _text_of(parts))
        if part.get_content_type() == "message/feedback-report":
            return _complaint(_blocks(part))
    return None


def _delivery_report(blocks: tuple[Message, ...], text: str) -> Verdict:
    failed = next((one for one in blocks if _one(one, "Action").lower() == "failed"), None)
    if failed is None:
        action = next(filter(None, (_one(one, "Action") for one in blocks)), "without an action")
        return Verdict(kind=BounceKind.NONE, words=f"report: {action}", fields=blocks)
    words, status = WORDLESS.sub("", _one(failed, "Diagnostic-Code")) or text.strip(), _one(failed, "Status")
    return _refused(status, words, blocks)


def _complaint(blocks: tuple[Message, ...]) -> Verdict:
    named = next(filter(None, (_one(one, "Feedback-Type").lower() for one in blocks)), "")
    kind = BounceKind.NONE if named in NO_COMPLAINT or not named else BounceKind.COMPLAINT
    kind = BounceKind.UNSUBSCRIBE if named in LEAVING else kind
    return Verdict(kind=kind, words=f"feedback: {named or 'without a type'}", fields=blocks)


def _bounced_plainly(mail: Message, parts: Sequence[Message]) -> Verdict | None:
    """Read the bounce of a server that says in words what it should say in fields."""
    names_failed = bool(_one(mail, "X-Failed-Recipients"))
    is_robot = _all(mail, "Return-Path") == ["<>"] or ROBOT.search(_one(mail, "From"))
    said = OURS_BEGINS.split(_text_of(parts), maxsplit=1)[0]
    refused_at = REFUSAL.search(said)
    if not names_failed and (not is_robot or _is_automatic(mail) or not refused_at):
        return None
    words = said[refused_at.start() :] if refused_at else said
    return _refused("", words, (mail,))


def _refused(status: str, words: str, fields: tuple[Message, ...]) -> Verdict:
    kind = BounceKind(meaning_of(status, words))
    return Verdict(kind=kind, code=code_of(status, words), words=words, fields=fields)


REFUSAL = re.compile(r"(?<![\d.])[45]\d\d[ -]|#?[45]\.\d{1,3}\.\d{1,3}")
OURS_BEGINS = re.compile(r"^-+ ?(?:This is a copy|Below this line|Original message|Returned message)", re.I | re.M)


def _answered(mail: Message) -> Verdict:
    """Tell an auto-reply (RFC 3834) from a wish to leave and from all else."""
    subject = str(make_header(decode_header(_one(mail, "Subject"))))
    if _is_automatic(mail) or AUTO_SUBJECT.match(subject):
        return Verdict(kind=BounceKind.AUTO_REPLY, words=subject)
    kind = BounceKind.UNSUBSCRIBE if UNSUBSCRIBE.fullmatch(subject) else BounceKind.NONE
    return Verdict(kind=kind, words=subject)


def _is_automatic(mail: Message) -> bool:
    said = _one(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    marks = any(_one(mail, name) for name in AUTO_HEADERS)
    return said.startswith("auto-") or marks or _one(mail, "Precedence").lower() in {"auto_reply", "auto-reply"}


def _parts(mail: Message) -> Iterator[Message]:
    """Give the parts of a mail, not those of a mail inside it: a bounce of a bounce is none of ours."""
    if mail.get_content_maintype() == "multipart" and mail.is_multipart():
        for part in _inner(mail):
            yield from _parts(part)
    else:
        yield mail


def _blocks(part: Message) -> tuple[Message, ...]:
    """Give the groups of fields of a report; the standard library splits only one of its types."""
    blocks = _inner(part)
    rest = str((blocks[-1] if blocks else part).get_payload()).strip()
    if _one(part, "Content-Transfer-Encoding").lower() == "base64":  # As RFC 6533 allows; the parser leaves it so.
        rest = b64decode(rest).decode("utf-8", "replace")
    return (*blocks, *(map(message_from_string, re.split(r"\r?\n\s*\n", rest)) if rest else ()))


def _inner(part: Message) -> list[Message]:
    held = part.get_payload()
    return [one for one in held if isinstance(one, Message)] if isinstance(held, list) else []


def _original(parts: Sequence[Message]) -> str:
    """Give the headers of the mail that is brought back, or the text in which a server quotes it."""
    for part in parts:
        if part.get_content_type() in ORIGINALS:
            for inner in _inner(part):
                return "\n".join(f"{name}: {value}" for name, value in inner.items())
            return _decoded(part).partition("\n\n")[0]
    return _text_of(parts)


def _text_of(parts: Sequence[Message]) -> str:
    return "\n".join(_decoded(part) for part in parts if part.get_content_type() == "text/plain")


def _decoded(part: Message) -> str:
    whole = part.get_payload(decode=True)
    return whole.decode("utf-8", "replace").replace("\r\n", "\n") if isinstance(whole, bytes) else ""


def _one(mail: Message, name: str) -> str:
    return next(iter(_all(mail, name)), "")


def _all(mail: Message, name: str) -> list[str]:
    return [" ".join(str(value)[:LONGEST_HEADER].split()) for value in mail.get_all(name, [])]
