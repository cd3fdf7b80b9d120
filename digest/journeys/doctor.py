"""Doctor: looks at every part mail depends on, and says of each whether it is well and what to do. Changes nothing."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from digest.actions.watch import HEARTBEAT
from digest.domain.finding import Finding, Health, ok, warn, wrong
from digest.domain.message import KINDS, NothingToShowError
from digest.journeys.doctor_mail import authentication, way_out, web
from digest.journeys.doctor_returns import ways_back
from digest.mail.dns import LookUp, Names
from digest.service import Service, StoreError, wall_clock
from digest.settings import Settings
from digest.store import bells
from digest.store.tables import deliveries, editions, receipts

RESERVED = {"example", "test", "invalid", "localhost", "local", "internal"}
"""Endings no domain of the open internet has (RFC 6761, 6762)."""
LITTLE, SCARCE = 100_000_000, 1_000_000_000
"""Free bytes below which the database soon stops, and below which somebody should see to it."""
OFF, FAR_OFF = timedelta(seconds=5), timedelta(minutes=1)
"""By how much a clock may differ: holding the clock needs a few seconds, signatures and certificates a minute."""
TIME_PAGE = "https://export.arxiv.org/api/query?id_list=1706.03762"
"""A short answer of a source, asked for its Date."""


@dataclass(frozen=True, kw_only=True)
class Instruments:
    """What is looked with.

    Attributes
    ----------
    now : the clock that is looked at
    look_up : asks DNS
    time_page : address whose Date the clock is compared with; empty asks nobody
    ca_file : PEM file of who may vouch for the web; empty: whom this machine trusts
    """

    now: Callable[[], datetime] = wall_clock
    look_up: LookUp = field(default_factory=Names)
    time_page: str = ""
    ca_file: str = ""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """All findings, in the order things were looked at."""

    findings: tuple[Finding, ...]

    @property
    def failed(self) -> list[str]:
        """What is wrong."""
        return [f"{one.part}: {one.seen}" for one in self.findings if one.verdict is Health.WRONG]

    @property
    def done(self) -> bool:
        """Whether nothing is wrong."""
        return not self.failed

    def to_json(self) -> dict[str, Any]:
        """Give the findings for programs."""
        return {"findings": [asdict(one) for one in self.findings], "done": self.done}


def examine(settings: Settings, by: Instruments | None = None) -> Diagnosis:
    """Look at every part; one that cannot be looked at is told as such, and the others are looked at all the same."""
    by = by or Instruments()
    try:
        service = Service(settings, now=by.now)
    except StoreError as error:
        return Diagnosis(findings=_all_of(settings, None, [wrong("database", str(error), "See the README.")], by))
    try:
        return Diagnosis(findings=_all_of(settings, service, told("database", partial(_database, service)), by))
    finally:
        service.database.close()


def _all_of(
    settings: Settings, service: Service | None, database: list[Finding], by: Instruments
) -> tuple[Finding, ...]:
    house = service if any(one.part == "disk" for one in database) else None
    found = told("settings", partial(_settings, settings)) + database
    if house:
        found += told("clock", partial(_clock, house)) + told("templates", partial(_templates, house))
    if by.time_page:
        found += told("clock", partial(_clock_of_others, settings, by))
    found += told("way out", partial(way_out, settings, by.now()))
    for back in ways_back(settings, by.ca_file):
        found += told("returns", back)
    for part, look in authentication(settings, by.look_up).items():
        found += told(part, look)
    return (*found, *told("web", partial(web, settings, house, by.now(), by.ca_file)))


def told(part: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Give what a look finds; if it breaks off, that is a finding too.

    >>> print(*told("clock", lambda: [1 / 0]))
    wrong  clock      it cannot be looked at: ZeroDivisionError: division by zero
                      → Mend what this names, and look again.
    """
    found: list[Finding] = []
    try:
        found.extend(look())
    except Exception as error:
        said = (str(error).splitlines() or [""])[0]
        if not (isinstance(error, OSError) or type(error).__module__.startswith("digest.")):
            said = f"{type(error).__name__}: {said}"  # What others raise is seldom a sentence.
        seen = f"it cannot be looked at: {said}"
        found.append(wrong(part, seen, "Mend what this names, and look again."))
    return found


