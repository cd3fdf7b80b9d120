"""Register: subscribers from rows of a table and back; a bad row is named and the others go on."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from digest.actions.report import MOST_NAMED, Report
from digest.actions.subscribe import Tastes
from digest.domain.cadence import Cadence, Frequency
from digest.domain.identity import key_typed
from digest.domain.paper import READER, Paper
from digest.domain.profile import MOST_REACTIONS, Stance, Topic, contradiction, read_topics
from digest.domain.subscriber import ANSWERS, Layout, Subscriber, Wishes
from digest.service import Service
from digest.store import papers

STANCES = {Stance.FOLLOW: "topics", Stance.LESS: "less", Stance.NEVER: "never"}
"""Which column holds the topics of each stance."""
COLUMNS = (
    *("address", *STANCES.values(), "frequency", "hour", "zone"),
    *("length", "minutes", "trend_weight", "breadth", "bar", "layout", "quiet_days"),
    *("liked", "disliked", "status"),
)
BETWEEN_KEYS = re.compile(r"\n|;(?=\s|$|arxiv:|doi:|title:|https?://|10\.\d|\d{4}\.\d)", re.IGNORECASE)
"""Where one paper ends and the next begins; a DOI may hold a semicolon of its own."""
UNKNOWN_TITLE = "known by its title alone, and not known here: counts once a source lists it"
KEY = re.compile(r"(?:arxiv:\S|doi:10\.\S|title:[0-9a-f]{16}$)")


@dataclass(kw_only=True)
class RegisterReport(Report):
    """How many subscribers were added or invited, and what is odd about rows that were taken; some of it `named`."""

    added: int = 0
    noticed: Counter[str] = field(default_factory=Counter)
    named: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Give the report for programs."""
        return super().to_json() | {"noticed": dict(self.noticed)}


def read_rows(file: TextIO) -> list[dict[str, str]]:
    """Read the rows of a CSV file whose first line names the columns; raises ValueError if it does not.

    >>> import io
    >>> read_rows(io.StringIO("address,topics\\na@readers.example,cs.CL"))
    [{'address': 'a@readers.example', 'topics': 'cs.CL'}]
    """
    rows = csv.DictReader(file)
    if "address" not in (rows.fieldnames or ()):
        raise ValueError(f"its first line must name the columns, separated by commas: {', '.join(COLUMNS)}")
    return list(rows)


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
            _register(service, address, (wishes_of(row), tastes_of(row)), report, invite=invite)
        except ValueError as error:
            report.skipped["refused"] += 1
            report.failed.append(f"row {number} ({address or 'no address'}): {error}")
    return report


def _register(
    service: Service, address: str, wanted: tuple[Wishes, Tastes], report: RegisterReport, *, invite: bool
) -> None:
    consent, (wishes, tastes) = {"text": "added by the operator"}, wanted
    unknown = _unknown(service, tastes)
    if invite:
        happened = service.invite(address, wishes, consent=consent, tastes=tastes)
    else:
        is_new = service.add(address, wishes, consent=consent, tastes=tastes)
        happened = "asked" if is_new else "already subscribed"
    if happened == "asked":
        report.added += 1
        _name_unknown(report, address, unknown)
    else:
        report.skipped[f"{happened}: wishes are changed by the link in the reader's mail"] += 1


def _unknown(service: Service, tastes: Tastes) -> list[str]:
    """Give the keys made of a title that no source told of: the title itself cannot be read from one."""
    keys = [paper.key for found in tastes.sides.values() for paper in found if paper.key.startswith("title:")]
    with service.database.reading() as connection:
        numbers = {key: papers.named(connection, key) or 0 for key in keys}
        held = papers.by_id(connection, numbers.values())
    return [key for key, number in numbers.items() if number not in held or held[number].text_source == READER]


def _name_unknown(report: RegisterReport, address: str, unknown: Sequence[str]) -> None:
    report.noticed += Counter(UNKNOWN_TITLE for _ in unknown)
    room = max(0, MOST_NAMED - len(report.named))
    report.named += [f"{address}: {key} is not known here" for key in unknown[:room]]


