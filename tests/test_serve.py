"""`digest serve` as a process: it ends cleanly, reads its settings anew, says how it is, and tells no secret."""

import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from digest.actions.collect import asking, collect
from digest.actions.publish import publish
from digest.domain.subscriber import Status, Wishes
from digest.service import Service
from digest.settings import Settings
from digest.store import subscribers
from digest.store.tables import bells, deliveries
from tests.builders import listings, masthead
from tests.fakes import ListSource
from tests.houses import Process, serving
from tests.servers import free_port

READERS = 40
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")


class SlowServer:
    """A mail server that takes its time over every message, and keeps whom each was for."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.begun = seconds, threading.Event()
        self.taken: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a message, slowly."""
        import asyncio

        self.begun.set()
        await asyncio.sleep(self.seconds)
        self.taken += envelope.rcpt_tos
        return "250 kept"


@pytest.fixture
def house(settings: Callable[..., Settings]) -> Iterator[Service]:
    """Give a house with an edition of today."""
    with Service(settings()) as opened:
        now = opened.now()
        day = now.date()
        found = asking([ListSource(*listings(20, listed_on=day))])
        assert collect(opened.database, found, day, observed_at=now, now=now).done
        assert publish(opened.database, day, masthead(), now=now).is_new
        yield opened


def states(house: Service) -> list[str]:
    with house.database.reading() as connection:
        return sorted(connection.scalars(select(deliveries.c.state)))


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_with_what_is_in_flight_settled_and_the_rest_kept(
    house: Service, tmp_path: Path, by: signal.Signals
) -> None:
    with house.database.writing() as connection:
        for number in range(READERS):
            address, now = f"reader{number}@readers.example", house.now()
            subscribers.add(connection, address, Wishes(bar=0), now=now, status=Status.ACTIVE, consent={})
    assert house.compose(day=house.now().date()).issues == READERS
    slow, port = SlowServer(0.5), free_port()
    server = Controller(slow, hostname="127.0.0.1", port=port)
    server.start()
    try:
        sends = {"transport": "smtp", "smtp_host": "127.0.0.1", "smtp_port": str(port), "smtp_security": "none"}
        with serving(tmp_path, **sends) as process:
            assert slow.begun.wait(30)
            assert process.end(by) == 0, process.log.read_text()
            log = process.log.read_text()
    finally:
        server.stop()
    sent = len(slow.taken)
    assert 0 < sent < READERS
    assert states(house) == ["queued"] * (READERS - sent) + ["sent"] * sent
    assert "did not end in" not in log
    assert "Traceback" not in log
    assert "readers.example" not in log
    with house.database.reading() as connection:
        assert connection.scalar(select(bells.c.holder).where(bells.c.name == "clock")) is None