def _settings(settings: Settings) -> Iterator[Finding]:
    grave = wrong if settings.is_sending else warn
    fields, found = Settings.model_fields, []
    if not settings.public_url.startswith("https://"):
        seen = f"the links in mails lead to {settings.public_url}, which is this machine alone"
        found.append(grave("settings", seen, "Set DIGEST_PUBLIC_URL to the https address readers reach."))
    if settings.domain.rpartition(".")[2] in RESERVED:
        seen = f"mails come from {settings.sender}, whose domain does not exist"
        found.append(grave("settings", seen, "Set DIGEST_SENDER to an address at a domain of yours."))
    if settings.contact == fields["contact"].default:
        remedy = "Set DIGEST_CONTACT: it is in every mail, and sources ask for it."
        found.append(warn("settings", "nobody is named who answers for this service", remedy))
    if not settings.postal_address:
        remedy = "Set DIGEST_POSTAL_ADDRESS where the law demands one."
        found.append(warn("settings", "mails have no postal address", remedy))
    if not (settings.operator_address or settings.webhook_url.get_secret_value()):
        remedy = "Set DIGEST_OPERATOR_ADDRESS or DIGEST_WEBHOOK_URL."
        found.append(warn("settings", "nobody is told when something fails", remedy))
    yield from found or [ok("settings", f"{settings.list_name} from {settings.sender}, at {settings.public_url}")]


def _database(service: Service) -> Iterator[Finding]:
    """Look without making anything; the disk comes last, and only if the rest could be looked at."""
    database, url = service.database, service.database.engine.url
    where = url.render_as_string(hide_password=True)
    file = Path(str(url.database)).absolute()
    if database.is_sqlite and not file.exists():
        yield warn("database", f"{where} is not there yet", "`digest migrate` makes it, and every other command.")
        return
    if not database.is_current():
        yield wrong(
            "database", f"{where} is not at this version's newest migration", "`digest migrate` brings it there."
        )
        return
    with database.engine.connect().execution_options(writing=True) as connection, connection.begin() as trial:
        kind = connection.scalar(text("PRAGMA journal_mode")) if database.is_sqlite else "PostgreSQL"
        bells.beat(connection, "doctor", service.now())
        trial.rollback()
    if database.is_sqlite and kind != "wal":
        yield warn("database", f"{where} is not in WAL mode but {kind}", "Keep it on a local disk, not on a network's.")
    else:
        yield ok("database", f"{where}: newest migration, can be written, {str(kind).replace('wal', 'WAL')}")
    yield room(
        "the database's disk" if database.is_sqlite else "this machine's disk", _free_at(file, database.is_sqlite)
    )


def _free_at(file: Path, is_sqlite: bool) -> int:
    return shutil.disk_usage(file.parent if is_sqlite else Path.cwd()).free


def room(name: str, free: int) -> Finding:
    """Judge how many bytes of a disk are free.

    >>> [str(room("the disk", free).verdict) for free in (5_000_000_000, 200_000_000, 0)]
    ['ok', 'warn', 'wrong']
    """
    seen = f"{name} has {free / 1e9:,.1f} GB left"
    if free >= SCARCE:
        return ok("disk", seen)
    return (warn if free >= LITTLE else wrong)("disk", seen, "Make room: a full disk stops everything.")


def _clock(service: Service) -> Iterator[Finding]:
    # When a delivery is made may lie ahead: a notice that waits for a day is dated so.
    dated = deliveries.c.sent_at, editions.c.created_at, receipts.c.observed_at
    with service.database.reading() as connection:
        beat = bells.next_at(connection, HEARTBEAT)
        newest = [beat, *(connection.scalar(select(func.max(column))) for column in dated)]
    ahead = max((at for at in newest if at), default=service.now()) - service.now()
    if ahead > FAR_OFF:
        seen = f"it is behind what was written last by {timedelta(seconds=round(ahead.total_seconds()))}"
        yield wrong("clock", seen, "Set this machine's clock, and keep it right by NTP.")
    else:
        yield ok("clock", f"{service.now():%Y-%m-%d %H:%M:%S} UTC, not before what was written last")


def _clock_of_others(settings: Settings, by: Instruments) -> Iterator[Finding]:
    from digest.asking import asking_with

    with asking_with(settings, clock=time.time, sleep=time.sleep) as asking:
        date = parsedate_to_datetime(asking.fetcher.ask(by.time_page).headers["date"])
    off = abs(by.now() - date.astimezone(UTC))
    if off <= OFF:
        yield ok("clock", "right to a few seconds, by a source's Date")
    else:
        seen = f"it differs by {off.total_seconds():,.0f} s from a source's Date"
        yield (wrong if off > FAR_OFF else warn)("clock", seen, "Set this machine's clock, and keep it right by NTP.")


def _templates(service: Service) -> Iterator[Finding]:
    from digest.actions.preview import nobody

    reader, made, lacking = nobody(service.now()), 0, []
    for kind in KINDS:
        try:
            made += bool(service.rehearse(kind, reader).letter.html)
        except NothingToShowError:
            lacking.append(kind)
        except Exception as error:
            remedy = "Put the templates of this version in place, or install it anew."
            yield wrong("templates", f"{kind} cannot be made: {type(error).__name__}: {error}", remedy)
    if lacking:
        seen = f"{made} kinds of mail can be made; there is nothing to make these of: {', '.join(lacking)}"
        yield warn("templates", seen, "Look again when there is an edition: `digest collect`, then `digest publish`.")
    elif made == len(KINDS):
        yield ok("templates", f"all {made} kinds of mail can be made")
