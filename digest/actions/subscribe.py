"""Subscribe: sign up, confirm, change one's wishes, leave. Double opt-in: nobody is written to who did not say yes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Connection

from digest.domain.delivery import Kind
from digest.domain.paper import Paper, as_told
from digest.domain.subscriber import Joining, Refused, Status, Subscriber, Wishes
from digest.links import BadLink
from digest.store import deliveries, notices, reactions, subscribers, told
from digest.store.tables import (
    bounces,
    confirmations,
    issues,
    profile_vectors,
    shown_papers,
    topics,
)
from digest.store.tables import (
    deliveries as deliveries_table,
)
from digest.store.tables import (
    reactions as reactions_table,
)

MOST_ASKED = ((3, timedelta(days=1)), (6, timedelta(days=365)))
"""How many unanswered confirmations one address gets, within which time."""
EVERYTHING_OF_A_READER = (
    *(profile_vectors, topics, reactions_table, confirmations),
    *(bounces, deliveries_table, shown_papers, issues),
)
MOST_LIKED = 200
"""Papers that somebody may name before the address is confirmed; after that there is room for many more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tastes:
    """The papers somebody likes and dislikes who joins."""

    liked: tuple[Paper, ...] = ()
    disliked: tuple[Paper, ...] = ()

    @property
    def sides(self) -> dict[str, tuple[Paper, ...]]:
        """Both by their names."""
        return {"liked": self.liked, "disliked": self.disliked}

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        """Write what is kept of the papers as JSON can hold it."""
        said = {name: map(as_told, found) for name, found in self.sides.items() if found}
        return {name: [{part: getattr(one, part) for part in TOLD} for one in found] for name, found in said.items()}

    @classmethod
    def from_json(cls, record: Mapping[str, Sequence[Mapping[str, Any]]]) -> "Tastes":
        """Read what `to_json` wrote.

        >>> tastes = Tastes(liked=(as_told(Paper(key="arxiv:2508.13426", title="On X", authors=("Ann Lee",))),))
        >>> Tastes.from_json(tastes.to_json()) == tastes
        True
        """
        papers_of = {
            name: tuple(as_told(Paper(**{**one, "authors": tuple(one["authors"])})) for one in found)
            for name, found in record.items()
        }
        return cls(**papers_of)


TOLD = ("key", "title", "abstract", "authors")


def tastes_of_stranger(liked: Sequence[Paper]) -> Tastes:
    """Take the papers named at sign-up; raises Refused if they are too many."""
    if len(liked) > MOST_LIKED:
        named = f"at most {MOST_LIKED} liked papers can be named at sign-up, and these are {len(liked):,}"
        raise Refused(f"{named}: name the best of them now, and the rest by the link in your first mail.")
    return Tastes(liked=tuple(liked))


def read_address(typed: str, *, utf8: bool = True) -> str:
    """Give an address in the form mail servers take: domain in ASCII and lower case, local part as typed.

    Parameters
    ----------
    utf8 : bool
        Whether letters beyond ASCII may stand before the @.

    Raises
    ------
    Refused
        With a sentence for the reader.

    >>> read_address(" Ada@Bücher.example ")
    'Ada@xn--bcher-kva.example'
    """
    try:
        found = validate_email(
            typed.strip(), check_deliverability=False, allow_smtputf8=utf8, globally_deliverable=False
        )
    except EmailNotValidError as error:
        raise Refused(f"This does not look like a mail address: {error}") from error
    return f"{found.local_part}@{found.ascii_domain}"


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
    tastes: Tastes | None = None,
    consent: Mapping[str, str],
    key_id: int,
    now: datetime,
) -> str:
    """Take in an address and queue its confirmation: a few times a day at most, and not for ever.

    The wishes and liked papers wait with the confirmation: whoever confirms gets what was asked for in that very mail.
    Who is subscribed already is welcomed again, once a day at most, and keeps the wishes that are kept.

    Returns
    -------
    What happened, in words for the log; the reader is told the same whatever it is.
    """
    held = subscribers.with_address(connection, address)
    if held is not None and held.has_joined:  # Who has no mail of ours left finds the way to the preferences again.
        notices.welcome(connection, held, key=f"again {now.date()}", key_id=key_id, now=now)
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
    reactions.keep_for_later(connection, number, tastes.to_json() if tastes else {})
    letter = {"recipient": address, "confirmation": number, "key_id": key_id, "date": now.isoformat()}
    deliveries.queue(connection, subscriber_id, Kind.CONFIRMATION, str(number), now=now, letter=letter)
    return "asked"


