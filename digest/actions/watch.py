"""Watch: look whether something is wrong that the operator must know, and tell it once, and once when it is over."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from digest.actions.report import Report
from digest.domain.alarm import CLOCK, Alarm, Trouble
from digest.domain.listing import SOURCE_NAMES
from digest.domain.text import counted
from digest.store import alarms, bells, bounces, deliveries, receipts, rests
from digest.store.database import Database

log = logging.getLogger(__name__)
Tell = Callable[[Alarm], None]
DAYS_BACK = 3
"""Days for which a source that failed stays an alarm, if nobody repairs it."""
AWAKE = timedelta(hours=1)
"""How long the clock must have been going before it is asked why a source was not read."""
MAIL_WAITS = timedelta(minutes=30)
CLOCK_STOOD = timedelta(minutes=30)
REFUSED_IN = timedelta(days=1)
REFUSED_FROM = 20
REFUSED_SHARE = 0.05
"""Of the mails that were sent: below this, some receivers are only stricter than others."""
HEARTBEAT, WOKE = "heartbeat", "woke"


@dataclass(kw_only=True)
class WatchReport(Report):
    """What the operator was told."""

    told: list[str] = field(default_factory=list)


def watch(
    database: Database, tell: Mapping[str, Tell], *, now: datetime, day: date, is_late: bool, sources: Sequence[str]
) -> WatchReport:
    """Look for trouble and tell it by every way there is, each way for itself.

    A way that fails is tried again at the next ring; the others are not told twice.

    Parameters
    ----------
    tell : by the name of a way, what tells an alarm by it
    is_late : bool
        Whether the patience for the day's sources is at its end.
    sources : names of the sources that must have a receipt for the day
    """
    report = WatchReport()
    with database.writing() as connection:
        awake = _awake(connection, now)
        troubles = [*awake.troubles, *_mail(connection, now), *_refusals(connection, now)]
        for back in range(0 if is_late else 1, DAYS_BACK):
            must = sources if back == 0 and awake.since <= now - AWAKE else ()
            troubles += _sources(connection, day - timedelta(days=back), must)
        alarms.note(connection, troubles, list(tell) or ["nobody"], now)
        untold = alarms.untold(connection)
    for way, alarm in untold:
        try:
            tell[way](alarm) if way in tell else None
        except Exception as error:  # What tells of trouble must itself not stop the clock.
            log.warning("the operator could not be told by %s: %s", way, error)
            report.failed.append(f"the operator could not be told by {way}: {error}")
            continue
        with database.writing() as connection:
            alarms.told(connection, way, alarm, now)
        report.told.append(f"{'over: ' if alarm.is_over else ''}{alarm.words}")
    return report


def _sources(connection: Connection, day: date, must: Sequence[str]) -> list[Trouble]:
    found = receipts.of_day(connection, day)
    troubles = [
        Trouble(
            name=f"{day} {one.source} {one.part}",
            words=f"{SOURCE_NAMES.get(one.source, one.source)} {one.part}".strip()
            + f" on {day}: {one.verdict}: {one.reason}. Repair the day with: digest collect --day {day} --again",
        )
        for one in found
        if not one.is_good and not one.is_mended
    ]
    silent = [name for name in must if name not in {one.source for one in found}]
    words = "was not read on {day}: look whether the clock runs, and at its log"
    return troubles + [
        Trouble(name=f"{day} {name}", words=f"{SOURCE_NAMES.get(name, name)} {words.format(day=day)}")
        for name in silent
    ]


def _mail(connection: Connection, now: datetime) -> list[Trouble]:
    since, long_ago = rests.troubled_since(connection, now), now - MAIL_WAITS
    if since and since < long_ago:
        words = f"nothing could be sent since {since:%Y-%m-%d %H:%M} UTC: look at the mail server, and try at once with"
        return [Trouble(name="mail", words=f"{words}: digest deliver --now")]
    number, first_at = deliveries.waiting(connection)
    if not number or first_at is None or first_at > long_ago or deliveries.was_sent_since(connection, long_ago):
        return []
    words = f"{counted(number, 'message')} should have left by {first_at:%Y-%m-%d %H:%M} UTC: look at the mail server"
    return [Trouble(name="mail", words=f"{words}, and whether DIGEST_RAMP_FIRST_DAY holds them")]


def _refusals(connection: Connection, now: datetime) -> list[Trouble]:
    came = bounces.refused_since(connection, now - REFUSED_IN)
    if came.number < REFUSED_FROM or came.number < REFUSED_SHARE * came.sent:
        return []
    words = f"{counted(came.number, 'mail')} of a day were refused for who sends or what, most often with: {came.words}"
    return [Trouble(name="refusals", words=f"{words} Look what digest doctor says of DNS, and ask your mail server")]


@dataclass(frozen=True, kw_only=True)
class _Awake:
    """Since when the clock has been going without a gap, and the gap if there was one just now."""

    since: datetime
    troubles: Sequence[Trouble] = ()


def _awake(connection: Connection, now: datetime) -> _Awake:
    last, since = bells.next_at(connection, HEARTBEAT), bells.next_at(connection, WOKE)
    bells.beat(connection, HEARTBEAT, now)
    if since is not None and last is not None and now - last < CLOCK_STOOD:
        return _Awake(since=since)
    bells.beat(connection, WOKE, now)
    if last is None:
        return _Awake(since=now)
    stood = f"the clock stood still from {last:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC; what was due is done now"
    return _Awake(since=now, troubles=[Trouble(name=f"{CLOCK} {now:%Y-%m-%d %H:%M}", words=stood)])
