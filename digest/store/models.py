"""What was learnt, as arrays and JSON with its version; nothing that runs when it is read."""

import io
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select

from digest.store.tables import models


def pack(arrays: dict[str, NDArray[Any]]) -> bytes:
    """Write arrays as one compressed blob."""
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)  # type: ignore[arg-type]
    return packed.getvalue()


def unpack(blob: bytes) -> dict[str, NDArray[Any]]:
    """Read what `pack` wrote; refuses anything that would run code."""
    with np.load(io.BytesIO(blob), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def keep(connection: Connection, kind: str, arrays: dict[str, NDArray[Any]], *, now: datetime, learnt_from: int) -> int:
    """Keep a model and give its version."""
    values = {"kind": kind, "made_at": now, "learnt_from": learnt_from, "arrays": pack(arrays)}
    return int(connection.execute(insert(models).values(**values).returning(models.c.id)).scalar_one())


def last(connection: Connection, kind: str) -> tuple[int, datetime, int] | None:
    """Give version, moment and number of papers of the newest model of a kind."""
    query = select(models.c.id, models.c.made_at, models.c.learnt_from).where(models.c.kind == kind)
    row = connection.execute(query.order_by(models.c.id.desc()).limit(1)).first()
    return (row.id, row.made_at, row.learnt_from) if row else None


def arrays_of(connection: Connection, version: int) -> dict[str, NDArray[Any]]:
    """Give the arrays of a version."""
    return unpack(connection.execute(select(models.c.arrays).where(models.c.id == version)).scalar_one())
