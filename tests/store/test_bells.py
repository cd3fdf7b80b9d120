"""A bell that is held is held by one alone: until it lets go, dies, or is silent for too long."""

from datetime import timedelta

from digest.store import bells
from digest.store.database import Database
from tests.builders import NOW

LEASE = timedelta(minutes=2)


def held(database: Database, holder: str, minutes: float = 0, dead: tuple[str, ...] = ()) -> bool:
    now = NOW + timedelta(minutes=minutes)
    with database.writing() as connection:
        return bells.hold(connection, "clock", holder, dead, now=now, until=now + LEASE)


def test_a_bell_has_one_holder_who_may_renew(database: Database) -> None:
    assert held(database, "one")
    assert not held(database, "two", 1)
    assert held(database, "one", 1.5)
    assert not held(database, "two", 3), "it was renewed"


def test_a_silent_holder_loses_the_bell_when_its_time_is_over(database: Database) -> None:
    assert held(database, "one")
    assert held(database, "two", 2)
    assert not held(database, "one", 3)


def test_a_dead_holder_loses_the_bell_at_once(database: Database) -> None:
    assert held(database, "one")
    assert held(database, "two", 0.1, dead=("one",))


def test_who_lets_go_leaves_the_bell_to_others_and_frees_nobody_elses(database: Database) -> None:
    assert held(database, "one")
    with database.writing() as connection:
        bells.let_go(connection, "two")
        assert bells.holder_of(connection, "clock", NOW) == "one"
        bells.let_go(connection, "one")
        assert bells.holder_of(connection, "clock", NOW) == ""
    assert held(database, "two", 0.1)


def test_who_holds_is_not_told_after_its_time(database: Database) -> None:
    held(database, "one")
    with database.reading() as connection:
        assert bells.holder_of(connection, "clock", NOW + timedelta(minutes=1)) == "one"
        assert bells.holder_of(connection, "clock", NOW + LEASE) == ""
