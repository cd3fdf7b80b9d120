"""Interests: derived from what readers said and liked, kept until that changes or the vectoriser does."""

from collections import ChainMap
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse
from sqlalchemy import Connection, select

from digest.domain.edition import Desk
from digest.domain.interests import Interests, interests_of
from digest.domain.reader import Reader
from digest.domain.subscriber import Subscriber
from digest.store import issues, papers, reactions, told
from digest.store.database import inserting
from digest.store.tables import profile_vectors


def readers_of(
    connection: Connection, desk: Desk, subscribers: Sequence[Subscriber]
) -> tuple[list[Reader], dict[int, Interests]]:
    """Give subscribers as choosing needs them, and of their interests those that had to be made, by number."""
    ids = [one.id for one in subscribers]
    held = held_for(connection, subscribers, desk.edition.vectoriser, len(desk.vectoriser.terms_) + 1)
    missing = [one for one in subscribers if one.id not in held]
    said = reactions.of(connection, ids)
    named = {one.paper_id for made in missing for one in said.get(made.id, ())}
    liked, own = papers.by_id(connection, named), told.papers_of(connection, [one.id for one in missing], named)
    texts = {number: ChainMap(words, liked) for number, words in own.items()}
    made = {
        one.id: interests_of(one.wishes.topics, said.get(one.id, ()), texts[one.id], desk.vectoriser, desk.background)
        for one in missing
    }
    seen = issues.shown(connection, ids, desk.positions.keys())
    known = held | made
    # What somebody liked or disliked is known to them, wherever they met it.
    met = {number: {one.paper_id for one in every} for number, every in said.items()}
    readers = [
        Reader(wishes=one.wishes, interests=known[one.id], seen=seen.get(one.id, set()) | met.get(one.id, set()))
        for one in subscribers
    ]
    return readers, made


def held_for(
    connection: Connection, readers: Sequence[Subscriber], vectoriser: int, width: int
) -> dict[int, Interests]:
    """Give the interests that are still right, by subscriber."""
    wanted = {reader.id: reader.profile_revision for reader in readers}
    inside = profile_vectors.c.subscriber_id.in_(wanted) & (profile_vectors.c.vectoriser == vectoriser)
    held = {}
    for row in connection.execute(select(profile_vectors).where(inside)):
        if row.profile_revision == wanted[row.subscriber_id]:
            starts = np.frombuffer(row.starts, np.int32)
            parts = np.frombuffer(row.weights, np.float32), np.frombuffer(row.indices, np.int32), starts
            held[row.subscriber_id] = Interests(rows=sparse.csr_array(parts, shape=(len(starts) - 1, width)))
    return held


def keep(connection: Connection, readers: Sequence[Subscriber], vectoriser: int, made: Mapping[int, Interests]) -> None:
    """Keep interests made anew in place of the old; two composing at once may both keep the same."""
    if not made:
        return
    revisions = {reader.id: reader.profile_revision for reader in readers}
    rows = [
        {
            "subscriber_id": subscriber_id,
            "profile_revision": revisions[subscriber_id],
            "vectoriser": vectoriser,
            "starts": one.rows.indptr.astype(np.int32).tobytes(),
            "indices": one.rows.indices.astype(np.int32).tobytes(),
            "weights": one.rows.data.astype(np.float32).tobytes(),
        }
        for subscriber_id, one in made.items()
    ]
    statement = inserting(connection, profile_vectors)
    changed = {name: statement.excluded[name] for name in rows[0] if name != "subscriber_id"}
    connection.execute(statement.on_conflict_do_update(index_elements=["subscriber_id"], set_=changed), rows)
