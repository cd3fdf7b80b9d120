"""Likes at the operator's door: by id or by file, forgotten by one command, and carried by export and import."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from digest.cli import app
from digest.journeys.register import tastes_of

ADA = "ada@readers.example"
DOI = "10.1002/(SICI)1097-4636(199823)43:4<338::AID-JBM2>3.0.CO;2-B"


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give the command, run in an empty folder where Ada is a reader."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGEST_ARXIV_CATEGORIES", "")
    monkeypatch.setenv("DIGEST_HUGGINGFACE", "false")
    CliRunner().invoke(app, ["subscribers", "add", ADA])
    return lambda *words: CliRunner().invoke(app, ["subscribers", *words])


def said(result: Any) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def row_of(digest: Callable[..., Any], address: str = ADA) -> dict[str, str]:
    rows = csv.DictReader(digest("export").stdout.splitlines(keepends=True))
    return next(row for row in rows if row["address"] == address)


def test_papers_are_liked_disliked_and_forgotten(digest: Callable[..., Any]) -> None:
    first = digest("like", ADA, "2603.00001v2", "https://arxiv.org/abs/2603.00002", "--json")
    assert first.exit_code == 0
    assert {name: said(first)[name] for name in ("added", "known_before", "without_text")} == {
        "added": 2,
        "known_before": 0,
        "without_text": 2,
    }
    assert said(digest("like", ADA, "arXiv:2603.00002", "--dislike", "--json"))["added"] == 1
    assert (row_of(digest)["liked"], row_of(digest)["disliked"]) == ("arxiv:2603.00001", "arxiv:2603.00002")
    assert "2 liked and disliked papers of ada@readers.example are forgotten." in digest("forget", ADA).stdout
    assert (row_of(digest)["liked"], row_of(digest)["disliked"]) == ("", "")


def test_a_large_file_with_broken_entries_keeps_the_rest_and_says_what_is_lost(
    digest: Callable[..., Any], tmp_path: Path
) -> None:
    whole = "@article{{k{0},\n title = {{On {0} and more of it}},\n author = {{Lee, Ann}},\n abstract = {{{1}}},\n}}\n"
    entries = [whole.format(number, f"text{number} " * 130) for number in range(4_700)]
    entries[7] = "@article{broken, title = {never closed\n"
    (tmp_path / "library.bib").write_text("".join(entries))
    assert (tmp_path / "library.bib").stat().st_size > 5_000_000
    report = digest("like", ADA, "--file", "library.bib", "--json")
    told = said(report)
    assert report.exit_code == 1
    assert told["added"] in {4_698, 4_699}, "a broken entry may cost the one it runs into, and no more"
    assert "broken" in " ".join(told["failed"])
    assert said(digest("like", ADA, "--file", "library.bib", "--json"))["known_before"] == told["added"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([ADA], "name papers by arXiv id, DOI or address, or give a file of them with --file FILE"),
        ([ADA, "2603.00001", "--file", "papers.txt"], "one of both"),
        (["bela@readers.example", "2603.00001"], "there is no subscriber bela@readers.example"),
        (["bela", "2603.00001"], "This does not look like a mail address"),
        ([ADA, "--file", "empty.txt"], "empty.txt: "),
        ([ADA, "--file", "huge.txt"], "8,000,000"),
    ],
)
def test_what_cannot_be_liked_is_refused_in_a_sentence(
    digest: Callable[..., Any], tmp_path: Path, words: list[str], sentence: str
) -> None:
    (tmp_path / "papers.txt").write_text("2603.00001\n")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "huge.txt").write_bytes(b"2603.00001\n" * 800_000)
    refused = digest("like", *words)
    assert refused.exit_code == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.output


def test_a_reader_is_added_with_every_wish_a_row_can_hold(digest: Callable[..., Any]) -> None:
    wishes = ["--topic", "robots", "--less", "benchmarks", "--never", "music", "--minutes", "30"]
    added = digest("add", "eva@readers.example", *wishes, "--trend", "0.5", "--breadth", "0", "--bar", "1")
    assert added.exit_code == 0
    row = row_of(digest, "eva@readers.example")
    columns = ("topics", "less", "never", "minutes", "trend_weight", "breadth", "bar")
    assert [row[name] for name in columns] == ["robots", "benchmarks", "music", "30", "0.5", "0.0", "1.0"]
    assert [row_of(digest)[name] for name in columns[3:]] == ["0", "0.3", "0.3", "0.3"], "what was not said is as usual"
    assert digest("add", "kim@readers.example", "--bar", "30").exit_code == 2


@pytest.mark.parametrize("address", ["bela", " bela ", "a: b"])
def test_one_address_that_cannot_be_added_is_no_row(digest: Callable[..., Any], address: str) -> None:
    refused = digest("add", address, "--never", "music")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("FAILED  This does not look like a mail address")


def test_forgetting_for_nobody_is_refused(digest: Callable[..., Any]) -> None:
    refused = digest("forget", "bela@readers.example")
    assert (refused.exit_code, "there is no subscriber" in refused.stderr) == (2, True)


def test_nothing_of_a_reader_is_lost_by_export(digest: Callable[..., Any], tmp_path: Path) -> None:
    rows = (
        "address,topics,less,never,minutes,breadth,bar,liked,disliked\n"
        'b@readers.example,"proteins\n""robots""",author: Ann Lee,cs.CR,20,0.7,0.1,'
        f'"2603.00001; {DOI}",title:0123456789abcdef\n'
    )
    (tmp_path / "readers.csv").write_text(rows)
    assert digest("import", "readers.csv").exit_code == 0
    before = row_of(digest, "b@readers.example")
    assert before["liked"].splitlines() == ["arxiv:2603.00001", f"doi:{DOI.lower()}"]
    assert before["disliked"] == "title:0123456789abcdef"
    written = digest("export").stdout
    (tmp_path / "again.csv").write_text(written, newline="")
    for address in ("b@readers.example", ADA):
        digest("remove", address)
    assert digest("import", "again.csv").exit_code == 0
    assert row_of(digest, "b@readers.example") == before


def test_likes_of_an_invited_reader_wait_for_the_yes(digest: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "readers.csv").write_text("address,liked\nb@readers.example,2603.00001\n")
    assert digest("import", "readers.csv", "--invite").exit_code == 0
    assert row_of(digest, "b@readers.example")["liked"] == ""


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"liked": "some title"}, "liked names papers by arXiv id, DOI or address, not 'some title'"),
        ({"liked": "2603.00001", "disliked": "arXiv:2603.00001v3"}, "arxiv:2603.00001 stands in both"),
        ({"liked": "\n".join(f"2604.{n:05d}" for n in range(1, 5_002))}, "at most 5,000 papers"),
    ],
)
def test_a_row_that_likes_what_is_no_paper_is_refused(row: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        tastes_of(row)


@pytest.mark.parametrize(
    "typed", [f"2603.00001;{DOI}", f"{DOI};2603.00001", f"arXiv:2603.00001\n{DOI}\n", f"2603.00001 ; {DOI} ;"]
)
def test_a_semicolon_inside_a_doi_parts_no_papers(typed: str) -> None:
    found = {one.key for one in tastes_of({"liked": typed}).liked}
    assert found == {"arxiv:2603.00001", f"doi:{DOI.lower()}"}
