"""Senders killed at any moment and begun again: every reader has one issue, but for what was in flight."""

import os
import random
import signal
from pathlib import Path

import pytest

from digest.domain.delivery import State
from digest.store.database import Database
from tests.sending import PostOffice

IS_WHOLE = os.environ.get("JUDGE") == "all"
READERS, KILLS = (10_000, 100) if IS_WHOLE else (1_000, 10)
CONNECTIONS = 4
SLOW_SECONDS = 0.005
"""The mail server takes so long over each message, so that something is always under way."""


@pytest.mark.timeout(1800)
def test_a_sender_killed_again_and_again_brings_every_reader_one_issue(database: Database, tmp_path: Path) -> None:
    chance, office = random.Random(7), PostOffice(database, tmp_path, READERS, CONNECTIONS)
    points, in_flight = sorted(chance.sample(range(READERS * 9 // 10), KILLS)), 0
    with office.server(SLOW_SECONDS):
        for point in points:
            sender = office.sender()
            office.wait_for(sender, point + 1 + in_flight)
            sender.send_signal(signal.SIGKILL)
            assert sender.wait() == -signal.SIGKILL
            assert office.count(State.SENDING) > 0
            in_flight += office.in_flight()
        assert office.sender().wait() == 0
    repeated = office.check(most_repeated=in_flight)
    assert in_flight <= CONNECTIONS * KILLS
    print(f"{READERS} readers, {KILLS} kills, {in_flight} in flight, {repeated} came twice")
