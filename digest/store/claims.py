"""Claims on deliveries: who sends which, for how long, and how they are given back. None is held across a socket."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, text, tuple_, update

from digest.domain.delivery import GIVE_UP_AFTER, Delivery, Kind, State
from digest.domain.pace import allowed_on
from digest.store import deliveries as deliveries_kept
from digest.store import issues
from digest.store.tables import deliveries, subscribers

LEASE = timedelta(minutes=30)
"""How long a claim is kept without being renewed; on the same host a dead holder is known at once."""
MOST_CLAIMED = 100
LOOKED_AT = 10 * MOST_CLAIMED
"""The first so many that are due are looked at to take some for each mail domain."""
CONFIRMATIONS, NOTICES, ISSUES = 0, 1, 2
TURNS = {Kind.CONFIRMATION: CONFIRMATIONS, Kind.ISSUE: ISSUES}
"""Who goes first; the notices, which are few, go between these two."""
FREE: Mapping[str, Any] = MappingProxyType({"state": State.QUEUED, "holder": None, "held_until": None})
CLAIM_LOCK = 7_301_947
TAKEN_BACK = "its papers come with the next issue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claimed delivery with what its message is made of: an issue's number, or a letter ready to go.

    `domain` is the mail domain it goes to.
    """

    delivery: Delivery
    issue_id: int | None
    letter: dict[str, Any] | None
    was_handed_over: bool
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one claim may take.

    Attributes
    ----------
    most, most_per_domain : so many, in all and for one mail domain
    last_turn : confirmations only, notices as well, or everything
    not_to : mail domains that get nothing now
    ramp : issues on the first day of sending, doubled every day; 0 is no limit
    """

    most: int = MOST_CLAIMED
    most_per_domain: int = MOST_CLAIMED
    last_turn: int = ISSUES
    not_to: Collection[str] = ()
    ramp: int = 0


def claim(
    connection: Connection,
    holder: str,
    share: Share,
    *,
    now: datetime,
    dead: Sequence[str] = (),
    under_way: Collection[int] = (),
) -> list[Claim]:
    """Take some of the deliveries that are due: confirmations first, then other notices, then issues.

    A row that somebody took is free again when its lease has run out or its holder is known to be `dead`, unless it
    is `under_way` here.
    """
    if connection.dialect.name == "postgresql":  # On SQLite who writes is alone anyway.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CLAIM_LOCK})
    share = _within_ramp(connection, share, now)
    is_free = _is_free(dead, under_way, now)
    domains = _chosen(connection, is_free, share)
    # What somebody cancels or settles at this moment is waited for here, and then is not free any more.
    taken = update(deliveries).where(deliveries.c.id.in_(domains), is_free)
    taken = taken.values(state=State.SENDING, holder=holder, held_until=now + LEASE)
    rows = connection.execute(taken.returning(*deliveries.c)).mappings().all()
    claims = [_claim_of(row, domains[row["id"]]) for row in rows]
    return sorted(claims, key=lambda one: (TURNS.get(one.delivery.kind, NOTICES), one.delivery.id))


def issues_left(connection: Connection, ramp: int, now: datetime) -> float:
    """Give how many issues may still leave today, by the ramp of a new sender."""
    if not ramp:
        return inf
    out = deliveries_kept.issues_out(connection, now.replace(hour=0, minute=0, second=0, microsecond=0))
    first_at = deliveries_kept.first_sent_at(connection) or now
    return max(allowed_on((now.date() - first_at.date()).days, ramp) - out, 0)


def _within_ramp(connection: Connection, share: Share, now: datetime) -> Share:
    left = issues_left(connection, share.ramp, now)
    if not left:
        return replace(share, last_turn=min(share.last_turn, NOTICES))
    return replace(share, most=int(min(share.most, left)))


def _is_free(dead: Sequence[str], under_way: Collection[int], now: datetime) -> ColumnElement[bool]:
    row = deliveries.c
    abandoned = and_(or_(row.held_until < now, row.holder.in_(dead)), row.id.not_in(under_way))
    is_due = and_(row.state == State.QUEUED, row.next_attempt_at <= now)
    return or_(is_due, and_(row.state == State.SENDING, abandoned))


def _chosen(connection: Connection, is_free: ColumnElement[bool], share: Share) -> dict[int, str]:
    turn = case(TURNS, value=deliveries.c.kind, else_=NOTICES).label("turn")
    at = func.instr if connection.dialect.name == "sqlite" else func.strpos
    domain = func.lower(func.substr(subscribers.c.address, at(subscribers.c.address, "@") + 1)).label("domain")
    due: Select[Any] = select(deliveries.c.id, turn, domain).join(subscribers).where(is_free)
    if share.last_turn < ISSUES:
        due = due.where(turn <= share.last_turn)
    if share.not_to:
        due = due.where(or_(turn == CONFIRMATIONS, domain.not_in(share.not_to)))
    first = due.order_by(turn, deliveries.c.id).limit(LOOKED_AT).subquery()
    nth = func.row_number().over(partition_by=first.c.domain, order_by=(first.c.turn, first.c.id)).label("nth")
    ranked = select(first, nth).subquery()
    wanted = or_(ranked.c.nth <= share.most_per_domain, ranked.c.turn == CONFIRMATIONS)
    query = select(ranked.c.id, ranked.c.domain).where(wanted).order_by(ranked.c.turn, ranked.c.id).limit(share.most)
    return {row.id: row.domain for row in connection.execute(query)}


def _claim_of(row: Any, domain: str) -> Claim:
    return Claim(
        delivery=deliveries_kept.delivery_of(row),
        issue_id=row["issue_id"],
        letter=row["letter"],
        was_handed_over=row["handed_over_at"] is not None,
        domain=domain,
    )


def holders(connection: Connection) -> list[str]:
    """Name everyone who holds a delivery."""
    query = select(deliveries.c.holder).where(deliveries.c.state == State.SENDING, deliveries.c.holder.is_not(None))
    return list(connection.scalars(query.distinct()))


def hold(connection: Connection, delivery: Delivery, holder: str, now: datetime) -> bool:
    """Renew the claim on a delivery and note that it is handed over now; False if somebody else took it over."""
    mine = (deliveries.c.id == delivery.id) & (deliveries.c.holder == holder) & (deliveries.c.state == State.SENDING)
    return bool(
        connection.execute(update(deliveries).where(mine).values(held_until=now + LEASE, handed_over_at=now)).rowcount
    )


def renew(connection: Connection, ids: Collection[int], holder: str, now: datetime) -> None:
    """Keep the claims on what is still under way."""
    mine = deliveries.c.id.in_(ids) & (deliveries.c.holder == holder) & (deliveries.c.state == State.SENDING)
    connection.execute(update(deliveries).where(mine).values(held_until=now + LEASE))


def free(connection: Connection, holder: str, under_way: Collection[int], now: datetime) -> None:
    """Queue again what a holder has and is not under way: whatever took it could not give it back."""
    mine = (deliveries.c.holder == holder) & (deliveries.c.state == State.SENDING) & deliveries.c.id.not_in(under_way)
    connection.execute(update(deliveries).where(mine).values(**FREE, next_attempt_at=now))


def let_go(connection: Connection, claim: Claim, holder: str, next_attempt_at: datetime) -> None:
    """Queue a delivery again that was held and not sent."""
    values: dict[str, Any] = {**FREE, "next_attempt_at": next_attempt_at}
    if not claim.was_handed_over:  # Else it may have arrived at an earlier try, and that is not forgotten.
        values["handed_over_at"] = None
    mine = (deliveries.c.id == claim.delivery.id) & (deliveries.c.holder == holder)
    connection.execute(update(deliveries).where(mine).values(**values))


def give_back(connection: Connection, claims: Iterable[Claim], holder: str, next_attempt_at: datetime) -> None:
    """Queue again what was claimed and not begun."""
    ids = [claim.delivery.id for claim in claims]
    mine = deliveries.c.id.in_(ids) & (deliveries.c.holder == holder) & (deliveries.c.state == State.SENDING)
    connection.execute(update(deliveries).where(mine).values(**FREE, next_attempt_at=next_attempt_at))


def take_back_unsent(connection: Connection, which: ColumnElement[bool]) -> list[int]:
    """Cancel the issues that wait and were never handed over; the next brings their papers. Gives whose they are.

    What may have arrived is left alone.
    """
    waits = and_(deliveries.c.state == State.QUEUED, deliveries.c.issue_id.is_not(None))
    unsent = and_(waits, deliveries.c.handed_over_at.is_(None), which)
    ended = {"state": State.CANCELLED, "reply": TAKEN_BACK, "next_attempt_at": None}
    rows = connection.execute(
        update(deliveries).where(unsent).values(**ended).returning(deliveries.c.issue_id, deliveries.c.subscriber_id)
    ).all()
    for issue in issues.with_ids(connection, [row.issue_id for row in rows]).values():
        issues.take_back(connection, issue)
    return [row.subscriber_id for row in rows]


def of_other_periods(periods: Mapping[int, str]) -> ColumnElement[bool]:
    """Say: deliveries to these subscribers that are not for the period named of each."""
    row = deliveries.c
    return and_(row.subscriber_id.in_(periods), tuple_(row.subscriber_id, row.key).not_in(list(periods.items())))


def too_late(now: datetime) -> ColumnElement[bool]:
    """Say: deliveries of a day that wait so long that the next issue is near; a week's issue has its week."""
    return and_(deliveries.c.created_at < now - GIVE_UP_AFTER, deliveries.c.key.not_like("%W%"))
