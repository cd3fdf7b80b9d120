"""Profile vectors: derived from what readers said, kept until they say something else or the vectoriser changes."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse
from sqlalchemy import Connection, select

from digest.domain.subscriber import Subscriber
from digest.store.database import inserting
from digest.store.tables import profile_vectors


def vectors_of(
    connection: Connection, readers: Sequence[Subscriber], vectoriser: int, width: int
) -> dict[int, sparse.csr_array]:
    """Give the vectors that are still right, by subscriber: one row a followed topic."""
    wanted = {reader.id: reader.profile_revision for reader in readers}
    inside = profile_vectors.c.subscriber_id.in_(wanted) & (profile_vectors.c.vectoriser == vectoriser)
    held = {}
    for row in connection.execute(select(profile_vectors).where(inside)):
        if row.profile_revision == wanted[row.subscriber_id]:
            starts = np.frombuffer(row.starts, np.int32)
            parts = np.frombuffer(row.weights, np.float32), np.frombuffer(row.indices, np.int32), starts
            held[row.subscriber_id] = sparse.csr_array(parts, shape=(len(starts) - 1, width))
    return held


def keep(
    connection: Connection, readers: Sequence[Subscriber], vectoriser: int, made: Mapping[int, sparse.csr_array]
) -> None:
    """Keep vectors made anew in place of the old; two composing at once may both keep the same."""
    if not made:
        return
    revisions = {reader.id: reader.profile_revision for reader in readers}
    rows = [
        {
            "subscriber_id": subscriber_id,
            "profile_revision": revisions[subscriber_id],
            "vectoriser": vectoriser,
            "starts": rows.indptr.astype(np.int32).tobytes(),
            "indices": rows.indices.astype(np.int32).tobytes(),
            "weights": rows.data.astype(np.float32).tobytes(),
        }
        for subscriber_id, rows in made.items()
    ]
    statement = inserting(connection, profile_vectors)
    changed = {name: statement.excluded[name] for name in rows[0] if name != "subscriber_id"}
    connection.execute(statement.on_conflict_do_update(index_elements=["subscriber_id"], set_=changed), rows)
