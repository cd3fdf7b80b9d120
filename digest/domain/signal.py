"""A Signal is one observed measure of attention. It is only ever added, never changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SignalKind(StrEnum):
    """What was counted; points and remarks are those of a link forum, the h-index that of the best known author."""

    UPVOTES = "upvotes"
    COMMENTS = "comments"
    STARS = "stars"
    CITATIONS = "citations"
    H_INDEX = "h_index"
    POINTS = "points"
    REMARKS = "remarks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A count for a paper at a moment, as a source gave it; `value` is 0 or more, `observed_at` aware and in UTC."""

    paper_key: str
    source: str
    kind: SignalKind
    value: int
    observed_at: datetime
