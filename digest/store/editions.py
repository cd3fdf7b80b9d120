"""Editions and the compiled fragments they are joined from, each fragment kept once under its hash."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from scipy import sparse
from sqlalchemy import Connection, RowMapping, select

from digest.domain.background import Background
from digest.domain.edition import Candidate, Desk, Edition
from digest.domain.issue import Issue
from digest.domain.relevance import Vectoriser
from digest.domain.rising import Rising
from digest.domain.score import TrendScore
from digest.store import papers
from digest.store.database import insert_missing, inserting
from digest.store.models import arrays_of, last, pack, unpack
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
    rising: Sequence[Rising] = (),
) -> tuple[int, bool]:
    """Keep a new revision of a day's edition, unless the newest says exactly the same.

    Returns
    -------
    (revision, whether it is new).
    """
    rows = [_candidate_row(candidate) for candidate in candidates]
    risen = [one.to_json() for one in rising]
    name = hash_of([rows, dict(frames), vectoriser, risen])
    width = np.array([vectors.shape[1]])
    blob = pack({"data": vectors.data, "indices": vectors.indices, "indptr": vectors.indptr, "width": width})
    values = {"day": day, "created_at": now, "vectoriser": vectoriser, "hash": name}
    values |= {"candidates": rows, "vectors": blob, "frames": dict(frames), "rising": risen}
    of_day = select(editions.c.revision, editions.c.hash).where(editions.c.day == day)
    while True:
        last = connection.execute(of_day.order_by(editions.c.revision.desc()).limit(1)).first()
        if last and last.hash == name:
            return last.revision, False
        revision = last.revision + 1 if last else 1
        statement = inserting(connection, editions).values(**values, revision=revision).on_conflict_do_nothing()
        if connection.execute(statement).rowcount:
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


def lay_out(connection: Connection, until: date) -> Desk | None:
    """Lay out the newest edition up to a day with all that choosing from it needs, or None if there is none."""
    edition = newest(connection, until)
    if edition is None:
        return None
    held = papers.by_id(connection, [candidate.paper_id for candidate in edition.candidates])
    vectoriser = Vectoriser.from_arrays(arrays_of(connection, edition.vectoriser))
    return Desk(edition=edition, papers=held, vectoriser=vectoriser, background=_background(connection, edition))


def _background(connection: Connection, edition: Edition) -> Background:
    """Give the background an edition's terms were learnt from, or where it is gone the edition's own papers."""
    made = last(connection, "background", learnt_from=edition.vectoriser)
    arrays = arrays_of(connection, made[0]) if made else {}
    return Background.from_arrays(arrays) if arrays else Background(edition.vectors)


def pages_of(connection: Connection, found: Collection[Issue]) -> dict[int, tuple[dict[str, Any], dict[str, Any]]]:
    """Give what mails are joined from: frames by name and cards by hash, for each edition of some issues."""
    query = select(editions.c.id, editions.c.frames).where(editions.c.id.in_({issue.edition_id for issue in found}))
    frames = {row.id: row.frames for row in connection.execute(query)}
    wanted = {entry.card for issue in found for entry in issue.entries}
    bodies = fragments_of(connection, wanted.union(*(names.values() for names in frames.values())))
    return {number: ({name: bodies[at] for name, at in names.items()}, bodies) for number, names in frames.items()}


def name_of_newest(connection: Connection, until: date) -> tuple[date, int] | None:
    """Give day and revision of what `newest` would give, without reading it."""
    query = select(editions.c.day, editions.c.revision).where(editions.c.day <= until)
    row = connection.execute(query.order_by(editions.c.day.desc(), editions.c.revision.desc()).limit(1)).first()
    return (row.day, row.revision) if row else None


def _candidate_row(candidate: Candidate) -> list[Any]:
    listed_on, trend = candidate.listed_on.isoformat(), candidate.trend.to_json()
    return [candidate.paper_id, candidate.paper_key, listed_on, trend, candidate.cluster, candidate.card]


def _edition_of(row: RowMapping) -> Edition:
    arrays = unpack(row["vectors"])
    shape = (len(arrays["indptr"]) - 1, int(arrays["width"][0]))
    vectors = sparse.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
    candidates = tuple(_candidate_of(*values) for values in row["candidates"])
    plain = {name: row[name] for name in ("id", "day", "revision", "created_at", "vectoriser", "frames")}
    rising = tuple(Rising.from_json(record) for record in row["rising"])
    return Edition(**plain, candidates=candidates, vectors=vectors, rising=rising)


def _candidate_of(paper_id: int, key: str, listed_on: str, *rest: Any) -> Candidate:
    """Read a candidate; rows of older editions hold value and evidence of the trend side by side."""
    *trend, cluster, card = rest
    record = trend[0] if len(trend) == 1 else _of_old(*trend)
    return Candidate(
        paper_id=paper_id,
        paper_key=key,
        listed_on=date.fromisoformat(listed_on),
        trend=TrendScore.from_json(record),
        cluster=cluster,
        card=card,
    )


def _of_old(value: float, evidence: list[str]) -> dict[str, Any]:
    return {"value": value, "percentile": value, "evidence": evidence, "has_votes": evidence != ["no votes known yet"]}
