"""Subscribers, their topics and confirmations, and who must never be written to again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from unicodedata import normalize

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from digest.domain.cadence import Cadence, Frequency
from digest.domain.profile import Stance, Topic, TopicKind
from digest.domain.subscriber import PLAIN, Layout, Status, Subscriber, Wishes, wishes_from_json, wishes_to_json
from digest.store.database import insert_missing, inserting
from digest.store.tables import confirmations, deliveries, subscribers, suppressions, topics

KNOWN = ("id", "address", "created_at", "confirmed_at", "next_issue_at", "resumes_at", "covered_until")
"""What else is known of a subscriber, under the column's name."""


def address_key(address: str) -> str:
    """Give the form by which two addresses are the same reader: the case of letters and how they are composed is one.

    >>> address_key("JU\u0308RG@example.org") == address_key("jürg@example.org")
    True
    """
    return normalize("NFC", normalize("NFC", address).casefold())


def add(
    connection: Connection, address: str, wishes: Wishes, *, now: datetime, status: Status, consent: Mapping[str, Any]
) -> int | None:
    """Add a subscriber and give the row's number, or None if the address is already there."""
    row = {"address": address, "address_key": address_key(address), "status": status, "profile_revision": 0}
    row |= {"created_at": now, "consent": dict(consent), **_wishes_row(wishes)}
    if status is Status.ACTIVE:
        row |= {"confirmed_at": now, "next_issue_at": wishes.cadence.next_due(now)}
    statement = inserting(connection, subscribers).values(**row).on_conflict_do_nothing().returning(subscribers.c.id)
    added = connection.execute(statement).scalar()
    if added is not None:
        _keep_topics(connection, added, wishes.topics)
    return added


def with_address(connection: Connection, address: str) -> Subscriber | None:
    """Give the subscriber of an address."""
    return next(iter(_read(connection, subscribers.c.address_key == address_key(address))), None)


def with_id(connection: Connection, subscriber_id: int) -> Subscriber | None:
    """Give a subscriber by row number."""
    return next(iter(_read(connection, subscribers.c.id == subscriber_id)), None)


def of_confirmation(connection: Connection, number: int) -> Subscriber | None:
    """Give the subscriber a confirmation was asked of."""
    asked = select(confirmations.c.subscriber_id).where(confirmations.c.id == number)
    return next(iter(_read(connection, subscribers.c.id.in_(asked))), None)


def of_delivery(connection: Connection, number: int) -> Subscriber | None:
    """Give the subscriber a delivery went to."""
    addressed = select(deliveries.c.subscriber_id).where(deliveries.c.id == number)
    return next(iter(_read(connection, subscribers.c.id.in_(addressed))), None)


def every(connection: Connection, status: Status | None = None) -> Sequence[Subscriber]:
    """Give all subscribers, or those of one status, in the order they came."""
    return _read(connection, subscribers.c.status == status if status else subscribers.c.id > 0)


def due(connection: Connection, now: datetime, *, after_id: int, most: int) -> Sequence[Subscriber]:
    """Give a shard of active subscribers whose issue is due, by row number."""
    is_due = (subscribers.c.status == Status.ACTIVE) & (subscribers.c.next_issue_at <= now)
    return _read(connection, is_due & (subscribers.c.id > after_id), most)


def active(connection: Connection, *, after_id: int, most: int) -> Sequence[Subscriber]:
    """Give a shard of active subscribers, due or not, by row number."""
    return _read(connection, (subscribers.c.status == Status.ACTIVE) & (subscribers.c.id > after_id), most)


def resting(connection: Connection, now: datetime, most: int) -> Sequence[Subscriber]:
    """Give paused readers whose pause is over, and keep them from changing until the transaction ends."""
    is_over = (subscribers.c.status == Status.PAUSED) & (subscribers.c.resumes_at <= now)
    return _read(connection, is_over, most, is_kept=True)


def still_active(connection: Connection, ids: Collection[int]) -> set[int]:
    """Give those who are active now, and keep them from changing until the transaction ends."""
    query = select(subscribers.c.id).where(subscribers.c.id.in_(ids), subscribers.c.status == Status.ACTIVE)
    return set(connection.scalars(query.order_by(subscribers.c.id).with_for_update()))


def cover(connection: Connection, subscriber_id: int, until: date) -> None:
    """Note the last local day that a reader has an issue for."""
    connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(covered_until=until))


def move_due(connection: Connection, subscriber: Subscriber, to: datetime) -> bool:
    """Move the due moment on, unless another process did so first: compare and set."""
    unchanged = (subscribers.c.id == subscriber.id) & (subscribers.c.next_issue_at == subscriber.next_issue_at)
    return bool(connection.execute(update(subscribers).where(unchanged).values(next_issue_at=to)).rowcount)


def keep_wishes(connection: Connection, subscriber: Subscriber, wishes: Wishes, now: datetime) -> None:
    """Keep changed wishes; a new cadence makes a new due moment, new topics a new profile."""
    row = _wishes_row(wishes) | {"profile_revision": subscribers.c.profile_revision + 1}
    if subscriber.status is Status.ACTIVE and wishes.cadence != subscriber.wishes.cadence:
        row["next_issue_at"] = wishes.cadence.next_due(now)
    if subscriber.resumes_on is not None:  # The day was chosen, not the moment: it begins elsewhere at another one.
        row["resumes_at"] = wishes.cadence.start_of(subscriber.resumes_on)
    connection.execute(update(subscribers).where(subscribers.c.id == subscriber.id).values(**row))
    _keep_topics(connection, subscriber.id, wishes.topics)


