"""How fast mail may leave: rates, connections and the ramp of a new sender; and when so much fails that sending stops.

Moments here are seconds of a monotonic clock that the caller reads.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Generic, TypeVar

from digest.domain.delivery import Outcome, Reply

Ticket = TypeVar("Ticket")

TRIES_LOOKED_AT = 20
"""So many of the last tries tell whether something is wrong."""
LEAST_ALIKE = 10
"""So many of them, and more than half, must have failed in one way."""
LEAST_OF_ALL = 3
"""Or all of so many were refused, by several domains."""
LOOKED_BACK = timedelta(hours=1)
MINUTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How fast one process may send.

    Attributes
    ----------
    connections : connections open at once
    connections_per_domain : messages under way to one mail domain at once; confirmations wait for neither
    rate, rate_per_domain : messages begun in a minute, in all and to one mail domain; 0 is no limit
    ramp_first_day : issues on the first day of sending, doubled every day; 0 is no limit
    """

    connections: int = 1
    connections_per_domain: int = 1
    rate: int = 0
    rate_per_domain: int = 0
    ramp_first_day: int = 0


class Pace:
    """Tells when the next message to a mail domain may be begun.

    A rate spaces messages evenly, so that no minute begins with a burst.

    Parameters
    ----------
    limits : Limits

    Examples
    --------
    >>> pace = Pace(Limits(rate_per_domain=6))
    >>> pace.begin("a.example", at=0.0)
    >>> pace.wait("a.example", at=4.0, under_way=[]), pace.wait("b.example", at=4.0, under_way=[])
    (6.0, 0.0)
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._next_at: dict[str, float] = {}
        self._next_in_all = -inf

    def wait(self, domain: str, at: float, under_way: Sequence[str]) -> float:
        """Give the seconds to wait; infinite where only the end of another message to the domain can help.

        Parameters
        ----------
        under_way : the domain of each message that is
        """
        if under_way.count(domain) >= self.limits.connections_per_domain:
            return inf
        return max(0.0, self._next_at.get(domain, -inf) - at, self._next_in_all - at)

    def begin(self, domain: str, at: float) -> None:
        """Note that a message is begun."""
        if self.limits.rate_per_domain:
            self._next_at[domain] = at + MINUTE_SECONDS / self.limits.rate_per_domain
        if self.limits.rate:
            self._next_in_all = at + MINUTE_SECONDS / self.limits.rate

    def most_in(self, seconds: float, most: int) -> int:
        """Give how many messages to one mail domain may be begun in so many seconds, of `most` wanted.

        >>> Pace(Limits(rate_per_domain=60)).most_in(5.0, 25), Pace(Limits()).most_in(5.0, 25)
        (6, 25)
        """
        rate = self.limits.rate_per_domain
        return min(most, 1 + int(rate * seconds / MINUTE_SECONDS)) if rate else most

    def closed(self, at: float, seconds: float, under_way: Sequence[str]) -> list[str]:
        """Name the mail domains that must wait longer than so many seconds for a matter of their own."""
        known = {*self._next_at, *under_way}
        return [one for one in known if self.wait(one, max(at, self._next_in_all), under_way) > seconds]

    def opens_in(self, at: float) -> float:
        """Give the seconds until the first of the mail domains that wait may be sent to, or 0 if none waits."""
        return min((next_at - at for next_at in self._next_at.values() if next_at > at), default=0.0)


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How fast it may go, and the watch that tells: seconds of a clock nobody sets, and a way to let them pass."""

    pace: Pace
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


def allowed_on(day: int, first_day: int) -> int:
    """Give how many issues may leave on a day since sending began, the first being 0, if each day has twice as many.

    >>> [allowed_on(day, first_day=50) for day in range(4)]
    [50, 100, 200, 400]
    """
    return first_day << day


class Trouble(Generic[Ticket]):
    """Watches how tries end, and says when at least ten, and more than half of the last twenty, failed in one way.

    Who only greylists is no trouble: every new sender meets it, once for each reader.

    >>> at, trouble = datetime(2026, 11, 20, 7), Trouble[int]()
    >>> busy = Reply(outcome=Outcome.LATER, text="452 4.3.1 no room", at="MAIL")
    >>> said = [trouble.noted(busy, number, "a.example", at) for number in range(10)]
    >>> said[-2], said[-1]
    ('', '10 of the last 10 tries ended like this one: 452 4.3.1 no room')
    """

    def __init__(self) -> None:
        self._last: deque[tuple[Reply, Ticket, str, datetime]] = deque()
        self._passed: list[tuple[Reply, Ticket, datetime]] = []

    def noted(self, reply: Reply, ticket: Ticket, domain: str, at: datetime) -> str:
        """Note a reply of a mail domain; give a sentence if too many are like it, else an empty text."""
        if reply.is_greylisting:
            return ""
        self._last.append((reply, ticket, domain, at))
        while len(self._last) > TRIES_LOOKED_AT or at - self._last[0][3] > LOOKED_BACK:
            self._pass()
        alike, looked_at = len(self.alike(reply)), len(self._last)
        is_much = alike >= LEAST_ALIKE and 2 * alike > looked_at
        if reply.outcome is Outcome.SENT or not (is_much or self._is_all(reply)):
            return ""
        return f"{alike} of the last {looked_at} tries ended like this one: {reply.text}"

    def alike(self, reply: Reply) -> list[tuple[Reply, Ticket]]:
        """Give those of the last tries that ended like one."""
        return [(one, ticket) for one, ticket, *_ in self._last if _kind(one) == _kind(reply)]

    def passed(self, now: datetime) -> list[tuple[Reply, Ticket, datetime]]:
        """Give, once, the tries that speak of no trouble any more: twenty came after them, or an hour went by."""
        while self._last and now - self._last[0][3] > LOOKED_BACK:
            self._pass()
        over, self._passed = self._passed, []
        return over

    def forget(self) -> None:
        """Begin anew; what speaks of no trouble stays."""
        self._last.clear()

    def _pass(self) -> None:
        reply, ticket, _, at = self._last.popleft()
        self._passed.append((reply, ticket, at))

    def _is_all(self, reply: Reply) -> bool:
        """Whether every try was refused alike, by several domains: their servers have not all lost their mailboxes."""
        domains = {domain for one, _, domain, _ in self._last if _kind(one) == _kind(reply)}
        is_alike = len(self.alike(reply)) == len(self._last) >= LEAST_OF_ALL
        return reply.outcome is Outcome.REFUSED and is_alike and len(domains) > 1


def _kind(reply: Reply) -> tuple[Outcome, str, str]:
    return reply.outcome, reply.at, reply.text[:3]
