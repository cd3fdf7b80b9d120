"""Past days are counted once: by the papers first announced on them, and again only where these have changed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import event, select

from digest.domain.listing import Listing
from digest.domain.tally import Tally
from digest.store import models, papers, tallies
from digest.store.database import Database
from digest.store.tables import models as kept
from tests.builders import DAY, NOW, listing

YESTERDAY = DAY - timedelta(days=1)
LATER = NOW + timedelta(hours=1)


def record(database: Database, found: Sequence[Listing]) -> None:
    with database.writing() as connection:
        papers.record(connection, found, NOW)


def counted(database: Database, day: date = DAY, *, now: datetime = NOW) -> dict[date, int]:
    return {on: sum(tally.papers.values()) for on, tally in tallies.before(database, day, now=now).items()}


def made(database: Database) -> dict[str, datetime]:
    """Give the kinds that are held, and when each was made."""
    with database.reading() as connection:
        return {row.kind: row.made_at for row in connection.execute(select(kept.c.kind, kept.c.made_at))}


def test_a_day_is_counted_by_the_papers_first_announced_on_it(database: Database) -> None:
    record(database, [listing(n, listed_on=YESTERDAY - timedelta(days=1)) for n in (1, 2)])
    record(database, [listing(n, listed_on=YESTERDAY, upvotes=5) for n in (2, 3)])
    record(database, [listing(n, listed_on=YESTERDAY, withdrawn=True) for n in (4,)])
    record(database, [listing(5, listed_on=DAY)])
    assert counted(database) == {YESTERDAY - timedelta(days=1): 2, YESTERDAY: 1}
    held = tallies.before(database, DAY, now=NOW)[YESTERDAY]
    again = Tally.of([listing(3).paper])
    np.testing.assert_array_equal(held.numbers, again.numbers)
    np.testing.assert_array_equal(held.counts, again.counts)


def test_a_past_day_is_counted_once_and_again_only_where_its_papers_changed(database: Database) -> None:
    record(database, [listing(n, listed_on=YESTERDAY - timedelta(days=n % 2)) for n in range(1, 7)])
    counted(database)
    counted(database, now=LATER)
    kinds = [f"{tallies.KIND}{day}" for day in (YESTERDAY - timedelta(days=1), YESTERDAY)]
    assert made(database) == dict.fromkeys(kinds, NOW)
    record(database, [listing(9, listed_on=YESTERDAY)])
    assert counted(database, now=LATER)[YESTERDAY] == 4
    assert made(database) == {kinds[0]: NOW, kinds[1]: LATER}


def test_looking_at_counted_days_writes_nothing(database: Database) -> None:
    record(database, [listing(1, listed_on=YESTERDAY)])
    counted(database)
    said: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: said.append(told[2].split()[0]))
    assert counted(database) == {YESTERDAY: 1}
    assert set(said) <= {"BEGIN", "SELECT"}


def test_days_that_nothing_is_compared_with_any_more_go_and_other_models_stay(database: Database) -> None:
    with database.writing() as connection:
        models.keep(connection, "vectoriser", {"a": np.arange(3)}, now=NOW, learnt_from=1)
    record(database, [listing(1, listed_on=YESTERDAY), listing(2, listed_on=DAY + timedelta(days=40))])
    assert counted(database) == {YESTERDAY: 1}
    assert counted(database, DAY + timedelta(days=62)) == {DAY + timedelta(days=40): 1}
    assert counted(database, DAY + timedelta(days=61)) == {YESTERDAY: 1, DAY + timedelta(days=40): 1}
    assert counted(database, DAY + timedelta(days=90)) == {DAY + timedelta(days=40): 1}
    record(database, [listing(3, listed_on=DAY + timedelta(days=80))])
    counted(database, DAY + timedelta(days=90))
    assert set(made(database)) == {
        "vectoriser", f"{tallies.KIND}{DAY + timedelta(days=40)}", f"{tallies.KIND}{DAY + timedelta(days=80)}",
    }  # fmt: skip
