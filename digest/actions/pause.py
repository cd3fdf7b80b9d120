"""Pause and resume: no issues for a while, and wishes, likes and what was shown stay as they are."""

from datetime import date, datetime

from sqlalchemy import Connection

from digest.domain.subscriber import Refused, Status, Subscriber, end_of_pause
from digest.store import notices, subscribers

NO_ISSUES = {
    Status.PENDING: "no issues are sent to this address yet",
    Status.UNSUBSCRIBED: "this address is unsubscribed",
}


def pause(
    connection: Connection, subscriber: Subscriber, until: date | None, now: datetime, *, key_id: int | None = None
) -> None:
    """Send no issues until a day begins, or, without one, until the reader resumes; what is queued is cancelled.

    Who is paused already gets the new end.

    Parameters
    ----------
    key_id : the key of the links of the mail that tells of it; without one none is sent

    Raises
    ------
    Refused
        If the day is not after today or too far away, or no issues come that could be paused.
    """
    _check_joined(subscriber, "pause")
    end = end_of_pause(subscriber.wishes.cadence, until, now) if until else None
    subscribers.set_status(connection, subscriber, Status.PAUSED, now=now, until=end)
    notices.changed(connection, subscriber, key_id=key_id, now=now)


def resume(connection: Connection, subscriber: Subscriber, now: datetime, *, key_id: int | None = None) -> None:
    """Send issues again; of who is not paused nothing changes. Raises Refused if none came before either.

    `key_id` is as for `pause`.
    """
    _check_joined(subscriber, "resume")
    if subscriber.status is Status.PAUSED:
        subscribers.set_status(connection, subscriber, Status.ACTIVE, now=now)
        notices.changed(connection, subscriber, key_id=key_id, now=now)


def _check_joined(subscriber: Subscriber, verb: str) -> None:
    if not subscriber.has_joined:
        raise Refused(f"{NO_ISSUES[subscriber.status]}, so there is nothing to {verb}")
