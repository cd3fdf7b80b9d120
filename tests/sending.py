"""A house with many issues to send, senders that are processes of their own, and a mail server that writes it down."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from digest.actions.collect import asking, collect
from digest.actions.compose import Round, compose
from digest.actions.publish import publish
from digest.domain.delivery import Kind, State
from digest.domain.subscriber import Status, Wishes
from digest.mail.renderer import message_id
from digest.service import Service
from digest.settings import Settings
from digest.store import deliveries as deliveries_kept
from digest.store import subscribers
from digest.store.database import Database
from digest.store.tables import deliveries
from digest.store.tables import subscribers as subscribers_table
from tests.builders import DAY, NOW, listings
from tests.fakes import ListSource
from tests.judges.programs import serving
from tests.servers import free_port

DOMAINS = 7
ROOT = Path(__file__).parents[1]
RECORDER = Path(__file__).with_name("recorder.py")


class PostOffice:
    """A database with one issue for each of many readers, and what its senders are told."""

    def __init__(self, database: Database, folder: Path, readers: int, connections: int) -> None:
        self.database, self.folder, self.port = database, folder, free_port()
        self.record = folder / "record.txt"
        self.record.touch()
        self.told = {
            "DIGEST_DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
            "DIGEST_TRANSPORT": "smtp", "DIGEST_SMTP_HOST": "127.0.0.1", "DIGEST_SMTP_PORT": str(self.port),
            "DIGEST_SMTP_SECURITY": "none", "DIGEST_CONNECTIONS": str(connections),
        }  # fmt: skip
        with Service(self.settings()) as service:
            self.masthead = service.masthead
            self._queue(service, readers)

    def settings(self) -> Settings:
        """Give what the senders are told, for this process."""
        told: dict[str, Any] = {name.removeprefix("DIGEST_").lower(): own for name, own in self.told.items()}
        return Settings(_env_file=None, **told)

    def _queue(self, service: Service, readers: int) -> None:
        asks = asking([ListSource(*listings(4))])
        assert collect(self.database, asks, DAY, observed_at=NOW, now=NOW).done
        assert publish(self.database, DAY, self.masthead, now=NOW).done
        with self.database.writing() as connection:
            for number in range(readers):
                address, joined_at = f"reader{number}@d{number % DOMAINS}.example", NOW - timedelta(days=1)
                subscribers.add(connection, address, Wishes(bar=0), now=joined_at, status=Status.ACTIVE, consent={})
        this = Round(now=NOW, queued_at=service.now(), key_id=service.links.key_id)
        assert compose(self.database, this).issues == readers

    @contextmanager
    def server(self, pause_seconds: float = 0.0) -> Iterator[None]:
        """Run the mail server."""
        command = [sys.executable, str(RECORDER), str(self.port), str(self.record), str(pause_seconds)]
        with serving(*command, port=self.port, log=self.folder / "recorder.log"):
            yield

    def sender(self) -> "subprocess.Popen[bytes]":
        """Start a process that sends whatever is due."""
        command = [sys.executable, "-W", "ignore", "-m", "digest", "deliver", "--json"]
        return subprocess.Popen(
            command, env=os.environ | self.told | {"PYTHONPATH": str(ROOT)}, cwd=self.folder, stdout=subprocess.DEVNULL
        )

    def lines(self) -> int:
        """Count the messages the server has taken."""
        return self.record.read_bytes().count(b"\n")

    def address_of(self, delivery_id: int) -> str:
        """Give the address a delivery goes to."""
        with self.database.reading() as connection:
            held = subscribers.of_delivery(connection, delivery_id)
        assert held is not None
        return held.address

    def wait_for(self, sender: "subprocess.Popen[bytes]", taken: int) -> None:
        """Wait until the server has taken so many messages; the sender must not have ended before."""
        while self.lines() < taken:
            assert sender.poll() is None, "it ended too early"
            time.sleep(0.001)

    def wait_until_it_sends(self, sender: "subprocess.Popen[bytes]") -> None:
        """Wait until a message of this process is under way."""
        own = select(deliveries.c.id).where(
            deliveries.c.handed_over_at.is_not(None), deliveries.c.holder.contains(f"/{sender.pid}/")
        )
        found = None
        while found is None:
            assert sender.poll() is None, "it ended too early"
            with self.database.reading() as connection:
                found = connection.scalar(own)

    def count(self, state: State) -> int:
        """Count the deliveries in a state."""
        with self.database.reading() as connection:
            return deliveries_kept.counts(connection).get(state, 0)

    def in_flight(self) -> int:
        """Count what was handed over and not settled."""
        with self.database.reading() as connection:
            return connection.scalar(select(func.count()).where(deliveries.c.handed_over_at.is_not(None))) or 0

    def check(self, most_repeated: int) -> int:
        """Compare the ledger and the server's record line by line; give how many messages came twice."""
        taken = [tuple(line.split()) for line in self.record.read_text().splitlines()]
        with self.database.reading() as connection:
            rows = connection.execute(select(deliveries, subscribers_table.c.address).join(subscribers_table)).all()
        assert Counter(row.state for row in rows) == {State.SENT: len(rows)}
        assert all(row.message_sha256 and row.reply and row.attempts == 1 for row in rows)
        ledger = {(row.address, f"<{message_id(Kind(row.kind), row.id, self.masthead)}>") for row in rows}
        assert set(taken) == ledger, "each reader's issue came, and nothing else, always under the same Message-ID"
        assert len({address for address, _ in ledger}) == len(rows)
        repeated = len(taken) - len(rows)
        assert repeated <= most_repeated
        return repeated
