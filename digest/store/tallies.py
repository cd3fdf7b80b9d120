"""How many papers of each past day hold each term, kept as models and made anew where a day's papers have changed."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from digest.domain.rising import BACKGROUND_DAYS, SPANS
from digest.domain.tally import Tally
from digest.store import models, papers
from digest.store.attention import ANNOUNCED
from digest.store.database import Database
from digest.store.tables import listings
from digest.store.tables import models as kept
from digest.store.tables import papers as rows

KIND = "terms "
"""What the kind of these models begins with; the day follows."""


def before(database: Database, day: date, *, now: datetime) -> dict[date, Tally]:
    """Give the tallies of all the days that a day is compared with; counting holds no lock."""
    since = day - timedelta(days=BACKGROUND_DAYS + max(SPANS.values()) - 1)
    with database.reading() as connection:
        announced = _first_announced(connection, since, day - timedelta(days=1))
        held = _held(connection, {one: len(numbers) for one, numbers in announced.items()})
        made = {
            one: Tally.of(papers.by_id(connection, numbers).values())
            for one, numbers in announced.items()
            if one not in held
        }
    if made:
        with database.writing() as connection:
            _keep(connection, made, {one: len(announced[one]) for one in made}, since=since, now=now)
    return held | made


def _first_announced(connection: Connection, since: date, until: date) -> dict[date, list[int]]:
    """Give the papers by the day on which any source first announced them: listed again, a paper is no news."""
    first = func.min(listings.c.listed_on)
    within = select(listings.c.paper_id).where(listings.c.listed_on.between(since, until))
    query = select(listings.c.paper_id, first).where(listings.c.kind.in_(ANNOUNCED), listings.c.paper_id.in_(within))
    query = query.join(rows, rows.c.id == listings.c.paper_id).where(rows.c.withdrawn.is_(False))
    query = query.group_by(listings.c.paper_id).having(first.between(since, until)).order_by(listings.c.paper_id)
    found: dict[date, list[int]] = defaultdict(list)
    for number, day in connection.execute(query):
        found[day].append(number)
    return dict(found)


def _held(connection: Connection, counts: Mapping[date, int]) -> dict[date, Tally]:
    """Give the tallies that are held, of the days that still have as many papers as were counted."""
    days = {f"{KIND}{day}": day for day in counts}
    query = select(kept.c.kind, kept.c.learnt_from, kept.c.arrays).where(kept.c.kind.in_(days))
    return {
        days[row.kind]: Tally.from_arrays(models.unpack(row.arrays))
        for row in connection.execute(query.order_by(kept.c.id))
        if row.learnt_from == counts[days[row.kind]]
    }


def _keep(
    connection: Connection, made: Mapping[date, Tally], counts: Mapping[date, int], *, since: date, now: datetime
) -> None:
    """Keep tallies in the place of older ones of their days; those of days long past go."""
    old = [f"{KIND}{day}" for day in made]
    long_past = kept.c.kind.startswith(KIND) & (kept.c.kind < f"{KIND}{since}")
    connection.execute(delete(kept).where(kept.c.kind.in_(old) | long_past))
    for day, tally in made.items():
        models.keep(connection, f"{KIND}{day}", tally.to_arrays(), now=now, learnt_from=counts[day])
