"""Lists from elsewhere, without a single identifier: they come in once, and a later listing with an id joins them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from digest.domain.listing import Listing, ListingKind
from digest.journeys.run import run
from digest.service import Service
from digest.settings import Settings
from digest.sources.arxiv_api import parse_answer
from digest.store import papers
from digest.store.tables import listings
from digest.store.tables import papers as table
from tests.cast import TASTES, address_of, wishes_of
from tests.wire import api_answer

LISTS = Path(__file__).parents[2] / "shared" / "data" / "lists"
COUNTS = {
    "affiliation_page": 10,
    "author_listing": 15,
    "curated_search": 221,
    "curated_similar": 67,
    "researcher_profile": 14,
}
DAY = date(2026, 3, 17)
pytestmark = pytest.mark.skipif(not LISTS.is_dir(), reason="the lists are not beside the project")


def files() -> list[Path]:
    return [LISTS / f"{name}.jsonl" for name in COUNTS]


def held(service: Service) -> dict[str, int]:
    """Give the rows of papers by their titles."""
    with service.database.reading() as connection:
        return {row.title: row.id for row in connection.execute(select(table.c.title, table.c.id))}


def test_five_lists_come_in_with_their_counts_and_what_stands_twice_once(settings: Callable[..., Settings]) -> None:
    with Service(settings()) as service:
        report = service.collect(DAY, files=files())
        assert report.papers == sum(COUNTS.values()) == 327
        assert report.noticed["no title"] == 10
        assert not report.skipped
        first = held(service)
        with service.database.reading() as connection:
            by_source = select(listings.c.source, func.count()).group_by(listings.c.source)
            assert {row[0]: row[1] for row in connection.execute(by_source)} == COUNTS
            twice = select(listings.c.paper_id).group_by(listings.c.paper_id).having(func.count() > 1)
            assert 327 - report.new == len(connection.execute(twice).all()) > 0
        again = service.collect(DAY, files=files())
        assert (again.new, held(service)) == (0, first)


def test_an_answer_with_ids_merges_into_the_rows_that_are_there(settings: Callable[..., Settings]) -> None:
    with Service(settings()) as service:
        service.collect(DAY, files=files())
        before = held(service)
        with service.database.reading() as connection:
            known = papers.by_id(connection, list(before.values()))
        chosen = [one for one in known.values() if len(one.title.split()) > 5 and one.abstract and one.authors][:2]
        chosen += [one for one in known.values() if len(one.title.split()) > 5 and not one.authors][:1]
        rows = [
            {
                "arxiv_id": f"2603.0100{number}",
                "title": one.title,
                "abstract": one.abstract,
                "authors": list(one.authors) or ["Somebody Else"],
                "categories": ["cs.LG"],
            }
            for number, one in enumerate(chosen, 1)
        ]
        answer = parse_answer(api_answer(rows, DAY))
        found = [Listing(paper=one, source="arxiv", kind=ListingKind.NEW, listed_on=DAY) for one in answer.papers]
        with service.database.writing() as connection:
            assert papers.record(connection, found, datetime(2026, 3, 17, tzinfo=UTC)) == 0
            ids = papers.ids_of(connection, [f"arxiv:{row['arxiv_id']}" for row in rows])
        assert sorted(ids.values()) == sorted(before[one.title] for one in chosen)
        assert held(service) == before


def test_lists_make_an_edition_and_issues_like_any_other(settings: Callable[..., Settings]) -> None:
    with Service(settings()) as service:
        for name in TASTES:
            service.add(address_of(name), wishes_of(name), consent={})
        report = run(service, day=DAY, files=files())
        assert report.done, report.failed
        assert report.deliver.sent == len(TASTES)
        [*_, (issue, _)] = service.delivered_issues()
        assert len(issue.entries) == 10
