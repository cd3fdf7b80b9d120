"""Pause and resume: no issues for a while, and wishes, likes and what was shown stay as they are."""

from datetime import date, datetime

from sqlalchemy import Connection

from digest.domain.subscriber import Refused, Status, Subscriber, end_of_pause
from digest.store import subscribers

NO_ISSUES = {
    Status.PENDING: "no issues are sent to this address yet",
    Status.UNSUBSCRIBED: "this address is unsubscribed",
}


def pause(connection: Connection, subscriber: Subscriber, until: date | None, now: datetime) -> None:
    """Send nothing until a day begins, or, without one, until the reader resumes; what is queued is cancelled.

    Who is paused already gets the new end.

    Raises
    ------
    Refused
        If the day is not after today or too far away, or no issues come that could be paused.
    """
    _check_joined(subscriber, "pause")
    end = end_of_pause(subscriber.wishes.cadence, until, now) if until else None
    subscribers.set_status(connection, subscriber, Status.PAUSED, now=now, until=end)


def resume(connection: Connection, subscriber: Subscriber, now: datetime) -> None:
    """Send issues again; of who is not paused nothing changes. Raises Refused if none came before either."""
    _check_joined(subscriber, "resume")
    if subscriber.status is Status.PAUSED:
        subscribers.set_status(connection, subscriber, Status.ACTIVE, now=now)


def _check_joined(subscriber: Subscriber, verb: str) -> None:
    if not subscriber.has_joined:
        raise Refused(f"{NO_ISSUES[subscriber.status]}, so there is nothing to {verb}")
