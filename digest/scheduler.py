"""The clock's door: APScheduler only rings; what is due stands in the database, and the service acts."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from digest.service import Service

log = logging.getLogger(__name__)
POST_SECONDS = 5
QUIET = {"done", "named", "waiting", "next_try_at"}
MINUTE_SECONDS = 60


def tick(service: Service) -> None:
    """Do whatever is due at this moment: watch, collect and publish, compose, deliver, learn."""
    watch(service)
    collect_and_publish(service)
    compose(service)
    deliver(service)
    learn(service)


def collect_and_publish(service: Service) -> None:
    """Collect today and publish its edition, if the bell rings for this process."""
    if service.is_time_to_collect():
        today = service.now().date()
        collected = service.collect(today, advance=_lines)
        _say("collect", collected)
        _say("enrich", service.enrich(today, advance=_lines))
        published = service.publish(today, advance=_lines)
        _say("publish", published)
        service.collected(is_done=collected.done and not collected.mended)
        if published.done:
            service.ping()


def watch(service: Service) -> None:
    """Tell the operator of trouble."""
    _say("watch", service.watch())


def compose(service: Service) -> None:
    """Compose the issues of all who are due."""
    _say("compose", service.compose())


def deliver(service: Service) -> None:
    """Send what waits, confirmations first."""
    _say("deliver", service.deliver())


def learn(service: Service) -> None:
    """Learn anew what gathers attention, if the bell rings for this process."""
    if service.is_time_to_learn():
        _say("learn", service.learn(advance=_lines))


RINGS = (
    (watch, MINUTE_SECONDS),
    (collect_and_publish, MINUTE_SECONDS),
    (compose, MINUTE_SECONDS),
    (deliver, POST_SECONDS),
    (learn, MINUTE_SECONDS),
)
POST_ONLY = ((deliver, POST_SECONDS),)
"""For a house that shows a past day: what readers ask for is sent, and nothing else."""


def start(service: Service, rings: Sequence[tuple[Callable[[Service], None], int]] = RINGS) -> BackgroundScheduler:
    """Start ringing; `shutdown()` of what is given stops it."""
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    for work, seconds in rings:
        scheduler.add_job(_guarded, "interval", (work, service), seconds=seconds, next_run_time=service.now())
    scheduler.start()
    return scheduler


def _guarded(work: Callable[[Service], None], service: Service) -> None:
    try:
        work(service)
    except Exception:  # The clock goes on: one failed round is written down and the next one tries again.
        log.exception("%s failed and is tried again at the next ring", work.__name__)


def _say(hop: str, report: Any) -> None:
    said = {name: value for name, value in report.to_json().items() if value and name not in QUIET}
    if report.failed:
        log.error("%s: %s", hop, said)
    elif said:
        log.info("%s: %s", hop, said)


def _lines(step: str, done: int, total: int) -> None:
    log.debug("%s: %d of %d", step, done, total)
