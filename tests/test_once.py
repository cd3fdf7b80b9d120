"""Run twice, two at once, one killed midway and run again: one issue per reader and period, one mail each."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.domain.profile import read_topics
from digest.domain.subscriber import Wishes
from digest.resources import resource_dir
from digest.service import Service
from digest.settings import Settings
from digest.store.tables import deliveries, issues, shown_papers

DAY = "2026-03-17"
READERS = 120
TASTES: tuple[list[str], ...] = (["robot manipulation"], ["speech", "cs.CL"], ["medical imaging", "cs.CV"], [])


class House:
    """A house that is run by processes of its own."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.settings = Settings(_env_file=None, database_url=database_url, outbox=folder / "outbox")
        self.folder = folder
        with Service(self.settings) as service:
            for number in range(READERS):
                wishes = Wishes(topics=read_topics(TASTES[number % len(TASTES)]))
                service.add(f"reader{number}@readers.example", wishes, consent={})

    def start(self) -> subprocess.Popen[str]:
        """Start a process that runs the whole day."""
        files = [part for name in ("arxiv.xml", "huggingface.json") for part in ("--file", str(self.sample / name))]
        told = {"DIGEST_DATABASE_URL": self.settings.database_url, "DIGEST_OUTBOX": str(self.settings.outbox)}
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "digest", "run", "--day", DAY, *files],
            env=os.environ | told, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    @property
    def sample(self) -> Path:
        """The recorded morning."""
        return resource_dir("sample") / DAY

    def run(self) -> None:
        """Run the day to its end."""
        process = self.start()
        said, wrong = process.communicate(timeout=120)
        assert process.returncode == 0, said + wrong

    def mails(self) -> Counter[str]:
        """Count the mails in the outbox by address."""
        found = (self.settings.outbox / "new").glob("*.eml")
        return Counter(str(message_from_bytes(one.read_bytes(), policy=policy.default)["To"]) for one in found)

    def check(self) -> None:
        """Everybody has one issue, one mail, no paper twice, and the ledger says so."""
        everybody = Counter(f"reader{number}@readers.example" for number in range(READERS))
        assert self.mails() == everybody
        with Service(self.settings) as service, service.database.reading() as connection:
            periods = connection.execute(select(issues.c.subscriber_id, issues.c.period)).all()
            assert len(set(periods)) == len(periods) == READERS
            states = Counter(connection.scalars(select(deliveries.c.state)))
            assert states == {"sent": READERS}
            shown = connection.execute(select(shown_papers.c.subscriber_id, shown_papers.c.paper_id)).all()
            assert len(set(shown)) == len(shown)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> House:
    return House(database_url, tmp_path)


def test_running_twice_sends_once(house: House) -> None:
    house.run()
    first = {one.name: one.read_bytes() for one in (house.settings.outbox / "new").iterdir()}
    house.run()
    house.check()
    assert {one.name: one.read_bytes() for one in (house.settings.outbox / "new").iterdir()} == first


def test_two_processes_at_once_send_once(house: House) -> None:
    both = [house.start(), house.start()]
    ended = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], ended
    house.run()
    house.check()


@pytest.mark.parametrize("after", [0, 1, 40, 110])
def test_killed_midway_and_run_again_sends_once(house: House, after: int) -> None:
    killed = house.start()
    outbox = house.settings.outbox / "new"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and killed.poll() is None:
        if outbox.exists() and sum(1 for _ in outbox.iterdir()) >= after:
            break
        time.sleep(0.002)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    house.run()
    house.check()
