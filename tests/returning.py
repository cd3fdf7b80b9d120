"""The mails of `tests/data/bounces`: in the forms of many servers, with invented addresses, and what they must mean."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine

from digest.domain.delivery import Kind
from digest.links import Links, Purpose
from digest.mail import verp
from digest.mail.renderer import message_id
from digest.store.database import Database
from tests.builders import masthead

FOLDER = Path(__file__).parent / "data" / "bounces"
LINKS = Links("https://digest.example.org", {1: "k" * 64})
READER = "gone@readers.example"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One mail: its name, what it must mean, and by what it names a delivery.

    Attributes
    ----------
    named_by : `verp`; `leave`: a link to leave, which proves a wish to leave at most; `nothing`: no proof at all
    """

    name: str
    kind: str
    code: str
    named_by: str

    def raw(self, delivery: int = 7) -> bytes:
        """Give the mail as it would come back for a delivery."""
        text = (FOLDER / f"{self.name}.eml").read_text("utf-8")
        ours = {"{verp}": verp.address("bounce@bounces.digest.example", delivery, LINKS)}
        ours |= {"{id}": message_id(Kind.ISSUE, delivery, masthead())}
        ours |= {"{leave}": LINKS.link(Purpose.LEAVE, delivery)}
        for mark, value in ours.items():
            text = text.replace(mark, value)
        return text.encode()

    @property
    def is_report(self) -> bool:
        """Whether a server wrote it, and not a reader or a reader's program."""
        return not self.name.startswith("reply-")


@contextmanager
def all_connections_taken(database: Database) -> Iterator[None]:
    """Let every connection to a database be in use until the block ends."""
    own = database.engine
    database.engine = create_engine(own.url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    try:
        with database.engine.connect():
            yield
    finally:
        database.engine.dispose()
        database.engine = own


with (FOLDER / "expected.csv").open(newline="", encoding="utf-8") as _lines:
    SAMPLES = [Sample(**row) for row in csv.DictReader(_lines)]
