"""What the reader's pages need: a house with an edition of forty papers, and a reader who was sent an issue of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from lxml import html
from sqlalchemy import select

from digest.actions.collect import asking, collect
from digest.actions.publish import publish
from digest.domain.delivery import Kind
from digest.domain.issue import Issue
from digest.domain.subscriber import Subscriber
from digest.domain.wished import Change
from digest.links import Purpose
from digest.service import Service
from digest.settings import Settings
from digest.store import deliveries, issues
from digest.store.tables import metadata
from tests.builders import DAY, NOW, listings, masthead
from tests.cast import joined
from tests.fakes import ListSource
from tests.servers import web_server

DELIVERY = 1
HOSTILE = "On <script>alert(1)</script> & protein design 41"


@dataclass(frozen=True, kw_only=True)
class Room:
    """A house with its door open, and one reader of it."""

    house: Service
    web: httpx2.Client
    reader: Subscriber

    def path(self, purpose: Purpose) -> str:
        """Give the path of the reader's own page for a purpose."""
        return f"/{purpose}/{self.house.links.link(purpose, DELIVERY).rpartition('/')[2]}"

    def issue(self) -> Issue:
        """Give the reader's issue."""
        with self.house.database.reading() as connection:
            return issues.with_ids(connection, [1])[1]

    def told(self) -> Change:
        """Give what waits to be told to the reader of what was changed."""
        with self.house.database.writing() as connection:
            held = deliveries.newest(connection, self.reader.id, Kind.CHANGED)
        assert held is not None
        return Change.from_json(held[1])

    def rows(self) -> dict[str, list[Any]]:
        """Give every row of every table."""
        with self.house.database.reading() as connection:
            return {name: list(connection.execute(select(table))) for name, table in metadata.tables.items()}


@pytest.fixture
def room(settings: Callable[..., Settings]) -> Iterator[Room]:
    """Give a house whose door is open on the morning of the tests, and a reader who has an issue."""
    with Service(settings(arxiv_categories=(), huggingface=False), now=lambda: NOW) as house:
        found = [*listings(40), *listings(41, title=HOSTILE)[40:]]
        assert collect(house.database, asking([ListSource(*found)]), DAY, observed_at=NOW, now=NOW).done
        assert publish(house.database, DAY, masthead(), now=NOW).is_new
        reader = joined(house.database, "ada")
        assert house.compose(day=DAY).issues == 1
        with web_server(house) as address, httpx2.Client(base_url=address, trust_env=False) as web:
            yield Room(house=house, web=web, reader=reader)


def tree(answer: httpx2.Response) -> Any:
    """Give a page as its elements."""
    return html.fromstring(answer.text)


def words(answer: httpx2.Response) -> str:
    """Give a page as it reads, its spaces made single."""
    return " ".join(" ".join(tree(answer).xpath("//main")[0].itertext()).split())
