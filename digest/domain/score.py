"""A TrendScore is what is told of a paper's attention: numbers, the parts they are the sum of, and sentences."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendScore:
    """How much attention a paper gathers or will gather, the same for every reader, and what that rests on.

    Attributes
    ----------
    value : what a selection mixes, from 0 to 1: `percentile`, faded by the days since the listing
    percentile : share of the papers of its age that it leaves behind, fields balanced as set, from 0 to 1
    rank, among : its plain place among the papers of its field and age, and how many these are; 0 where not known
    strength : the votes to expect in the end, as a square root; the sum of the amounts of `parts`
    low, high : 80 % interval of the votes to expect, 0 or more
    chance : probability of more votes than nine in ten papers of its field
    field : the field it is compared within, such as `cs.CL`, or an empty text for all
    parts : (name, amount) pairs that add up to `strength`
    evidence : sentences on what the score rests on, the weightiest first
    warning : what is odd about its counts, for the operator; empty is nothing
    """

    value: float
    evidence: tuple[str, ...]
    percentile: float = 0.5
    rank: int = 0
    among: int = 0
    strength: float = 0.0
    low: float = 0.0
    high: float = 0.0
    chance: float = 0.0
    field: str = ""
    parts: tuple[tuple[str, float], ...] = ()
    warning: str = ""
    has_votes: bool = True

    def to_json(self) -> dict[str, Any]:
        """Give the score as what `from_json` reads, numbers rounded to six places."""
        return {name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "TrendScore":
        """Read what `to_json` gave."""
        parts = tuple((str(name), float(amount)) for name, amount in record.get("parts", ()))
        return cls(**(dict(record) | {"evidence": tuple(record["evidence"]), "parts": parts}))
