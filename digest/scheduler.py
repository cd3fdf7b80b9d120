"""The clock's door: APScheduler only rings; what is due stands in the database, and the service acts.

Of several processes on one database one holds the clock and does what is done once; all of them deliver.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from digest.journal import RUN
from digest.service import Service

log = logging.getLogger(__name__)
POST_SECONDS = 5
QUIET = {"done", "named", "waiting", "next_try_at", "rests_until"}
MINUTE_SECONDS = 60
Work = Callable[[Service], None]


class Stopped(BaseException):
    """The service ends: what is under way is left where it is safe. It is no error, so nothing takes it for one."""


def alone(work: Work) -> Work:
    """Let work be done only by the process that holds the clock."""

    @wraps(work)
    def done_alone(service: Service) -> None:
        if service.holds_clock():
            work(service)

    return done_alone


def hold_clock(service: Service) -> None:
    """Keep the clock, or take it over as soon as nobody alive holds it."""
    service.holds_clock()


def tick(service: Service) -> None:
    """Do whatever is due at this moment: watch, collect and publish, compose, deliver, learn."""
    watch(service)
    collect_and_publish(service)
    compose(service)
    deliver(service)
    learn(service)


@alone
def collect_and_publish(service: Service) -> None:
    """Collect today and publish its edition, if the bell rings for this process."""
    if service.is_time_to_collect():
        today, advance = service.now().date(), partial(_advance, service)
        collected = _hop(service, "collect", lambda: service.collect(today, advance=advance))
        _hop(service, "enrich", lambda: service.enrich(today, advance=advance))
        published = _hop(service, "publish", lambda: service.publish(today, advance=advance))
        service.collected(is_done=collected.done and not collected.mended)
        if published.done:
            service.ping()


@alone
def watch(service: Service) -> None:
    """Tell the operator of trouble."""
    _hop(service, "watch", service.watch)


@alone
def compose(service: Service) -> None:
    """Compose the issues of all who are due."""
    _hop(service, "compose", lambda: service.compose(advance=partial(_advance, service)))


def deliver(service: Service) -> None:
    """Send what waits, confirmations first; the ledger keeps apart the processes that do so."""
    _hop(service, "deliver", lambda: service.deliver(advance=partial(_advance, service)))


@alone
def learn(service: Service) -> None:
    """Learn anew what gathers attention, if the bell rings for this process."""
    if service.is_time_to_learn():
        _hop(service, "learn", lambda: service.learn(advance=partial(_advance, service)))


@alone
def receive(service: Service) -> None:
    """Read what came back, where the settings name a mailbox for it."""
    _hop(service, "receive", lambda: service.receive(advance=partial(_advance, service)))


RINGS = (
    (hold_clock, POST_SECONDS),
    (watch, MINUTE_SECONDS),
    (collect_and_publish, MINUTE_SECONDS),
    (compose, MINUTE_SECONDS),
    (deliver, POST_SECONDS),
    (learn, MINUTE_SECONDS),
    (receive, MINUTE_SECONDS),
)
POST_ONLY = ((deliver, POST_SECONDS),)
"""For a house that shows a past day: what readers ask for is sent, and nothing else."""


def start(service: Service, rings: Sequence[tuple[Work, int]] = RINGS) -> BackgroundScheduler:
    """Start ringing; `stop` ends it."""
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    for work, seconds in rings:
        scheduler.add_job(_guarded, "interval", (work, service), seconds=seconds, next_run_time=service.now())
    scheduler.start()
    return scheduler


def stop(service: Service, scheduler: BackgroundScheduler) -> None:
    """Stop ringing, wait until what is under way has come to where it may be left, and leave the clock to others."""
    service.ending.set()
    scheduler.shutdown()
    service.let_go_of_clock()


def _guarded(work: Work, service: Service) -> None:
    RUN.set(f"{service.now():%Y%m%dT%H%M%S}.{work.__name__}")
    try:
        work(service)
    except Stopped:
        log.info("%s is left where it stands: the service ends", work.__name__)
    except Exception:  # The clock goes on: one failed round is written down and the next one tries again.
        log.exception("%s failed and is tried again at the next ring", work.__name__)


def _hop(service: Service, hop: str, work: Callable[[], Any]) -> Any:
    """Do a hop, count it and write down what it said; give its report."""
    with service.timing(hop) as ended:
        report = work()
        told = report.to_json()
        ended.update(told)
    said = {name: value for name, value in told.items() if value and name not in QUIET}
    if said:
        log.log(logging.ERROR if report.failed else logging.INFO, hop, extra={"said": said})
    return report


def _advance(service: Service, step: str, done: int, total: int) -> None:
    """Go on, unless the service ends."""
    if service.ending.is_set():
        raise Stopped
    log.debug("%s: %d of %d", step, done, total)
