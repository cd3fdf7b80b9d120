"""What a program asks: who is let in, and what it is told."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import httpx2
import pytest

from digest import scheduler
from digest.actions.collect import asking, collect
from digest.actions.publish import publish
from digest.domain.delivery import Outcome, Reply, State
from digest.domain.subscriber import Wishes
from digest.service import Service
from digest.settings import Settings
from digest.store import bells, leases, rests
from tests.builders import DAY, NOW, listings, masthead
from tests.fakes import ListSource
from tests.servers import web_server

FROM_AFAR = {"X-Forwarded-For": "203.0.113.9"}


class Turned:
    """A clock the test turns."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        """Give the time."""
        return self.at


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def house(settings: Callable[..., Settings], clock: Turned) -> Iterator[Service]:
    quiet = settings(arxiv_categories=(), huggingface=False, admin_password="open sesame")
    with Service(quiet, now=clock) as opened:
        yield opened


@pytest.fixture
def web(house: Service) -> Iterator[httpx2.Client]:
    with web_server(house) as address, httpx2.Client(base_url=address, trust_env=False) as client:
        yield client


def test_a_house_whose_clock_nobody_rings_is_not_ready(house: Service, web: httpx2.Client) -> None:
    answer = web.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False, "missing": ["nobody rings the clock"]})
    assert house.holds_clock()
    assert web.get("/readyz").json() == {"ok": True, "missing": []}, "that there is no edition yet is no trouble"
    house.let_go_of_clock()
    assert web.get("/readyz").status_code == 503


def test_an_old_edition_makes_a_house_not_ready(house: Service, web: httpx2.Client, clock: Turned) -> None:
    assert collect(house.database, asking([ListSource(*listings(20))]), DAY, observed_at=NOW, now=NOW).done
    assert publish(house.database, DAY, masthead(), now=NOW).is_new
    for days, missing in ((0, []), (4, []), (5, [f"the newest edition is of {DAY}"])):
        clock.at = NOW + timedelta(days=days)
        assert house.holds_clock()
        assert web.get("/readyz").json()["missing"] == missing


def test_metrics_are_for_this_machine_and_for_the_administrator(web: httpx2.Client) -> None:
    assert web.get("/metrics").status_code == 200
    assert web.get("/metrics", headers=FROM_AFAR).status_code == 401
    assert web.get("/metrics", headers=FROM_AFAR, auth=("any", "wrong")).status_code == 401
    assert web.get("/metrics", headers=FROM_AFAR, auth=("any", "open sesame")).status_code == 200


def test_metrics_count_hops_and_the_ledger_and_name_nobody(house: Service, web: httpx2.Client, clock: Turned) -> None:
    house.add("ada@readers.example", Wishes(), consent={})
    scheduler.tick(house)
    lines = web.get("/metrics").text.splitlines()
    assert 'digest_hops_total{hop="compose",done="yes"} 1' in lines
    assert any(line.startswith('digest_hop_seconds_total{hop="deliver"} ') for line in lines)
    assert "digest_queue_age_seconds 0" in lines
    assert not any("ada" in line for line in lines)


def test_work_that_is_done_once_waits_for_who_holds_the_clock(house: Service) -> None:
    done: list[str] = []

    @scheduler.alone
    def work(_: Service) -> None:
        done.append("done")

    with house.database.writing() as connection:
        until = NOW + timedelta(minutes=2)
        assert bells.hold(connection, "clock", "elsewhere/1/1", [], now=NOW, lease=until - NOW)
    work(house)
    assert done == []
    assert not leases.is_dead("elsewhere/1/1"), "of another host nothing is known, so its time must run out"
    house.now = lambda: until
    work(house)
    assert done == ["done"]


def test_metrics_count_each_reply_at_once_and_say_that_sending_rests(house: Service, web: httpx2.Client) -> None:
    assert "digest_sending_rests 0" in web.get("/metrics").text.splitlines()
    house.meter.replied(Reply(outcome=Outcome.SENT, text="kept in a folder"), State.SENT)
    house.meter.replied(Reply(outcome=Outcome.LATER, text="451 4.3.0 later"), State.QUEUED)
    house.meter.replied(Reply(outcome=Outcome.UNKNOWN, text="lost"), State.UNKNOWN)
    with house.database.writing() as connection:
        bells.put_off(connection, rests.RESTS, NOW + timedelta(minutes=5))
    lines = web.get("/metrics").text.splitlines()
    for line in (
        'digest_replies_total{class="2"} 1', 'digest_replies_total{class="4"} 1',
        'digest_replies_total{class="none"} 1',
        'digest_settled_total{state="queued"} 1', 'digest_settled_total{state="sent"} 1',
        'digest_settled_total{state="unknown"} 1', "digest_sending_rests 1",
    ):  # fmt: skip
        assert line in lines


def test_a_rest_is_not_told_at_every_ring(house: Service, caplog: pytest.LogCaptureFixture) -> None:
    with house.database.writing() as connection:
        bells.put_off(connection, rests.RESTS, NOW + timedelta(minutes=5))
    with caplog.at_level("INFO"):
        scheduler.deliver(house)
    assert house.deliver().rests_until
    assert "deliver" not in caplog.messages
