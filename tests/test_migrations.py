"""The migrations end in exactly the tables of the code, on both databases."""

import warnings
from datetime import timedelta

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from digest.domain.delivery import Kind
from digest.domain.profile import Stance
from digest.domain.subscriber import Layout, Status, Wishes, wishes_from_json, wishes_to_json
from digest.resources import resource_dir
from digest.service import Service
from digest.settings import Settings
from digest.store import subscribers
from digest.store.database import Database
from digest.store.tables import (
    bells,
    bounces,
    confirmations,
    deliveries,
    keys,
    metadata,
    paper_names,
    suppressions,
    topics,
)
from digest.store.tables import subscribers as subscribers_table
from tests.builders import NOW


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


def at_the_fourth_version(database_url: str) -> Database:
    """Give a database of the version before the kinds of mail, with two readers, an issue's row and a sign-up."""
    opened = at_the_third_version(database_url)
    opened.migrate("0004_interests")
    columns = "id, address, address_key, status, frequency, hour, zone, length, trend_weight, profile_revision"
    values = "'active', 'daily', 7, 'UTC', 5, 0.75, 3, '2026-03-01', '{}', 0, 0, 0"
    with opened.writing() as connection:
        for number, name in ((2, "bela"), (3, "chen")):
            own = f"{number}, '{name}@x.example', '{name}@x.example', {values}"
            names = f"{columns}, created_at, consent, minutes, breadth, bar"
            connection.execute(text(f"INSERT INTO subscribers ({names}) VALUES ({own})"))
        connection.execute(text(queued(1, "confirmation")))
        row = {"subscriber_id": 1, "asked_at": NOW, "wishes": {**OLD_WISHES, "liked": [{"key": "arxiv:1"}]}}
        connection.execute(confirmations.insert().values(**row))
    return opened


OLD_WISHES = {
    "topics": [], "cadence": {"frequency": "daily", "hour": 6, "zone": "UTC"}, "length": 5, "minutes": 0,
    "trend_weight": 0.75, "breadth": 0.0, "bar": 0.0,
}  # fmt: skip


def queued(number: int, kind: str) -> str:
    """Give the statement that queues a mail to a reader."""
    columns = "subscriber_id, kind, key, state, attempts, created_at, next_attempt_at, reply, message_sha256"
    moments = f"'{NOW:%Y-%m-%d %H:%M:%S}.000000', '{NOW:%Y-%m-%d %H:%M:%S}.000000'"
    return f"INSERT INTO deliveries ({columns}) VALUES ({number}, '{kind}', '1', 'queued', 0, {moments}, '', '')"


def test_readers_of_the_fourth_version_get_the_usual_mail_and_lose_nothing(database_url: str) -> None:
    opened = at_the_fourth_version(database_url)
    opened.migrate()
    with opened.reading() as connection:
        for one in subscribers.every(connection):
            assert (one.status, one.resumes_at, one.wishes.length) == (Status.ACTIVE, None, 5)
            assert (one.wishes.layout, one.wishes.quiet_days) == (Layout.NORMAL, False)
        assert connection.scalars(select(deliveries.c.kind)).all() == ["confirmation"]
        assert wishes_from_json(OLD_WISHES).layout is Layout.NORMAL
    opened.close()


def test_going_back_to_the_fourth_version_leaves_nothing_it_cannot_read(database_url: str) -> None:
    opened = at_the_fourth_version(database_url)
    opened.migrate()
    back_at = NOW + timedelta(days=9)
    with opened.writing() as connection:
        _, bela, chen = subscribers.every(connection)
        subscribers.set_status(connection, bela, Status.PAUSED, now=NOW, until=back_at)
        subscribers.set_status(connection, chen, Status.PAUSED, now=NOW)
        for kind in Kind:
            connection.execute(text(queued(2, kind)))
        wanted = wishes_to_json(Wishes(layout=Layout.FULL, quiet_days=True, length=4)) | {"liked": [{"key": "arxiv:2"}]}
        connection.execute(confirmations.insert().values(subscriber_id=2, asked_at=NOW, wishes=wanted))
    go_back(opened, "0004_interests")
    with opened.reading() as connection:
        kinds = connection.execute(text("SELECT subscriber_id, kind FROM deliveries ORDER BY id")).all()
        assert [tuple(row) for row in kinds] == [(1, "confirmation"), (2, "issue"), (2, "confirmation")]
        asked = select(subscribers_table.c.status, subscribers_table.c.next_issue_at)
        states = connection.execute(asked.order_by(subscribers_table.c.id)).all()
        assert [row.status for row in states] == ["active", "active", "paused"]
        assert [row.next_issue_at for row in states[1:]] == [back_at, None]
        waiting = connection.scalars(select(confirmations.c.wishes).order_by(confirmations.c.id)).all()
        assert [wishes.keys() for wishes in waiting] == [{*OLD_WISHES, "liked"}] * 2
        assert (waiting[1]["length"], waiting[1]["liked"]) == (4, [{"key": "arxiv:2"}])
    opened.migrate()
    assert opened.is_current()
    with opened.reading() as connection:
        assert [one.status for one in subscribers.every(connection)] == ["active", "active", "paused"]
    opened.close()


def test_what_came_back_goes_with_the_version_before_it_and_the_rest_stays(database_url: str) -> None:
    opened = at_the_fourth_version(database_url)
    opened.migrate("0005_mail")
    with opened.writing() as connection:
        bell = {"name": "collect", "at": NOW if not opened.is_sqlite else f"{NOW:%Y-%m-%d %H:%M:%S}.000000"}
        connection.execute(text("INSERT INTO bells (name, next_at) VALUES (:name, :at)"), bell)
    opened.migrate()
    held, claimed = {"name": "clock", "next_at": NOW, "holder": "here/1/1"}, select(bells.c.name, bells.c.holder)
    with opened.writing() as connection:
        assert connection.execute(claimed).all() == [("collect", None)]
        [number] = connection.scalars(select(deliveries.c.id))
        connection.execute(bells.insert().values(**held))
        came_back = {"subscriber_id": 1, "delivery_id": number, "kind": "hard", "code": "5.1.1", "words": "", "at": NOW}
        connection.execute(bounces.insert().values(**came_back))
        connection.execute(suppressions.insert().values(address_key="ada@x.example", reason="bounced", since=NOW))
    go_back(opened, "0005_mail")
    with opened.reading() as connection:
        assert not inspect(connection).has_table("bounces")
        assert connection.execute(text("SELECT name FROM bells ORDER BY name")).all() == [("clock",), ("collect",)]
        assert connection.scalars(select(suppressions.c.address_key)).all() == ["ada@x.example"]
        assert connection.scalars(select(deliveries.c.id)).all() == [number]
    opened.migrate()
    assert opened.is_current()
    with opened.reading() as connection:
        assert connection.execute(claimed.order_by(bells.c.name)).all() == [("clock", None), ("collect", None)]
        assert connection.scalar(text("SELECT count(*) FROM bounces")) == 0
    opened.close()
