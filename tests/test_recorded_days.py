"""Recorded days become issues for the cast; skips where the recordings are not beside the project."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from digest.domain.profile import Stance
from digest.domain.relevance import holds_phrase, terms_of_topic
from digest.domain.subscriber import Wishes
from digest.journeys.run import run
from digest.service import Service
from digest.settings import Settings
from tests.cast import TASTES, address_of, wishes_of

RECORDINGS = Path(__file__).parents[2] / "shared" / "fixtures"
pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recorded answers are not beside the project")
DAYS = {
    "huggingface/daily_papers_2026-06-12_30.json": ("2026-06-12", 30, 0.6),
    "huggingface/daily_papers_2026-07-31_30.json": ("2026-07-31", 30, 0.5),
    "arxiv_rss/recorded_atom_cs.AI_86_closed.xml": ("2025-08-20", 86, 0.7),
    "arxiv_rss/recorded_atom_cs.AI_2025-08-20_7.xml": ("2025-08-20", 7, 0.2),
    "arxiv_rss/server_rss_new_cross_replace_replacecross.xml": ("2011-02-03", 8, 0.05),
    "arxiv_rss/server_atom_new_cross_replace_replacecross.xml": ("2011-02-03", 8, 0.05),
}


def share_on_topic(service: Service, wishes: dict[str, Wishes]) -> float:
    """Give the share of entries that hold a term of their reader's topics."""
    page = service.edition_page()
    assert page is not None
    hits = total = 0
    for issue, _ in service.delivered_issues():
        followed = [topic for topic in wishes[issue.address].topics if topic.stance is Stance.FOLLOW]
        for entry in issue.entries:
            paper = page.papers[entry.paper_id]
            text = f"{paper.title}\n{paper.abstract}"
            named = {term for topic in followed for term in terms_of_topic(topic)}
            hits += any(term in paper.categories or holds_phrase(term, text) for term in named)
            total += 1
    return hits / total


@pytest.mark.parametrize("name", DAYS)
def test_a_recorded_day_becomes_issues_for_the_cast(name: str, settings: Callable[..., Settings]) -> None:
    day, papers, floor = DAYS[name]
    wishes = {address_of(who): wishes_of(who) for who in TASTES}
    with Service(settings()) as service:
        for address, wanted in wishes.items():
            service.add(address, wanted, consent={})
        report = run(service, day=date.fromisoformat(day), files=[RECORDINGS / name])
        assert report.done
        assert (report.collect.papers, report.compose.issues, report.deliver.sent) == (papers, 10, 10)
        assert share_on_topic(service, wishes) >= floor


def test_a_truncated_day_is_kept_as_far_as_it_goes_and_named(settings: Callable[..., Settings]) -> None:
    with Service(settings()) as service:
        service.add(address_of("ada"), wishes_of("ada"), consent={})
        cut = RECORDINGS / "arxiv_rss" / "recorded_atom_cs.AI_truncated.xml"
        report = run(service, day=date(2025, 8, 20), files=[cut])
        assert not report.done
        assert "breaks off" in report.failed[0]
        assert (report.collect.papers, report.deliver.sent) == (86, 1)


@pytest.mark.parametrize("name", ["server_rss_error_bad_subject_400.xml", "server_atom_error_bad_subject_400.xml"])
def test_an_error_feed_is_a_failure_with_its_own_words(name: str, settings: Callable[..., Settings]) -> None:
    with Service(settings()) as service:
        report = service.collect(date(2011, 2, 3), files=[RECORDINGS / "arxiv_rss" / name])
        assert "Bad subject class 'ZZ'" in report.failed[0]
        assert report.papers == 0


def test_an_empty_weekend_feed_is_no_announcement_and_no_failure(settings: Callable[..., Settings]) -> None:
    with Service(settings()) as service:
        report = service.collect(date(2011, 2, 5), files=[RECORDINGS / "arxiv_rss" / "server_rss_empty_weekend.xml"])
        assert report.done
        assert report.verdicts == {"arxiv 2011-02-05": "no announcement"}
