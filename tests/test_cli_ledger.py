"""`digest ledger`: who received what, for people and programs, and once more."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from digest.cli import app
from digest.domain.delivery import Kind, State
from digest.domain.subscriber import Wishes
from digest.service import Service
from digest.settings import Settings
from digest.store import deliveries
from digest.store.tables import deliveries as rows
from tests.builders import NOW

LONG_REPLY = "550 5.1.1 <ada@readers.example>: Recipient address rejected: User unknown in virtual mailbox table"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Give the house the command opens, with one delivery that ended unknown."""
    url = f"sqlite:///{tmp_path / 'digest.sqlite3'}"
    monkeypatch.setenv("DIGEST_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    with Service(Settings(_env_file=None, database_url=url)) as opened:
        assert opened.add("ada@readers.example", Wishes(), consent={})
        with opened.database.writing() as connection:
            number = deliveries.queue(connection, 1, Kind.CHANGED, "2026-03-17T07:05:49.944921+00:00", now=NOW)
            ended = {"state": State.UNKNOWN, "attempts": 2, "reply": LONG_REPLY, "message_sha256": "ab" * 32}
            connection.execute(update(rows).where(rows.c.id == number).values(**ended))
        yield opened


def said(*words: str) -> Result:
    return CliRunner().invoke(app, ["ledger", *words])


def test_the_table_fits_eighty_columns_and_leaves_nothing_out(house: Service) -> None:
    told = said()
    assert told.exit_code == 0, told.output
    assert max(map(len, told.stdout.splitlines())) <= 80
    assert "…" not in told.stdout
    table = "".join(told.stdout.split())
    for part in ("ada@readers", "changed", "2026-03-1707:05", "unknown", "2tries", "virtual", "abab"):
        assert part in table


def test_programs_get_every_fact_of_what_they_ask_for(house: Service) -> None:
    [one] = json.loads(said("--json", "--state", "unknown", "--address", "ada@readers.example").stdout)
    assert (one["number"], one["reader"], one["state"], one["tries"]) == (1, "ada@readers.example", "unknown", 2)
    assert (one["reply"], one["sha256"], one["sent_at"]) == (LONG_REPLY, "ab" * 32, None)
    assert json.loads(said("--json", "--day", "2026-03-16").stdout) == []
    assert said("--address", "nobody").exit_code == 2


def test_one_is_queued_once_more_on_request_and_not_twice(house: Service) -> None:
    told = said("--again", "1")
    assert told.exit_code == 0
    assert told.stdout == (
        "Delivery 1 (changed 2026-03-17 07:05, unknown) is queued once more, "
        f"though the last reply was a refusal for good: {LONG_REPLY}\n"
    )
    assert house.ledger() == {"queued": 1}
    again = said("--again", "1")
    assert again.exit_code == 2
    assert "only one that is failed or unknown" in again.stderr


def test_programs_get_the_record_of_what_was_queued_once_more(house: Service) -> None:
    one = json.loads(said("--again", "1", "--json").stdout)
    assert (one["number"], one["state"], one["reply"]) == (1, "queued", LONG_REPLY)


def test_what_waits_is_shown_with_when_it_is_tried_next(house: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert "next" not in said().stdout
    with house.database.writing() as connection:
        connection.execute(update(rows).values(state=State.QUEUED, next_attempt_at=NOW + timedelta(hours=1)))
    table = said().stdout
    assert f"next {NOW + timedelta(hours=1):%Y-%m-%d %H:%M}" in table
    assert "virtual" in table, "the last reply is told as well"
    [one] = json.loads(said("--json").stdout)
    assert one["next_attempt_at"] == str(NOW + timedelta(hours=1))


def test_a_day_that_is_none_is_answered_by_how_one_is_typed(house: Service) -> None:
    told = said("--day", "tomorrow")
    assert (told.exit_code, "a day is typed as 2026-11-20" in " ".join(told.stderr.split())) == (2, True)
    assert "YYYY-MM-DD" in said("--help").stdout
