"""What came back of deliveries, and what it does to an address: it is given up, or released by the operator."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from digest.domain.bounce import Bounce, BounceKind, is_given_up, score
from digest.domain.subscriber import Status, Subscriber
from digest.store import subscribers
from digest.store.database import insert_missing
from digest.store.subscribers import address_key
from digest.store.tables import bounces, deliveries, suppressions
from digest.store.tables import subscribers as subscribers_table

BOUNCED = "bounced"
COMPLAINED = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Why an address is never written to, and since when."""

    reason: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What speaks against an address.

    Attributes
    ----------
    status : where its reader stands; None if there is none
    suppressed : why it is never written to; None if it is
    bounces : what came back of its mails, oldest first
    score : what that counts now; from 1 on the address is given up
    """

    status: Status | None
    suppressed: Suppressed | None
    bounces: tuple[Bounce, ...]
    score: float


def note(connection: Connection, delivery_id: int, bounce: Bounce) -> bool:
    """Keep what came back of a delivery, and suppress its address if that is enough; whether it is suppressed now.

    One delivery counts once for each kind, however often the same is told. Who complains or asks to leave has left, as
    by the button of a mail program: nothing is said to that.
    """
    reader = subscribers.of_delivery(connection, delivery_id)
    if reader is None:
        return False
    row = {"subscriber_id": reader.id, "delivery_id": delivery_id, "at": bounce.at}
    row |= {"kind": bounce.kind, "code": bounce.code, "words": bounce.words}
    insert_missing(connection, bounces, [row])
    if bounce.kind in {BounceKind.COMPLAINT, BounceKind.UNSUBSCRIBE}:
        subscribers.set_status(connection, reader, Status.UNSUBSCRIBED, now=bounce.at)
        subscribers.suppress(connection, reader.address, Status.UNSUBSCRIBED, bounce.at)
    if bounce.kind is BounceKind.COMPLAINT:
        return _suppress(connection, reader, COMPLAINED, bounce.at)
    if is_given_up(of_reader(connection, reader.id), bounce.at):
        return _suppress(connection, reader, BOUNCED, bounce.at)
    return False


def _suppress(connection: Connection, reader: Subscriber, reason: str, now: datetime) -> bool:
    """Suppress for a reason that outlives leaving: who joins again is released from that, and not from this."""
    before = suppressed(connection, reader.address)
    subscribers.release(connection, reader.address, Status.UNSUBSCRIBED)
    subscribers.suppress(connection, reader.address, reason, now)
    return before is None or before.reason == Status.UNSUBSCRIBED


def of_reader(connection: Connection, subscriber_id: int) -> Sequence[Bounce]:
    """Give what came back of one reader's mails, oldest first."""
    query = select(bounces).where(bounces.c.subscriber_id == subscriber_id).order_by(bounces.c.at, bounces.c.id)
    return [
        Bounce(kind=BounceKind(row.kind), at=row.at, code=row.code, words=row.words)
        for row in connection.execute(query)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """How often mails were refused for policy, in what words most often, and how many mails were sent meanwhile."""

    number: int
    words: str
    sent: int


def refused_since(connection: Connection, since: datetime) -> Refusals:
    """Count what was refused for policy since a moment."""
    wanted = (bounces.c.kind == BounceKind.POLICY) & (bounces.c.at >= since)
    said = Counter(connection.scalars(select(bounces.c.words).where(wanted)))
    sent = connection.scalar(select(func.count()).where(deliveries.c.sent_at >= since)) or 0
    return Refusals(number=said.total(), words=max(said, key=said.__getitem__, default=""), sent=sent)


def suppressed(connection: Connection, address: str) -> Suppressed | None:
    """Say why an address is never written to, or give None if it is."""
    query = select(suppressions).where(suppressions.c.address_key == address_key(address))
    row = connection.execute(query).first()
    return Suppressed(reason=row.reason, since=row.since) if row else None


def against(connection: Connection, address: str, now: datetime) -> Against:
    """Give all that speaks against an address."""
    reader = subscribers.with_address(connection, address)
    came = tuple(of_reader(connection, reader.id)) if reader else ()
    status, held = reader.status if reader else None, suppressed(connection, address)
    return Against(status=status, suppressed=held, bounces=came, score=score(came, now))


def release(connection: Connection, address: str, reason: str) -> None:
    """Take a suppression back; what came back before counts no more."""
    subscribers.release(connection, address, reason)
    own = select(subscribers_table.c.id).where(subscribers_table.c.address_key == address_key(address))
    connection.execute(delete(bounces).where(bounces.c.subscriber_id.in_(own)))
