"""The administrator sees which papers have odd counts, and nothing of it where there are none."""

from collections.abc import Callable, Iterator

import httpx2
import pytest

from digest.actions.report import MOST_NAMED, PublishReport
from digest.domain.edition import Candidate
from digest.domain.relevance import Vectoriser, terms_of_paper
from digest.domain.score import TrendScore
from digest.service import Service
from digest.settings import Settings
from digest.store import editions, models, papers
from digest.web.admin import ODD_SHOWN
from tests.builders import DAY, NOW, listings
from tests.servers import web_server

FOUND = listings(60)
WARNING = "a jump from 5 to 205 upvotes within 2 h, counted as 25: usual is <5> at that age"


@pytest.fixture
def house(settings: Callable[..., Settings]) -> Iterator[Service]:
    with Service(settings(admin_password="a password"), now=lambda: NOW) as opened:
        yield opened


def published(house: Service, *warnings: str) -> str:
    """Publish an edition whose first papers have warnings; give the administrator's page."""
    warned = [*warnings, *[""] * (len(FOUND) - len(warnings))]
    candidates = [
        Candidate(
            paper_id=i, paper_key=one.paper.key, listed_on=DAY, cluster=i, card=f"{i:064}",
            trend=TrendScore(value=1 / i, evidence=("votes",), warning=warning),
        )
        for i, (one, warning) in enumerate(zip(FOUND, warned, strict=True), 1)
    ]  # fmt: skip
    terms = [terms_of_paper(one.paper) for one in FOUND]
    made = Vectoriser().fit(terms)
    with house.database.writing() as connection:
        papers.record(connection, FOUND, NOW)
        version = models.keep(connection, "vectoriser", made.to_arrays(), now=NOW, learnt_from=len(FOUND))
        editions.publish(
            connection,
            DAY,
            now=NOW,
            candidates=candidates,
            vectors=made.transform(terms),
            vectoriser=version,
            frames={},
        )
    with web_server(house) as address:
        answer = httpx2.get(f"{address}/admin", auth=("a", "a password"), trust_env=False)
    assert answer.status_code == 200
    return answer.text


def test_the_administrator_reads_which_papers_have_odd_counts_and_how(house: Service) -> None:
    shown = published(house, "", WARNING)
    section = shown[shown.index('id="odd"') : shown.index('id="candidates"')]
    assert "1 of the candidates" in section
    assert FOUND[1].paper.title in section
    assert WARNING.replace("<5>", "&lt;5&gt;") in section
    assert FOUND[0].paper.title not in section


def test_odd_counts_are_all_counted_and_at_most_fifty_are_named(house: Service) -> None:
    shown = published(house, *[WARNING] * 53)
    assert "53 of the candidates" in shown
    assert shown.count("a jump from 5") == ODD_SHOWN == 50
    assert "And 3 more." in shown


def test_where_nothing_is_odd_nothing_is_said(house: Service) -> None:
    assert "Odd counts" not in published(house)


def test_a_report_counts_every_warning_and_names_the_first_fifty() -> None:
    report = PublishReport()
    for number in range(MOST_NAMED + 2):
        report.warn(f"arxiv:2603.{number:05d}", WARNING)
    assert (report.warnings, len(report.named)) == (52, 50)
    assert report.to_json()["warnings"] == 52
    assert report.named[0] == f"arxiv:2603.00000: {WARNING}"
