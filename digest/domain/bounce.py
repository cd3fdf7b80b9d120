"""A Bounce is what comes back of a delivery: what it means for the address, and when the address is given up."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from digest.domain.delivery import Reply
from digest.domain.refusal import code_of

HALF_LIFE = timedelta(days=14)
GIVEN_UP_FROM = 1.0
"""The score from which nothing is written to an address any more."""
ROUNDING = 1e-9
LONGEST_WORDS = 500


class BounceKind(StrEnum):
    """What came back. Policy means that who sends, what or how was refused: no matter of the address."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    AUTO_REPLY = "auto-reply"
    NONE = "none"


WEIGHTS = {BounceKind.HARD: 0.6, BounceKind.SOFT: 0.25}
"""What one counts against its address; every other kind counts nothing. Two hard ones a week apart are enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What came back of one delivery: its kind, its enhanced status code if it had one, and the words it came with."""

    kind: BounceKind
    at: datetime
    code: str = ""
    words: str = ""


def score(bounces: Iterable[Bounce], now: datetime) -> float:
    """Add up what speaks against an address: ``sum over days of max(weight * 0.5 ** (age / 14 days))``.

    A hard bounce weighs 0.6 and a soft one 0.25; a day (UTC) counts once, by the heaviest that came on it, so that one
    evening on which a mail server errs gives up nobody. From 1 on an address is given up.

    Parameters
    ----------
    bounces : what came back of one reader's mails
    now : the moment to which they have aged

    Examples
    --------
    >>> from datetime import UTC
    >>> day = datetime(2026, 3, 17, tzinfo=UTC)
    >>> soft = [Bounce(kind=BounceKind.SOFT, at=day - n * timedelta(days=14)) for n in range(4)]
    >>> score(soft, day), score(soft + soft, day)
    (0.46875, 0.46875)
    """
    days: dict[date, float] = {}
    for one in bounces:
        aged = WEIGHTS.get(one.kind, 0.0) * math.exp2(-max((now - one.at) / HALF_LIFE, 0.0))
        day = one.at.astimezone(UTC).date()
        days[day] = max(aged, days.get(day, 0.0))
    return sum(days.values())


def is_given_up(bounces: Iterable[Bounce], now: datetime) -> bool:
    """Whether so much came back that nothing is written to the address any more.

    >>> from datetime import UTC
    >>> day = datetime(2026, 3, 17, tzinfo=UTC)
    >>> hard = [Bounce(kind=BounceKind.HARD, at=day - n * timedelta(days=1)) for n in range(2)]
    >>> is_given_up(hard[:1] * 5, day), is_given_up(hard, day)
    (False, True)
    """
    return score(bounces, now) >= GIVEN_UP_FROM - ROUNDING


def of_reply(reply: Reply, at: datetime) -> Bounce:
    """Make a bounce of a reply with which a delivery failed while it was sent.

    >>> from datetime import UTC
    >>> from digest.domain.delivery import Outcome
    >>> reply = Reply(outcome=Outcome.REFUSED, text="550 5.1.1 no such user", at="RCPT")
    >>> of_reply(reply, datetime(2026, 3, 17, tzinfo=UTC)).kind.value
    'hard'
    """
    kind = BounceKind(reply.meaning)
    return Bounce(kind=kind, at=at, code=code_of("", reply.text), words=reply.text[:LONGEST_WORDS])
