"""Posts what the operator must know to an address as JSON, and pings an outside monitor."""

from datetime import datetime

import httpx2

from digest.domain.alarm import Alarm

SECONDS = 10.0
AGENT = {"User-Agent": "trending-papers-digest"}


class NotHeard(Exception):  # noqa: N818 - it says what happened.
    """The address did not answer with 2xx: it is asked again at the next ring."""


def post(address: str, alarm: Alarm, now: datetime) -> None:
    """Post an alarm; raises NotHeard where nobody takes it."""
    record = {
        "name": alarm.name,
        "words": alarm.words,
        "since": alarm.since.isoformat(),
        "over": alarm.is_over,
        "at": now.isoformat(),
    }
    _ask("POST", address, record)


def ping(address: str) -> None:
    """Tell an outside monitor that all is well; raises NotHeard where it does not answer."""
    _ask("GET", address, None)


def _ask(method: str, address: str, record: dict[str, object] | None) -> None:
    try:
        answer = httpx2.request(method, address, json=record, headers=AGENT, timeout=SECONDS, trust_env=False)
    except httpx2.HTTPError as error:
        raise NotHeard(f"{type(error).__name__}: {error}") from error
    if not answer.is_success:
        raise NotHeard(f"status {answer.status_code}")
