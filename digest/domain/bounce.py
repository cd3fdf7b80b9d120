"""A Bounce is what comes back of a delivery: what it means for the address, and when the address is given up."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from digest.domain.delivery import Reply

HALF_LIFE = timedelta(days=14)
GIVEN_UP_FROM = 1.0
"""The score from which nothing is written to an address any more."""
ROUNDING = 1e-9
LONGEST_WORDS = 500
CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
"""An enhanced status code (RFC 3463); not a part of a network address."""
PLAIN_CODE = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")
POLICY_WORDS = re.compile(r"\b(?:spam|spf|dkim|dmarc|block\s?list|black\s?list|blocked|reputation|policy)", re.I)
FULL_WORDS = re.compile(r"\b(?:quota|mailbox (?:is )?full|inbox is out of storage)", re.I)


class BounceKind(StrEnum):
    """What came back. Policy means that who sends, what or how was refused: no matter of the address."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    AUTO_REPLY = "auto-reply"
    NONE = "none"


WEIGHTS = {BounceKind.HARD: 1.0, BounceKind.SOFT: 0.25}
"""What one counts against its address on its day; every other kind counts nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What came back of one delivery: its kind, its enhanced status code if it had one, and the words it came with."""

    kind: BounceKind
    at: datetime
    code: str = ""
    words: str = ""


def score(bounces: Iterable[Bounce], now: datetime) -> float:
    """Add up what speaks against an address: ``sum(weight * 0.5 ** (age / 14 days))``.

    A hard bounce weighs 1 and a soft one 0.25; from 1 on an address is given up.

    Parameters
    ----------
    bounces : what came back of one reader's mails
    now : the moment to which they have aged

    Examples
    --------
    >>> from datetime import UTC
    >>> day = datetime(2026, 3, 17, tzinfo=UTC)
    >>> soft = [Bounce(kind=BounceKind.SOFT, at=day - n * timedelta(days=14)) for n in range(4)]
    >>> score(soft, day)
    0.46875
    """
    return sum(WEIGHTS.get(one.kind, 0.0) * math.exp2(-max((now - one.at) / HALF_LIFE, 0.0)) for one in bounces)


def is_given_up(bounces: Iterable[Bounce], now: datetime) -> bool:
    """Whether so much came back that nothing is written to the address any more.

    >>> from datetime import UTC
    >>> day = datetime(2026, 3, 17, tzinfo=UTC)
    >>> [is_given_up([Bounce(kind=BounceKind.SOFT, at=day)] * count, day) for count in (3, 4)]
    [False, True]
    """
    return score(bounces, now) >= GIVEN_UP_FROM - ROUNDING


def kind_of(status: str, words: str) -> BounceKind:
    """Judge a failure by its enhanced status code; where that says nothing, by the code in its words, then by these.

    Permanent and about the address is hard. A full mailbox, a host that is not found, and what was given up after
    trying for long is soft: it may get better, and if it does not, it adds up.

    >>> [str(kind_of(code, "")) for code in ("5.1.1", "5.2.2", "5.4.4", "4.4.1", "5.7.26", "5.1.8", "5.3.4")]
    ['hard', 'soft', 'soft', 'soft', 'policy', 'policy', 'policy']
    >>> str(kind_of("5.0.0", "552 5.2.2 mailbox full")), str(kind_of("", "554 blocked as spam"))
    ('soft', 'policy')
    """
    told = code_of(status, words)
    level, subject, detail = told.split(".") if told else ("", "0", "0")
    if told and (subject in {"5", "6", "7"} or (subject, detail) in ABOUT_US):
        return BounceKind.POLICY
    if subject == "0" and POLICY_WORDS.search(words):
        return BounceKind.POLICY
    plain = PLAIN_CODE.search(words)
    level = level or (plain[1] if plain else "4")
    is_passing = level == "4" or subject in {"3", "4"} or (subject, detail) == ("2", "2")
    is_full = subject == "0" and FULL_WORDS.search(words)
    return BounceKind.SOFT if is_passing or is_full else BounceKind.HARD


ABOUT_US = {("1", "7"), ("1", "8"), ("2", "3"), ("3", "4")}
"""Subjects and details that speak of the sender's address, or of a message that is too large."""


def code_of(status: str, words: str) -> str:
    """Give the enhanced status code of a failure: the field's own, unless the words hold one that says more.

    >>> code_of("5.0.0", "550 5.1.1 no such user"), code_of("5.1.1", "550 5.7.1"), code_of("", "550 sorry")
    ('5.1.1', '5.1.1', '')
    """
    own = CODE.search(status)
    if own and own[2] != "0":
        return own[0]
    found = CODE.search(words)
    if found and found[1] != "2":
        return found[0]
    return own[0] if own else ""


def of_reply(reply: Reply, at: datetime) -> Bounce:
    """Make a bounce of a reply with which a delivery failed while it was sent.

    >>> from datetime import UTC
    >>> from digest.domain.delivery import Outcome
    >>> reply = Reply(outcome=Outcome.REFUSED, text="550 5.1.1 no such user", at="RCPT")
    >>> of_reply(reply, datetime(2026, 3, 17, tzinfo=UTC)).kind.value
    'hard'
    """
    kind = kind_of("", reply.text) if reply.is_about_mailbox else BounceKind.POLICY
    return Bounce(kind=kind, at=at, code=code_of("", reply.text), words=reply.text[:LONGEST_WORDS])
