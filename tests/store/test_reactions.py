"""Likes and dislikes: the last word counts, whatever moves a profile makes it anew, and no reader meets another's."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from digest.domain.paper import READER, Paper
from digest.domain.profile import Reaction
from digest.domain.subscriber import Subscriber
from digest.store import papers, reactions, subscribers
from digest.store.database import Database
from digest.store.papers import by_id
from digest.store.told import keep
from tests.builders import NOW, listing, listings, paper
from tests.cast import joined

LATER = NOW + timedelta(days=1)


@pytest.fixture
def held(database: Database) -> Database:
    """Give a database with five listed papers."""
    with database.writing() as connection:
        papers.record(connection, listings(5), NOW)
    return database


def said(paper_id: int, liked: bool = True, at: datetime = NOW) -> Reaction:
    return Reaction(paper_id=paper_id, liked=liked, at=at)


def revision(database: Database, reader: Subscriber) -> int:
    with database.reading() as connection:
        found = subscribers.with_id(connection, reader.id)
    assert found is not None
    return found.profile_revision


def test_the_last_word_counts_and_the_same_word_again_keeps_its_moment(held: Database) -> None:
    ada = joined(held, "ada")
    with held.writing() as connection:
        assert reactions.put(connection, ada.id, [said(2, at=LATER), said(1), said(1, False), said(1)]) == 2
        assert reactions.of(connection, [ada.id]) == {ada.id: [said(1), said(2, at=LATER)]}
        assert reactions.put(connection, ada.id, [said(1, at=LATER), said(2, False, LATER)]) == 1
        assert reactions.of(connection, [ada.id]) == {ada.id: [said(1), said(2, False, LATER)]}


def test_only_a_change_makes_the_profile_anew(held: Database) -> None:
    ada, bela = joined(held, "ada"), joined(held, "bela")
    seen = []
    acts: tuple[Callable[[Connection], int], ...] = (
        lambda connection: reactions.put(connection, ada.id, [said(1), said(2)]),
        lambda connection: reactions.put(connection, ada.id, [said(1)]),
        lambda connection: reactions.take_back(connection, ada.id, 1),
        lambda connection: reactions.take_back(connection, ada.id, 1),
        lambda connection: reactions.forget(connection, ada.id),
        lambda connection: reactions.forget(connection, ada.id),
    )
    for act in acts:
        with held.writing() as connection:
            did = act(connection)
        seen.append((int(did), revision(held, ada)))
    assert seen == [(2, 1), (0, 1), (1, 2), (0, 2), (1, 3), (0, 3)]
    assert revision(held, bela) == 0


def test_forgetting_leaves_other_readers_alone(held: Database) -> None:
    ada, bela = joined(held, "ada"), joined(held, "bela")
    with held.writing() as connection:
        for one in (ada, bela):
            reactions.put(connection, one.id, [said(1), said(2, False)])
        assert reactions.forget(connection, ada.id) == 2
        assert reactions.of(connection, [ada.id, bela.id]) == {bela.id: [said(1), said(2, False)]}
        assert list(reactions.every_key(connection)) == [bela.id]


def test_a_text_that_comes_or_changes_renews_whoever_reacted_to_it_and_nobody_else(database: Database) -> None:
    ada, bela = joined(database, "ada"), joined(database, "bela")
    with database.writing() as connection:
        first, second = keep(connection, [Paper(key=paper(n).key, title="") for n in (1, 2)], NOW)
        reactions.put(connection, ada.id, [said(first)])
        reactions.put(connection, bela.id, [said(second)])
        papers.record(connection, [listing(1)], NOW)
        assert by_id(connection, [first])[first] == paper(1)
    assert (revision(database, ada), revision(database, bela)) == (2, 1)
    with database.writing() as connection:
        papers.record(connection, [listing(1), listing(3)], LATER)
    assert revision(database, ada) == 2, "nothing changed"
    with database.writing() as connection:
        papers.record(connection, [listing(1, abstract="It was withdrawn.", text_source="arxiv")], LATER)
    assert revision(database, ada) == 3


@pytest.mark.parametrize("source", ["arxiv", "huggingface", "biorxiv"])
def test_what_a_reader_tells_never_changes_a_paper_that_a_source_tells(database: Database, source: str) -> None:
    bad = {"title": "Buy here", "abstract": "Spam", "comment": "spam", "doi": "10.1/x"}
    told = listing(1, text_source=source)
    with database.writing() as connection:
        papers.record(connection, [told], NOW)
        [row] = keep(connection, [paper(1, **bad, code_url="https://spam.example", text_source="arxiv")], NOW)
        assert by_id(connection, [row])[row] == told.paper
        assert papers.named(connection, "doi:10.1/x") is None


def test_nothing_a_reader_told_stays_once_a_source_tells_of_the_paper(database: Database) -> None:
    with database.writing() as connection:
        [row] = keep(connection, [paper(1, title="Buy here", abstract="Spam", code_url="https://spam.example")], NOW)
        assert by_id(connection, [row])[row] == Paper(key=paper(1).key, title="", text_source=READER)
        told = listing(1, text_source="journal", abstract="")
        papers.record(connection, [told], NOW)
        assert by_id(connection, [row]) == {row: told.paper}


def test_a_paper_that_only_a_reader_told_of_is_no_candidate_and_no_background(held: Database) -> None:
    day = NOW.date()
    with held.writing() as connection:
        before = [one.id for one in papers.window(connection, day, day, LATER)]
        keep(connection, [paper(77), Paper(key="arxiv:2603.00078", title="")], NOW)
        assert [one.id for one in papers.window(connection, day, day, LATER)] == before
        assert {one.key for one in papers.newest(connection, 99)} == {paper(n).key for n in range(1, 6)}


def test_a_paper_is_found_again_by_its_title_and_author(held: Database) -> None:
    with held.writing() as connection:
        named = Paper(key="title:0123456789abcdef", title="On speech recognition 1", authors=("A. Lee",))
        assert keep(connection, [named, paper(1), named], NOW) == [1, 1, 1]


def test_a_reader_is_told_only_of_listed_papers_and_its_own(held: Database) -> None:
    ada, bela = joined(held, "ada"), joined(held, "bela")
    with held.writing() as connection:
        [own] = keep(connection, [paper(50)], NOW)
        reactions.put(connection, ada.id, [said(own)])
        shown = [reactions.may_be_shown(connection, one.id, row) for one in (ada, bela) for row in (1, own, own + 1)]
    assert shown == [True, True, False, True, False, False]


def test_arxiv_papers_that_readers_alone_told_of_are_asked_for_and_not_for_ever(held: Database) -> None:
    ada = joined(held, "ada")
    with held.writing() as connection:
        named = [paper(50), Paper(key="arxiv:2603.00051", title=""), Paper(key="doi:10.1/x", title=""), paper(1)]
        rows = keep(connection, named, NOW)
        keep(connection, [paper(60)], NOW)
        reactions.put(connection, ada.id, [said(row) for row in rows])
        assert reactions.untold(connection, NOW, READER) == rows[:2]
        assert reactions.untold(connection, NOW + timedelta(seconds=1), READER) == []