def test_settings_are_read_anew_and_a_faulty_one_leaves_the_old(house: Service, tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("DIGEST_LIST_NAME=Before\n")
    with serving(tmp_path, log_format="json") as process:
        assert "Before" in process.answer("/").text
        env.write_text("DIGEST_LIST_NAME=After\n")
        process.running.send_signal(signal.SIGHUP)
        process.wait_for(lambda: "After" in process.answer("/").text)
        env.write_text("DIGEST_LIST_NAME=Wrong\nDIGEST_COLLECT_HOUR=99\n")
        process.running.send_signal(signal.SIGHUP)
        process.wait_for(lambda: "COLLECT_HOUR" in process.log.read_text())
        assert "After" in process.answer("/").text
        lines = [json.loads(line) for line in process.log.read_text().splitlines() if line.startswith("{")]
        assert any(line["event"] == "the settings were read anew" for line in lines)
        assert process.end() == 0
    events = [json.loads(line)["event"] for line in process.log.read_text().splitlines() if line.startswith("{")]
    assert (events.count("serving"), events[-1]) == (1, "stopped")


def test_what_runs_by_another_setting_than_is_read_is_told_until_it_is_put_back(house: Service, tmp_path: Path) -> None:
    env = tmp_path / ".env"
    with serving(tmp_path) as process:
        for times, said in enumerate(("json", "json", "keys"), 1):
            env.write_text(f"DIGEST_LOG_FORMAT={said}\n")
            process.running.send_signal(signal.SIGHUP)
            process.wait_for(lambda most=times: process.log.read_text().count("read anew") == most)  # type: ignore[misc]
        told = [line for line in process.log.read_text().splitlines() if "read anew" in line]
        assert ["needs_a_restart=log_format" in line for line in told] == [True, True, False]
        assert process.end() == 0


def test_metrics_count_what_was_sent_and_no_token_stands_in_the_log(house: Service, tmp_path: Path) -> None:
    with house.database.writing() as connection:
        subscribers.add(
            connection, "ada@readers.example", Wishes(bar=0), now=house.now(), status=Status.ACTIVE, consent={}
        )
    assert house.compose(day=house.now().date()).issues == 1
    with serving(tmp_path) as process:
        process.wait_for(lambda: 'digest_deliveries{state="sent"} 1' in process.answer("/metrics").text)
        process.wait_for(
            lambda: 'digest_hop_counted_total{hop="deliver",what="sent"} 1' in process.answer("/metrics").text
        )
        told = process.answer("/metrics").text
        assert 'digest_replies_total{class="2"} 1' in told
        assert "digest_queue_age_seconds 0" in told
        assert process.answer("/u/12.cCNIlZnWVqPYfyeq7xmKuQ").status_code == 400
        assert process.end() == 0
    log = process.log.read_text()
    assert "event=deliver sent=1" in log
    assert "cCNIlZnWVqPYfyeq7xmKuQ" not in log
    assert "ada@" not in log


def test_one_of_two_processes_holds_the_clock_and_the_other_takes_it_over_at_once(
    house: Service, tmp_path: Path
) -> None:
    def holder() -> str:
        with house.database.reading() as connection:
            held = connection.scalar(select(bells.c.holder).where(bells.c.name == "clock"))
        return (held or "").split("/")[-2] if held else ""

    with serving(tmp_path) as first:
        assert holder() == str(first.running.pid)
        with serving(tmp_path, "second.log") as second:
            assert holder() == str(first.running.pid)
            first.running.kill()
            first.running.wait()
            second.wait_for(lambda: holder() == str(second.running.pid))
            assert second.end() == 0


def test_the_mail_servers_door_is_open_while_it_serves_and_one_that_is_taken_is_said(
    house: Service, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = {"bounce_address": "bounce@digest.example.org", "bounce_lmtp": port}
        refused = Process(tmp_path, "refused.log", database_url=str(house.database.engine.url), **told)
        assert refused.running.wait(30) == 2
        assert f"cannot listen for LMTP on {port}" in refused.log.read_text()
    with serving(tmp_path, **told) as process:
        with socket.create_connection(("127.0.0.1", int(port))) as client:
            assert client.recv(4) == b"220 "
        assert process.end() == 0, process.log.read_text()


def test_what_is_sent_after_settings_were_read_anew_goes_by_them(house: Service, tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("DIGEST_SENDER=before@digest.example.org\n")
    with serving(tmp_path) as process:
        for times, name in enumerate(("before", "after"), 1):
            env.write_text(f"DIGEST_SENDER={name}@digest.example.org\n")
            process.running.send_signal(signal.SIGHUP)
            process.wait_for(lambda most=times: process.log.read_text().count("read anew") == most)  # type: ignore[misc]
            house.sign_up(f"{name}@readers.example", Wishes(), consent={})
            process.wait_for(lambda sender=f"<{name}@digest.example.org>": sender in mails(tmp_path))  # type: ignore[misc]
        assert process.end() == 0


def mails(folder: Path) -> str:
    """Give all mails in the outbox."""
    return "".join(one.read_text() for one in sorted((folder / "outbox" / "new").glob("*")))
