"""What is queued to be told to one reader about its subscription; when it is sent, the ledger decides."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from digest.domain.delivery import Delivery, Kind, State
from digest.domain.subscriber import Status, Subscriber, Wishes, wishes_from_json, wishes_to_json
from digest.domain.wished import changes
from digest.store import deliveries, subscribers

SETTLING = timedelta(minutes=10)
"""Who sets one wish often sets another: all that is set in this time is told in one mail."""
TRIED_AGAIN = timedelta(days=1)
"""After a refusal a mailbox gets time to recover before it is told of what it missed."""
TRIED_AGAIN_LATER = timedelta(days=7)
"""If that was refused as well: so a dead mailbox is not knocked at twice a day."""
MOST_FAILED = 7
"""How many issues that could not be brought are named."""


def welcome(connection: Connection, subscriber: Subscriber, *, key: str, key_id: int, now: datetime) -> None:
    """Queue the welcome of a reader who has just become active."""
    due_at = subscriber.next_issue_at
    said = {"wishes": wishes_to_json(subscriber.wishes), "next_at": due_at.isoformat() if due_at else ""}
    letter = _letter(subscriber.address, key_id, now) | said
    deliveries.queue(connection, subscriber.id, Kind.WELCOME, key, now=now, letter=letter)


def goodbye(connection: Connection, subscriber: Subscriber, *, key_id: int, now: datetime) -> None:
    """Queue the goodbye of a reader who leaves: one for each time of having joined."""
    joined_at = subscriber.confirmed_at or subscriber.created_at
    letter = _letter(subscriber.address, key_id, now)
    deliveries.queue(connection, subscriber.id, Kind.GOODBYE, joined_at.isoformat(), now=now, letter=letter)


def changed(connection: Connection, subscriber: Subscriber, wishes: Wishes, *, key_id: int, now: datetime) -> None:
    """Queue what was changed of a subscriber's wishes, or add it to what waits to be told; taken back, it is not told.

    Only those are told to whom it matters: the active and the paused.
    """
    if subscriber.status not in {Status.ACTIVE, Status.PAUSED}:
        return
    held = deliveries.newest(connection, subscriber.id, Kind.CHANGED)
    if held is not None and held[0].state is State.QUEUED:
        delivery, letter = held
        if changes(wishes_from_json(letter["before"]), wishes):
            deliveries.amend(connection, delivery, letter | {"after": wishes_to_json(wishes)})
        else:
            deliveries.cancel(connection, delivery, "everything was set back")
    elif changes(subscriber.wishes, wishes):
        due_at = now + SETTLING
        said = {"before": wishes_to_json(subscriber.wishes), "after": wishes_to_json(wishes)}
        letter = _letter(subscriber.address, key_id, due_at) | said
        deliveries.queue(connection, subscriber.id, Kind.CHANGED, now.isoformat(), now=due_at, letter=letter)


def unreachable(connection: Connection, issue: Delivery, reply: str, *, key_id: int, now: datetime) -> None:
    """Queue that an issue could not be brought, or add it to what waits to be told, or could not be told either."""
    reader = subscribers.with_id(connection, issue.subscriber_id)
    if reader is None:
        return
    held = deliveries.newest(connection, reader.id, Kind.UNREACHABLE)
    state = held[0].state if held else None
    told = held[1]["failed"] if held and state in {State.QUEUED, State.FAILED} else []
    failed = [*told, [issue.key, issue.id, reply[: deliveries.LONGEST_REPLY]]][-MOST_FAILED:]
    if held and state is State.QUEUED:
        deliveries.amend(connection, held[0], held[1] | {"failed": failed})
        return
    due_at = now + (TRIED_AGAIN_LATER if state is State.FAILED else TRIED_AGAIN)
    letter = _letter(reader.address, key_id, due_at) | {"failed": failed}
    deliveries.queue(connection, reader.id, Kind.UNREACHABLE, issue.key, now=due_at, letter=letter)


def _letter(address: str, key_id: int, due_at: datetime) -> dict[str, Any]:
    """Give what every letter holds; its date is when it is due, for a mail older than a day on arrival looks odd."""
    return {"recipient": address, "key_id": key_id, "date": due_at.isoformat()}
