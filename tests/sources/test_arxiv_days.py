"""The harvest gives each paper on the day its first submission was announced, whatever has changed in it since."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from digest.domain.calendar import AnnouncementCalendar
from digest.domain.listing import Batch, Listing, ListingKind
from digest.sources.arxiv_days import ArxivHarvest
from tests.builders import paper

DAY = date(2026, 3, 17)
ON_TIME = datetime(2026, 3, 16, 15, tzinfo=UTC)


class Oai:
    """A harvest of some records; remembers what was asked for."""

    def __init__(self, *records: Listing) -> None:
        self.records, self.asked = records, list[tuple[date, date | None]]()

    def harvest(self, since: date, until: date | None = None) -> Iterator[Batch]:
        """Give the records."""
        self.asked.append((since, until))
        yield Batch(source="arxiv", announced_on=None, listings=self.records)


def record(changed_on: date, submitted_at: datetime, *, kind: ListingKind = ListingKind.NEW, **facts: Any) -> Listing:
    """Give a record as the harvest dates it: by its last change."""
    return Listing(paper=paper(**facts), source="arxiv", kind=kind, listed_on=changed_on, submitted_at=submitted_at)


def filled(*records: Listing) -> list[tuple[date, str]]:
    harvest = ArxivHarvest(Oai(*records), ("cs.CL",), AnnouncementCalendar())  # type: ignore[arg-type]
    return [(one.listed_on, one.kind) for batch in harvest.between(DAY, DAY) for one in batch.listings]


@pytest.mark.parametrize(
    ("changed_on", "kind"),
    [(DAY, ListingKind.NEW), (date(2026, 3, 20), ListingKind.REPLACE), (date(2026, 4, 2), ListingKind.NEW)],
)
def test_a_paper_of_the_day_is_found_whenever_it_was_changed(changed_on: date, kind: ListingKind) -> None:
    assert filled(record(changed_on, ON_TIME, kind=kind)) == [(DAY, "new")]


def test_an_old_paper_touched_on_the_day_is_no_news() -> None:
    assert filled(record(DAY, datetime(2026, 1, 30, 15, tzinfo=UTC))) == []


def test_a_paper_that_was_held_back_a_little_is_new_on_the_day_it_came_out() -> None:
    assert filled(record(DAY, datetime(2026, 3, 12, 15, tzinfo=UTC))) == [(DAY, "new")]


def test_the_deadline_decides_between_two_days() -> None:
    assert filled(record(date(2026, 3, 20), datetime(2026, 3, 16, 18, 30, tzinfo=UTC))) == []


def test_a_cross_listing_is_called_one_and_other_fields_are_left_out() -> None:
    assert filled(record(DAY, ON_TIME, categories=("stat.ML", "cs.CL"))) == [(DAY, "cross")]
    assert filled(record(DAY, ON_TIME, categories=("math.CO",))) == []


def test_a_missed_day_is_asked_for_without_an_end() -> None:
    oai = Oai()
    list(ArxivHarvest(oai, ("cs.CL",), AnnouncementCalendar()).between(DAY, DAY))  # type: ignore[arg-type]
    assert oai.asked == [(DAY, None)]
