"""Sending as a test wants it: one run of a process of its own, by a watch of the test."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from digest.actions.deliver import Sending
from digest.actions.report import DeliverReport
from digest.links import Links
from digest.mail.postroom import PostRoom
from digest.mail.transport import Transport
from digest.store.database import Database
from tests.builders import NOW, masthead
from tests.fakes import Watch, speed

LINKS = Links("https://digest.example.org", {1: "k" * 64})


def sending(
    database: Database,
    transport: Transport,
    at: datetime = NOW,
    *,
    holder: str = "me",
    dead: str = "",
    watch: Watch | None = None,
    links: Links = LINKS,
    limits: Mapping[str, int] = MappingProxyType({}),
) -> Sending:
    """Give the sending of a process that begins at a moment and from then on goes by the watch."""
    shown = watch or Watch()
    began = shown.seconds
    return Sending(
        database,
        lambda: transport,
        PostRoom(links=links, masthead=masthead(), holder=holder),
        speed=speed(shown, **limits),
        clock=lambda: at + timedelta(seconds=shown.seconds - began),
        is_dead=lambda name: name == dead,
    )


def delivered(
    database: Database, transport: Transport, at: datetime = NOW, *, at_once: bool = False, **how: Any
) -> DeliverReport:
    """Let a process run once and end."""
    process = sending(database, transport, at, **how)
    try:
        return process.run(at_once=at_once)
    finally:
        process.close()
