"""Subscribers come, change their minds, and go; the database keeps what they said and no more."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select

from digest.actions.subscribe import EVERYTHING_OF_A_READER
from digest.domain.background import learnt_from
from digest.domain.cadence import Cadence, Frequency
from digest.domain.delivery import Kind
from digest.domain.interests import interests_of
from digest.domain.profile import Stance, Topic, TopicKind, read_topics
from digest.domain.relevance import terms_of_topic
from digest.domain.subscriber import Status, Subscriber, Wishes
from digest.store import claims, deliveries, issues, profiles, subscribers
from digest.store.claims import Share
from digest.store.database import Database
from digest.store.tables import metadata
from tests.builders import NOW
from tests.cast import TASTES, address_of, joined, wishes_of


def again(database: Database, reader: Subscriber) -> Subscriber:
    with database.reading() as connection:
        held = subscribers.with_id(connection, reader.id)
    assert held is not None
    return held


@pytest.mark.parametrize("name", TASTES)
def test_what_a_reader_wants_comes_back_as_it_was(database: Database, name: str) -> None:
    wishes = replace(wishes_of(name), length=25, trend_weight=0.15)
    reader = joined(database, name, wishes=wishes)
    assert (reader.wishes, reader.address, reader.status) == (wishes, address_of(name), Status.ACTIVE)
    assert reader.next_issue_at == wishes.cadence.next_due(NOW - timedelta(days=1))


@pytest.mark.parametrize("typed", ["ada@readers.example", "ADA@readers.example", "Ada@Readers.Example"])
def test_one_address_is_one_reader(database: Database, typed: str) -> None:
    ada = joined(database, "ada")
    with database.writing() as connection:
        added = subscribers.add(connection, typed, Wishes(), now=NOW, status=Status.PENDING, consent={})
        found = subscribers.with_address(connection, typed)
    assert (added, found) == (None, ada)


def test_topics_of_many_readers_are_not_mixed_up(database: Database) -> None:
    readers = [joined(database, name) for name in TASTES]
    with database.reading() as connection:
        assert subscribers.every(connection) == readers
        assert subscribers.active(connection, after_id=readers[2].id, most=3) == readers[3:6]
        assert subscribers.every(connection, Status.PENDING) == []


def test_only_active_readers_are_due_and_not_before_their_hour(database: Database) -> None:
    wishes = Wishes(cadence=Cadence(hour=9))
    ada, bela, chen = (joined(database, name, wishes=wishes) for name in ("ada", "bela", "chen"))
    joined(database, "dara", wishes=wishes, status=Status.PENDING)
    with database.writing() as connection:
        subscribers.set_status(connection, bela, Status.PAUSED, now=NOW)
        assert subscribers.due(connection, NOW - timedelta(seconds=1), after_id=0, most=9) == []
        assert subscribers.due(connection, NOW, after_id=0, most=9) == [ada, chen]
        assert subscribers.due(connection, NOW, after_id=ada.id, most=9) == [chen]


def test_the_due_moment_moves_only_once(database: Database) -> None:
    ada, later = joined(database, "ada"), NOW + timedelta(days=1)
    with database.writing() as connection:
        assert subscribers.move_due(connection, ada, later)
    with database.writing() as connection:
        assert not subscribers.move_due(connection, ada, later + timedelta(days=1))
    assert again(database, ada).next_issue_at == later


def test_a_new_cadence_makes_a_new_due_moment_and_new_topics_do_not(database: Database) -> None:
    ada = joined(database, "ada")
    weekly = replace(ada.wishes, cadence=Cadence(frequency=Frequency.WEEKLY, zone="Asia/Tokyo"))
    for wishes, due in [
        (replace(ada.wishes, topics=()), ada.next_issue_at),
        (weekly, weekly.cadence.next_due(NOW)),
    ]:
        with database.writing() as connection:
            subscribers.keep_wishes(connection, ada, wishes, NOW)
        held = again(database, ada)
        assert (held.wishes, held.next_issue_at) == (wishes, due)
    assert again(database, ada).profile_revision == 2


@pytest.mark.parametrize("status", [Status.PAUSED, Status.UNSUBSCRIBED, Status.PENDING])
def test_who_is_not_active_is_never_due(database: Database, status: Status) -> None:
    ada = joined(database, "ada")
    with database.writing() as connection:
        subscribers.set_status(connection, ada, status, now=NOW)
    held = again(database, ada)
    assert (held.status, held.next_issue_at) == (status, None)
    assert (held.confirmed_at is None) == (status is Status.PENDING)


def test_removing_a_reader_leaves_no_trace_and_no_other_reader_loses_a_row(database: Database) -> None:
    ada, bela = joined(database, "ada"), joined(database, "bela")
    with database.writing() as connection:
        for reader in (ada, bela):
            number = subscribers.ask(connection, reader.id, Wishes(), NOW)
            deliveries.queue(connection, reader.id, Kind.CONFIRMATION, str(number), now=NOW, letter={})
        subscribers.remove(connection, ada, EVERYTHING_OF_A_READER)
        assert (subscribers.every(connection), subscribers.of_delivery(connection, 2)) == ([bela], bela)
        for table in metadata.sorted_tables:
            if "subscriber_id" in table.c:
                assert set(connection.scalars(select(table.c.subscriber_id))) <= {bela.id}


def test_a_confirmation_counts_once(database: Database) -> None:
    ada = joined(database, "ada", status=Status.PENDING)
    with database.writing() as connection:
        number = subscribers.ask(connection, ada.id, ada.wishes, NOW)
        assert subscribers.asked_since(connection, ada.id, NOW - timedelta(seconds=1)) == 1
        assert subscribers.asked_since(connection, ada.id, NOW) == 0
        assert subscribers.confirm(connection, number, NOW) == (ada.id, ada.wishes)
        assert subscribers.confirm(connection, number, NOW) == (ada.id, None)
        assert subscribers.confirm(connection, number + 1, NOW) is None
        assert subscribers.asked_since(connection, ada.id, NOW - timedelta(seconds=1)) == 0, "it was answered"


def test_a_release_takes_back_one_reason_only(database: Database) -> None:
    ada = joined(database, "ada")
    with database.writing() as connection:
        deliveries.queue(connection, ada.id, Kind.ISSUE, "2026-03-17", now=NOW)
        [claim] = claims.claim(connection, "me", Share(), now=NOW)
        subscribers.suppress(connection, "ADA@readers.example", "hard bounce", NOW)
        subscribers.suppress(connection, ada.address, Status.UNSUBSCRIBED, NOW)
        subscribers.release(connection, ada.address, Status.UNSUBSCRIBED)
        assert deliveries.unwanted(connection, claim.delivery) == "suppressed: hard bounce"


def test_interests_are_kept_until_topics_or_vectoriser_change(database: Database) -> None:
    ada, bela, hugo = (joined(database, name) for name in ("ada", "bela", "hugo"))
    vectoriser, background = learnt_from([terms_of_topic(topic) for name in TASTES for topic in wishes_of(name).topics])
    width = len(vectoriser.terms_) + 1
    made = {one.id: interests_of(one.wishes.topics, (), {}, vectoriser, background) for one in (ada, bela)}
    made |= {hugo.id: interests_of((), (), {}, vectoriser, background)}
    with database.writing() as connection:
        profiles.keep(connection, [ada, bela, hugo], 1, made)
        held = profiles.held_for(connection, [ada, bela, hugo], 1, width)
        assert {number: one.rows.shape for number, one in held.items()} == {n: o.rows.shape for n, o in made.items()}
        for number, one in held.items():
            np.testing.assert_array_equal(one.rows.toarray(), made[number].rows.toarray())
        assert profiles.held_for(connection, [ada], 2, width) == {}
        profiles.keep(connection, [ada], 2, {ada.id: made[bela.id]})
        [anew] = profiles.held_for(connection, [ada], 2, width).values()
        np.testing.assert_array_equal(anew.rows.toarray(), made[bela.id].rows.toarray())
        subscribers.keep_wishes(connection, ada, Wishes(), NOW)
    assert again(database, bela) == bela
    with database.reading() as connection:
        assert list(profiles.held_for(connection, [again(database, ada), bela], 1, width)) == [bela.id]


def test_topics_are_kept_in_their_order_and_kind(database: Database) -> None:
    typed = (*read_topics(["z last\x00", "cs.CL", "a first", "cs.CL"]), Topic(words="x", stance=Stance.NEVER))
    reader = joined(database, "ada", wishes=Wishes(topics=typed))
    assert [(topic.words, topic.kind, topic.stance.value) for topic in reader.wishes.topics] == [
        ("z last", TopicKind.PHRASE, "follow"),
        ("cs.CL", TopicKind.CATEGORY, "follow"),
        ("a first", TopicKind.PHRASE, "follow"),
        ("x", TopicKind.PHRASE, "never"),
    ]


def test_nobody_has_an_issue_before_the_first(database: Database) -> None:
    ada = joined(database, "ada")
    with database.reading() as connection:
        assert issues.shown(connection, [ada.id], [1, 2]) == {}
        assert issues.having(connection, [ada.id], ["2026-03-17"]) == set()
