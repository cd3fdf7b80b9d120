"""Register: subscribers from rows of a table and back; a bad row is named and the others go on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from digest.actions.report import Report
from digest.domain.cadence import Cadence, Frequency
from digest.domain.profile import read_topics
from digest.domain.subscriber import Subscriber, Wishes
from digest.service import Service

COLUMNS = ("address", "topics", "never", "frequency", "hour", "zone", "length", "trend_weight", "status")


@dataclass(kw_only=True)
class RegisterReport(Report):
    """How many subscribers were added or invited."""

    added: int = 0
    named: list[str] = field(default_factory=list)


def register(service: Service, rows: Iterable[Mapping[str, str]], *, invite: bool = False) -> RegisterReport:
    """Add a subscriber for each row; with `invite`, ask each address to confirm first.

    A row whose status is not `active` is skipped: who left or never confirmed is not written to again.
    """
    report = RegisterReport()
    for number, row in enumerate(rows, 1):
        address = (row.get("address") or "").strip()
        if (row.get("status") or "active") != "active":
            report.skipped[f"status {row['status']}"] += 1
            continue
        try:
            _register(service, address, wishes_of(row), report, invite=invite)
        except ValueError as error:
            report.skipped["refused"] += 1
            report.failed.append(f"row {number} ({address or 'no address'}): {error}")
    return report


def _register(service: Service, address: str, wishes: Wishes, report: RegisterReport, *, invite: bool) -> None:
    consent = {"text": "added by the operator"}
    if invite:
        happened = service.invite(address, wishes, consent=consent)
    else:
        happened = "asked" if service.add(address, wishes, consent=consent) else "already there"
    if happened == "asked":
        report.added += 1
    else:
        report.skipped[happened] += 1


def wishes_of(row: Mapping[str, str]) -> Wishes:
    """Read wishes from a row; empty cells mean what a new reader gets."""
    usual = Wishes()
    followed = read_topics((row.get("topics") or "").splitlines())
    never = read_topics((row.get("never") or "").splitlines(), never=True)
    return Wishes(
        topics=followed + never,
        cadence=Cadence(
            frequency=Frequency(row.get("frequency") or usual.cadence.frequency),
            hour=int(row.get("hour") or usual.cadence.hour),
            zone=row.get("zone") or usual.cadence.zone,
        ),
        length=int(row.get("length") or usual.length),
        trend_weight=float(row.get("trend_weight") or usual.trend_weight),
    )


def row_of(one: Subscriber) -> dict[str, str]:
    """Write a subscriber as a row that `wishes_of` reads.

    >>> from datetime import UTC, datetime
    >>> from digest.domain.subscriber import Status
    >>> ada = Subscriber(id=1, address="a@readers.example", status=Status.ACTIVE, wishes=Wishes(),
    ...                  created_at=datetime.now(UTC))
    >>> wishes_of(row_of(ada)) == ada.wishes
    True
    """
    wishes, cadence = one.wishes, one.wishes.cadence
    return {
        "address": one.address,
        "topics": "\n".join(topic.words for topic in wishes.topics if not topic.never),
        "never": "\n".join(topic.words for topic in wishes.topics if topic.never),
        "frequency": cadence.frequency,
        "hour": str(cadence.hour),
        "zone": cadence.zone,
        "length": str(wishes.length),
        "trend_weight": str(wishes.trend_weight),
        "status": one.status,
    }
