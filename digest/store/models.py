"""What was learnt, as arrays and JSON with its version; nothing that runs when it is read."""

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select, update

from digest.store.tables import models

MOST_KEPT = {"trend": 5, "background": 2}
"""Of how many versions the arrays stay, by kind; of a kind not named here all do, since editions point to them."""


def pack(arrays: dict[str, NDArray[Any]]) -> bytes:
    """Write arrays as one compressed blob."""
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)  # type: ignore[arg-type]
    return packed.getvalue()


def unpack(blob: bytes) -> dict[str, NDArray[Any]]:
    """Read what `pack` wrote; refuses anything that would run code."""
    with np.load(io.BytesIO(blob), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def keep(
    connection: Connection,
    kind: str,
    arrays: dict[str, NDArray[Any]],
    *,
    now: datetime,
    learnt_from: int,
    facts: Mapping[str, Any] | None = None,
) -> int:
    """Keep a model with what is to be said of it, and give its version; see `MOST_KEPT` for what then goes.

    Parameters
    ----------
    facts : plain JSON, such as the window it was learnt from and its measured quality
    """
    values = {"kind": kind, "made_at": now, "learnt_from": learnt_from, "arrays": pack(arrays)}
    kept = insert(models).values(**values, facts=dict(facts or {})).returning(models.c.id)
    version = int(connection.execute(kept).scalar_one())
    if kind in MOST_KEPT:
        newest = select(models.c.id).where(models.c.kind == kind).order_by(models.c.id.desc()).limit(MOST_KEPT[kind])
        stay = list(connection.scalars(newest))
        # What is to be said of an old version stays: editions that it scored are still there to be explained.
        connection.execute(update(models).where(models.c.kind == kind, models.c.id.not_in(stay)).values(arrays=b""))
    return version


def facts_of(connection: Connection, version: int) -> dict[str, Any]:
    """Give what was kept to be said of a version."""
    return dict(connection.execute(select(models.c.facts).where(models.c.id == version)).scalar_one())


def last(
    connection: Connection, kind: str, *, until: datetime | None = None, learnt_from: int | None = None
) -> tuple[int, datetime, int] | None:
    """Give version, moment and what it was learnt from of the newest model of a kind.

    Parameters
    ----------
    until : only of those made by a moment
    learnt_from : only of those learnt from so many papers, or for a background from that vectoriser
    """
    query = select(models.c.id, models.c.made_at, models.c.learnt_from).where(models.c.kind == kind)
    query = query.where(models.c.made_at <= until) if until else query
    query = query if learnt_from is None else query.where(models.c.learnt_from == learnt_from)
    row = connection.execute(query.order_by(models.c.id.desc()).limit(1)).first()
    return (row.id, row.made_at, row.learnt_from) if row else None


def arrays_of(connection: Connection, version: int) -> dict[str, NDArray[Any]]:
    """Give the arrays of a version; none of one that is too old to be kept whole."""
    blob = connection.execute(select(models.c.arrays).where(models.c.id == version)).scalar_one()
    return unpack(blob) if blob else {}
