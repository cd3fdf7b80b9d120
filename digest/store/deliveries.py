"""The ledger: one row for every message to every inbox."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from digest.domain.delivery import Delivery, Kind, State
from digest.domain.subscriber import Status
from digest.store.database import inserting
from digest.store.subscribers import address_key
from digest.store.tables import deliveries, subscribers, suppressions

LONGEST_REPLY = 1_000
GOES_TO: Mapping[Kind, Collection[Status]] = {
    Kind.CONFIRMATION: set(Status),
    Kind.WELCOME: {Status.ACTIVE, Status.PAUSED},
    Kind.CHANGED: {Status.ACTIVE, Status.PAUSED},
    Kind.GOODBYE: {Status.UNSUBSCRIBED},
}
"""Where a reader must stand to be sent it; for every other kind, active."""
IS_PAUSED = f"subscriber is {Status.PAUSED}"
"""Why something is not wanted now and may be later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How a try ended: the state, the server's words, the hash of the message, and when it is tried again."""

    state: State
    reply: str
    sha256: str = ""
    next_attempt_at: datetime | None = None


def queue(
    connection: Connection,
    subscriber_id: int,
    kind: Kind,
    key: str,
    *,
    now: datetime,
    issue_id: int | None = None,
    letter: dict[str, Any] | None = None,
) -> int | None:
    """Queue a delivery and give its number, or None if it is already in the ledger.

    `now` is when it is tried first; how long it is tried counts from there.
    """
    row = {"subscriber_id": subscriber_id, "kind": kind, "key": key, "issue_id": issue_id, "letter": letter}
    row |= {"state": State.QUEUED, "attempts": 0, "created_at": now, "next_attempt_at": now}
    row |= {"reply": "", "message_sha256": ""}
    statement = inserting(connection, deliveries).values(**row).on_conflict_do_nothing().returning(deliveries.c.id)
    return connection.execute(statement).scalar()


def unwanted(connection: Connection, delivery: Delivery) -> str:
    """Say why a delivery must not go out any more, or give an empty text."""
    query = select(subscribers.c.status, subscribers.c.address).where(subscribers.c.id == delivery.subscriber_id)
    row = connection.execute(query).first()
    if row is None:
        return "subscriber removed"
    held = select(suppressions.c.reason).where(suppressions.c.address_key == address_key(row.address))
    reason = connection.scalar(held)
    goes_after_leaving = delivery.kind in {Kind.CONFIRMATION, Kind.GOODBYE}
    if reason and not (goes_after_leaving and reason == Status.UNSUBSCRIBED):
        return f"suppressed: {reason}"
    return "" if row.status in GOES_TO.get(delivery.kind, {Status.ACTIVE}) else f"subscriber is {row.status}"


def settle(connection: Connection, delivery: Delivery, holder: str, end: Settled, now: datetime) -> bool:
    """Write down how a delivery this holder has ended, or when it is tried again; False if somebody else has it."""
    values: dict[str, Any] = {"state": end.state, "reply": end.reply[:LONGEST_REPLY], "message_sha256": end.sha256}
    values |= {"next_attempt_at": end.next_attempt_at, "attempts": delivery.attempts + 1}
    values |= {"holder": None, "held_until": None, "handed_over_at": None}
    values["sent_at"] = now if end.state is State.SENT else None
    mine = (deliveries.c.id == delivery.id) & (deliveries.c.holder == holder)
    return bool(connection.execute(update(deliveries).where(mine).values(**values)).rowcount)


def with_id(connection: Connection, delivery_id: int) -> tuple[Delivery, int | None] | None:
    """Give a delivery and its issue's number."""
    row = connection.execute(select(deliveries).where(deliveries.c.id == delivery_id)).mappings().first()
    return (delivery_of(row), row["issue_id"]) if row else None


def number_of(connection: Connection, subscriber_id: int, kind: Kind, key: str) -> int | None:
    """Give the number of the delivery of this kind and key to a subscriber, or None."""
    same = (deliveries.c.subscriber_id == subscriber_id) & (deliveries.c.kind == kind) & (deliveries.c.key == key)
    return connection.scalar(select(deliveries.c.id).where(same))


def newest(connection: Connection, subscriber_id: int, kind: Kind) -> tuple[Delivery, dict[str, Any]] | None:
    """Give the newest delivery of a kind to a subscriber with its letter; nobody claims it in this transaction."""
    same = (deliveries.c.subscriber_id == subscriber_id) & (deliveries.c.kind == kind)
    query = select(deliveries).where(same).order_by(deliveries.c.id.desc()).limit(1).with_for_update()
    row = connection.execute(query).mappings().first()
    return (delivery_of(row), row["letter"] or {}) if row else None


def amend(connection: Connection, delivery: Delivery, letter: dict[str, Any]) -> None:
    """Change what a queued delivery says."""
    connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(letter=letter))


def cancel(connection: Connection, delivery: Delivery, reason: str) -> None:
    """Take a queued delivery back."""
    ended = {"state": State.CANCELLED, "reply": reason, "next_attempt_at": None}
    connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(**ended))


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """Count what is queued, and give the moment the first of it is tried."""
    query = select(func.count(), func.min(deliveries.c.next_attempt_at)).where(deliveries.c.state == State.QUEUED)
    number, first_at = connection.execute(query).one()
    return number, first_at


def issues_out(connection: Connection, since: datetime) -> int:
    """Count the issues that were sent since a moment or are being sent."""
    sent = (deliveries.c.state == State.SENT) & (deliveries.c.sent_at >= since)
    out = or_(sent, deliveries.c.state == State.SENDING) & deliveries.c.issue_id.is_not(None)
    return connection.scalar(select(func.count()).where(out)) or 0


def was_sent_since(connection: Connection, since: datetime) -> bool:
    """Whether any message was sent since a moment."""
    return connection.scalar(select(deliveries.c.id).where(deliveries.c.sent_at >= since).limit(1)) is not None


def first_sent_at(connection: Connection) -> datetime | None:
    """Give the moment the first issue of all was sent, or None."""
    sent = select(deliveries.c.sent_at).where(deliveries.c.sent_at.is_not(None), deliveries.c.issue_id.is_not(None))
    return connection.scalar(sent.order_by(deliveries.c.sent_at).limit(1))


def take_up_again(connection: Connection, delivery: Delivery, next_attempt_at: datetime) -> None:
    """Queue a delivery again that failed for no fault of its reader."""
    failed = (deliveries.c.id == delivery.id) & (deliveries.c.state == State.FAILED)
    again = {"state": State.QUEUED, "next_attempt_at": next_attempt_at}
    connection.execute(update(deliveries).where(failed).values(**again))


def last_sent(connection: Connection, most: int) -> list[tuple[int, int]]:
    """Give the last issues sent, newest first, as (delivery, issue)."""
    query = select(deliveries.c.id, deliveries.c.issue_id).where(
        deliveries.c.state == State.SENT, deliveries.c.issue_id.is_not(None)
    )
    return [(row.id, row.issue_id) for row in connection.execute(query.order_by(deliveries.c.id.desc()).limit(most))]


def counts(connection: Connection) -> dict[str, int]:
    """Count the rows of the ledger by state."""
    query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state).order_by(deliveries.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def delivery_of(row: Any) -> Delivery:
    """Read a row of the ledger."""
    plain = {
        name: row[name] for name in ("id", "subscriber_id", "key", "attempts", "created_at", "reply", "message_sha256")
    }
    return Delivery(**plain, kind=Kind(row["kind"]), state=State(row["state"]))
