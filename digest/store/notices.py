"""What is queued to be told to one reader about its subscription; when it is sent, the ledger decides."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from digest.domain.delivery import SETTLING, TRIED_AGAIN, TRIED_AGAIN_LATER, Delivery, Kind, State
from digest.domain.subscriber import Subscriber, wishes_to_json
from digest.domain.wished import Change, pausing
from digest.store import deliveries, subscribers

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


def changed(
    connection: Connection, before: Subscriber, *, forgotten: int = 0, key_id: int | None, now: datetime
) -> None:
    """Queue what is no longer as it was `before`, or add it to what waits to be told; taken back, it is not told.

    Only those are told to whom it matters: the active and the paused.

    Parameters
    ----------
    forgotten : how many papers that were liked or disliked were forgotten
    key_id : the key of the letter's links; without one nothing is told
    """
    after = subscribers.with_id(connection, before.id)
    if key_id is None or after is None or not after.has_joined:
        return
    held = deliveries.newest(connection, before.id, Kind.CHANGED)
    waiting = held if held is not None and held[0].state is State.QUEUED else None
    change = Change(before=before.wishes, after=before.wishes, paused_before=pausing(before))
    change = Change.from_json(waiting[1]) if waiting else change
    forgotten += change.forgotten
    change = replace(change, after=after.wishes, paused_after=pausing(after), forgotten=forgotten)
    if waiting and change.sentences:
        deliveries.amend(connection, waiting[0], waiting[1] | change.to_json())
    elif waiting:
        deliveries.cancel(connection, waiting[0], "everything was set back")
    elif change.sentences:
        due_at = now + SETTLING
        letter = _letter(before.address, key_id, due_at) | change.to_json()
        deliveries.queue(connection, before.id, Kind.CHANGED, now.isoformat(), now=due_at, letter=letter)


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
