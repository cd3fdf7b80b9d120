"""How fast mail may leave: rates, connections and the ramp of a new sender; and when so much fails that sending stops.

Moments here are seconds of a monotonic clock that the caller reads.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from digest.domain.delivery import Outcome, Reply

TRIES_LOOKED_AT = 20
"""So many of the last tries tell whether something is wrong; fewer tell nothing."""
MOST_ALIKE = 0.5
"""The share of them that may fail in one way."""
MINUTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How fast one process may send.

    Attributes
    ----------
    connections : connections open at once
    connections_per_domain : messages under way to one mail domain at once
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
    >>> pace = Pace(Limits(connections=4, connections_per_domain=2, rate_per_domain=6))
    >>> pace.begin("a.example", at=0.0)
    >>> pace.wait("a.example", at=4.0), pace.wait("b.example", at=4.0)
    (6.0, 0.0)
    >>> pace.begin("a.example", at=10.0)
    >>> pace.wait("a.example", at=30.0)
    inf
    >>> pace.end("a.example")
    >>> pace.wait("a.example", at=30.0)
    0.0
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._under_way: Counter[str] = Counter()
        self._next_at: dict[str, float] = {}
        self._next_in_all = -inf

    def wait(self, domain: str, at: float) -> float:
        """Give the seconds to wait; infinite where only the end of another message to the domain can help."""
        if self._under_way[domain] >= self.limits.connections_per_domain:
            return inf
        return max(0.0, self._next_at.get(domain, -inf) - at, self._next_in_all - at)

    def begin(self, domain: str, at: float) -> None:
        """Note that a message is begun."""
        self._under_way[domain] += 1
        if self.limits.rate_per_domain:
            self._next_at[domain] = at + MINUTE_SECONDS / self.limits.rate_per_domain
        if self.limits.rate:
            self._next_in_all = at + MINUTE_SECONDS / self.limits.rate

    def end(self, domain: str) -> None:
        """Note that a message is over, however it ended."""
        self._under_way[domain] -= 1


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How fast it may go, and the watch that tells: seconds of a clock nobody sets, and a way to let them pass."""

    pace: Pace
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


def allowed_on(day: int, limits: Limits) -> float:
    """Give how many issues may leave on a day since sending began, the first being 0.

    >>> [allowed_on(day, Limits(ramp_first_day=50)) for day in range(4)], allowed_on(0, Limits())
    ([50, 100, 200, 400], inf)
    """
    return limits.ramp_first_day * 2**day if limits.ramp_first_day else inf


class Trouble:
    """Watches how tries end, and says when more than half of the last twenty failed in one way.

    >>> trouble = Trouble()
    >>> for number in range(20):
    ...     said = trouble.noted(Reply(outcome=Outcome.LATER if number % 2 else Outcome.SENT, text="450 4.7.1 wait"))
    >>> said
    ''
    >>> trouble.noted(Reply(outcome=Outcome.LATER, text="450 4.7.1 wait"))
    '11 of the last 20 tries ended like this one: 450 4.7.1 wait'
    """

    def __init__(self) -> None:
        self._last: deque[tuple[Outcome, str, str]] = deque(maxlen=TRIES_LOOKED_AT)

    def noted(self, reply: Reply) -> str:
        """Note a reply; give a sentence if too many are like it, else an empty text."""
        kind = (reply.outcome, reply.at, reply.text[:3])
        self._last.append(kind)
        alike = self._last.count(kind)
        if reply.outcome is Outcome.SENT or len(self._last) < TRIES_LOOKED_AT or alike <= MOST_ALIKE * TRIES_LOOKED_AT:
            return ""
        return f"{alike} of the last {TRIES_LOOKED_AT} tries ended like this one: {reply.text}"
