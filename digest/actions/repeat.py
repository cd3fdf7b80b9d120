"""Repeat: queue a delivery once more, on the operator's word; it keeps its number, and so its Message-ID."""

from datetime import datetime

from sqlalchemy import Connection

from digest.domain.delivery import Delivery
from digest.domain.subscriber import Refused
from digest.store import deliveries, records


def repeat(connection: Connection, number: int, now: datetime) -> Delivery:
    """Queue a delivery that ended failed or unknown once more, and give it as it stood.

    Raises
    ------
    Refused
        If it ended in another way, or must not go to its reader.
    LookupError
        If there is no such delivery.
    """
    held = deliveries.with_id(connection, number)
    if held is None:
        raise LookupError(f"there is no delivery {number}")
    delivery, _ = held
    if delivery.state not in records.ENDED_WITHOUT:
        raise Refused(f"delivery {number} is {delivery.state}; only one that is failed or unknown is sent again")
    if reason := deliveries.unwanted(connection, delivery):
        raise Refused(f"delivery {number} may not be sent: {reason}")
    if not records.queue_again(connection, delivery, now):
        raise Refused(f"delivery {number} was queued again by somebody else just now")
    return delivery
