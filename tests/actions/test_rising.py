"""What rises stands in the edition, with papers that can be found, and in the head of every mail made of it."""

from datetime import date, timedelta

import pytest

from digest.actions.publish import publish
from digest.domain.edition import Edition
from digest.domain.listing import Listing
from digest.store import editions, papers
from digest.store.database import Database
from tests.builders import DAY, NOW, listing, masthead


def usual(day: date, number: int) -> Listing:
    """Give a paper as on any day, by an author of its own."""
    title, author = f"On robot arms {day} nr{number}", f"Ann Lee{number}"
    key = f"arxiv:{day:%y%m}.{day.day:02}{number:03}"
    return listing(number, key=key, title=title, abstract="", authors=(author,), listed_on=day)


@pytest.fixture
def eight_weeks(database: Database) -> Database:
    """Give a database with ten usual papers a day, for nine weeks up to yesterday."""
    with database.writing() as connection:
        days = [DAY - timedelta(days=ago) for ago in range(63, -1, -1)]
        papers.record(connection, [usual(day, number) for day in days for number in range(10)], NOW)
    return database


def published(database: Database) -> tuple[Edition, str, str]:
    """Publish and give the edition, with the head of its mails as HTML and as text."""
    publish(database, DAY, masthead(), now=NOW)
    with database.reading() as connection:
        edition = editions.newest(connection, DAY)
        assert edition is not None
        bodies = editions.fragments_of(connection, edition.frames.values())
    html, text = ("".join(bodies[edition.frames[f"{form}_head"]]) for form in ("html", "text"))
    return edition, html, text


def announce(database: Database, sources: int = 1) -> None:
    """Announce six papers on a new topic; each day before today another source announces them again."""
    found = [
        listing(number, title=f"On world models nr{number}", abstract="", authors=(f"Bo Ek{number}",), listed_on=day)
        for number in range(6)
        for day in [DAY - timedelta(days=ago) for ago in range(sources)]
    ]
    with database.writing() as connection:
        papers.record(connection, found, NOW)


def test_what_rises_stands_in_the_edition_and_in_the_head_of_the_mail(eight_weeks: Database) -> None:
    edition, html, text = published(eight_weeks)
    assert edition.rising == ()
    assert "Rising" not in html + text
    announce(eight_weeks)
    edition, html, text = published(eight_weeks)
    assert [(one.term, one.span, one.times, one.count) for one in edition.rising] == [
        ("world models", "day", "7×", 6), ("world models", "week", "7×", 6),
    ]  # fmt: skip
    assert edition.rising[0].papers[0] in {candidate.paper_key for candidate in edition.candidates}
    assert "Rising today</a>: world models 7×.</p>" in html
    assert "\n\nRising today: world models 7×.\nhttps://digest.example.org/trend\n\n---" in text


def test_papers_announced_again_do_not_rise_today(eight_weeks: Database) -> None:
    announce(eight_weeks, sources=3)
    edition, _, text = published(eight_weeks)
    assert [one.span for one in edition.rising] == ["week"]
    assert "Rising this week: world models 7×." in text


def test_on_the_first_day_nothing_rises(database: Database) -> None:
    announce(database)
    assert published(database)[0].rising == ()
