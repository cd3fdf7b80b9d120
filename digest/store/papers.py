"""Papers, their listings and their signals. A signal is only added; nothing known is replaced by nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, exists, func, select, update

from digest.domain.attention import Attention
from digest.domain.listing import Listing, ListingKind
from digest.domain.paper import READER, Paper, is_same, merge, names_of
from digest.domain.signal import Signal, SignalKind
from digest.store import reactions
from digest.store.attention import ANNOUNCED, attention_to
from digest.store.database import insert_missing, inserting
from digest.store.tables import listings, paper_names, papers, signals

AT_ONCE = 500
PAPER_COLUMNS = [column for column in papers.c if column.name not in {"id", "first_seen_at"}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A paper in the window of an edition: its row, the day it was last listed, and what attention it has."""

    id: int
    attention: Attention
    listed_on: date

    @property
    def paper(self) -> Paper:
        """The work itself."""
        return self.attention.paper


def record(connection: Connection, found: Sequence[Listing], now: datetime) -> int:
    """Store listings with their papers and signals; giving the same again changes nothing.

    Returns
    -------
    How many of the papers were not known before.
    """
    fresh = 0
    for part in _parts(found, AT_ONCE):
        ids, new = _record_papers(connection, [listing.paper for listing in part], now)
        fresh += new
        rows = [
            {"paper_id": number, "source": one.source, "listed_on": one.listed_on, "kind": one.kind}
            for one, number in zip(part, ids, strict=True)
        ]
        _add_listings(connection, rows)
        _add_signals(connection, [(n, s) for n, one in zip(ids, part, strict=True) for s in one.signals])
    return fresh


