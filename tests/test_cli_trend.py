"""The operator asks what trends and why: a list, one paper with the sum of its score and its plot, or a remedy."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from digest.cli import app
from digest.store.database import Database
from tests.builders import paper
from tests.trending import let_trend, teach

NAMES = ["2603.00001", "arXiv:2603.00001v2", "https://arxiv.org/pdf/2603.00001", "arxiv:2603.00001"]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    opened = Database(f"sqlite:///{tmp_path / 'digest.sqlite3'}")
    opened.migrate()
    return opened


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give the command, run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_the_list_names_every_paper_with_its_place_and_its_evidence(
    digest: Callable[..., Any], database: Database
) -> None:
    let_trend(database)
    version = teach(database)
    said = digest("trend")
    assert said.exit_code == 0
    head, model, *rest = said.stdout.splitlines()
    assert head == "Edition of 2026-03-17, revision 1: 3 papers"
    assert model.startswith(f"Trend model {version}, learnt on 2026-03-17 from 9,000 papers of 2025-03-17 to")
    assert rest[:2] == [
        "Rising today: test-time <training> 4× (9 papers)",
        "Rising this week: world models 3× (31 papers)",
    ]
    first = next(line for line in rest if line.startswith("1 "))
    for cell in (
        "2603.00001",
        "A study of subject 1",
        "cs.CL",
        "5 of 250",
        "41 (12 to 90)",
        "41 upvotes in 9 h, usual",
    ):
        assert cell in first
    assert "a jump from 12 to 140" in said.stdout


def test_the_list_is_as_long_as_it_is_asked_to_be_and_as_it_stood_on_a_day(
    digest: Callable[..., Any], database: Database
) -> None:
    let_trend(database)
    said = json.loads(digest("trend", "--json", "--most", "2", "--day", "2026-03-20").stdout)
    assert (said["day"], said["candidates"], said["model"]) == ("2026-03-17", 3, None)
    assert [(row["rank"], row["key"]) for row in said["papers"]] == [(1, paper(1).key), (2, paper(2).key)]
    assert [row["trend"]["percentile"] for row in said["papers"]] == [0.98, 0.7]
    assert [one["term"] for one in said["rising"]] == ["test-time <training>", "world models"]


@pytest.mark.parametrize("words", [["trend"], ["trend", "--day", "2026-03-16"]])
def test_without_an_edition_the_command_says_how_one_is_made(
    digest: Callable[..., Any], database: Database, words: list[str]
) -> None:
    if len(words) > 1:
        let_trend(database)
    refused = digest(*words)
    assert refused.exit_code == 2
    assert "`digest collect`, then `digest publish` make one" in refused.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_paper_is_explained_under_every_usual_name(digest: Callable[..., Any], database: Database, name: str) -> None:
    let_trend(database)
    said = json.loads(digest("trend", name, "--json").stdout)
    assert (said["key"], said["rank"], said["candidates"]) == (paper(1).key, 1, 3)
    assert said["place"] == "top 2 % of cs.CL papers of its age"
    assert [one["value"] for one in said["signals"] if one["kind"] == "upvotes"] == [0, 5, 20, 45]


def test_the_parts_as_printed_add_up_to_the_strength_as_printed(digest: Callable[..., Any], database: Database) -> None:
    let_trend(database)
    said = digest("trend", "2603.00001").stdout
    rows = [line.split() for line in said.splitlines() if line.startswith("  ") and line.split()[-1][0] in "+-"]
    assert [row[-1] for row in rows] == ["+4.12", "+1.35", "+0.93"]
    assert f"strength        {sum(float(row[-1]) for row in rows):+.2f}   squared: 41 votes" in said


def test_a_paper_is_plotted_in_blocks_a_line_for_each_kind_over_one_axis(
    digest: Callable[..., Any], database: Database
) -> None:
    let_trend(database)
    lines = digest("trend", "2603.00001").stdout.splitlines()
    upvotes, comments, axis = lines[-3:]
    assert upvotes.startswith("upvotes (huggingface)   ▁▁")
    assert upvotes.endswith("▄█  0 to 45")
    assert comments.endswith("█  2")
    assert upvotes.index("█") == comments.index("█") == axis.index("  UTC, 2026") - 1
    assert "03-17 00:00" in axis
    assert "03-17 09:00  UTC, 2026" in axis


def test_an_odd_count_is_warned_of(digest: Callable[..., Any], database: Database) -> None:
    let_trend(database)
    assert "WARNING  a jump from 12 to 140" in digest("trend", "2603.00002").stdout
    assert "WARNING" not in digest("trend", "2603.00001").stdout


def test_a_paper_of_no_edition_is_shown_without_a_score(digest: Callable[..., Any], database: Database) -> None:
    let_trend(database)
    said = digest("trend", "2603.00001", "--day", "2026-03-17", "--json")
    assert json.loads(said.stdout)["day"] == "2026-03-17"
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM editions")
    shown = digest("trend", "2603.00001")
    assert shown.exit_code == 0
    assert "It is in no edition, so it has no score." in shown.stdout
    assert "upvotes (huggingface)" in shown.stdout


@pytest.mark.parametrize("name", ["2603.09999", "On Titles", "10.1101/5", ""])
def test_an_unknown_paper_is_refused_with_what_to_do(digest: Callable[..., Any], database: Database, name: str) -> None:
    let_trend(database)
    refused = digest("trend", name)
    assert refused.exit_code == 2
    assert "name it by arXiv id" in refused.stderr
    assert "`digest backfill`" in refused.stderr
    assert "Traceback" not in refused.output


def test_learning_from_too_little_is_not_done_and_says_what_to_do(
    digest: Callable[..., Any], database: Database
) -> None:
    let_trend(database)
    said = digest("learn", "--json")
    report = json.loads(said.stdout)
    assert (said.exit_code, report["done"], report["version"]) == (1, False, 0)
    assert report["skipped"] == {"too little history": 1}
    assert "`digest backfill`" in report["advice"]
