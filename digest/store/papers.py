"""Papers, their listings and their signals. A signal is only added; nothing known is replaced by nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, select, update

from digest.domain.listing import Listing, ListingKind
from digest.domain.paper import Paper, merge
from digest.domain.signal import SignalKind
from digest.domain.trend import Attention
from digest.store.database import insert_missing
from digest.store.tables import listings, papers, signals

AT_ONCE = 500
PAPER_COLUMNS = [column for column in papers.c if column.name not in {"id", "first_seen_at"}]
ANNOUNCED = (ListingKind.NEW, ListingKind.CROSS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A paper in the window of an edition: its row, the day it was last listed, and what attention it has."""

    id: int
    paper: Paper
    listed_on: date
    attention: Attention


def record(connection: Connection, found: Sequence[Listing], now: datetime) -> int:
    """Store listings with their papers and signals; giving the same again changes nothing.

    Returns
    -------
    How many of the papers were not known before.
    """
    fresh = 0
    for part in _parts(found, AT_ONCE):
        fresh += _record_papers(connection, [listing.paper for listing in part], now)
        ids = ids_of(connection, [listing.paper.key for listing in part])
        rows = [
            {"paper_id": ids[one.paper.key], "source": one.source, "listed_on": one.listed_on, "kind": one.kind}
            for one in part
        ]
        insert_missing(connection, listings, rows)
        seen = [(ids[one.paper.key], signal) for one in part for signal in one.signals]
        rows = [
            {"paper_id": paper_id, "source": s.source, "kind": s.kind, "observed_at": s.observed_at, "value": s.value}
            for paper_id, s in seen
        ]
        insert_missing(connection, signals, rows)
    return fresh


def _record_papers(connection: Connection, found: Sequence[Paper], now: datetime) -> int:
    keys = [paper.key for paper in found]
    rows = connection.execute(select(*PAPER_COLUMNS).where(papers.c.key.in_(keys))).mappings()
    held = {row["key"]: paper_of(row) for row in rows}
    new = [paper for paper in found if paper.key not in held]
    insert_missing(connection, papers, [{**_row_of(paper), "first_seen_at": now} for paper in new])
    merged = [joined for one in found if one.key in held and (joined := merge(held[one.key], one)) != held[one.key]]
    if merged:
        names = [column.name for column in PAPER_COLUMNS if column.name != "key"]
        changed = update(papers).where(papers.c.key == bindparam("at")).values({n: bindparam(f"to_{n}") for n in names})
        connection.execute(
            changed,
            [{"at": paper.key} | {f"to_{name}": value for name, value in _row_of(paper).items()} for paper in merged],
        )
    return len(new)


def ids_of(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    """Give the row numbers of papers by their keys."""
    rows = connection.execute(select(papers.c.key, papers.c.id).where(papers.c.key.in_(list(keys))))
    return {row.key: row.id for row in rows}


def window(connection: Connection, since: date, until: date, as_of: datetime) -> list[Found]:
    """Give every paper announced from `since` to `until`, with its attention as it was known `as_of` a moment."""
    announced = listings.c.listed_on.between(since, until) & listings.c.kind.in_(ANNOUNCED)
    last = select(listings.c.paper_id, func.max(listings.c.listed_on).label("on")).where(announced)
    days = last.group_by(listings.c.paper_id).subquery()
    query = select(papers.c.id, days.c.on, *PAPER_COLUMNS).join(days, days.c.paper_id == papers.c.id)
    rows = connection.execute(query.order_by(papers.c.id)).mappings().all()
    counts = _last_counts(connection, since, until, as_of)
    return [
        Found(id=row["id"], paper=paper_of(row), listed_on=row["on"], attention=_attention(row, counts, until))
        for row in rows
    ]


def _last_counts(
    connection: Connection, since: date, until: date, as_of: datetime
) -> dict[int, dict[str, tuple[int, datetime]]]:
    inside = select(listings.c.paper_id).where(listings.c.listed_on.between(since, until))
    query = select(signals).where(signals.c.paper_id.in_(inside), signals.c.observed_at <= as_of)
    counts: dict[int, dict[str, tuple[int, datetime]]] = {}
    for row in connection.execute(query.order_by(signals.c.observed_at)):
        counts.setdefault(row.paper_id, {})[row.kind] = (row.value, row.observed_at)
    return counts


def _attention(row: RowMapping, counts: dict[int, dict[str, tuple[int, datetime]]], until: date) -> Attention:
    seen = counts.get(row["id"], {})
    listed_at = datetime.combine(row["on"], time(), UTC)
    hours = (seen[SignalKind.UPVOTES][1] - listed_at).total_seconds() / 3600 if SignalKind.UPVOTES in seen else 0.0
    known = {kind.value: seen[kind][0] for kind in SignalKind if kind in seen}
    return Attention(hours=max(0.0, hours), days_ago=(until - row["on"]).days, **known)


def newest(connection: Connection, most: int) -> Iterator[Paper]:
    """Give the papers last seen first, `most` of them: the background a vectoriser learns from."""
    rows = connection.execute(select(*PAPER_COLUMNS).order_by(papers.c.id.desc()).limit(most)).mappings()
    return (paper_of(row) for row in rows)


def count(connection: Connection) -> int:
    """Count the papers held."""
    return connection.scalar(select(func.count()).select_from(papers)) or 0


def by_id(connection: Connection, ids: Iterable[int]) -> dict[int, Paper]:
    """Give papers by their row numbers."""
    held: dict[int, Paper] = {}
    for part in _parts(list(ids), AT_ONCE):
        rows = connection.execute(select(papers.c.id, *PAPER_COLUMNS).where(papers.c.id.in_(part))).mappings()
        held |= {row["id"]: paper_of(row) for row in rows}
    return held


def paper_of(row: RowMapping) -> Paper:
    """Read a paper from its row."""
    values: dict[str, Any] = {column.name: row[column.name] for column in PAPER_COLUMNS}
    as_tuples = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Paper(**(values | as_tuples))


def _row_of(paper: Paper) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(paper).items()}


def _parts(sequence: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    rest = iter(sequence)
    while part := list(islice(rest, size)):
        yield part
