"""Watch: look whether something is wrong that the operator must know, and tell it once, and once when it is over."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from digest.actions.report import Report
from digest.domain.alarm import Alarm, Trouble
from digest.domain.listing import SOURCE_NAMES, Verdict
from digest.domain.trend import counted
from digest.store import alarms, bells, deliveries, receipts
from digest.store.database import Database

log = logging.getLogger(__name__)
Tell = Callable[[Alarm], None]
GOOD = (Verdict.COMPLETE, Verdict.NOTHING)
MAIL_WAITS = timedelta(minutes=30)
CLOCK_STOOD = timedelta(minutes=30)
HEARTBEAT = "heartbeat"


@dataclass(kw_only=True)
class WatchReport(Report):
    """What the operator was told."""

    told: list[str] = field(default_factory=list)


def watch(
    database: Database, tell: Sequence[Tell], *, now: datetime, day: date, is_late: bool, sources: Sequence[str]
) -> WatchReport:
    """Look for trouble and tell it by every way there is.

    An alarm counts as told when every way took it; otherwise it is told again at the next ring.

    Parameters
    ----------
    is_late : bool
        Whether the patience for the day's sources is at its end.
    sources : names of the sources that must have a receipt for the day
    """
    report = WatchReport()
    with database.writing() as connection:
        troubles = [*_clock(connection, now), *_mail(connection, now)]
        troubles += _sources(connection, day, sources) if is_late else []
        alarms.note(connection, troubles, now)
        untold = alarms.untold(connection)
    for alarm in untold:
        try:
            for way in tell:
                way(alarm)
        except Exception as error:  # What tells of trouble must itself not stop the clock.
            log.warning("the operator could not be told %r: %s", alarm.words, error)
            report.failed.append(f"the operator could not be told: {error}")
            continue
        with database.writing() as connection:
            alarms.told(connection, alarm, now)
        report.told.append(f"{'over: ' if alarm.is_over else ''}{alarm.words}")
    return report


def _sources(connection: Connection, day: date, names: Sequence[str]) -> list[Trouble]:
    found = receipts.of_day(connection, day)
    troubles = [
        Trouble(
            name=f"source {one.source} {one.part}".strip(),
            words=f"{SOURCE_NAMES.get(one.source, one.source)} {one.part}".strip()
            + f" on {day}: {one.verdict}: {one.reason}. Repair the day with: digest collect --day {day} --again",
        )
        for one in found
        if one.verdict not in GOOD and not one.is_mended
    ]
    silent = [name for name in names if name not in {one.source for one in found}]
    return troubles + [
        Trouble(
            name=f"source {name}", words=f"{SOURCE_NAMES.get(name, name)} was not read on {day}: is the clock running?"
        )
        for name in silent
    ]


def _mail(connection: Connection, now: datetime) -> list[Trouble]:
    number, first_at = deliveries.waiting(connection)
    if not number or first_at is None or now - first_at < MAIL_WAITS:
        return []
    words = f"{counted(number, 'message')} should have left by {first_at:%Y-%m-%d %H:%M} UTC: look at the mail server"
    return [Trouble(name="mail", words=words)]


def _clock(connection: Connection, now: datetime) -> list[Trouble]:
    """Notice a gap between two heartbeats; it is over as soon as it is noticed, since the clock rings again."""
    last = bells.next_at(connection, HEARTBEAT)
    bells.beat(connection, HEARTBEAT, now)
    if last is None or now - last < CLOCK_STOOD:
        return []
    stood = f"the clock stood still from {last:%Y-%m-%d %H:%M} to {now:%H:%M} UTC; what was due is done now"
    return [Trouble(name="clock", words=stood)]
