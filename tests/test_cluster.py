"""Several senders on one PostgreSQL, one killed every few seconds: nothing comes twice but what was in flight."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from digest.domain.delivery import State
from digest.store.database import Database
from tests.sending import PostOffice

IS_WHOLE = os.environ.get("JUDGE") == "all"
SECONDS = 120 if IS_WHOLE else 20
EVERY_SECONDS = 4
SLOW_SECONDS = 0.1
"""The mail server takes so long over each message: what there is to send lasts while processes are killed."""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("processes", [2, 4])
def test_no_issue_is_sent_by_two_of_several_processes(database: Database, tmp_path: Path, processes: int) -> None:
    office = PostOffice(database, tmp_path, readers=9 * SECONDS * processes, connections=1)
    chance, kills, until = random.Random(processes), 0, time.monotonic() + SECONDS
    with office.server(SLOW_SECONDS):
        senders = [office.sender() for _ in range(processes)]
        while time.monotonic() < until:
            time.sleep(EVERY_SECONDS)
            victim = senders.pop(chance.randrange(processes))
            office.wait_until_it_sends(victim)
            victim.send_signal(signal.SIGKILL)
            kills += victim.wait() == -signal.SIGKILL
            senders.append(office.sender())
        assert office.count(State.SENDING) > 0
        assert [sender.wait(300) for sender in senders] == [0] * processes
        assert office.sender().wait() == 0, "what the last to die had claimed, if it died last"
    assert kills >= SECONDS // (4 * EVERY_SECONDS)
    repeated = office.check(most_repeated=kills)
    print(f"{processes} processes, {kills} kills, {repeated} came twice")
