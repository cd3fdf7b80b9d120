"""What was seen of papers: their announcements and their signals, read for many papers in one query each."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Connection, Select, select

from digest.domain.attention import Attention
from digest.domain.listing import ListingKind
from digest.domain.paper import Paper
from digest.domain.signal import Signal, SignalKind
from digest.store.tables import listings, signals

ANNOUNCED = (ListingKind.NEW, ListingKind.CROSS)
"""A new version of a paper is no announcement of it."""


def attention_to(
    connection: Connection, held: Mapping[int, Paper], among: Select[int], *, until: date, as_of: datetime
) -> dict[int, Attention]:
    """Give the attention of papers by their row numbers; one that was not announced is left out.

    Parameters
    ----------
    held : the papers by their row numbers
    among : a query for row numbers, with all of these among them
    until : the last day of announcements
    as_of : the last moment of signals
    """
    days = _announcements(connection, among, until)
    counts = _signals(connection, held, among, as_of)
    return {
        number: Attention(paper=paper, listings=tuple(days[number]), signals=tuple(counts.get(number, ())))
        for number, paper in held.items()
        if number in days
    }


def _announcements(connection: Connection, among: Select[int], until: date) -> dict[int, list[tuple[str, date]]]:
    query = select(listings.c.paper_id, listings.c.source, listings.c.listed_on)
    query = query.where(listings.c.paper_id.in_(among), listings.c.listed_on <= until, listings.c.kind.in_(ANNOUNCED))
    found: dict[int, list[tuple[str, date]]] = {}
    for number, source, day in connection.execute(query.order_by(listings.c.listed_on, listings.c.source)):
        found.setdefault(number, []).append((source, day))
    return found


def _signals(
    connection: Connection, held: Mapping[int, Paper], among: Select[int], as_of: datetime
) -> dict[int, list[Signal]]:
    asked = (signals.c.paper_id, signals.c.source, signals.c.kind, signals.c.value, signals.c.observed_at)
    query = select(*asked).where(signals.c.paper_id.in_(among), signals.c.observed_at <= as_of)
    kinds = {kind.value: kind for kind in SignalKind}
    found: dict[int, list[Signal]] = {}
    for number, source, kind, value, at in connection.execute(
        query.order_by(signals.c.observed_at, signals.c.source, signals.c.kind)
    ):
        if number in held:
            seen = Signal(paper_key=held[number].key, source=source, kind=kinds[kind], value=value, observed_at=at)
            found.setdefault(number, []).append(seen)
    return found
