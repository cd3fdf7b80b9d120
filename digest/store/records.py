"""The ledger as the operator reads it: who was sent what, how it ended, and since when something waits."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, case, func, select, update

from digest.domain.delivery import Delivery, Kind, State
from digest.domain.record import Record
from digest.store.subscribers import address_key
from digest.store.tables import deliveries, subscribers

OVERDUE = timedelta(minutes=1)
"""What is being sent waits as well, if it has been due for longer than a message usually takes."""
ENDED_WITHOUT = (State.FAILED, State.UNKNOWN)
"""What may be sent once more: it did not arrive, or nobody knows."""


def newest(
    connection: Connection,
    *,
    number: int = 0,
    address: str = "",
    state: State | None = None,
    day: date | None = None,
    most: int,
) -> Sequence[Record]:
    """Give the newest deliveries: all, or those of a number, of an address, in a state, or of a UTC day.

    One that was sent is of the day it was sent on; any other, of the day it was queued for.
    """
    at = func.coalesce(deliveries.c.sent_at, deliveries.c.created_at)
    query = select(deliveries, subscribers.c.address).join(subscribers).order_by(deliveries.c.id.desc()).limit(most)
    if number:
        query = query.where(deliveries.c.id == number)
    if address:
        query = query.where(subscribers.c.address_key == address_key(address))
    if state:
        query = query.where(deliveries.c.state == state)
    if day:
        midnight = datetime.combine(day, time(), UTC)
        query = query.where(at >= midnight, at < midnight + timedelta(days=1))
    return [
        Record(
            number=row.id,
            reader=row.address,
            kind=Kind(row.kind),
            key=row.key,
            state=State(row.state),
            tries=row.attempts,
            reply=row.reply,
            created_at=row.created_at,
            sent_at=row.sent_at,
            next_attempt_at=row.next_attempt_at if row.state == State.QUEUED else None,
            sha256=row.message_sha256,
        )
        for row in connection.execute(query)
    ]


def due_since(connection: Connection, now: datetime) -> datetime | None:
    """Give the moment since which the first of what waits has been due, or None if nothing that is due waits."""
    at, state = deliveries.c.next_attempt_at, deliveries.c.state
    waits = ((state == State.QUEUED) & (at <= now)) | ((state == State.SENDING) & (at <= now - OVERDUE))
    first: datetime | None = connection.scalar(select(func.min(at)).where(waits))
    return first


def queue_again(connection: Connection, delivery: Delivery, now: datetime) -> bool:
    """Queue a delivery once more that ended and did not arrive for certain; False if somebody was faster.

    How long it is tried counts from now. One that ended unknown may have arrived, and that is not forgotten.
    """
    ended = (deliveries.c.id == delivery.id) & deliveries.c.state.in_(ENDED_WITHOUT)
    handed = case((deliveries.c.state == State.UNKNOWN, now))
    values = {"state": State.QUEUED, "created_at": now, "next_attempt_at": now, "handed_over_at": handed}
    return bool(connection.execute(update(deliveries).where(ended).values(**values)).rowcount)
