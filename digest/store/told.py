"""Papers as readers tell of them: what one reader says of a paper is that reader's own, and nobody else meets it.

All readers share the row of a paper, so a row that no source told of holds its key and no text: that stands with the
reaction of whoever told it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from digest.domain.paper import READER, Paper, as_told, is_same, names_of, names_told
from digest.domain.profile import MOST_REACTIONS, Reaction
from digest.store import reactions
from digest.store.database import insert_missing
from digest.store.papers import by_id, insert_paper, known_by_name
from digest.store.tables import paper_names, papers
from digest.store.tables import reactions as reactions_table

TOLD = ("title", "abstract", "authors", "authors_complete")
"""What of a paper is kept in a reader's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The `rows` of papers that a reader reacted to, how many were `added`, and how many found no room."""

    rows: tuple[int, ...]
    added: int
    left_out: int


def react(connection: Connection, subscriber_id: int, found: Sequence[Paper], *, liked: bool, now: datetime) -> Kept:
    """Keep papers as liked, or disliked, while there is room; one that finds none is not recorded either."""
    said = {one.paper_id for one in reactions.of(connection, [subscriber_id]).get(subscriber_id, ())}
    marks: list[int | str] = [
        number or paper.key for number, paper in zip(_rows_of(connection, found), found, strict=True)
    ]
    fresh = list(dict.fromkeys(mark for mark in marks if mark not in said))
    left_out = set(fresh[max(0, MOST_REACTIONS - len(said)) :])
    wanted = [paper for mark, paper in zip(marks, found, strict=True) if mark not in left_out]
    rows = keep(connection, wanted, now)
    put = [Reaction(paper_id=number, liked=liked, at=now) for number in dict.fromkeys(rows)]
    added = reactions.put(connection, subscriber_id, put)
    _tell(connection, subscriber_id, dict(zip(rows, wanted, strict=True)))
    return Kept(rows=tuple(dict.fromkeys(rows)), added=added, left_out=len(left_out))


def keep(connection: Connection, found: Sequence[Paper], now: datetime) -> list[int]:
    """Give the rows of papers that a reader names, in order; one that is not held gets a row with a key and no text."""
    known, held = known_by_name(connection, found)
    rows, names = [], dict[str, int]()
    for paper in map(as_told, found):
        number = _row(known, held, paper)
        if number is None:
            number, held[number] = _new_row(connection, paper, now)
            fresh = {name: number for name in names_told(paper) if name not in known}
            known |= fresh | {paper.key: number}
            names |= fresh
        rows.append(number)
    insert_missing(connection, paper_names, [{"name": name, "paper_id": number} for name, number in names.items()])
    return rows


def papers_of(
    connection: Connection, subscriber_ids: Collection[int], paper_ids: Collection[int]
) -> dict[int, dict[int, Paper]]:
    """Give, of papers no source told of, what each reader says in their own words, by subscriber and row."""
    table = reactions_table.c
    wanted = select(table.subscriber_id, table.paper_id, table.told, papers.c.key).join(papers)
    wanted = wanted.where(table.subscriber_id.in_(subscriber_ids), papers.c.text_source == READER)
    found: dict[int, dict[int, Paper]] = {number: {} for number in subscriber_ids}
    asked = set(paper_ids)
    for row in connection.execute(wanted.where(table.told.is_not(None))):
        if row.paper_id in asked:
            own = row.told | {"authors": tuple(row.told["authors"])}
            found[row.subscriber_id][row.paper_id] = Paper(key=row.key, text_source=READER, **own)
    return found


def shown_to(connection: Connection, subscriber_id: int, paper_ids: Collection[int]) -> dict[int, Paper]:
    """Give papers by row as one reader may see them."""
    return by_id(connection, paper_ids) | papers_of(connection, [subscriber_id], paper_ids)[subscriber_id]


def _tell(connection: Connection, subscriber_id: int, said: Mapping[int, Paper]) -> None:
    """Keep a reader's own words of papers that no source tells of, where they are new."""
    held = shown_to(connection, subscriber_id, said.keys())
    rows: list[dict[str, Any]] = []
    for number, paper in said.items():
        told = {name: getattr(as_told(paper), name) for name in TOLD}
        is_new = told != {name: getattr(held[number], name) for name in TOLD}
        if held[number].text_source == READER and is_new and (told["title"] or told["abstract"]):
            rows.append({"row": number, "words": told | {"authors": list(told["authors"])}})
    own = reactions_table.c.subscriber_id == subscriber_id
    if rows:
        changed = update(reactions_table).where(own, reactions_table.c.paper_id == bindparam("row"))
        connection.execute(changed.values(told=bindparam("words")), rows)
        reactions.renew(connection, subscriber_id)


def _rows_of(connection: Connection, found: Sequence[Paper]) -> list[int | None]:
    known, held = known_by_name(connection, found)
    return [_row(known, held, as_told(paper)) for paper in found]


def _row(known: Mapping[str, int], held: Mapping[int, Paper], paper: Paper) -> int | None:
    """Find the row of a paper: one that no source told of only by the very key, so that no two readers' mix."""
    rows = ((known[name], name) for name in names_of(paper).all if name in known)
    fits = ((number, name) for number, name in rows if held[number].text_source != READER or name == paper.key)
    return next((number for number, name in fits if name == paper.key or is_same(held[number], paper, name)), None)


def _new_row(connection: Connection, paper: Paper, now: datetime) -> tuple[int, Paper]:
    bare = Paper(key=paper.key, title="", text_source=READER)
    return insert_paper(connection, bare, now), bare
