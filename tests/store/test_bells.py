"""A bell that is held is held by one alone: until it lets go, dies, or is silent for too long."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.store import bells
from digest.store.database import Database
from digest.store.tables import bells as bells_table
from tests.builders import NOW

LEASE = timedelta(minutes=2)


class Tower:
    """The bell of the clock, and the minutes that pass: given to SQLite, and put back into the row on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self.database, self.now = database, NOW

    def wait(self, minutes: float) -> None:
        """Let minutes pass."""
        passed = timedelta(minutes=minutes)
        if self.database.is_sqlite:
            self.now += passed
            return
        with self.database.writing() as connection:
            until = bells.next_at(connection, "clock")
            assert until is not None
            connection.execute(update(bells_table).values(next_at=until - passed))

    def hold(self, holder: str, *, dead: tuple[str, ...] = (), skew: float = 0) -> bool:
        """Let somebody try to hold the bell whose own clock is wrong by so many minutes."""
        now = self.now + timedelta(minutes=skew)
        with self.database.writing() as connection:
            return bells.hold(connection, "clock", holder, dead, now=now, lease=LEASE)

    def holder(self) -> str:
        """Name who holds it."""
        with self.database.reading() as connection:
            return bells.holder_of(connection, "clock", self.now)


def test_a_bell_has_one_holder_who_may_renew(database: Database) -> None:
    tower = Tower(database)
    assert tower.hold("one")
    tower.wait(1)
    assert not tower.hold("two")
    tower.wait(0.5)
    assert tower.hold("one")
    tower.wait(1.5)
    assert not tower.hold("two"), "it was renewed"


def test_a_silent_holder_loses_the_bell_when_its_time_is_over(database: Database) -> None:
    tower = Tower(database)
    assert tower.hold("one")
    tower.wait(2)
    assert tower.hold("two")
    tower.wait(1)
    assert not tower.hold("one")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_hosts_whose_clocks_differ_never_both_hold_a_bell(database: Database) -> None:
    tower = Tower(database)
    assert tower.hold("slow", skew=-600)
    assert not tower.hold("fast", skew=600)
    assert tower.holder() == "slow"


def test_a_dead_holder_loses_the_bell_at_once(database: Database) -> None:
    tower = Tower(database)
    assert tower.hold("one")
    assert tower.hold("two", dead=("one",))


def test_who_lets_go_leaves_the_bell_to_others_and_frees_nobody_elses(database: Database) -> None:
    tower = Tower(database)
    assert tower.hold("one")
    with database.writing() as connection:
        bells.let_go(connection, "two")
    assert tower.holder() == "one"
    with database.writing() as connection:
        bells.let_go(connection, "one")
    assert tower.holder() == ""
    assert tower.hold("two")


def test_who_holds_is_not_told_after_its_time(database: Database) -> None:
    tower = Tower(database)
    assert tower.hold("one")
    tower.wait(1)
    assert tower.holder() == "one"
    tower.wait(1)
    assert tower.holder() == ""
