"""The operator asks why: the verdict in sentences, the score as a sum, the same for programs, or a refusal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from digest.actions.collect import asking, collect
from digest.actions.compose import Round, compose
from digest.actions.publish import publish
from digest.cli import app
from digest.domain.delivery import State
from digest.domain.profile import Stance, read_topics
from digest.domain.subscriber import Wishes
from digest.store import subscribers
from digest.store.database import Database
from digest.store.tables import deliveries
from tests.builders import DAY, NOW, listings, masthead
from tests.cast import joined
from tests.fakes import ListSource

ADA = "ada@readers.example"
ON = ("--day", "2026-03-17")


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give the command, run in a folder where Ada, who follows robots, had the issue of a day with forty papers."""
    monkeypatch.chdir(tmp_path)
    database = Database(f"sqlite:///{tmp_path / 'digest.sqlite3'}")
    database.migrate()
    collect(database, asking([ListSource(*listings(40))]), DAY, observed_at=NOW, now=NOW)
    publish(database, DAY, masthead(), now=NOW)
    wishes = Wishes(topics=read_topics(["robot manipulation", "speech recognition"]), length=5, bar=0, breadth=0)
    joined(database, "ada", wishes=wishes)
    compose(database, Round(now=NOW, queued_at=NOW, key_id=1))
    database.close()
    return lambda *words: CliRunner().invoke(app, ["why", *words])


def test_a_paper_in_the_issue_is_traced_from_its_listing_to_its_place(digest: Callable[..., Any]) -> None:
    said = digest(ADA, "2603.00005", *ON)
    assert said.exit_code == 0
    number = json.loads(digest(ADA, "2603.00005", *ON, "--json").stdout)["issue"]["number"]
    assert number in range(1, 6)
    lines = [line.strip() for line in said.stdout.splitlines()]
    assert lines[0] == "On robot manipulation 5"
    assert f"The issue of 2026-03-17 held 5 papers, this paper as number {number}; it is queued." in lines
    assert f"In the issue, as number {number}." in lines
    assert "Listed by huggingface on 2026-03-17 (new)." in lines
    assert "First seen on 2026-03-17 09:00 UTC." in lines
    assert "Nearest topic: “robot manipulation”." in lines
    assert [heading for heading in said.stdout.splitlines() if heading and not heading.startswith(" ")][2:] == [
        "What went out",
        "Verdict",
        "Collected",
        "Edition of 2026-03-17, revision 1",
        f"For {ADA}",
    ]


def test_the_parts_as_printed_add_up_to_the_score_as_printed(digest: Callable[..., Any]) -> None:
    lines = digest(ADA, "2603.00005", *ON).stdout.splitlines()
    amounts = [float(line.split()[-1]) for line in lines if line.split()[-1:] and line.split()[-1][0] in "+-"]
    assert len(amounts) > 3
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=1e-9)


def test_a_paper_that_is_not_in_the_issue_is_told_the_rule_that_cut_it(digest: Callable[..., Any]) -> None:
    said = digest(ADA, "https://arxiv.org/abs/2603.00003", *ON).stdout
    assert "without this paper; it is queued." in said
    assert "Not in the issue. It is number " in said
    assert "the last one shown scored " in said


def test_what_was_sent_is_told_as_past_and_every_further_rule_goes_on_in_its_sentence(
    digest: Callable[..., Any],
) -> None:
    [sent] = json.loads(digest(ADA, "2603.00005", *ON, "--json").stdout)["verdict"]
    assert sent.startswith("In the issue")
    database = Database(f"sqlite:///{Path.cwd() / 'digest.sqlite3'}")
    with database.writing() as connection:
        connection.execute(update(deliveries).values(state=State.SENT, sent_at=NOW))
        [ada] = subscribers.every(connection)
        never = read_topics(["robot manipulation", "speech"], stance=Stance.NEVER)
        subscribers.keep_wishes(connection, ada, Wishes(topics=never, length=5, bar=1, breadth=0), NOW)
    database.close()
    said = digest(ADA, "2603.00005", *ON).stdout
    assert "; it was sent on 2026-03-17 09:00 UTC." in said
    assert "Not in the issue. The reader never wants “robot manipulation”" in said
    assert "Even without that: it is below the reader's bar" in said


def test_programs_are_told_the_same(digest: Callable[..., Any]) -> None:
    shown = json.loads(digest(ADA, "arXiv:2603.00005v1", *ON, "--json").stdout)
    assert (shown["key"], shown["absence"]) == ("arxiv:2603.00005", "")
    assert shown["issue"]["number"] == shown["standing"]["number"] > 0
    assert (shown["standing"]["rules"], shown["edition"]["papers"]) == ([], 40)
    cut = json.loads(digest(ADA, "2603.00003", *ON, "--json").stdout)
    [rule] = cut["standing"]["rules"]
    assert (rule["rule"], cut["issue"]["number"], cut["standing"]["in_issue"]) == ("others scored better", 0, False)
    total = sum(share for name in ("terms", "against") for _, share in cut["standing"][name])
    assert total + cut["standing"]["rest"] == pytest.approx(cut["standing"]["from_relevance"], abs=1e-5)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["bela@readers.example", "2603.00001"], "there is no subscriber bela@readers.example"),
        ([ADA, "2603.09999"], "no paper is known as 2603.09999"),
        ([ADA, ""], "no paper is known as"),
    ],
)
def test_an_unknown_name_is_refused(digest: Callable[..., Any], words: list[str], sentence: str) -> None:
    refused = digest(*words)
    assert refused.exit_code == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.output
