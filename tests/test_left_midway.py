"""A reader who leaves while issues are being sent gets none after the answer, unless it was on the wire by then."""

import random
from pathlib import Path
from urllib.request import Request, urlopen

from sqlalchemy import select

from digest.links import Purpose
from digest.service import Service
from digest.store.database import Database
from digest.store.tables import deliveries
from tests.sending import PostOffice
from tests.servers import web_server

READERS, LEAVERS = 400, 60


def test_who_has_left_gets_nothing_that_was_not_on_the_wire(database: Database, tmp_path: Path) -> None:
    office, safe = PostOffice(database, tmp_path, READERS, connections=4), set()
    with Service(office.settings()) as service, web_server(service) as web, office.server(0.02):
        sender = office.sender()
        office.wait_for(sender, 10)
        for number in random.Random(7).sample(range(10, READERS + 1), LEAVERS):
            token = service.links.link(Purpose.LEAVE, number).rpartition("/")[2]
            with urlopen(Request(f"{web}/u/{token}", data=b"List-Unsubscribe=One-Click")) as answer:
                assert answer.status == 200
            with database.reading() as connection:
                row = connection.execute(select(deliveries).where(deliveries.c.id == number)).one()
            if row.sent_at is None and row.handed_over_at is None:
                safe.add(office.address_of(number))
        assert sender.wait(120) == 0
    assert len(safe) > LEAVERS // 4, "many left in time"
    reached = {line.split()[0] for line in office.record.read_text().splitlines()}
    assert reached & safe == set()
    assert len(reached) >= READERS - LEAVERS
