"""The operator looks at mails before they leave: every kind as files, nothing sent, nothing changed."""

import json
import re
from collections.abc import Callable
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from sqlalchemy import select
from typer.testing import CliRunner

from digest.actions.collect import asking, collect
from digest.actions.publish import publish
from digest.cli import app
from digest.domain.delivery import NOT_SENT
from digest.domain.message import KINDS, NothingToShowError
from digest.domain.profile import read_topics
from digest.domain.subscriber import Subscriber, Wishes
from digest.journeys.demo import demo
from digest.journeys.rehearse import Size, variants
from digest.service import Service
from digest.store.database import Database
from digest.store.tables import metadata
from tests.builders import DAY, NOW, listings
from tests.cast import joined
from tests.delivering import delivered
from tests.fakes import ListSource, ListTransport

ADA = "ada@readers.example"
NEED_AN_EDITION = {"issue", "weekly", "catchup", "quiet"}
Digest = Callable[..., Any]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a demo, whose three readers had an issue each."""
    folder = tmp_path_factory.mktemp("house") / "demo"
    with demo(folder, port=8000):
        return folder


@pytest.fixture
def digest(house: Path, monkeypatch: pytest.MonkeyPatch) -> Digest:
    """Give the command, run in the demo's folder."""
    monkeypatch.chdir(house)
    return lambda *words: CliRunner().invoke(app, ["preview", *map(str, words)])


def rows(house: Path) -> dict[str, list[Any]]:
    database = Database(f"sqlite:///{house / 'digest.sqlite3'}")
    with database.reading() as connection:
        found = {name: list(connection.execute(select(table))) for name, table in metadata.tables.items()}
    database.close()
    return found


def test_every_kind_is_written_and_no_row_changes_and_nothing_is_sent(digest: Digest, house: Path) -> None:
    before, sent = rows(house), sorted((house / "outbox").rglob("*"))
    said = digest()
    assert said.exit_code == 0, said.output
    assert rows(house) == before
    assert sorted((house / "outbox").rglob("*")) == sent
    folder = house / "digest-preview"
    wanted = {f"{kind}.{ending}" for kind in KINDS for ending in ("eml", "html", "txt")} | {"index.html", "frames"}
    assert {path.name for path in folder.iterdir()} == wanted
    for kind in KINDS:
        mail = message_from_bytes((folder / f"{kind}.eml").read_bytes(), policy=policy.default)
        parts = {name: mail.get_body((subtype,)) for name, subtype in (("txt", "plain"), ("html", "html"))}
        for ending, part in parts.items():
            assert part is not None
            carried = part.get_content().replace("\r\n", "\n")
            assert carried.rstrip("\n") == (folder / f"{kind}.{ending}").read_text("utf-8").rstrip("\n")


def test_the_page_shows_each_mail_in_frames_that_load_nothing_and_run_nothing(digest: Digest, tmp_path: Path) -> None:
    assert digest("issue", "welcome", "--into", tmp_path / "out").exit_code == 0
    page: Any = html.fromstring((tmp_path / "out" / "index.html").read_text("utf-8"))
    frames = page.xpath("//iframe")
    assert [(frame.get("src"), frame.get("width")) for frame in frames[:6]] == [
        ("frames/issue.light.html", "375"), ("frames/issue.dark.html", "375"), ("frames/issue.light.html", "600"),
        ("frames/issue.dark.html", "600"), ("frames/issue.imageless.html", "600"),
        ("frames/issue.styleless.html", "600"),
    ]  # fmt: skip
    assert len(frames) == 12
    assert {frame.get("sandbox") for frame in frames} == {""}
    assert all((tmp_path / "out" / frame.get("src")).exists() for frame in frames)
    assert page.xpath("//script | //link | //img | //@onload") == []
    shown = " ".join(page.text_content().split())
    for said in ("List-Unsubscribe-Post: List-Unsubscribe=One-Click", "of 90,000 bytes", "of 102,400 bytes", ADA):
        assert said in shown
    for written in (tmp_path / "out" / "issue.txt").read_text("utf-8").splitlines():
        assert " ".join(written.split()) in shown


def test_frames_are_light_or_dark_whatever_the_browser_wishes(digest: Digest, tmp_path: Path) -> None:
    assert digest("issue", "--into", tmp_path).exit_code == 0
    made = {name: (tmp_path / "frames" / f"issue.{name}.html").read_text("utf-8") for name in variants("")}
    assert all("prefers-color-scheme" not in page for page in made.values())
    assert all("default-src 'none'" in page for page in made.values())
    assert "@media all" in made["dark"]
    assert "@media not all" in made["light"]
    assert "img-src 'none'" in made["imageless"]
    assert "<style" not in made["styleless"]
    assert "style=" in made["styleless"]


def test_a_report_for_programs_measures_what_was_written(digest: Digest, tmp_path: Path) -> None:
    said = json.loads(
        digest("goodbye", "goodbye", "--reader", "mira@readers.example", "--into", tmp_path, "--json").stdout
    )
    [row] = said["mails"]
    assert (said["reader"], said["done"], row["kind"]) == ("mira@readers.example", True, "goodbye")
    sizes = [(tmp_path / f"goodbye.{ending}").stat().st_size for ending in ("html", "txt", "eml")]
    assert [row["html"], row["text"], row["message"]] == sizes
    assert row["html"] < row["html_encoded"] < row["message"]
    assert row["longest_line"] <= 998


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["issues"], "there is no kind of mail called issues; there are issue, weekly, catchup, confirmation"),
        (["issue", "--reader", "nobody@readers.example"], "there is no subscriber nobody@readers.example"),
        (["issue", "--reader", "nobody"], "does not look like a mail address"),
    ],
)
def test_an_unknown_kind_or_reader_is_said_and_nothing_is_written(
    digest: Digest, tmp_path: Path, words: list[str], said: str
) -> None:
    refused = digest(*words, "--into", tmp_path / "out")
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert not (tmp_path / "out").exists()


