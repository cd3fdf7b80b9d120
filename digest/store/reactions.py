"""What readers liked and disliked, by paper. A change makes the reader's profile anew: its vectors are derived.

A paper that no source ever listed is held only as long as somebody reacts to it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, exists, select, update

from digest.domain.profile import Reaction
from digest.store.database import inserting
from digest.store.tables import confirmations, listings, paper_names, papers, reactions, signals, subscribers

AT_ONCE = 500
SAID = (reactions.c.subscriber_id, reactions.c.paper_id, reactions.c.liked, reactions.c.at)
SIDES = {True: "liked", False: "disliked"}


def of(connection: Connection, subscriber_ids: Collection[int]) -> dict[int, list[Reaction]]:
    """Give what readers reacted to, oldest first; a reader who never did is left out."""
    wanted = select(*SAID).where(reactions.c.subscriber_id.in_(subscriber_ids))
    found: dict[int, list[Reaction]] = {}
    for row in connection.execute(wanted.order_by(reactions.c.at, reactions.c.paper_id)):
        found.setdefault(row.subscriber_id, []).append(Reaction(paper_id=row.paper_id, liked=row.liked, at=row.at))
    return found


def put(connection: Connection, subscriber_id: int, said: Iterable[Reaction]) -> int:
    """Keep reactions: of one paper the last word counts, and the same word again keeps its first moment.

    Returns
    -------
    How many were new, or the other word than before.
    """
    held = {one.paper_id: one.liked for one in of(connection, [subscriber_id]).get(subscriber_id, ())}
    last = {one.paper_id: one for one in said}
    changed = [one for one in last.values() if held.get(one.paper_id) is not one.liked]
    rows = [{"subscriber_id": subscriber_id, "paper_id": o.paper_id, "liked": o.liked, "at": o.at} for o in changed]
    statement = inserting(connection, reactions)
    excluded = {"liked": statement.excluded.liked, "at": statement.excluded.at}
    upsert = statement.on_conflict_do_update(index_elements=["subscriber_id", "paper_id"], set_=excluded)
    if rows:
        connection.execute(upsert, rows)
        renew(connection, subscriber_id)
    return len(rows)


def take_back(connection: Connection, subscriber_id: int, paper_id: int) -> bool:
    """Forget one reaction; False if there was none."""
    return _delete(connection, subscriber_id, reactions.c.paper_id == paper_id) > 0


def forget(connection: Connection, subscriber_id: int) -> int:
    """Forget all that a reader liked and disliked; give how many papers that were."""
    return _delete(connection, subscriber_id, reactions.c.paper_id > 0)


def _delete(connection: Connection, subscriber_id: int, which: Any) -> int:
    wanted = delete(reactions).where(reactions.c.subscriber_id == subscriber_id, which)
    gone = list(connection.scalars(wanted.returning(reactions.c.paper_id)))
    if gone:
        renew(connection, subscriber_id)
        _forget_papers(connection, gone)
    return len(gone)


def _forget_papers(connection: Connection, paper_ids: Sequence[int]) -> None:
    """Delete the papers among some that no source ever listed and nobody reacts to any more."""
    for start in range(0, len(paper_ids), AT_ONCE):
        among = select(papers.c.id).where(papers.c.id.in_(paper_ids[start : start + AT_ONCE]))
        unlisted = among.where(~exists().where(listings.c.paper_id == papers.c.id))
        nobodys = unlisted.where(~exists().where(reactions.c.paper_id == papers.c.id))
        _delete_papers(connection, list(connection.scalars(nobodys)))


def _delete_papers(connection: Connection, paper_ids: Sequence[int]) -> None:
    for table in (paper_names, signals):
        connection.execute(delete(table).where(table.c.paper_id.in_(paper_ids)))
    connection.execute(delete(papers).where(papers.c.id.in_(paper_ids)))


def move(connection: Connection, old: int, new: int) -> None:
    """Let all that was said of a row be said of another, which turned out to be the same work; the old one goes."""
    doubled = select(reactions.c.subscriber_id).where(reactions.c.paper_id == new)
    at_old = reactions.c.paper_id == old
    connection.execute(delete(reactions).where(at_old, reactions.c.subscriber_id.in_(doubled)))
    connection.execute(update(reactions).where(at_old).values(paper_id=new))
    connection.execute(update(paper_names).where(paper_names.c.paper_id == old).values(paper_id=new))
    _delete_papers(connection, [old])
    text_came(connection, [new])


def text_came(connection: Connection, paper_ids: Sequence[int]) -> None:
    """Note that papers say something else than before: the profiles that rest on them are made anew."""
    for start in range(0, len(paper_ids), AT_ONCE):
        inside = reactions.c.paper_id.in_(paper_ids[start : start + AT_ONCE])
        _renew(connection, subscribers.c.id.in_(select(reactions.c.subscriber_id).where(inside)))


def renew(connection: Connection, subscriber_id: int) -> None:
    """Note that a reader's profile is to be made anew."""
    _renew(connection, subscribers.c.id == subscriber_id)


