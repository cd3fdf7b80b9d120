"""What the hops of this process did: how often, how long, how much, and what mail servers replied. Kept in memory."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from digest.domain.delivery import Outcome, Reply, State

ABOUT = {
    "digest_hops_total": ("counter", "Rings of a hop, by whether its job was done."),
    "digest_hop_seconds_total": ("counter", "Seconds a hop took in all."),
    "digest_hop_counted_total": ("counter", "What a hop counted in its reports."),
    "digest_replies_total": ("counter", "Messages handed over, by the class of the reply."),
    "digest_settled_total": ("counter", "Messages handed over, by the state their delivery came to."),
    "digest_returned_total": ("counter", "Mails that came back and were read, by kind."),
    "digest_sending_rests": ("gauge", "Whether sending rests after trouble: 1 or 0."),
    "digest_deliveries": ("gauge", "Rows of the ledger, by state."),
    "digest_queue_age_seconds": ("gauge", "How long the first of what waits has been due."),
}
STANDING = {"waiting", "version", "revision", "candidates"}
"""What a report tells of how things stand: it does not add up."""
CLASSES = {2, 4, 5}
"""The first digits of what mail servers reply when they are done with a message."""
Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]


def sample(name: str, value: float, **labels: str) -> Sample:
    """Give one value of a metric."""
    return name, tuple(labels.items()), value


class Meter:
    """Counts what hops report, and what came back for each message.

    >>> meter = Meter()
    >>> meter.replied(Reply(outcome=Outcome.SENT, text="250 2.0.0 ok"), State.SENT)
    >>> meter.replied(Reply(outcome=Outcome.REFUSED, text="550 5.1.1 no such person"), State.FAILED)
    >>> print(text_of(one for one in meter.samples() if one[0] == "digest_replies_total"))
    # HELP digest_replies_total Messages handed over, by the class of the reply.
    # TYPE digest_replies_total counter
    digest_replies_total{class="2"} 1
    digest_replies_total{class="5"} 1
    <BLANKLINE>
    """

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, Labels]] = Counter()
        self._alone = threading.Lock()

    def ended(self, hop: str, seconds: float, report: Mapping[str, Any]) -> None:
        """Count a hop that ended, and what its report says."""
        told = [
            sample("digest_hops_total", 1, hop=hop, done="yes" if report.get("done") else "no"),
            sample("digest_hop_seconds_total", seconds, hop=hop),
        ]
        told += [
            sample("digest_hop_counted_total", value, hop=hop, what=name)
            for name, value in report.items()
            if type(value) is int and name not in STANDING
        ]
        self._add(told)

    def replied(self, reply: Reply, state: State) -> None:
        """Count what came back for a message, at once: a run may last for hours. A file that took it is class 2."""
        first = 2 if reply.outcome is Outcome.SENT else reply.code // 100
        self._add([
            sample("digest_replies_total", 1, **{"class": str(first) if first in CLASSES else "none"}),
            sample("digest_settled_total", 1, state=state),
        ])  # fmt: skip

    def returned(self, kinds: Mapping[str, int]) -> None:
        """Count what came back, by whichever door.

        >>> meter = Meter()
        >>> meter.returned({"hard": 2})
        >>> meter.samples()
        [('digest_returned_total', (('kind', 'hard'),), 2)]
        """
        self._add(sample("digest_returned_total", number, kind=kind) for kind, number in kinds.items())

    def _add(self, told: Iterable[Sample]) -> None:
        with self._alone:
            for name, labels, value in told:
                self._counted[name, labels] += value  # type: ignore[assignment]

    def samples(self) -> list[Sample]:
        """Give all that was counted."""
        with self._alone:
            return [(name, labels, value) for (name, labels), value in self._counted.items()]


def text_of(samples: Iterable[Sample]) -> str:
    """Write samples in the text form of Prometheus, each metric with what it is.

    >>> print(text_of([sample("digest_deliveries", 2, state="sent")]))
    # HELP digest_deliveries Rows of the ledger, by state.
    # TYPE digest_deliveries gauge
    digest_deliveries{state="sent"} 2
    <BLANKLINE>
    """
    lines, last = [], ""
    for name, labels, value in sorted(samples):
        if name != last:
            kind, words = ABOUT[name]
            lines += [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
            last = name
        written = ",".join(f'{label}="{_escaped(said)}"' for label, said in labels)
        lines.append(f"{name}{{{written}}} {_number(value)}" if written else f"{name} {_number(value)}")
    return "\n".join(lines) + "\n"


def _escaped(said: str) -> str:
    return said.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(round(value, 3)).removesuffix(".0")
