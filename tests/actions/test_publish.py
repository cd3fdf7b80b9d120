"""Publishing: an edition of what was listed, best first; the same again is no new edition."""

from datetime import timedelta

from digest.actions.publish import REFIT_AFTER, publish
from digest.domain.edition import Edition
from digest.store import editions, models, papers
from digest.store.database import Database
from tests.builders import DAY, NOW, listing, masthead


def edition(database: Database) -> Edition:
    with database.reading() as connection:
        found = editions.newest(connection, DAY)
    assert found is not None
    return found


def test_without_a_paper_there_is_no_edition_and_the_report_says_so(database: Database) -> None:
    with database.writing() as connection:
        papers.record(connection, [listing(1, listed_on=DAY - timedelta(days=8))], NOW)
    report = publish(database, DAY, masthead(), now=NOW)
    assert report.failed == ["no paper was listed in the 8 days up to 2026-03-17: collect first"]
    with database.reading() as connection:
        assert editions.newest(connection, DAY) is None


def test_the_same_again_makes_no_new_revision_and_news_makes_one(published: Database) -> None:
    again = publish(published, DAY, masthead(), now=NOW + timedelta(hours=1))
    assert (again.revision, again.is_new, again.candidates) == (1, False, 40)
    with published.writing() as connection:
        papers.record(connection, [listing(99, upvotes=500)], NOW)
    news = publish(published, DAY, masthead(), now=NOW + timedelta(hours=1))
    assert (news.revision, news.is_new, news.candidates) == (2, True, 41)
    assert edition(published).candidates[0].paper_key == "arxiv:2603.00099"


def test_candidates_stand_best_first_each_with_its_card(published: Database) -> None:
    found = edition(published)
    values = [candidate.trend.value for candidate in found.candidates]
    assert values == sorted(values, reverse=True)
    assert found.candidates[0].trend.evidence[0].startswith("78 upvotes in 9 h")
    assert len(set(found.clusters.tolist())) == 40
    with published.reading() as connection:
        cards = editions.fragments_of(connection, [candidate.card for candidate in found.candidates])
    assert len(cards) == 40
    assert all(f"arxiv.org/abs/{one.paper_key[6:]}" in str(cards[one.card]) for one in found.candidates)


def test_votes_counted_later_do_not_count_earlier(published: Database) -> None:
    publish(published, DAY, masthead(), now=NOW - timedelta(hours=1))
    assert not any(candidate.trend.has_votes for candidate in edition(published).candidates)


def test_near_duplicates_are_one_group(database: Database) -> None:
    with database.writing() as connection:
        papers.record(connection, [listing(number, title="The same", abstract="Twice told") for number in (1, 2)], NOW)
    publish(database, DAY, masthead(), now=NOW)
    assert edition(database).clusters.tolist() == [0, 0]


def test_papers_without_a_single_word_make_an_edition_too(database: Database) -> None:
    with database.writing() as connection:
        papers.record(connection, [listing(title="0", abstract="", categories=())], NOW)
    assert publish(database, DAY, masthead(), now=NOW).candidates == 1


def test_the_vectoriser_is_learnt_again_after_a_week_or_much_news(published: Database) -> None:
    def version() -> int:
        with published.reading() as connection:
            last = models.last(connection, "vectoriser")
        assert last is not None
        return last[0]

    first = version()
    publish(published, DAY, masthead(), now=NOW + REFIT_AFTER - timedelta(seconds=1))
    assert version() == first
    publish(published, DAY, masthead(), now=NOW + REFIT_AFTER)
    second = version()
    assert second > first
    with published.writing() as connection:
        papers.record(connection, [listing(number) for number in range(100, 110)], NOW)
    publish(published, DAY, masthead(), now=NOW + REFIT_AFTER)
    assert version() > second


def test_marks_in_a_title_break_no_edition(database: Database) -> None:
    titles = ["QZwhyZQ <!--cut-->", "QZfQZaZQooZQ", "<!--c<!--cut-->ut-->", "{{ 7*7 }}"]
    with database.writing() as connection:
        papers.record(connection, [listing(i, title=title) for i, title in enumerate(titles, 1)], NOW)
    assert publish(database, DAY, masthead(), now=NOW).done
    assert len(edition(database).candidates) == 4
