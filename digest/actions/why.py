"""Why: trace one paper for one reader, from its first listing to the rule that cut it. Looks, and changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection

from digest.domain.cadence import week_of
from digest.domain.edition import STALE_AFTER, Desk
from digest.domain.identity import key_typed
from digest.domain.subscriber import Status, Subscriber
from digest.domain.trace import Sent, Standing, Trace, UnknownNameError, absence_of, standing_of
from digest.store import editions, issues, papers, profiles, subscribers, traces
from digest.store.traces import Made


def trace(connection: Connection, address: str, typed: str, *, now: datetime, day: date | None = None) -> Trace:
    """Trace a paper for a reader in the newest edition, or in the one their issue of a day was or would be made from.

    Of a day that is past, or of an edition the reader has an issue of, what counts as sent is what was sent before.

    Raises
    ------
    UnknownNameError
        If there is no such subscriber, or no paper of this name.
    """
    subscriber, number = _named(connection, address, typed)
    collected, made = traces.collected(connection, number), traces.issues_of(connection, subscriber.id)
    found = Trace(address=subscriber.address, collected=collected)
    own = _of_day(made, day) if day else None
    desk = editions.lay_out(connection, own.day if own else day or now.date())
    if desk is None:
        when = f"up to {day}" if day else "yet"
        return replace(found, absence=f"There is no edition {when}: `digest collect`, then `digest publish` make one.")
    own = own or next((one for one in reversed(made) if day is None and one.day == desk.edition.day), None)
    before = [one for one in made if _is_before(one, own, day)]
    shown = traces.issue_by_paper(connection, subscriber.id, [*desk.positions, number])
    return replace(
        _in_edition(found, desk),
        standing=_standing(connection, desk, subscriber, number, _sent(before, shown)),
        sent=_read(connection, own) if own else None,
        other=next((one.period for one in made if one.id == shown.get(number) and one != own), ""),
        remarks=_remarks(desk, subscriber, own, now=now, day=day),
    )


def _named(connection: Connection, address: str, typed: str) -> tuple[Subscriber, int]:
    subscriber = subscribers.with_address(connection, address.strip())
    if subscriber is None:
        raise UnknownNameError(f"there is no subscriber {address}; `digest subscribers list` names them")
    number = papers.named(connection, key_typed(typed))
    if number is None:
        raise UnknownNameError(f"no paper is known as {typed}; name it by arXiv id (2603.01234), DOI, address or key")
    return subscriber, number


def _in_edition(found: Trace, desk: Desk) -> Trace:
    edition, number = desk.edition, found.collected.paper_id
    found = replace(found, day=edition.day, revision=edition.revision, among=len(edition.candidates))
    if number not in desk.positions:
        return replace(found, absence=absence_of(found.collected, edition.day, edition.created_at))
    position = desk.positions[number]
    return replace(found, trend=edition.candidates[position].trend, place=position + 1)


def _of_day(made: Sequence[Made], day: date) -> Made | None:
    """Give the issue of a day, or of its week."""
    by_period = {one.period: one for one in made}
    return by_period.get(day.isoformat()) or by_period.get(week_of(day))


def _is_before(one: Made, own: Made | None, day: date | None) -> bool:
    if own is not None:
        return one.id < own.id
    return day is None or one.created_at < datetime.combine(day + timedelta(days=1), time(), UTC)


def _sent(before: Sequence[Made], shown: Mapping[int, int]) -> dict[int, str]:
    periods = {one.id: one.period for one in before}
    return {paper_id: periods[issue_id] for paper_id, issue_id in shown.items() if issue_id in periods}


def _standing(
    connection: Connection, desk: Desk, subscriber: Subscriber, number: int, sent: Mapping[int, str]
) -> Standing | None:
    if number not in desk.positions:
        return None
    [[reader], _] = profiles.readers_of(connection, desk, [subscriber])
    return standing_of(desk, replace(reader, seen=sent.keys() & desk.positions.keys()), number, sent)


def _read(connection: Connection, own: Made) -> Sent:
    issue = issues.with_ids(connection, [own.id])[own.id]
    return Sent(issue=issue, day=own.day, revision=own.revision, state=own.state, sent_at=own.sent_at)


def _remarks(
    desk: Desk, subscriber: Subscriber, own: Made | None, *, now: datetime, day: date | None
) -> tuple[str, ...]:
    edition, remarks = desk.edition, []
    if subscriber.status is not Status.ACTIVE:
        remarks.append(f"{subscriber.address} is {subscriber.status} and gets no issues.")
    if day and own is None and edition.day != day:
        remarks.append(f"There is no edition of {day}; the last one before it is of {edition.day}.")
    if own is None and edition.day < (day or now.date()) - STALE_AFTER:
        remarks.append(f"No issue is made of it: the edition of {edition.day} is too old by now.")
    if own and own.revision != edition.revision:
        remarks.append(f"The issue was made from revision {own.revision}; what follows is of {edition.revision}.")
    if own and own.since:
        drew = f"The issue was a catch-up since {own.since} and drew from older editions too"
        remarks.append(f"{drew}; what follows is of an ordinary issue.")
    return tuple(remarks)