def confirm(connection: Connection, number: int, *, joining: Joining, key_id: int, now: datetime) -> Subscriber:
    """Take a confirmation: the reader becomes active and is welcomed, or waits for the administrator.

    A link used again, or after leaving, changes nothing.

    Raises
    ------
    BadLink
        If the confirmation or its subscriber is gone.
    """
    tastes = Tastes.from_json(reactions.take_kept(connection, number))
    found = subscribers.confirm(connection, number, now)
    held = subscribers.with_id(connection, found[0]) if found else None
    if found is None or held is None:
        raise BadLink(BadLink.__doc__)
    wishes = found[1]
    if wishes is not None and held.status is Status.PENDING:
        subscribers.keep_wishes(connection, held, wishes, now)
        _take(connection, held.id, tastes, now)
        held = replace(held, wishes=wishes)
        waits = joining is Joining.APPROVAL
        subscribers.set_status(connection, held, Status.PENDING if waits else Status.ACTIVE, now=now, confirmed=True)
        subscribers.release(connection, held.address, Status.UNSUBSCRIBED)
        held = subscribers.with_id(connection, held.id) or held
        if not waits:
            notices.welcome(connection, held, key=str(number), key_id=key_id, now=now)
    return held


def add(
    connection: Connection,
    address: str,
    wishes: Wishes,
    *,
    tastes: Tastes | None = None,
    consent: Mapping[str, str],
    now: datetime,
) -> bool:
    """Add an active reader on the operator's word; False if the address is there already."""
    added = subscribers.add(connection, address, wishes, now=now, status=Status.ACTIVE, consent=consent)
    if added is not None:
        subscribers.release(connection, address, Status.UNSUBSCRIBED)
        _take(connection, added, tastes or Tastes(), now)
    return added is not None


def _take(connection: Connection, subscriber_id: int, tastes: Tastes, now: datetime) -> None:
    for name, found in tastes.sides.items():
        told.react(connection, subscriber_id, found, liked=name == "liked", now=now)


def approve(connection: Connection, subscriber_id: int, *, key_id: int, now: datetime) -> bool:
    """Let a confirmed reader in and welcome it; False if there is none waiting under this number."""
    held = subscribers.with_id(connection, subscriber_id)
    if held is None or held.status is not Status.PENDING or held.confirmed_at is None:
        return False
    subscribers.set_status(connection, held, Status.ACTIVE, now=now)
    let_in, key = subscribers.with_id(connection, held.id) or held, held.confirmed_at.isoformat()
    notices.welcome(connection, let_in, key=key, key_id=key_id, now=now)
    return True


def keep_wishes(connection: Connection, subscriber: Subscriber, wishes: Wishes, *, key_id: int, now: datetime) -> None:
    """Keep what a reader set, and queue the mail that tells of it."""
    subscribers.keep_wishes(connection, subscriber, wishes, now)
    notices.changed(connection, subscriber, key_id=key_id, now=now)


def leave(connection: Connection, subscriber: Subscriber, now: datetime, *, key_id: int | None = None) -> None:
    """Unsubscribe at once; what is still queued is cancelled when it is claimed.

    Parameters
    ----------
    key_id : the key of a goodbye's links; without one, or to who was not subscribed, none is sent
    """
    if key_id is not None and subscriber.status in {Status.ACTIVE, Status.PAUSED}:
        notices.goodbye(connection, subscriber, key_id=key_id, now=now)
    subscribers.set_status(connection, subscriber, Status.UNSUBSCRIBED, now=now)
    subscribers.suppress(connection, subscriber.address, Status.UNSUBSCRIBED, now)


def remove(connection: Connection, subscriber: Subscriber) -> None:
    """Forget a subscriber and all that belongs to it, papers that nobody else named among them."""
    reactions.forget(connection, subscriber.id)
    subscribers.remove(connection, subscriber, EVERYTHING_OF_A_READER)