def _add_listings(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Add listings; one that was taken for a replacement gives way to the announcement it was."""
    statement = inserting(connection, listings)
    replaced = f"{ListingKind.REPLACE}%"
    better = listings.c.kind.like(replaced) & statement.excluded.kind.not_like(replaced)
    key = [listings.c.paper_id, listings.c.source, listings.c.listed_on]
    upsert = statement.on_conflict_do_update(index_elements=key, set_={"kind": statement.excluded.kind}, where=better)
    if rows:
        connection.execute(upsert, rows)


def enrich(connection: Connection, facts: Sequence[Paper], found: Sequence[Signal], now: datetime) -> None:
    """Add facts and signals of papers that are held; what is told of others is left out."""
    for part in _parts(facts, AT_ONCE):
        held = ids_of(connection, [paper.key for paper in part])
        _record_papers(connection, [paper for paper in part if paper.key in held], now)
    held = ids_of(connection, {signal.paper_key for signal in found})
    _add_signals(connection, [(held[signal.paper_key], signal) for signal in found if signal.paper_key in held])


def _add_signals(connection: Connection, seen: Iterable[tuple[int, Signal]]) -> None:
    rows = [
        {"paper_id": number, "source": s.source, "kind": s.kind, "observed_at": s.observed_at, "value": s.value}
        for number, s in seen
    ]
    insert_missing(connection, signals, rows)


def _record_papers(connection: Connection, found: Sequence[Paper], now: datetime) -> tuple[list[int], int]:
    """Store papers, each in the row of the work it is; give the rows in order, and how many are new."""
    known, held = known_by_name(connection, found)
    before = dict(held)
    ids, fresh = [], 0
    names = [names_of(paper).all for paper in found]
    for paper, own in zip(found, names, strict=True):
        same = dict.fromkeys(known[n] for n in own if n in known and is_same(held[known[n]], paper, n))
        # A row that a source told of goes before rows that only readers named, and these become one with it.
        number, *others = sorted(same, key=lambda row: held[row].text_source == READER) or [0]
        if not number:
            number = insert_paper(connection, paper, now)
            held[number], before[number], fresh = paper, paper, fresh + 1
        for other in others:
            if held[other].text_source == READER:
                reactions.move(connection, other, number)
                known = {name: number if row == other else row for name, row in known.items()}
        held[number] = merge(held[number], paper)
        for name in own:
            known.setdefault(name, number)
        ids.append(number)
    _rewrite(connection, before, held)
    kept = {
        name: number
        for number, paper, own in zip(ids, found, names, strict=True)
        for name in own
        if known[name] == number
    }
    insert_missing(connection, paper_names, [{"name": name, "paper_id": number} for name, number in kept.items()])
    return ids, fresh


def _rewrite(connection: Connection, before: Mapping[int, Paper], held: Mapping[int, Paper]) -> None:
    """Write the papers that changed; whoever liked one whose text did gets a new profile."""
    changed = {number: paper for number, paper in held.items() if paper != before[number]}
    for number, paper in changed.items():
        connection.execute(update(papers).where(papers.c.id == number).values(**_row_of(paper)))
    texts = {number: (before[number].title, before[number].abstract) for number in changed}
    reactions.text_came(connection, [n for n, paper in changed.items() if texts[n] != (paper.title, paper.abstract)])


def insert_paper(connection: Connection, paper: Paper, now: datetime) -> int:
    """Give a paper a row of its own, or the row another process gave it just now."""
    row = _row_of(paper) | {"first_seen_at": now}
    statement = inserting(connection, papers).values(**row).on_conflict_do_nothing().returning(papers.c.id)
    return connection.execute(statement).scalar() or ids_of(connection, [paper.key])[paper.key]


def known_by_name(connection: Connection, found: Sequence[Paper]) -> tuple[dict[str, int], dict[int, Paper]]:
    """Give the rows that the names of papers lead to, and the papers in these rows."""
    names = {name for paper in found for name in names_of(paper).all}
    known: dict[str, int] = {}
    for part in _parts(sorted(names), AT_ONCE):
        rows = connection.execute(select(paper_names).where(paper_names.c.name.in_(part)))
        known |= {row.name: row.paper_id for row in rows}
    known |= ids_of(connection, [paper.key for paper in found])
    return known, by_id(connection, set(known.values()))


def ids_of(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    """Give the row numbers of papers by their keys."""
    found: dict[str, int] = {}
    for part in _parts(list(keys), AT_ONCE):
        rows = connection.execute(select(papers.c.key, papers.c.id).where(papers.c.key.in_(part)))
        found |= {row.key: row.id for row in rows}
    return found


def window(connection: Connection, since: date, until: date, as_of: datetime) -> list[Found]:
    """Give every paper announced from `since` to `until`, with its attention as it was known `as_of` a moment."""
    announced = listings.c.listed_on.between(since, until) & listings.c.kind.in_(ANNOUNCED)
    found = _attention(connection, select(listings.c.paper_id).where(announced), until, as_of)
    return [Found(id=number, attention=seen, listed_on=seen.listed_on) for number, seen in found.items()]


def history(connection: Connection, since: date, as_of: datetime) -> list[Attention]:
    """Give every paper announced since a day, with all that was seen of it as it was known `as_of` a moment."""
    announced = listings.c.listed_on.between(since, as_of.date()) & listings.c.kind.in_(ANNOUNCED)
    among = select(listings.c.paper_id).where(announced)
    return list(_attention(connection, among, as_of.date(), as_of).values())


def voted_on(connection: Connection, since: date, as_of: datetime) -> list[Attention]:
    """Give every paper announced since a day that has votes, as `history` does."""
    announced = listings.c.listed_on.between(since, as_of.date()) & listings.c.kind.in_(ANNOUNCED)
    has_votes = select(signals.c.paper_id).where(signals.c.kind == SignalKind.UPVOTES)
    among = select(listings.c.paper_id).where(announced, listings.c.paper_id.in_(has_votes))
    return list(_attention(connection, among, as_of.date(), as_of).values())


def attention(connection: Connection, paper_id: int, as_of: datetime) -> Attention | None:
    """Give all that was seen of one paper, withdrawn or not, or None if it was never announced."""
    among = select(papers.c.id).where(papers.c.id == paper_id)
    held = by_id(connection, [paper_id])
    return attention_to(connection, held, among, until=as_of.date(), as_of=as_of).get(paper_id)


def _attention(connection: Connection, among: Select[int], until: date, as_of: datetime) -> dict[int, Attention]:
    query = select(papers.c.id, *PAPER_COLUMNS).where(papers.c.id.in_(among), papers.c.withdrawn.is_(False))
    rows = connection.execute(query.order_by(papers.c.id)).mappings()
    held = {row["id"]: paper_of(row) for row in rows}
    return attention_to(connection, held, among, until=until, as_of=as_of)


def name_unnamed(connection: Connection) -> int:
    """Give names to papers that were stored before papers had names; give how many."""
    named = select(paper_names.c.paper_id)
    rows = connection.execute(select(papers.c.id, *PAPER_COLUMNS).where(papers.c.id.not_in(named))).mappings().all()
    names = {name: row["id"] for row in rows for name in names_of(paper_of(row)).all}
    for part in _parts(list(names.items()), AT_ONCE):
        insert_missing(connection, paper_names, [{"name": name, "paper_id": number} for name, number in part])
    return len(rows)


def named(connection: Connection, name: str) -> int | None:
    """Give the row number of the paper that goes by a name, such as its key, or None."""
    query = select(paper_names.c.paper_id).where(paper_names.c.name == name)
    return connection.scalar(query) or ids_of(connection, [name]).get(name)


def count_listed(connection: Connection, found: Sequence[Listing]) -> int:
    """Count, of some listings, those the house holds: the paper, listed by that source on that day."""
    held = 0
    for part in _parts(found, AT_ONCE):
        wanted = {(one.paper.key, one.source, one.listed_on) for one in part}
        same = paper_names.c.paper_id == listings.c.paper_id
        listed = select(paper_names.c.name, listings.c.source, listings.c.listed_on).join(listings, same)
        rows = connection.execute(listed.where(paper_names.c.name.in_([one.paper.key for one in part])))
        held += len(wanted.intersection(map(tuple, rows)))
    return held


def newest(connection: Connection, most: int) -> Iterator[Paper]:
    """Give the listed papers last seen first, `most` of them: the background a vectoriser learns from.

    A paper that only readers told of is left out, so that one reader's library changes nothing for the others.
    """
    listed = select(*PAPER_COLUMNS).where(exists().where(listings.c.paper_id == papers.c.id))
    rows = connection.execute(listed.order_by(papers.c.id.desc()).limit(most)).mappings()
    return (paper_of(row) for row in rows)


def count(connection: Connection) -> int:
    """Count the papers that a source listed: what readers alone named is no background, as in `newest`."""
    return connection.scalar(select(func.count(listings.c.paper_id.distinct()))) or 0


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
