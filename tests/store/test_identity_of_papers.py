"""One work is one row, however its sources name it, and a row once given stays: what hangs on it is not lost."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select

from digest.domain.identity import paper_key
from digest.domain.listing import Listing, ListingKind
from digest.domain.paper import Paper
from digest.store import papers
from digest.store.database import Database
from digest.store.tables import paper_names
from digest.store.tables import papers as table
from tests.builders import DAY, NOW, listing

TITLE = "Naming Works by Their Words and Letters"
ABSTRACT = "We name works by their words. " * 12


def listed(source: str = "a list", **facts: Any) -> Listing:
    """Give a listing of a paper without identifier."""
    usual: dict[str, Any] = {"title": TITLE, "abstract": "", "authors": ()} | facts
    first = usual["authors"][0] if usual["authors"] else ""
    key = paper_key(title=usual["title"] or usual["abstract"], first_author=first)
    return Listing(paper=Paper(key=key, **usual), source=source, kind=ListingKind.NEW, listed_on=DAY)


def rows(database: Database, *found: Sequence[Listing]) -> list[tuple[int, str]]:
    """Record listings one after the other and give what rows there are."""
    for some in found:
        with database.writing() as connection:
            papers.record(connection, some, NOW)
    with database.reading() as connection:
        return [(row.id, row.key) for row in connection.execute(select(table.c.id, table.c.key).order_by(table.c.id))]


def test_a_later_listing_with_an_id_merges_into_the_row_without(database: Database) -> None:
    [(number, _)] = rows(database, [listed(authors=("Ann Lee",))])
    assert rows(database, [listing(7, title=TITLE, authors=("A. Lee", "Bo Ek"))]) == [(number, "arxiv:2603.00007")]


def test_a_list_that_comes_after_the_id_adds_to_the_same_row(database: Database) -> None:
    found = rows(database, [listing(7, title=TITLE, authors=("A. Lee",))], [listed(authors=("Ann Lee",), venue="TMLR")])
    assert [key for _, key in found] == ["arxiv:2603.00007"]
    with database.reading() as connection:
        assert papers.by_id(connection, [found[0][0]])[found[0][0]].venue == "TMLR"


def test_a_title_alone_is_enough_where_one_of_two_names_no_first_author(database: Database) -> None:
    partial = listed("profile", authors=("Bo Ek",), authors_complete=False)
    assert len(rows(database, [listed("search")], [partial], [listing(7, title=TITLE)])) == 1


def test_the_same_title_by_others_is_another_work(database: Database) -> None:
    assert len(rows(database, [listed(authors=("Ann Lee",))], [listed(authors=("Cy Roe",))])) == 2


def test_a_title_that_many_works_share_tells_nothing(database: Database) -> None:
    assert (
        len(rows(database, [listed(title="Deep Learning", authors=("Ann Lee",))], [listed(title="Deep Learning")])) == 2
    )


def test_two_ids_are_two_works_whatever_they_are_called(database: Database) -> None:
    assert (
        len(rows(database, [listing(7, title=TITLE, abstract=ABSTRACT), listing(8, title=TITLE, abstract=ABSTRACT)]))
        == 2
    )


def test_a_work_without_title_is_known_again_by_its_abstract(database: Database) -> None:
    untitled = listed(title="", abstract=ABSTRACT)
    found = rows(database, [untitled], [untitled], [listing(7, title=TITLE, abstract=ABSTRACT)])
    assert [key for _, key in found] == ["arxiv:2603.00007"]


def test_both_in_one_answer_are_one_row(database: Database) -> None:
    assert len(rows(database, [listed(authors=("Ann Lee",)), listing(7, title=TITLE, authors=("Ann Lee",))])) == 1


def test_a_complete_list_of_authors_is_not_replaced_by_a_partial_one(database: Database) -> None:
    whole = listing(7, title=TITLE, authors=("Ann Lee", "Bo Ek"))
    partial = listed(authors=("Bo Ek",), authors_complete=False)
    [(number, _)] = rows(database, [whole], [partial])
    with database.reading() as connection:
        held = papers.by_id(connection, [number])[number]
    assert (held.authors, held.authors_complete) == (("Ann Lee", "Bo Ek"), True)


def test_one_doi_for_a_whole_volume_does_not_join_its_papers(database: Database) -> None:
    volume = [listing(7, doi="10.4204/eptcs.1"), listing(8, doi="10.4204/eptcs.1")]
    assert len(rows(database, volume, volume)) == 2


def test_a_partial_list_of_other_people_is_another_work(database: Database) -> None:
    other = listed(authors=("Cy Roe",), authors_complete=False)
    assert len(rows(database, [listing(7, title=TITLE, authors=("Ann Lee", "Bo Ek"))], [other])) == 2


def test_a_list_does_not_rename_the_fields_of_arxiv(database: Database) -> None:
    [(number, _)] = rows(
        database, [listing(7, title=TITLE)], [listed(authors=("Ann Lee",), categories=("Machine learning",))]
    )
    with database.reading() as connection:
        assert papers.by_id(connection, [number])[number].categories == ("cs.CL",)


def test_an_announcement_wins_over_the_replacement_it_was_taken_for(database: Database) -> None:
    announced = listing(7)
    rows(
        database,
        [replace(announced, kind=ListingKind.REPLACE)],
        [announced],
        [replace(announced, kind=ListingKind.REPLACE)],
    )
    with database.reading() as connection:
        assert [one.paper.key for one in papers.window(connection, DAY, DAY, NOW)] == [announced.paper.key]


def test_papers_from_before_there_were_names_get_theirs(database: Database) -> None:
    rows(database, [listing(7, title=TITLE)])
    with database.writing() as connection:
        connection.execute(delete(paper_names))
        assert (papers.name_unnamed(connection), papers.name_unnamed(connection)) == (1, 0)
    assert len(rows(database, [listed(authors=("A. Lee",))])) == 1
