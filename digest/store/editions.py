"""Editions and the compiled fragments they are joined from, each fragment kept once under its hash."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from scipy import sparse
from sqlalchemy import Connection, RowMapping, func, insert, select

from digest.domain.edition import Candidate, Edition
from digest.domain.trend import TrendScore
from digest.store.database import insert_missing
from digest.store.models import pack, unpack
from digest.store.tables import editions, fragments


def hash_of(body: Any) -> str:
    """Give the hash a fragment is kept under."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def keep_fragments(connection: Connection, bodies: Mapping[str, Any]) -> None:
    """Keep fragments by hash; one already held stays."""
    rows = [{"hash": name, "body": body} for name, body in bodies.items()]
    for start in range(0, len(rows), 500):
        insert_missing(connection, fragments, rows[start : start + 500])


def fragments_of(connection: Connection, hashes: Iterable[str]) -> dict[str, Any]:
    """Give fragments by their hashes."""
    wanted = sorted(set(hashes))
    held: dict[str, Any] = {}
    for start in range(0, len(wanted), 500):
        query = select(fragments).where(fragments.c.hash.in_(wanted[start : start + 500]))
        held |= {row.hash: row.body for row in connection.execute(query)}
    return held


def publish(
    connection: Connection,
    day: date,
    *,
    now: datetime,
    candidates: Sequence[Candidate],
    vectors: sparse.csr_array,
    vectoriser: int,
    frames: Mapping[str, str],
) -> tuple[int, bool]:
    """Keep a new revision of a day's edition, unless the newest says exactly the same.

    Returns
    -------
    (revision, whether it is new).
    """
    rows = [_candidate_row(candidate) for candidate in candidates]
    name = hash_of([rows, dict(frames), vectoriser])
    newest = connection.execute(
        select(editions.c.revision, editions.c.hash).where(editions.c.day == day).order_by(editions.c.revision.desc())
    ).first()
    if newest and newest.hash == name:
        return newest.revision, False
    revision = newest.revision + 1 if newest else 1
    blob = pack(
        {"data": vectors.data, "indices": vectors.indices, "indptr": vectors.indptr, "shape": np.array(vectors.shape)}
    )
    values = {"day": day, "revision": revision, "created_at": now, "vectoriser": vectoriser, "hash": name}
    values |= {"candidates": rows, "vectors": blob, "frames": dict(frames)}
    connection.execute(insert(editions).values(**values))
    return revision, True


def newest(connection: Connection, until: date) -> Edition | None:
    """Give the last revision of the last edition up to a day."""
    query = select(editions).where(editions.c.day <= until)
    row = (
        connection.execute(query.order_by(editions.c.day.desc(), editions.c.revision.desc()).limit(1))
        .mappings()
        .first()
    )
    return _edition_of(row) if row else None


def newest_id(connection: Connection, until: date) -> int | None:
    """Give the row number of what `newest` would give, without reading it."""
    query = select(editions.c.id).where(editions.c.day <= until)
    return connection.scalar(query.order_by(editions.c.day.desc(), editions.c.revision.desc()).limit(1))


def frames_of(connection: Connection, edition_ids: Iterable[int]) -> dict[int, tuple[date, dict[str, str]]]:
    """Give the day and the frames of editions by their row numbers."""
    query = select(editions.c.id, editions.c.day, editions.c.frames).where(editions.c.id.in_(set(edition_ids)))
    return {row.id: (row.day, row.frames) for row in connection.execute(query)}


def count(connection: Connection) -> int:
    """Count the revisions held."""
    return connection.scalar(select(func.count()).select_from(editions)) or 0


def _candidate_row(candidate: Candidate) -> list[Any]:
    trend = [round(candidate.trend.value, 6), list(candidate.trend.evidence)]
    return [
        candidate.paper_id,
        candidate.paper_key,
        candidate.listed_on.isoformat(),
        *trend,
        candidate.cluster,
        candidate.card,
    ]


def _edition_of(row: RowMapping) -> Edition:
    arrays = unpack(row["vectors"])
    shape = tuple(int(side) for side in arrays["shape"])
    vectors = sparse.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
    candidates = tuple(
        Candidate(
            paper_id=paper_id,
            paper_key=key,
            listed_on=date.fromisoformat(listed_on),
            trend=TrendScore(value=value, evidence=tuple(evidence)),
            cluster=cluster,
            card=card,
        )
        for paper_id, key, listed_on, value, evidence, cluster, card in row["candidates"]
    )
    plain = {name: row[name] for name in ("id", "day", "revision", "created_at", "vectoriser", "frames")}
    return Edition(**plain, candidates=candidates, vectors=vectors)
