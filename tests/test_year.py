"""A month hour by hour, or with JUDGE=all a year: one issue per due period, at the right local hour, whatever stood."""

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from digest.actions.publish import publish
from digest.domain.cadence import Cadence, Frequency
from digest.domain.listing import Listing
from digest.domain.subscriber import Status, Wishes
from digest.service import Service
from digest.settings import Settings
from digest.store import papers, subscribers
from digest.store.tables import deliveries, issues
from tests.builders import listing

ZONES = (
    *("Pacific/Pago_Pago", "America/New_York", "America/St_Johns", "America/Santiago", "UTC", "Europe/Berlin"),
    *("Africa/Casablanca", "Africa/Cairo", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham"),
    "Pacific/Kiritimati",
)
HOURS = (0, 2, 3, 23)
FRIDAY = 4
FIRST, DAYS = datetime(2026, 3, 5, tzinfo=UTC), 35
"""In these weeks clocks change in New York, Santiago, Berlin, Casablanca, Lord Howe and Chatham."""
SEEDS: tuple[int | None, ...] = (2026,)
"""For when the service is off; None is never."""
if os.environ.get("JUDGE") == "all":
    DAYS, SEEDS = 366, (2026, 7, None)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
PAPERS_A_DAY, LENGTH = 5, 3
CADENCES = [Cadence(frequency=often, hour=hour, zone=zone) for zone, hour, often in product(ZONES, HOURS, Frequency)]
Expected = Counter[tuple[int, str, datetime]]
"""Reader, period, and the tick at which its issue leaves."""


def unlike(number: int, day: date) -> Listing:
    """Give a paper that is like no other, so that none is left out as a near-duplicate."""
    words = " ".join(f"w{number}{letter}" for letter in "abcdef")
    return listing(number, listed_on=day, upvotes=number % 7, title=f"On {words}", abstract=f"Of {words}.")


class House:
    """A house whose clock the test turns: its editions are small and made directly, its mails go into a folder."""

    def __init__(self, settings: Settings) -> None:
        self.at = FIRST
        self.service = Service(settings, now=lambda: self.at)
        self.outbox = settings.outbox
        self.edition_of: date | None = None

    def join(self) -> dict[int, Cadence]:
        """Let a reader of every cadence join, and give the cadences by the readers' numbers."""
        joins = partial(subscribers.add, now=FIRST, status=Status.ACTIVE, consent={})
        with self.service.database.writing() as connection:
            numbers = [
                joins(connection, f"reader{at}@readers.example", Wishes(cadence=cadence, bar=0, length=LENGTH))
                for at, cadence in enumerate(CADENCES)
            ]
        return dict(zip((number or 0 for number in numbers), CADENCES, strict=True))

    def tick(self, at: datetime) -> None:
        """Do what is due at a moment: the day's edition if it is missing, then compose and deliver."""
        self.at = at
        if self.edition_of != at.date():
            self.publish(at.date())
        report = self.service.compose()
        assert (report.failed, dict(report.skipped)) == ([], {})
        assert self.service.deliver().done

    def publish(self, day: date) -> None:
        """Make the edition of a day, of papers listed the day before."""
        self.edition_of, before = day, day - timedelta(days=1)
        first = before.toordinal() % 10_000 * PAPERS_A_DAY
        found = [unlike(first + n, before) for n in range(PAPERS_A_DAY)]
        with self.service.database.writing() as connection:
            papers.record(connection, found, self.at)
        assert publish(self.service.database, day, self.service.masthead, now=self.at).done
        shutil.rmtree(self.outbox, ignore_errors=True)  # What left is known from the ledger.

    def left(self) -> Expected:
        """Give what the ledger says of issues that left."""
        query = select(deliveries.c.subscriber_id, deliveries.c.key, deliveries.c.sent_at)
        with self.service.database.reading() as connection:
            return Counter(map(tuple, connection.execute(query.where(deliveries.c.kind == "issue"))))


@pytest.fixture
def house(settings: Callable[..., Settings]) -> Iterator[House]:
    opened = House(settings())
    with opened.service:
        yield opened


def falls_on(cadence: Cadence, day: date) -> bool:
    """Whether an issue of a cadence comes on a local day."""
    latest = {Frequency.DAILY: range(7), Frequency.WEEKDAYS: range(5), Frequency.WEEKLY: [FRIDAY]}
    return day.weekday() in latest[cadence.frequency]


def due_moments(cadence: Cadence, until: datetime) -> list[tuple[datetime, str]]:
    """Give the due moments of a cadence with their periods, found by looking at the wall clock every quarter hour.

    An issue is due when the hour has come on a local day for the first time: so nothing is said of how clocks change.
    """
    found: dict[date, datetime] = {}
    at, zone = FIRST - 30 * HOUR, ZoneInfo(cadence.zone)
    while at <= until:
        local = at.astimezone(zone)
        if local.hour >= cadence.hour and falls_on(cadence, local.date()):
            found.setdefault(local.date(), at)
        at += QUARTER
    named = week_named if cadence.frequency is Frequency.WEEKLY else date.isoformat
    return [(due, named(day)) for day, due in found.items() if due > FIRST]


def week_named(day: date) -> str:
    """Name the ISO week of a day."""
    return f"{day:%G-W%V}"


def ticks(seed: int | None) -> list[datetime]:
    """Give every full hour at which the service is on; with a seed it is off for spans of one to sixty hours."""
    chance, off_until, on = random.Random(seed), FIRST, []
    for number in range(1, DAYS * 24):
        at = FIRST + number * HOUR
        if seed is not None and at >= off_until and chance.random() < 0.02:
            off_until = at + chance.randint(1, 60) * HOUR
        if at >= off_until:
            on.append(at)
    return on


def expected(cadences: dict[int, Cadence], on: list[datetime]) -> tuple[Expected, int]:
    """Give what must leave at each tick, one issue for all that fell due since the last, and how many are catch-ups.

    The first issue of a reader is none: nobody was served before.
    """
    leaves: Expected = Counter()
    catch_ups = 0
    for number, cadence in cadences.items():
        due, next_at, has_issue = due_moments(cadence, on[-1]), 0, False
        for at in on:
            first = next_at
            while next_at < len(due) and due[next_at][0] <= at:
                next_at += 1
            if next_at > first:
                leaves[number, due[next_at - 1][1], at] += 1
                catch_ups += has_issue and next_at > first + 1
                has_issue = True
    return leaves, catch_ups


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_gets_one_issue_per_due_period_at_their_local_hour(house: House, seed: int | None) -> None:
    cadences, on = house.join(), ticks(seed)
    for at in on:
        house.tick(at)
    wanted, catch_ups = expected(cadences, on)
    assert house.left() == wanted
    with house.service.database.reading() as connection:
        since = connection.scalars(select(issues.c.since).where(issues.c.since.is_not(None))).all()
    assert len(since) == catch_ups
    assert (catch_ups > 0) == (seed is not None)
    assert max(wanted.values()) == 1
