"""The ledger: one row for every message to every inbox. A claim is one UPDATE, never held across a socket."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Select, case, func, or_, select, update

from digest.domain.delivery import Delivery, Kind, State
from digest.domain.subscriber import Status
from digest.store.database import inserting
from digest.store.subscribers import address_key
from digest.store.tables import deliveries, subscribers, suppressions

LEASE = timedelta(minutes=30)
"""Longer than any one message may take, since it is renewed before each."""
MOST_CLAIMED = 100
LONGEST_REPLY = 1_000
TURNS = {Kind.CONFIRMATION: 0, Kind.ISSUE: 2}
"""Who goes first; the notices, which are few, go between these two."""
GOES_TO: Mapping[Kind, Collection[Status]] = {
    Kind.CONFIRMATION: set(Status),
    Kind.WELCOME: {Status.ACTIVE, Status.PAUSED},
    Kind.CHANGED: {Status.ACTIVE, Status.PAUSED},
    Kind.GOODBYE: {Status.UNSUBSCRIBED},
}
"""Where a reader must stand to be sent it; for every other kind, active."""
FREE: Mapping[str, Any] = MappingProxyType({"state": State.QUEUED, "holder": None, "held_until": None})
IS_PAUSED = f"subscriber is {Status.PAUSED}"
"""Why something is not wanted now and may be later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claimed delivery with what its message is made of: an issue's number, or a letter ready to go."""

    delivery: Delivery
    issue_id: int | None
    letter: dict[str, Any] | None
    was_handed_over: bool


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


def claim(
    connection: Connection,
    holder: str,
    dead: Sequence[str],
    *,
    now: datetime,
    most: int = MOST_CLAIMED,
    with_issues: bool = True,
) -> list[Claim]:
    """Take up to so many deliveries that are due: confirmations first, then other notices, then issues, if wanted.

    A row another holder took is free again when its lease has run out or its holder is known to be `dead`.
    """
    abandoned = or_(deliveries.c.held_until < now, deliveries.c.holder.in_(dead))
    is_free = ((deliveries.c.state == State.QUEUED) & (deliveries.c.next_attempt_at <= now)) | (
        (deliveries.c.state == State.SENDING) & abandoned
    )
    if not with_issues:
        is_free &= deliveries.c.issue_id.is_(None)
    turn = case(TURNS, value=deliveries.c.kind, else_=1)
    free: Select[Any] = select(deliveries.c.id).where(is_free).order_by(turn, deliveries.c.id).limit(most)
    if connection.dialect.name == "postgresql":
        free = free.with_for_update(skip_locked=True)
    taken = update(deliveries).where(deliveries.c.id.in_(free.scalar_subquery()))
    taken = taken.values(state=State.SENDING, holder=holder, held_until=now + LEASE)
    rows = connection.execute(taken.returning(*deliveries.c)).mappings().all()
    claims = [_claim_of(row) for row in rows]
    return sorted(claims, key=lambda one: (TURNS.get(one.delivery.kind, 1), one.delivery.id))


def hold(connection: Connection, delivery: Delivery, holder: str, now: datetime) -> bool:
    """Renew the claim on a delivery and note that it is handed over now; False if somebody else took it over."""
    mine = (deliveries.c.id == delivery.id) & (deliveries.c.holder == holder) & (deliveries.c.state == State.SENDING)
    return bool(
        connection.execute(update(deliveries).where(mine).values(held_until=now + LEASE, handed_over_at=now)).rowcount
    )


def holders(connection: Connection) -> list[str]:
    """Name everyone who holds a delivery."""
    query = select(deliveries.c.holder).where(deliveries.c.state == State.SENDING, deliveries.c.holder.is_not(None))
    return list(connection.scalars(query.distinct()))


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


def let_go(connection: Connection, claim: Claim, holder: str, now: datetime) -> None:
    """Queue a delivery again that was held and not sent."""
    values: dict[str, Any] = {**FREE, "next_attempt_at": now}
    if not claim.was_handed_over:  # Else it may have arrived at an earlier try, and that is not forgotten.
        values["handed_over_at"] = None
    mine = (deliveries.c.id == claim.delivery.id) & (deliveries.c.holder == holder)
    connection.execute(update(deliveries).where(mine).values(**values))


def give_back(connection: Connection, claims: Iterable[Claim], holder: str, next_attempt_at: datetime) -> None:
    """Queue again what was claimed and not begun."""
    ids = [claim.delivery.id for claim in claims]
    mine = deliveries.c.id.in_(ids) & (deliveries.c.holder == holder) & (deliveries.c.state == State.SENDING)
    connection.execute(update(deliveries).where(mine).values(**FREE, next_attempt_at=next_attempt_at))


def with_id(connection: Connection, delivery_id: int) -> tuple[Delivery, int | None] | None:
    """Give a delivery and its issue's number."""
    row = connection.execute(select(deliveries).where(deliveries.c.id == delivery_id)).mappings().first()
    return (_delivery_of(row), row["issue_id"]) if row else None


def number_of(connection: Connection, subscriber_id: int, kind: Kind, key: str) -> int | None:
    """Give the number of the delivery of this kind and key to a subscriber, or None."""
    same = (deliveries.c.subscriber_id == subscriber_id) & (deliveries.c.kind == kind) & (deliveries.c.key == key)
    return connection.scalar(select(deliveries.c.id).where(same))


def newest(connection: Connection, subscriber_id: int, kind: Kind) -> tuple[Delivery, dict[str, Any]] | None:
    """Give the newest delivery of a kind to a subscriber with its letter; nobody claims it in this transaction."""
    same = (deliveries.c.subscriber_id == subscriber_id) & (deliveries.c.kind == kind)
    query = select(deliveries).where(same).order_by(deliveries.c.id.desc()).limit(1).with_for_update()
    row = connection.execute(query).mappings().first()
    return (_delivery_of(row), row["letter"] or {}) if row else None


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


def issues_sent(connection: Connection, since: datetime) -> tuple[int, datetime | None]:
    """Count the issues sent since a moment, and give the moment the first of all was sent."""
    at = deliveries.c.sent_at
    is_issue = (deliveries.c.state == State.SENT) & deliveries.c.issue_id.is_not(None)
    query = select(func.count(case((at >= since, 1))), func.min(at)).where(is_issue)
    number, first_at = connection.execute(query).one()
    return number, first_at


def domains(connection: Connection, claims: Sequence[Claim]) -> dict[int, str]:
    """Give the mail domain each delivery goes to, by the delivery's number."""
    query = select(deliveries.c.id, subscribers.c.address).join(subscribers)
    rows = connection.execute(query.where(deliveries.c.id.in_([claim.delivery.id for claim in claims])))
    return {row.id: row.address.rpartition("@")[2].lower() for row in rows}


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


def _claim_of(row: Any) -> Claim:
    handed = row["handed_over_at"] is not None
    return Claim(delivery=_delivery_of(row), issue_id=row["issue_id"], letter=row["letter"], was_handed_over=handed)


def _delivery_of(row: Any) -> Delivery:
    plain = {
        name: row[name] for name in ("id", "subscriber_id", "key", "attempts", "created_at", "reply", "message_sha256")
    }
    return Delivery(**plain, kind=Kind(row["kind"]), state=State(row["state"]))
