"""The migrations end in exactly the tables of the code, on both databases."""

import warnings

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from digest.service import Service
from digest.settings import Settings
from digest.store.database import Database
from digest.store.tables import keys, metadata, paper_names


def test_schema_equals_the_migrations(database: Database) -> None:
    with database.reading() as connection, warnings.catch_warnings():
        warnings.simplefilter("error")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    opened = Database(database_url)
    assert not opened.is_current()
    opened.migrate()
    opened.migrate()
    assert opened.is_current()
    with opened.reading() as connection:
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
    opened.close()


def test_the_signing_key_is_made_once(database_url: str) -> None:
    settings = Settings(_env_file=None, database_url=database_url)
    with Service(settings) as first:
        links = first.links
    with Service(settings) as second, second.database.reading() as connection:
        assert second.links.keys == links.keys
        assert len(connection.execute(select(keys)).all()) == 1


def test_a_database_of_the_first_version_keeps_its_papers_and_gives_them_names(database_url: str) -> None:
    opened = Database(database_url)
    opened.migrate("0001_initial")
    facts = dict.fromkeys(("abstract", "organisation", "code_url", "project_url", "discussion_url", "page_url"), "")
    facts |= {"key": "arxiv:2603.00007", "title": "A Title of Four Words", "text_source": "arxiv", "at": "2026-03-17"}
    columns = "key, title, abstract, authors, categories, organisation, keywords, code_url, project_url, discussion_url"
    values = ":key, :title, :abstract, '[]', '[]', :organisation, '[]', :code_url, :project_url, :discussion_url"
    with opened.writing() as connection:
        more, told = "page_url, text_source, first_seen_at", ":page_url, :text_source, :at"
        connection.execute(text(f"INSERT INTO papers ({columns}, {more}) VALUES ({values}, {told})"), facts)
        connection.execute(text("INSERT INTO listings VALUES (1, 'arxiv', '2026-03-17', 'new')"))
    assert not opened.is_current()
    opened.close()
    with (
        Service(Settings(_env_file=None, database_url=database_url)) as service,
        service.database.reading() as connection,
    ):
        names = set(connection.scalars(select(paper_names.c.name)))
        assert "arxiv:2603.00007" in names
        assert connection.scalar(text("SELECT count(*) FROM listings")) == 1
