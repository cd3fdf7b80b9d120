"""What came back is taken in by the webhook and by LMTP, each mail as from a mailbox."""

import hmac
import smtplib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from digest.domain.delivery import Kind
from digest.domain.subscriber import Status
from digest.lmtp import AWAY, MOST_BYTES, NOT_OURS, ONE_AT_A_TIME, taking_in
from digest.mail import verp
from digest.service import Service
from digest.settings import Settings
from digest.store import bounces, deliveries, subscribers
from digest.store.tables import metadata
from tests.builders import NOW
from tests.cast import wishes_of
from tests.returning import FOLDER, READER
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


def test_a_signed_mail_is_acted_on_and_told_twice_counts_once(house: Service, web: httpx2.Client) -> None:
    raw = complaint(house)
    for _ in range(2):
        assert web.post("/returns", content=raw, headers=signed(raw)).status_code == 204
    assert reason(house) == "complaint"


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
    own = verp.address(BOUNCES, 1, house.links)
    with taking_in(house) as where, smtplib.LMTP(*(where or ())) as server:
        server.ehlo_or_helo_if_needed()
        server.mail("")
        server.rcpt(own)
        code, words = server.data(raw)
    assert f"{code} {words.decode()}" == AWAY


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
