"""What the verbs need: a database on the morning of the tests, with an edition on the table where one is wanted."""

import pytest

from digest.actions.collect import asking, collect
from digest.actions.publish import publish
from digest.store.database import Database
from tests.builders import DAY, NOW, listings, masthead
from tests.fakes import ListSource


@pytest.fixture
def published(database: Database) -> Database:
    """Give a database with forty papers and the edition of the tests' day."""
    assert collect(database, asking([ListSource(*listings(40))]), DAY, observed_at=NOW, now=NOW).done
    assert publish(database, DAY, masthead(), now=NOW).is_new
    return database