def test_without_an_edition_what_needs_none_is_written_and_the_rest_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(app, ["preview", "--json"])
    report = json.loads(said.stdout)
    assert said.exit_code == 1
    assert {row["kind"] for row in report["mails"]} == set(KINDS) - NEED_AN_EDITION
    reason = "There is no edition yet: collect and publish first."
    assert report["failed"] == [f"{kind}: {reason}" for kind in KINDS if kind in NEED_AN_EDITION]
    assert report["remarks"] == ["Nobody is subscribed: this reader is invented, and follows no topic."]
    page = (tmp_path / "digest-preview" / "index.html").read_text("utf-8")
    assert "this reader is invented" in page
    assert page.count("Invented for this page:") == len(report["mails"])


def test_a_catch_up_is_as_if_last_covered_on_the_day_that_is_named(digest: Digest, tmp_path: Path) -> None:
    assert digest("catchup", "--since", "2026-03-15", "--into", tmp_path).exit_code == 0
    assert "The best of the 4 days since 15 March." in (tmp_path / "catchup.txt").read_text("utf-8")
    none = digest("catchup", "--since", "2026-03-18", "--into", tmp_path)
    assert none.exit_code == 1
    assert "No issue fell due for this reader since 2026-03-18" in none.stderr


def test_a_bar_of_the_page_ends_where_the_scale_does_and_says_when_it_is_too_much() -> None:
    size = Size(name="html", words="HTML", amount=300, limit=90, scale=120)
    assert (size.filled, size.mark, size.is_too_much) == (100.0, 75.0, True)
    assert not Size(name="text", words="Text", amount=300).is_too_much


@pytest.fixture
def ada(service: Service) -> Subscriber:
    """Give a reader of robots and speech, on a day with eight papers."""
    collect(service.database, asking([ListSource(*listings(8))]), DAY, observed_at=NOW, now=NOW)
    publish(service.database, DAY, service.masthead, now=NOW)
    wishes = Wishes(topics=read_topics(["robot manipulation", "speech recognition"]), length=5, bar=0)
    return joined(service.database, "ada", wishes=wishes)


def without_links(text: str) -> list[str]:
    return re.sub(r"https?://\S+", "", text).split()


def test_an_issue_is_shown_as_composing_makes_it(service: Service, ada: Subscriber) -> None:
    shown = service.rehearse("issue", ada)
    transport = ListTransport()
    service.compose()
    delivered(service.database, transport, links=service.links)
    [sent] = transport.sent
    part = message_from_bytes(sent.body, policy=policy.default).get_body(("plain",))
    assert part is not None
    assert without_links(part.get_content()) == without_links(shown.letter.text)
    assert shown.invented == ""


def test_where_nothing_is_left_the_last_issue_comes_again_and_the_page_says_so(
    service: Service, ada: Subscriber
) -> None:
    for _ in range(2):
        service.compose(day=DAY)
    with service.database.writing() as connection:
        shown = metadata.tables["shown_papers"]
        first = connection.execute(select(shown)).mappings().first()
        assert first is not None
        held = {row.paper_id for row in connection.execute(select(shown.c.paper_id))}
        every = set(connection.scalars(select(metadata.tables["papers"].c.id)))
        connection.execute(shown.insert(), [{**first, "paper_id": number} for number in every - held])
    again = service.rehearse("issue", ada)
    assert "the issue of 2026-03-17 again" in again.invented
    assert "5 papers for you." in again.letter.text
    with pytest.raises(NothingToShowError, match="Nothing is left that this reader has not been sent"):
        service.rehearse("weekly", ada)
    assert service.rehearse("quiet", ada).invented == ""


def test_what_did_not_happen_is_said_to_be_invented(service: Service, ada: Subscriber) -> None:
    weekly = service.rehearse("weekly", ada)
    assert weekly.letter.subject.startswith("Week 12: ")
    assert weekly.invented == "that the reader asked for one issue a week."
    quiet = service.rehearse("quiet", ada)
    assert quiet.invented == "that nothing is good enough for this reader."
    assert "No paper cleared your bar today." in quiet.letter.text
    assert "WHAT CAME NEAREST" in quiet.letter.text
    away = service.rehearse("catchup", ada, date(2026, 3, 1))
    assert away.invented == "that 2026-03-01 was the last day the reader had an issue for."
    service.compose()
    failed = service.rehearse("unreachable", ada)
    assert "Tuesday, 17 March 2026" in failed.letter.text
    assert "452 4.2.2 The mailbox is full" in failed.letter.text
    changed = service.rehearse("changed", ada)
    assert "Followed from now on: speech recognition." in changed.letter.text


@pytest.mark.parametrize("kind", KINDS)
def test_no_link_of_a_preview_acts_for_a_reader_or_shows_an_issue(service: Service, ada: Subscriber, kind: str) -> None:
    service.compose()
    delivered(service.database, ListTransport(), links=service.links)
    letter = service.rehearse(kind, service.reader_to_show(ada.address)).letter
    signed = set(re.findall(r"https?://[^\s/]+/[cfpuv]/([0-9]+)\.", letter.text + letter.html))
    assert signed <= {str(NOT_SENT)}
    assert bool(signed) is (kind not in {"alarm", "goodbye"})