def set_status(
    connection: Connection,
    subscriber: Subscriber,
    status: Status,
    *,
    now: datetime,
    confirmed: bool = False,
    until: datetime | None = None,
) -> None:
    """Move a subscriber to a status; who becomes active gets a due moment, who does not loses it.

    Who becomes pending has to confirm anew, unless that has just been done. `until` is when a pause ends by itself.
    """
    due_at = subscriber.wishes.cadence.next_due(now) if status is Status.ACTIVE else None
    values: dict[str, Any] = {"status": status, "next_issue_at": due_at, "resumes_at": until}
    if confirmed or status is Status.PENDING:
        values["confirmed_at"] = now if confirmed else None
    connection.execute(update(subscribers).where(subscribers.c.id == subscriber.id).values(**values))


def suppress(connection: Connection, address: str, reason: str, now: datetime) -> None:
    """Never write to an address again, and say why."""
    insert_missing(connection, suppressions, [{"address_key": address_key(address), "reason": reason, "since": now}])


def release(connection: Connection, address: str, reason: str) -> None:
    """Take a suppression of one reason back."""
    held = (suppressions.c.address_key == address_key(address)) & (suppressions.c.reason == reason)
    connection.execute(delete(suppressions).where(held))


def ask(connection: Connection, subscriber_id: int, wishes: Wishes, now: datetime) -> int:
    """Note that a confirmation was asked for and what is wanted once it is given; give its number."""
    values = {"subscriber_id": subscriber_id, "asked_at": now, "wishes": wishes_to_json(wishes)}
    return int(connection.execute(insert(confirmations).values(**values).returning(confirmations.c.id)).scalar_one())


def asked_since(connection: Connection, subscriber_id: int, since: datetime) -> int:
    """Count the confirmations asked for since a moment that nobody answered."""
    asked = (confirmations.c.subscriber_id == subscriber_id) & (confirmations.c.asked_at > since)
    asked &= confirmations.c.confirmed_at.is_(None)
    return connection.scalar(select(func.count()).select_from(confirmations).where(asked)) or 0


def confirm(connection: Connection, confirmation_id: int, now: datetime) -> tuple[int, Wishes | None] | None:
    """Mark a confirmation as given; (subscriber, wishes if it is the first time), or None if there is none."""
    query = select(confirmations).where(confirmations.c.id == confirmation_id)
    row = connection.execute(query).first()
    if row is None:
        return None
    open_one = (confirmations.c.id == confirmation_id) & confirmations.c.confirmed_at.is_(None)
    changed = connection.execute(update(confirmations).where(open_one).values(confirmed_at=now)).rowcount
    return row.subscriber_id, wishes_from_json(row.wishes) if changed else None


def remove(connection: Connection, subscriber: Subscriber, tables: Iterable[Any]) -> None:
    """Forget a subscriber in every table given, and at last the subscriber; a bounce or complaint stays known."""
    for table in tables:
        connection.execute(delete(table).where(table.c.subscriber_id == subscriber.id))
    connection.execute(delete(subscribers).where(subscribers.c.id == subscriber.id))
    release(connection, subscriber.address, Status.UNSUBSCRIBED)


def _keep_topics(connection: Connection, subscriber_id: int, wanted: Sequence[Topic]) -> None:
    connection.execute(delete(topics).where(topics.c.subscriber_id == subscriber_id))
    rows = [
        {"subscriber_id": subscriber_id, "position": at, "words": t.words, "kind": t.kind, "stance": t.stance}
        | {"beside": None if t.beside is None else list(t.beside)}
        for at, t in enumerate(wanted)
    ]
    if rows:
        connection.execute(insert(topics), rows)


def _read(
    connection: Connection, condition: Any, most: int | None = None, *, is_kept: bool = False
) -> Sequence[Subscriber]:
    query = select(subscribers).where(condition).order_by(subscribers.c.id).limit(most)
    rows = connection.execute(query.with_for_update() if is_kept else query).mappings().all()
    followed: dict[int, list[Topic]] = {}
    inside = select(topics).where(topics.c.subscriber_id.in_(query.with_only_columns(subscribers.c.id)))
    for row in connection.execute(inside.order_by(topics.c.subscriber_id, topics.c.position)) if rows else ():
        beside = None if row.beside is None else tuple(row.beside)
        topic = Topic(words=row.words, kind=TopicKind(row.kind), stance=Stance(row.stance), beside=beside)
        followed.setdefault(row.subscriber_id, []).append(topic)
    return [_subscriber_of(row, tuple(followed.get(row["id"], ()))) for row in rows]


def _subscriber_of(row: RowMapping, followed: tuple[Topic, ...]) -> Subscriber:
    cadence = Cadence(frequency=Frequency(row["frequency"]), hour=row["hour"], zone=row["zone"])
    said = {name: row[name] for name in PLAIN} | {"layout": Layout(row["layout"])}
    wishes = Wishes(topics=followed, cadence=cadence, **said)
    plain = {name: row[name] for name in KNOWN}
    return Subscriber(**plain, status=Status(row["status"]), wishes=wishes, profile_revision=row["profile_revision"])


def _wishes_row(wishes: Wishes) -> dict[str, Any]:
    cadence = {"frequency": wishes.cadence.frequency, "hour": wishes.cadence.hour, "zone": wishes.cadence.zone}
    return cadence | {name: getattr(wishes, name) for name in PLAIN}
