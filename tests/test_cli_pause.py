"""Pauses at the operator's door, and the wishes that say how a mail is."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from digest.cli import app

ADA = "ada@readers.example"


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give the command, run in an empty folder where Ada is a reader."""
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(app, ["subscribers", "add", ADA, "--layout", "full", "--quiet-days"])
    return lambda *words: CliRunner().invoke(app, ["subscribers", *words])


def row_of(digest: Callable[..., Any]) -> dict[str, str]:
    [row] = json.loads(digest("list", "--json").stdout)
    assert isinstance(row, dict)
    return row


def test_a_reader_is_paused_until_a_day_or_until_resumed(digest: Callable[..., Any]) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    assert digest("pause", ADA, "--until", str(day)).stdout == f"{ADA} is paused until {day}.\n"
    assert row_of(digest)["status"] == "paused"
    assert "is paused until you or the reader resume it." in digest("pause", ADA).stdout
    assert f"{ADA} gets issues; the next is due at " in digest("resume", ADA).stdout
    assert row_of(digest)["status"] == "active"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pause", ADA, "--until", "2020-01-01"], "digest: a pause ends after today, from "),
        (["pause", "bela@readers.example"], "digest: there is no subscriber bela@readers.example"),
        (["resume", "bela@readers.example"], "digest: there is no subscriber bela@readers.example"),
        (["resume", "bela"], "digest: This does not look like a mail address"),
        (["remove", "bela"], "digest: This does not look like a mail address"),
        (["remove", "bela@readers.example"], "digest: there is no subscriber bela@readers.example"),
    ],
)
def test_what_cannot_be_paused_is_refused_in_a_sentence(
    digest: Callable[..., Any], words: list[str], said: str
) -> None:
    result = digest(*words)
    assert (result.exit_code, result.stderr.startswith(said)) == (2, True)
    assert row_of(digest)["status"] == "active"


@pytest.mark.parametrize("option", ["--topic", "--less", "--never"])
def test_a_topic_that_looks_like_a_web_address_is_refused_in_a_sentence(
    digest: Callable[..., Any], option: str
) -> None:
    refused = digest("add", "bela@readers.example", option, "https://x.example")
    assert (refused.exit_code, "'https://x.example' looks like a web address" in refused.stderr) == (1, True)


def test_layout_and_quiet_days_are_kept_and_listed(digest: Callable[..., Any]) -> None:
    assert (row_of(digest)["layout"], row_of(digest)["quiet_days"]) == ("full", "yes")
    refused = digest("add", "bela@readers.example", "--layout", "wide")
    assert (refused.exit_code, "layout is compact, normal or full, not 'wide'" in refused.stderr) == (1, True)
