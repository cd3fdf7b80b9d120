"""A Choice is what one reader's issue holds; frozen with the reader's address and wishes it is an Issue."""

from dataclasses import dataclass, field
from datetime import date, datetime

from digest.domain.issue import Entry, Issue
from digest.domain.subscriber import Subscriber

NOT_KEPT = 0
"""The number of an issue that is not in the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What one reader's issue holds.

    Attributes
    ----------
    entries : the papers, best first
    note : what is to be said of the day, or an empty text
    missed : title and address of the papers that came next
    since : of a catch-up, the last day that was covered before; else None
    """

    entries: list[Entry] = field(default_factory=list)
    note: str = ""
    missed: tuple[tuple[str, str], ...] = ()
    since: date | None = None

    def issue_for(self, reader: Subscriber, *, edition_id: int, period: str, key_id: int, now: datetime) -> Issue:
        """Freeze the choice into a reader's issue, which no store has a number for yet."""
        return Issue(
            id=NOT_KEPT,
            subscriber_id=reader.id,
            edition_id=edition_id,
            period=period,
            created_at=now,
            address=reader.address,
            zone=reader.wishes.cadence.zone,
            key_id=key_id,
            entries=tuple(self.entries),
            note=self.note,
            layout=reader.wishes.layout,
            missed=self.missed,
            since=self.since,
        )