def wishes_of(row: Mapping[str, str]) -> Wishes:
    """Read wishes from a row; an empty cell means what a new reader gets.

    Topics stand one a line, or, in a cell of one line, by semicolons.
    """
    usual = Wishes()
    frequency = Frequency(_choice(row, "frequency", list(Frequency), usual.cadence.frequency))
    zone = row.get("zone") or usual.cadence.zone
    return Wishes(
        topics=_topics(row),
        cadence=Cadence(frequency=frequency, hour=int(_number(row, "hour", usual.cadence.hour)), zone=zone),
        length=int(_number(row, "length", usual.length)),
        minutes=int(_number(row, "minutes", usual.minutes)),
        trend_weight=_number(row, "trend_weight", usual.trend_weight),
        breadth=_number(row, "breadth", usual.breadth),
        bar=_number(row, "bar", usual.bar),
        layout=Layout(_choice(row, "layout", list(Layout), usual.layout)),
        quiet_days=_choice(row, "quiet_days", list(ANSWERS.values()), ANSWERS[False]) == ANSWERS[True],
    )


def tastes_of(row: Mapping[str, str]) -> Tastes:
    """Read the liked and disliked papers of a row, by arXiv id, DOI, address or key, one a line or by semicolons.

    >>> [paper.key for paper in tastes_of({"liked": "2508.13426; 10.1101/5"}).liked]
    ['arxiv:2508.13426', 'doi:10.1101/5']
    """
    liked, disliked = _papers(row, "liked"), _papers(row, "disliked")
    if both := sorted(liked.keys() & disliked.keys()):
        raise ValueError(f"{both[0]} stands in both liked and disliked")
    if len(liked) + len(disliked) > MOST_REACTIONS:
        raise ValueError(f"at most {MOST_REACTIONS:,} papers can be liked or disliked")
    return Tastes(liked=tuple(liked.values()), disliked=tuple(disliked.values()))


def _papers(row: Mapping[str, str], column: str) -> dict[str, Paper]:
    found = {}
    for typed in BETWEEN_KEYS.split(row.get(column) or ""):
        if not (named := typed.strip()):
            continue
        key = key_typed(named)
        if not KEY.match(key):
            raise ValueError(f"{column} names papers by arXiv id, DOI or address, not {named[:60]!r}")
        found[key] = Paper(key=key, title="")
    return found


def _topics(row: Mapping[str, str]) -> tuple[Topic, ...]:
    found: tuple[Topic, ...] = ()
    for stance, column in STANCES.items():
        cell = row.get(column) or ""
        found += read_topics(cell.split("\n" if "\n" in cell else ";"), stance=stance)
    if both := contradiction(found):
        raise ValueError(f"{both!r} stands in two of {', '.join(STANCES.values())}")
    return found


def _number(row: Mapping[str, str], column: str, usual: float) -> float:
    typed = row.get(column) or str(usual)
    try:
        return float(typed)
    except ValueError:
        raise ValueError(f"{column} must be a number, not {typed!r}") from None


def _choice(row: Mapping[str, str], column: str, words: Sequence[str], usual: str) -> str:
    if (typed := row.get(column) or usual) not in words:
        raise ValueError(f"{column} is {', '.join(words[:-1])} or {words[-1]}, not {typed!r}")
    return typed


def _cell(typed: Sequence[str]) -> str:
    """Write topics one a line; a single one that holds a semicolon ends its line, so that it is read as one."""
    cell = "\n".join(typed)
    return f"{cell}\n" if ";" in cell and "\n" not in cell else cell


def row_of(one: Subscriber, keys: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Write a subscriber as a row that `wishes_of` and `tastes_of` read.

    Parameters
    ----------
    keys : the keys of the papers that are `liked` and `disliked`, as far as there are any

    >>> from datetime import UTC, datetime
    >>> from digest.domain.subscriber import Status
    >>> ada = Subscriber(id=1, address="a@readers.example", status=Status.ACTIVE, wishes=Wishes(),
    ...                  created_at=datetime.now(UTC))
    >>> wishes_of(row_of(ada, {})) == ada.wishes
    True
    """
    wishes, cadence = one.wishes, one.wishes.cadence
    return {
        "address": one.address,
        **{
            column: _cell([topic.typed for topic in wishes.topics if topic.stance is stance])
            for stance, column in STANCES.items()
        },
        "frequency": cadence.frequency,
        "hour": str(cadence.hour),
        "zone": cadence.zone,
        "length": str(wishes.length),
        "minutes": str(wishes.minutes),
        "trend_weight": str(wishes.trend_weight),
        "breadth": str(wishes.breadth),
        "bar": str(wishes.bar),
        "layout": wishes.layout,
        "quiet_days": ANSWERS[wishes.quiet_days],
        **{column: "\n".join(keys.get(column, ())) for column in ("liked", "disliked")},
        "status": one.status,
    }
