"""What came back is taken in by the webhook and by LMTP, each mail as from a mailbox."""

import hmac
import logging
import smtplib
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import httpx2
import pytest

from digest import lmtp
from digest.domain.delivery import Kind
from digest.domain.subscriber import Status
from digest.journal import CHATTY, Line, write_log
from digest.lmtp import AWAY, BROKEN, MOST_BYTES, MOST_CONNECTIONS, NOT_OURS, ONE_AT_A_TIME, TOO_MANY, taking_in
from digest.mail import verp
from digest.service import Service
from digest.settings import Settings
from digest.store import bounces, deliveries, subscribers
from digest.store.tables import metadata
from tests.builders import NOW
from tests.cast import wishes_of
from tests.returning import FOLDER, READER, all_connections_taken
from tests.servers import web_server

SECRET = "a key of the provider"
BOUNCES = "bounce@bounces.digest.example"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Service]:
    """Give a house of which one reader was sent an issue, with both doors for what comes back."""
    said = {"bounce_address": BOUNCES, "bounce_lmtp": "0", "bounce_webhook_secret": SECRET}
    settings = Settings(_env_file=None, database_url=f"sqlite:///{tmp_path}/digest.sqlite3", **said)  # type: ignore[arg-type]
    with Service(settings, lambda: NOW) as service:
        with service.database.writing() as connection:
            wishes = wishes_of("ada")
            number = subscribers.add(connection, READER, wishes, now=NOW, status=Status.ACTIVE, consent={})
            deliveries.queue(connection, number or 0, Kind.ISSUE, "2026-03-17", now=NOW)
        yield service


@pytest.fixture
def web(house: Service) -> Iterator[httpx2.Client]:
    """Give a program that asks the house's web."""
    with web_server(house) as address, httpx2.Client(base_url=address) as client:
        yield client


def complaint(house: Service) -> bytes:
    raw = (FOLDER / "arf-return-path.eml").read_text("utf-8")
    return raw.replace("{verp}", verp.address(BOUNCES, 1, house.links)).encode()


def signed(raw: bytes, *, late: int = 0, secret: str = SECRET) -> dict[str, str]:
    moment = int(NOW.timestamp()) - late
    made = hmac.digest(secret.encode(), f"{moment}.".encode() + raw, "sha256").hex()
    return {"Digest-Signature": f"t={moment},v1={made}"}


def reason(house: Service) -> str:
    with house.database.reading() as connection:
        held = bounces.suppressed(connection, READER)
    return held.reason if held else ""


def given_by_lmtp(house: Service, raw: bytes, to: str = "") -> str:
    with taking_in(house) as where, smtplib.LMTP(*(where or ())) as server:
        server.ehlo_or_helo_if_needed()
        server.mail("")
        server.rcpt(to or verp.address(BOUNCES, 1, house.links))
        code, words = server.data(raw)
    return f"{code} {words.decode()}"


def greeting(connection: socket.socket) -> str:
    with connection.makefile("r", encoding="utf-8") as lines:
        return lines.readline().strip()


def test_a_signed_mail_is_acted_on_and_told_twice_counts_once(house: Service, web: httpx2.Client) -> None:
    raw = complaint(house)
    for _ in range(2):
        assert web.post("/returns", content=raw, headers=signed(raw)).status_code == 204
    assert reason(house) == "complaint"
    assert given_by_lmtp(house, raw).startswith("250 ")
    assert 'digest_returned_total{kind="complaint"} 3' in web.get("/metrics").text


def test_without_a_signature_of_now_nothing_is_taken_in(house: Service, web: httpx2.Client) -> None:
    raw = complaint(house)
    wrong = [{}, signed(raw, secret="another"), signed(raw, late=301), signed(raw, late=-301), signed(raw + b"x")]
    wrong += [{"Digest-Signature": text} for text in ("t=1", "t=,v1=", "nonsense", f"t={'9' * 40},v1=00")]
    assert {web.post("/returns", content=raw, headers=headers).status_code for headers in wrong} == {401}
    assert reason(house) == ""


def test_without_a_secret_there_is_no_such_page(house: Service, web: httpx2.Client) -> None:
    house.settings = Settings(_env_file=None)
    raw = complaint(house)
    assert web.post("/returns", content=raw, headers=signed(raw, secret="")).status_code == 404


def test_a_mail_that_is_too_large_is_turned_away(web: httpx2.Client) -> None:
    raw = b"x" * (MOST_BYTES + 1)
    assert web.post("/returns", content=raw, headers=signed(raw)).status_code == 413


