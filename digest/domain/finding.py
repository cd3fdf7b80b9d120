"""Findings: what a look at one part of the house brought, whether that is well, and what is to be done if not."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How well a part of the house is."""

    OK = "ok"
    WARN = "warn"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was seen of one part, and what to do.

    Attributes
    ----------
    part : what was looked at, in a word or two
    verdict : how well it is
    seen : what is there, in words
    remedy : what to do; empty where all is well

    Examples
    --------
    >>> print(wrong("mx", "nobody takes mail for bounces.example.org", "Publish an MX record."))
    wrong  mx         nobody takes mail for bounces.example.org
                      → Publish an MX record.
    """

    part: str
    verdict: Health
    seen: str
    remedy: str = ""

    def __str__(self) -> str:
        """Say it in a line, and in a second one what to do."""
        return f"{self.verdict:<6} {self.part:<10} {self.seen}" + (f"\n{'':18}→ {self.remedy}" if self.remedy else "")


def ok(part: str, seen: str) -> Finding:
    """Tell of a part that is well."""
    return Finding(part=part, verdict=Health.OK, seen=seen)


def warn(part: str, seen: str, remedy: str) -> Finding:
    """Tell of a part that does its work, though not as well as it should."""
    return Finding(part=part, verdict=Health.WARN, seen=seen, remedy=remedy)


def wrong(part: str, seen: str, remedy: str) -> Finding:
    """Tell of a part that does not do its work."""
    return Finding(part=part, verdict=Health.WRONG, seen=seen, remedy=remedy)
