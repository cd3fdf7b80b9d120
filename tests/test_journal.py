"""The log tells what happened, and nobody's address, token or letter."""

import json
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from digest.journal import Line, discreet
from digest.store.database import Database


@pytest.mark.parametrize(
    "words",
    [
        "ada@readers.example", "ada%40readers.example", '"ada lovelace"@readers.example', "GET /?t=9.ada",
        "POST /u?x=1&t=ada", "550 <ada@readers.example> no", "/f/9.ada-readers/3/up", "ada.readers+x@readers.example",
        "duplicate key\nDETAIL:  Failing row contains (1, ada, {}).", "smtp;ada@readers.example!",
    ],
)  # fmt: skip
def test_a_line_never_holds_an_address_or_a_token(words: str) -> None:
    assert "ada" not in discreet(words)


def event(said: object, *, fault: BaseException | None = None) -> logging.LogRecord:
    thrown = (type(fault), fault, None) if fault else None
    record = logging.LogRecord("digest.test", logging.INFO, "", 0, "an event", (), thrown)
    record.said = {"told": said}
    return record


@pytest.mark.parametrize("as_json", [True, False])
def test_what_an_event_says_is_discreet_however_deep_it_lies(as_json: bool) -> None:
    line = Line(as_json=as_json).format(event({"ada@readers.example": ['"ada l"@readers.example', 3, None]}))
    assert "ada" not in line
    assert "…@…" in line
    if as_json:
        assert json.loads(line)["told"] == {"…@…": ["…@…", 3, None]}


@pytest.fixture
def fault(database: Database) -> DBAPIError:
    """Give what a database says of a row it refuses."""
    refused = text("INSERT INTO bells (name, holder) VALUES (:name, :holder)")
    letter = {"name": "clock", "holder": '{"letter": "Dear Ada", "secret": "xyz"}'}
    with pytest.raises(DBAPIError) as raised, database.writing() as connection:
        connection.execute(refused, letter)
    return raised.value


@pytest.mark.parametrize("as_json", [True, False])
def test_an_error_of_the_database_never_repeats_what_was_written(fault: DBAPIError, as_json: bool) -> None:
    line = Line(as_json=as_json).format(event("", fault=fault))
    assert "IntegrityError" in line or "NotNullViolation" in line
    assert "Ada" not in line
    assert "xyz" not in line


def test_the_members_of_a_list_are_told_as_they_are() -> None:
    line = Line().format(event(["the feed is stale", "2 papers", 3]))
    assert line.endswith('told="the feed is stale; 2 papers; 3"')
