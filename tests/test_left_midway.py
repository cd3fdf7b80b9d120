"""A reader who leaves while issues are being sent gets none after the answer, unless it was on the wire by then."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from threading import Event, Thread, get_ident
from urllib.request import Request, urlopen

from sqlalchemy import select

from digest.links import Purpose
from digest.service import Service
from digest.store.database import Database
from digest.store.tables import deliveries, subscribers
from tests.scripted import Script, Server, running
from tests.sending import PostOffice
from tests.servers import web_server

READERS, LEAVERS, DOT_SECONDS = 200, 60, 0.1
MAKING_SECONDS = 0.2
"""Between the question whether a mail is wanted and its first command it is only made: most take far less."""
PATIENCE = 60.0


def leave(service: Service, web: str, number: int) -> None:
    """Leave by one click, as a mail program does."""
    token = service.links.link(Purpose.LEAVE, number).rpartition("/")[2]
    with urlopen(Request(f"{web}/u/{token}", data=b"List-Unsubscribe=One-Click")) as answer:
        assert answer.status == 200


class Hesitating(Script):
    """Greets nobody until it is let."""

    def __init__(self) -> None:
        super().__init__({})
        self.was_called, self.may_greet = Event(), Event()

    def reply(self, verb: str) -> str:
        """Wait before the greeting."""
        if verb == "CONNECT":
            self.was_called.set()
            self.may_greet.wait(PATIENCE)
        return super().reply(verb)


class Timed(Script):
    """Takes its time for each message; notes of each reader when the mail began, and when the ledger says it was asked.

    Parameters
    ----------
    asked : callable
        Gives the moment of the last question whether the mail to an address is wanted.
    """

    def __init__(self, asked: Callable[[str], datetime]) -> None:
        super().__init__({})
        self.asked, self.begun = asked, dict[int, datetime]()
        self.reached = dict[str, tuple[datetime, datetime]]()

    def hear(self, line: str) -> None:
        """Note the moment of MAIL, and the reader of RCPT; each connection is a thread."""
        if line.startswith("MAIL"):
            self.begun[get_ident()] = datetime.now(UTC)
        if line.startswith("RCPT"):
            address = line.partition("<")[2].partition(">")[0]
            self.reached[address] = self.asked(address), self.begun[get_ident()]

    def reply(self, verb: str) -> str:
        """Take time."""
        if verb == "DOT":
            time.sleep(DOT_SECONDS)
        return super().reply(verb)


def test_who_leaves_before_the_greeting_is_over_gets_nothing(database: Database, tmp_path: Path) -> None:
    office, server, script = PostOffice(database, tmp_path, 2, connections=1), Server({}), Hesitating()
    server.script, office.told["DIGEST_SMTP_PORT"] = script, str(server.port)
    with running(server), Service(office.settings()) as service, web_server(service) as web:
        sending = Thread(target=service.deliver)
        sending.start()
        assert script.was_called.wait(PATIENCE)
        leave(service, web, 1)
        script.may_greet.set()
        sending.join(PATIENCE)
        gone, stays = office.address_of(1), office.address_of(2)
    told = [line.partition(" NOTIFY")[0] for line in script.commands if line.startswith("RCPT")]
    assert told == [f"RCPT TO:<{stays}>"], f"nothing for {gone}"
    assert len(script.got) == 1


def asked_at(database: Database, address: str) -> datetime:
    """Give when it was last asked whether the mail to an address is wanted: it is held from that moment."""
    held = select(deliveries.c.handed_over_at).join(subscribers).where(subscribers.c.address == address)
    with database.reading() as connection:
        found: datetime = connection.execute(held).scalar_one()
    return found


def test_who_has_left_gets_nothing_that_was_not_on_the_wire(database: Database, tmp_path: Path) -> None:
    office, server = PostOffice(database, tmp_path, READERS, connections=4), Server({})
    script = Timed(lambda address: asked_at(database, address))
    server.script, office.told["DIGEST_SMTP_PORT"] = script, str(server.port)
    left_at: dict[str, datetime] = {}
    with running(server), Service(office.settings()) as service, web_server(service) as web:
        sender = office.sender()
        while len(script.reached) < 10:
            assert sender.poll() is None, "it ended too early"
            time.sleep(0.01)
        for number in random.Random(7).sample(range(10, READERS + 1), LEAVERS):
            leave(service, web, number)
            left_at[office.address_of(number)] = datetime.now(UTC)
        assert sender.wait(PATIENCE) == 0
    late = {one for one in left_at.keys() & script.reached.keys() if left_at[one] < script.reached[one][0]}
    assert late == set(), "who had left when it was asked"
    making = median((begun - asked).total_seconds() for asked, begun in script.reached.values())
    assert 0 <= making < MAKING_SECONDS, "it is asked right before a mail goes"
    assert len(left_at.keys() - script.reached.keys()) > LEAVERS // 4, "many left in time"
    assert len(script.reached) >= READERS - LEAVERS