def _renew(connection: Connection, whose: Any) -> None:
    revision = subscribers.c.profile_revision
    connection.execute(update(subscribers).where(whose).values(profile_revision=revision + 1))


def may_be_shown(connection: Connection, subscriber_id: int, paper_id: int) -> bool:
    """Whether a reader may be told of a paper: a source listed it, or it is one the reader named."""
    own = (reactions.c.subscriber_id == subscriber_id) & (reactions.c.paper_id == paper_id)
    is_listed = exists().where(listings.c.paper_id == paper_id)
    return bool(connection.scalar(select(is_listed | exists().where(own))))


def every_key(connection: Connection) -> dict[int, dict[str, list[str]]]:
    """Give the keys of all papers `liked` and `disliked`, by subscriber, oldest reaction first."""
    both = select(reactions.c.subscriber_id, reactions.c.liked, papers.c.key).join(papers)
    found: dict[int, dict[str, list[str]]] = {}
    for row in connection.execute(both.order_by(reactions.c.at, reactions.c.paper_id)):
        own = found.setdefault(row.subscriber_id, {side: [] for side in SIDES.values()})
        own[SIDES[row.liked]].append(row.key)
    return found


def keep_for_later(
    connection: Connection, confirmation_id: int, told: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    """Keep the papers somebody names at sign-up with the confirmation, where they wait to be confirmed."""
    row = _confirmation(connection, confirmation_id)
    if row is not None and any(told.values()):
        _rewrite(connection, confirmation_id, {**row["wishes"], **told})


def take_kept(connection: Connection, confirmation_id: int) -> dict[str, list[Mapping[str, Any]]]:
    """Give the papers that waited with a confirmation, and keep them there no longer."""
    row = _confirmation(connection, confirmation_id)
    waiting = {side: row["wishes"][side] for side in SIDES.values() if row and row["wishes"].get(side)}
    if row and waiting:
        rest = {name: value for name, value in row["wishes"].items() if name not in waiting}
        _rewrite(connection, confirmation_id, rest)
    return waiting


def _confirmation(connection: Connection, confirmation_id: int) -> RowMapping | None:
    query = select(confirmations).where(confirmations.c.id == confirmation_id)
    return connection.execute(query).mappings().first()


def _rewrite(connection: Connection, confirmation_id: int, wishes: Mapping[str, Any]) -> None:
    changed = update(confirmations).where(confirmations.c.id == confirmation_id)
    connection.execute(changed.values(wishes=dict(wishes)))


def untold(connection: Connection, since: datetime, source: str) -> list[int]:
    """Give the rows of arXiv papers that somebody reacted to and `source` alone told of, first seen since a moment."""
    is_wanted = papers.c.id.in_(select(reactions.c.paper_id)) & papers.c.key.like("arxiv:%")
    is_wanted &= (papers.c.text_source == source) & (papers.c.first_seen_at >= since)
    return list(connection.scalars(select(papers.c.id).where(is_wanted).order_by(papers.c.id)))
