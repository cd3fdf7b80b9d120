"""The migrations end in exactly the tables of the code, on both databases."""

import warnings

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from digest.domain.profile import Stance
from digest.domain.subscriber import wishes_from_json
from digest.resources import resource_dir
from digest.service import Service
from digest.settings import Settings
from digest.store import subscribers
from digest.store.database import Database
from digest.store.tables import keys, metadata, paper_names, topics


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


def at_the_third_version(database_url: str) -> Database:
    """Give a database of the version before readers could say more, with one reader in it."""
    opened = Database(database_url)
    opened.migrate("0003_trend")
    reader = (
        "id, address, address_key, status, frequency, hour, zone, length, trend_weight, profile_revision, created_at"
    )
    values = "1, 'ada@x.example', 'ada@x.example', 'active', 'weekly', 7, 'UTC', 5, 0.75, 3, '2026-03-01', '{}'"
    with opened.writing() as connection:
        connection.execute(text(f"INSERT INTO subscribers ({reader}, consent) VALUES ({values})"))
        for position, words, never in ((0, "robots", "false"), (1, "video", "true")):
            columns = "subscriber_id, position, words, kind, never"
            row = f"1, {position}, '{words}', 'phrase', {never}"
            connection.execute(text(f"INSERT INTO topics ({columns}) VALUES ({row})"))
        vector = {"subscriber_id": 1, "profile_revision": 3, "vectoriser": 1} | dict.fromkeys(VECTOR, b"")
        names = ", ".join(vector)
        marks = ", ".join(f":{name}" for name in vector)
        connection.execute(text(f"INSERT INTO profile_vectors ({names}) VALUES ({marks})"), vector)
    return opened


VECTOR = ("starts", "indices", "weights")


def test_readers_of_the_third_version_keep_their_wishes_and_their_issues(database_url: str) -> None:
    opened = at_the_third_version(database_url)
    opened.migrate()
    with opened.writing() as connection:
        [ada] = subscribers.every(connection)
        stances = [(topic.words, topic.stance, topic.beside) for topic in ada.wishes.topics]
        assert stances == [("robots", Stance.FOLLOW, None), ("video", Stance.NEVER, None)]
        assert (ada.wishes.length, ada.wishes.trend_weight, ada.wishes.cadence.hour) == (5, 0.75, 7)
        assert (ada.wishes.bar, ada.wishes.breadth, ada.wishes.minutes) == (0, 0, 0)
        assert connection.scalar(text("SELECT count(*) FROM profile_vectors")) == 0
    opened.close()


def test_going_back_to_the_third_version_keeps_what_readers_never_want(database_url: str) -> None:
    opened = at_the_third_version(database_url)
    opened.migrate()
    with opened.writing() as connection:
        row = {"subscriber_id": 1, "position": 2, "words": "hype", "kind": "phrase", "stance": Stance.LESS}
        connection.execute(topics.insert().values(**row, beside=["noise"]))
    go_back(opened, "0003_trend")
    with opened.reading() as connection:
        held = connection.execute(text("SELECT words, never FROM topics ORDER BY position")).all()
        assert [(row.words, bool(row.never)) for row in held] == [("robots", False), ("video", True), ("hype", False)]
        assert connection.scalar(text("SELECT length FROM subscribers")) == 5
        assert not inspect(connection).has_table("reactions")
        assert "bar" not in {column["name"] for column in inspect(connection).get_columns("subscribers")}
    opened.migrate()
    assert opened.is_current()
    opened.close()


def go_back(opened: Database, to: str) -> None:
    """Take migrations back, down to one."""
    config = Config()
    config.set_main_option("script_location", str(resource_dir("migrations")))
    with opened.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)


def test_a_confirmation_of_the_third_version_that_waits_gets_full_issues() -> None:
    cadence = {"frequency": "daily", "hour": 6, "zone": "UTC"}
    waiting = {"topics": [{"words": "video", "kind": "phrase", "never": True}], "cadence": cadence, "length": 5}
    read = wishes_from_json(waiting | {"trend_weight": 0.75})
    assert (read.bar, read.breadth, read.topics[0].stance, read.length) == (0, 0, Stance.NEVER, 5)
