"""One reader's whole way over real HTTP and real SMTP: sign up, confirm, receive, leave with one click, no more."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from lxml import html
from sqlalchemy import select

from digest.resources import resource_dir
from digest.scheduler import tick
from digest.service import Service
from digest.settings import Settings
from digest.store.tables import metadata
from tests.servers import Inbox, mail_server, web_server

ADDRESS = "kim@readers.example"
MONDAY = datetime(2026, 3, 16, 18, tzinfo=UTC)
FORM = {"bar": "0", "address": ADDRESS, "topics": "robot manipulation\ncs.CL", "never": "", "website": ""}
FORM |= {"frequency": "daily", "hour": "7", "zone": "UTC", "length": "10"}


@dataclass
class Town:
    """A house with its doors open, a mail server, and a clock that the test moves."""

    service: Service
    inbox: Inbox
    web: httpx2.Client
    moment: datetime

    def morning(self, day: date) -> None:
        """Let the sources answer as they did that day, then ring the clock at nine."""
        self.moment = datetime(day.year, day.month, day.day, 8, 30, tzinfo=UTC)
        files = sorted((resource_dir("sample") / day.isoformat()).iterdir())
        self.service.collect(day, files=files)
        self.service.publish(day)
        self.moment += timedelta(minutes=30)
        tick(self.service)

    def rows(self) -> dict[str, list[Any]]:
        """Give every row of every table."""
        with self.service.database.reading() as connection:
            return {name: list(connection.execute(select(table))) for name, table in metadata.tables.items()}


@pytest.fixture
def town(settings: Callable[..., Settings]) -> Iterator[Town]:
    with mail_server() as (inbox, port):
        smtp = {"transport": "smtp", "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
        sources = {"arxiv_categories": (), "huggingface": False, "admin_password": "a password"}
        with Service(settings(**smtp, **sources)) as service, web_server(service) as address:
            opened = Town(service, inbox, httpx2.Client(base_url=address, trust_env=False), MONDAY)
            service.now = lambda: opened.moment
            with opened.web:
                yield opened


def links_in(mail: EmailMessage) -> set[str]:
    parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
    found = {link for part in parts if part for link in re.findall(r"http://[^\s\"<>]+", part.get_content())}
    return {urlsplit(link).path for link in found | {str(mail["List-Unsubscribe"] or "")[1:-1]} if link}


def path_of(mail: EmailMessage, purpose: str) -> str:
    [path] = {path for path in links_in(mail) if path.startswith(f"/{purpose}/")}
    return path


def subscribed(town: Town) -> EmailMessage:
    """Sign up, confirm, and give the first issue."""
    assert town.web.post("/subscribe", data=FORM).status_code == 200
    tick(town.service)
    [confirmation] = town.inbox.of(ADDRESS)
    assert town.web.post(path_of(confirmation, "c")).status_code == 200
    town.morning(date(2026, 3, 17))
    [_, welcome, issue] = town.inbox.of(ADDRESS)
    assert welcome["Subject"] == "Welcome to Trending papers"
    return issue


def test_a_reader_signs_up_confirms_receives_and_leaves(town: Town) -> None:
    assert "form" in town.web.get("/").text
    assert town.web.post("/subscribe", data=FORM).status_code == 200
    tick(town.service)
    [confirmation] = town.inbox.of(ADDRESS)
    confirm = path_of(confirmation, "c")
    assert ADDRESS in town.web.get(confirm).text
    town.morning(date(2026, 3, 17))
    assert len(town.inbox.of(ADDRESS)) == 1, "looking at the confirmation page is no yes"

    assert town.web.post(confirm).status_code == 200
    town.morning(date(2026, 3, 18))
    [_, _, issue] = town.inbox.of(ADDRESS)
    text = issue.get_body(("plain",))
    assert text is not None
    assert "10 papers for you" in text.get_content()
    assert issue["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert town.inbox.envelopes[-1] == ("papers@digest.example", [ADDRESS])
    page = town.web.get(path_of(issue, "v"))
    html = issue.get_body(("html",))
    assert html is not None
    for entry in town.service.delivered_issues()[0][0].entries:
        assert entry.paper_key.removeprefix("arxiv:") in page.text
        assert entry.paper_key.removeprefix("arxiv:") in html.get_content()
    assert not any(secret in page.text for secret in ("/p/", "/u/", ADDRESS)), "the page may be passed on"

    leave = str(issue["List-Unsubscribe"])[1:-1]
    answer = town.web.post(urlsplit(leave).path, data={"List-Unsubscribe": "One-Click"}, follow_redirects=False)
    assert answer.status_code == 200
    assert not answer.cookies
    town.morning(date(2026, 3, 19))
    assert len(town.inbox.of(ADDRESS)) == 3, "nothing more after leaving"


def test_get_and_head_on_every_link_change_no_row(town: Town) -> None:
    issue = subscribed(town)
    before = town.rows()
    paths = set().union(*map(links_in, town.inbox.of(ADDRESS)))
    assert links_in(issue) <= paths
    assert {path[:3] for path in paths} >= {"/u/", "/p/", "/v/", "/c/"}
    for path in sorted(paths):
        for method in ("GET", "HEAD", "GET"):
            assert town.web.request(method, path).status_code == 200, (method, path)
    assert town.web.get("/admin", auth=("a", "a password")).status_code == 200
    assert town.rows() == before


@pytest.mark.parametrize("purpose", ["c", "u", "p", "v"])
def test_a_forged_or_altered_token_changes_nothing(town: Town, purpose: str) -> None:
    issue = subscribed(town)
    real = path_of(town.inbox.of(ADDRESS)[0] if purpose == "c" else issue, purpose)
    other = path_of(issue, "v" if purpose != "v" else "p")
    number, signature = real.rpartition("/")[2].split(".")
    wrong = [f"{number}.{signature[:-2]}AA", f"{number}x.{signature}", f"1{number}.{signature}", number, "x" * 500]
    wrong += [other.rpartition("/")[2], f"{number}.{signature}.", f"{number.upper()}0.{signature}", "%00", "..%2f..%2f"]
    before = town.rows()
    for token in wrong:
        for method in ("GET", "POST") if purpose != "v" else ("GET",):
            answer = town.web.request(method, f"/{purpose}/{token}", data={} if method == "POST" else None)
            assert 400 <= answer.status_code < 500, (method, token)
            assert "<h1" in answer.text
    assert town.rows() == before


@pytest.mark.parametrize(
    "body", [b"List-Unsubscribe=One-Click", b"", b"\xff\x00odd", b"--x\r\nbroken multipart", b"x" * 99_999]
)
def test_one_click_works_without_cookie_form_or_sense_and_twice(town: Town, body: bytes) -> None:
    leave = urlsplit(str(subscribed(town)["List-Unsubscribe"])[1:-1]).path
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = httpx2.post(
            str(town.web.base_url.join(leave)), content=body, headers={"Content-Type": kind}, trust_env=False
        )
        assert (answer.status_code, answer.has_redirect_location) == (200, False)
    assert [one.status for one in town.service.subscribers()] == ["unsubscribed"]
    tick(town.service)
    assert len(town.inbox.of(ADDRESS)) == 3, "a mail program is said no goodbye"


def test_leaving_while_an_issue_waits_cancels_it(town: Town) -> None:
    issue = subscribed(town)
    town.moment = datetime(2026, 3, 18, 9, tzinfo=UTC)
    assert town.service.compose().issues == 1
    town.web.post(path_of(issue, "u"))
    assert town.service.deliver().skipped == {"suppressed: unsubscribed": 1}
    assert len(town.inbox.of(ADDRESS)) == 3


@pytest.mark.parametrize("purpose", ["u", "p"])
def test_who_leaves_by_the_button_of_a_page_is_said_goodbye_once(town: Town, purpose: str) -> None:
    issue = subscribed(town)
    page: Any = html.fromstring(town.web.get(path_of(issue, purpose)).text)
    [form] = page.xpath("//form[contains(., 'Unsubscribe')]")
    fields, path = dict(form.form_values()), form.get("action") or path_of(issue, purpose)
    for _ in range(2):
        assert town.web.post(path, data=fields).status_code == 200
        tick(town.service)
    [*_, goodbye] = town.inbox.of(ADDRESS)
    assert (len(town.inbox.of(ADDRESS)), goodbye["List-Unsubscribe"]) == (4, None)
    assert goodbye["Subject"] == "You are unsubscribed from Trending papers"


def test_five_changes_of_preferences_are_told_in_one_mail_that_leads_back(town: Town) -> None:
    issue = subscribed(town)
    for length in ("5", "6", "7", "8", "9"):
        assert town.web.post(path_of(issue, "p"), data=FORM | {"length": length}).status_code == 200
    tick(town.service)
    assert len(town.inbox.of(ADDRESS)) == 3
    town.moment += timedelta(minutes=10)
    tick(town.service)
    [*_, told] = town.inbox.of(ADDRESS)
    text = told.get_body(("plain",))
    assert text is not None
    assert "- Length: up to 9 papers. Before: up to 10 papers." in text.get_content()
    assert town.web.get(path_of(told, "p")).status_code == 200
    town.morning(date(2026, 3, 18))
    assert len(town.inbox.of(ADDRESS)) == 5


def test_preferences_are_kept_and_followed(town: Town) -> None:
    issue = subscribed(town)
    changed = FORM | {
        "topics": "protein design",
        "never": "robot",
        "length": "5",
        "trend_weight": "10",
        "zone": "Asia/Tokyo",
    }
    assert town.web.post(path_of(issue, "p"), data=changed).status_code == 200
    [reader] = town.service.subscribers()
    assert [(topic.words, topic.stance.value) for topic in reader.wishes.topics] == [
        ("protein design", "follow"),
        ("robot", "never"),
    ]
    assert (reader.wishes.length, reader.wishes.trend_weight, reader.wishes.cadence.zone) == (5, 0.1, "Asia/Tokyo")
    wrong = town.web.post(path_of(issue, "p"), data=changed | {"zone": "Mars/Olympus", "length": "many"})
    assert wrong.status_code == 422
    assert "Mars/Olympus" in wrong.text
    assert [one.wishes for one in town.service.subscribers()] == [reader.wishes]


def test_the_sign_up_page_says_the_same_of_a_known_and_an_unknown_address(town: Town) -> None:
    subscribed(town)
    known = town.web.post("/subscribe", data=FORM)
    unknown = town.web.post("/subscribe", data=FORM | {"address": "new@readers.example"})
    assert known.text.replace(ADDRESS, "") == unknown.text.replace("new@readers.example", "")
