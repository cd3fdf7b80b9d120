"""A paper that readers named becomes one with the work a source lists, and their reactions go with it."""

import pytest
from sqlalchemy import select

from digest.domain.paper import Paper, names_of
from digest.domain.subscriber import Subscriber
from digest.store import papers, reactions, told
from digest.store.database import Database
from digest.store.tables import papers as table
from tests.builders import NOW, listing, listings, paper
from tests.cast import joined

TITLE = "Naming Works by Their Words and Letters"
BY_TITLE = Paper(key="title:0123456789abcdef", title=TITLE, authors=("Ann Lee",))
BY_DOI = Paper(key="doi:10.5555/1", title="Anything at all that somebody typed")
BY_ID = Paper(key="arxiv:2603.00007", title="")


def said(database: Database, reader: Subscriber) -> list[tuple[int, bool]]:
    with database.reading() as connection:
        return [(one.paper_id, one.liked) for one in reactions.of(connection, [reader.id]).get(reader.id, ())]


def told_of(database: Database, reader: Subscriber, *found: Paper, liked: bool = True) -> None:
    with database.writing() as connection:
        told.react(connection, reader.id, found, liked=liked, now=NOW)


def rows(database: Database) -> list[tuple[int, str]]:
    with database.reading() as connection:
        return [(row.id, row.key) for row in connection.execute(select(table.c.id, table.c.key).order_by(table.c.id))]


@pytest.mark.parametrize("named", [BY_TITLE, BY_DOI, BY_ID], ids=["title", "DOI", "arXiv id"])
def test_a_reaction_counts_for_the_paper_a_source_lists_later(database: Database, named: Paper) -> None:
    ada = joined(database, "ada")
    told_of(database, ada, named)
    listed = listing(7, title=TITLE, doi="10.5555/1")
    with database.writing() as connection:
        papers.record(connection, [listed], NOW)
    [(number, key)] = rows(database)
    assert (key, said(database, ada)) == (listed.paper.key, [(number, True)])
    with database.reading() as connection:
        assert told.shown_to(connection, ada.id, [number])[number] == listed.paper


def test_rows_of_one_work_that_readers_named_apart_become_one_when_it_is_listed(database: Database) -> None:
    ada, bela = joined(database, "ada"), joined(database, "bela")
    told_of(database, ada, BY_TITLE, BY_DOI)
    told_of(database, bela, BY_ID, liked=False)
    told_of(database, bela, BY_TITLE, liked=False)
    assert len(rows(database)) == 3
    with database.writing() as connection:
        papers.record(connection, [listing(7, title=TITLE, doi="10.5555/1")], NOW)
        names = names_of(listing(7, title=TITLE, doi="10.5555/1").paper).all
        found = {papers.named(connection, name) for name in (*names, BY_TITLE.key)}
        assert found == set(connection.scalars(select(table.c.id)))
    [(number, key)] = rows(database)
    assert (key, said(database, ada), said(database, bela)) == (BY_ID.key, [(number, True)], [(number, False)])


def test_a_doi_that_comes_with_an_enrichment_joins_what_was_named_by_it(database: Database) -> None:
    ada = joined(database, "ada")
    with database.writing() as connection:
        papers.record(connection, [listing(7, title=TITLE)], NOW)
    told_of(database, ada, BY_DOI)
    with database.writing() as connection:
        papers.enrich(connection, [paper(7, title=TITLE, doi="10.5555/1")], [], NOW)
    [(number, _)] = rows(database)
    assert said(database, ada) == [(number, True)]


def test_a_wrong_title_on_an_identifier_draws_no_other_work_to_it(database: Database) -> None:
    told_of(database, joined(database, "ada"), Paper(key="doi:10.5555/9", title=TITLE, authors=("Ann Lee",)))
    plain = Paper(key="title:fedcba9876543210", title=TITLE, authors=("Ann Lee",), text_source="a list")
    with database.writing() as connection:
        papers.record(connection, [listing(7), listing(8, title=TITLE)], NOW)
        assert told.keep(connection, [plain], NOW) == [papers.named(connection, "arxiv:2603.00008")]


def test_a_title_that_one_reader_tells_never_takes_the_identifier_another_names(database: Database) -> None:
    with database.writing() as connection:
        first, second = told.keep(connection, [BY_TITLE, paper(7, title=TITLE)], NOW)
    assert rows(database) == [(first, BY_TITLE.key), (second, "arxiv:2603.00007")]


def test_only_listed_papers_count_as_background(database: Database) -> None:
    with database.writing() as connection:
        papers.record(connection, [*listings(3), listing(1)], NOW)
        told.keep(connection, [BY_TITLE, BY_DOI], NOW)
        assert papers.count(connection) == 3
