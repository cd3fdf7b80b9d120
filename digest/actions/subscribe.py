"""Subscribe: sign up, confirm, change one's wishes, leave. Double opt-in: nobody is written to who did not say yes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Connection

from digest.domain.delivery import Kind
from digest.domain.subscriber import Joining, Refused, Status, Subscriber, Wishes
from digest.links import BadLink
from digest.store import deliveries, subscribers
from digest.store.tables import (
    confirmations,
    issues,
    profile_vectors,
    shown_papers,
    topics,
)
from digest.store.tables import (
    deliveries as deliveries_table,
)

MOST_ASKED = ((3, timedelta(days=1)), (6, timedelta(days=365)))
"""How many unanswered confirmations one address gets, within which time."""
EVERYTHING_OF_A_READER = (profile_vectors, topics, confirmations, deliveries_table, shown_papers, issues)


def read_address(typed: str) -> str:
    """Give an address in the form mail servers take: domain in ASCII and lower case, local part as typed.

    Raises
    ------
    Refused
        With a sentence for the reader.

    >>> read_address(" Ada@Bücher.example ")
    'Ada@xn--bcher-kva.example'
    """
    try:
        found = validate_email(
            typed.strip(), check_deliverability=False, allow_smtputf8=False, globally_deliverable=False
        )
    except EmailNotValidError as error:
        raise Refused(f"This does not look like a mail address: {error}") from error
    return found.ascii_email or found.normalized


def check_joining(address: str, joining: Joining, domains: Sequence[str]) -> None:
    """Raise Refused if this address may not join by itself."""
    if joining is Joining.INVITATION:
        raise Refused("This digest is by invitation: please ask whoever runs it.")
    domain = address.rpartition("@")[2]
    if joining is Joining.DOMAINS and domain not in {name.lower() for name in domains}:
        raise Refused(f"Addresses at {domain} cannot join; this digest is for {', '.join(sorted(domains))}.")


def sign_up(
    connection: Connection,
    address: str,
    wishes: Wishes,
    *,
    consent: Mapping[str, str],
    key_id: int,
    now: datetime,
) -> str:
    """Take in an address and queue its confirmation: a few times a day at most, and not for ever.

    The wishes wait with the confirmation: whoever confirms gets what was asked for in that very mail.

    Returns
    -------
    What happened, in words for the log; the reader is told the same whatever it is.
    """
    held = subscribers.with_address(connection, address)
    if held is not None and held.status in {Status.ACTIVE, Status.PAUSED}:
        return "already subscribed"
    if held is not None and held.status is Status.UNSUBSCRIBED:
        subscribers.set_status(connection, held, Status.PENDING, now=now)
    subscriber_id = held.id if held else None
    if subscriber_id is None:
        facts = {"text": consent.get("text", ""), "from": consent.get("from", "")}
        subscriber_id = subscribers.add(connection, address, Wishes(), now=now, status=Status.PENDING, consent=facts)
    if subscriber_id is None:
        return "already signing up"
    for most, within in MOST_ASKED:
        if subscribers.asked_since(connection, subscriber_id, now - within) >= most:
            return "asked often enough"
    number = subscribers.ask(connection, subscriber_id, wishes, now)
    letter = {"recipient": address, "confirmation": number, "key_id": key_id, "date": now.isoformat()}
    deliveries.queue(connection, subscriber_id, Kind.CONFIRMATION, str(number), now=now, letter=letter)
    return "asked"


def confirm(connection: Connection, number: int, *, joining: Joining, now: datetime) -> Subscriber:
    """Take a confirmation: the reader becomes active, or waits for the administrator.

    A link used again, or after leaving, changes nothing.

    Raises
    ------
    BadLink
        If the confirmation or its subscriber is gone.
    """
    found = subscribers.confirm(connection, number, now)
    held = subscribers.with_id(connection, found[0]) if found else None
    if found is None or held is None:
        raise BadLink(BadLink.__doc__)
    wishes = found[1]
    if wishes is not None and held.status is Status.PENDING:
        subscribers.keep_wishes(connection, held, wishes, now)
        held = replace(held, wishes=wishes)
        waits = joining is Joining.APPROVAL
        subscribers.set_status(connection, held, Status.PENDING if waits else Status.ACTIVE, now=now, confirmed=True)
        subscribers.release(connection, held.address, Status.UNSUBSCRIBED)
    return subscribers.with_id(connection, held.id) or held


def add(connection: Connection, address: str, wishes: Wishes, *, consent: Mapping[str, str], now: datetime) -> bool:
    """Add an active reader on the operator's word; False if the address is there already."""
    added = subscribers.add(connection, address, wishes, now=now, status=Status.ACTIVE, consent=consent)
    if added is not None:
        subscribers.release(connection, address, Status.UNSUBSCRIBED)
    return added is not None


def approve(connection: Connection, subscriber_id: int, now: datetime) -> bool:
    """Let a confirmed reader in; False if there is none waiting under this number."""
    held = subscribers.with_id(connection, subscriber_id)
    if held is None or held.status is not Status.PENDING or held.confirmed_at is None:
        return False
    subscribers.set_status(connection, held, Status.ACTIVE, now=now)
    return True


def leave(connection: Connection, subscriber: Subscriber, now: datetime) -> None:
    """Unsubscribe at once; what is still queued is cancelled when it is claimed."""
    subscribers.set_status(connection, subscriber, Status.UNSUBSCRIBED, now=now)
    subscribers.suppress(connection, subscriber.address, Status.UNSUBSCRIBED, now)


def remove(connection: Connection, subscriber: Subscriber) -> None:
    """Forget a subscriber and all that belongs to it."""
    subscribers.remove(connection, subscriber, EVERYTHING_OF_A_READER)