def test_where_the_database_is_away_the_sender_is_asked_to_come_again(house: Service, web: httpx2.Client) -> None:
    raw = complaint(house)
    metadata.tables["bounces"].drop(house.database.engine)
    assert web.post("/returns", content=raw, headers=signed(raw)).status_code == 503
    assert given_by_lmtp(house, raw) == AWAY


def test_where_all_connections_are_in_use_the_sender_is_asked_to_come_again(house: Service, web: httpx2.Client) -> None:
    raw = complaint(house)
    with all_connections_taken(house.database):
        assert web.post("/returns", content=raw, headers=signed(raw)).status_code == 503
        assert given_by_lmtp(house, raw) == AWAY
    assert web.post("/returns", content=raw, headers=signed(raw)).status_code == 204
    assert reason(house) == "complaint"


class Torn(dict[int, str]):
    """Keys that cannot be read."""

    def values(self) -> NoReturn:
        """Raise."""
        raise RuntimeError(READER)


def test_whatever_goes_wrong_the_mail_server_keeps_the_mail_and_the_log_no_address(
    house: Service, caplog: pytest.LogCaptureFixture
) -> None:
    raw = complaint(house)
    own = verp.address(BOUNCES, 1, house.links)
    house.links.keys = Torn(house.links.keys)
    assert given_by_lmtp(house, raw, own) == BROKEN
    line = "\n".join(map(Line().format, caplog.records))
    assert "RuntimeError" in line
    assert READER not in line


def test_more_connections_than_a_mail_server_needs_are_turned_away(house: Service) -> None:
    with taking_in(house) as where, ExitStack() as opened:
        assert where is not None
        said = [greeting(opened.enter_context(socket.create_connection(where))) for _ in range(MOST_CONNECTIONS)]
        assert {words[:4] for words in said} == {"220 "}
        for _ in range(2):
            assert greeting(opened.enter_context(socket.create_connection(where))) == TOO_MANY
        opened.close()
        with smtplib.LMTP(*where) as server:
            assert server.noop()[0] == 250


def test_who_says_nothing_is_hung_up_on(house: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lmtp.PATIENCE_SECONDS <= 60
    monkeypatch.setattr(lmtp, "PATIENCE_SECONDS", 0.1)
    with taking_in(house) as where, socket.create_connection(where or ("", 0), timeout=10) as idle:
        assert greeting(idle).startswith("220 ")
        assert idle.recv(100) == b""


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Write the log as `digest serve` does, and give what is written."""
    root, kept = logging.getLogger(), {name: logging.getLogger(name).level for name in CHATTY}
    level, handlers = root.level, root.handlers[:]
    root.handlers.clear()
    write_log("text")
    yield lambda: capsys.readouterr().err
    root.setLevel(level)
    root.handlers[:] = handlers
    for name, own in kept.items():
        logging.getLogger(name).setLevel(own)


def test_no_stranger_at_the_port_fills_the_log(house: Service, log: Callable[[], str]) -> None:
    with taking_in(house) as where, smtplib.LMTP(*(where or ())) as server:
        for command in ("LHLO x", "NOOP", "RSET", "NONSENSE", "MAIL FROM:<>", f"RCPT TO:<{READER}>"):
            server.docmd(command)
    assert log() == ""
    logging.getLogger("digest").warning("heard")
    assert "heard" in log()


def test_what_comes_by_lmtp_is_acted_on_by_its_recipient_alone(house: Service) -> None:
    own = verp.address(BOUNCES, 1, house.links)
    with taking_in(house) as where, smtplib.LMTP(*(where or ())) as server:
        for _ in range(2):
            assert server.sendmail("", [own], b"Subject: unsubscribe\r\nTo: somebody\r\n\r\n" + b"x" * 5000) == {}
    assert reason(house) == Status.UNSUBSCRIBED


def test_lmtp_takes_one_recipient_at_a_time_and_only_ours(house: Service) -> None:
    with taking_in(house) as where, smtplib.LMTP(*(where or ())) as server:
        server.ehlo_or_helo_if_needed()
        server.mail("")
        said = [server.rcpt(to) for to in ("ada@digest.example", BOUNCES, BOUNCES)]
    assert [f"{code} {words.decode()}" for code, words in said] == [NOT_OURS, "250 2.1.5 ok", ONE_AT_A_TIME]


def test_lmtp_ends_with_the_block_whoever_is_still_there(house: Service) -> None:
    with taking_in(house) as where:
        assert where is not None
        open_still = smtplib.LMTP(*where)
    with pytest.raises(OSError, match="refused"):
        smtplib.LMTP(*where)
    open_still.close()


def test_without_the_setting_nothing_listens(house: Service) -> None:
    house.settings = Settings(_env_file=None)
    with taking_in(house) as where:
        assert where is None
