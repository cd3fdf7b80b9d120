"""Profile vectors: derived from what readers said, kept until they say something else or the vectoriser changes."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse
from sqlalchemy import Connection, delete, insert, select

from digest.domain.subscriber import Subscriber
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
    """Keep vectors made anew in place of the old."""
    if not made:
        return
    revisions = {reader.id: reader.profile_revision for reader in readers}
    connection.execute(delete(profile_vectors).where(profile_vectors.c.subscriber_id.in_(made)))
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
    connection.execute(insert(profile_vectors), rows)
