"""Enrich: ask who knows more of the papers of the last days; what nobody knows stays unknown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from digest.actions.report import MOST_NAMED, Advance, Report, stay_silent
from digest.domain.attention import Attention
from digest.domain.edition import WINDOW
from digest.domain.paper import READER, Paper
from digest.domain.signal import SignalKind
from digest.sources.base import Enricher, SourceError
from digest.store import papers, reactions
from digest.store.database import Database

ASKED_FOR = timedelta(days=30)
"""How long arXiv is asked for a paper that a reader named: an id that nobody has is not asked for for ever."""


@dataclass(kw_only=True)
class EnrichReport(Report):
    """How many papers were asked about, and what came of it by enricher."""

    asked: int = 0
    facts: int = 0
    signals: int = 0
    unknown: int = 0
    named: list[str] = field(default_factory=list)


def enrich(
    database: Database,
    enrichers: Sequence[Enricher],
    day: date,
    *,
    observed_at: datetime,
    completion: Enricher | None = None,
    advance: Advance = stay_silent,
) -> EnrichReport:
    """Ask every enricher about the candidates of a day; one that fails is named and the others go on.

    Parameters
    ----------
    completion : asked for the text of papers that readers like and no source listed
    """
    report = EnrichReport()
    if completion is not None:
        with database.reading() as connection:
            since = observed_at - ASKED_FOR
            untold = papers.by_id(connection, reactions.untold(connection, since, READER))
        _ask(database, completion, list(untold.values()), report, observed_at)
    for done, enricher in enumerate(enrichers):
        advance(f"enriching by {enricher.name}", done, len(enrichers))
        with database.reading() as connection:
            window = papers.window(connection, day - WINDOW + timedelta(days=1), day, observed_at)
        # The newest and most noticed first: an enricher that may ask for some only asks for these.
        window.sort(key=lambda one: (one.listed_on, _votes(one.attention, observed_at)), reverse=True)
        _ask(database, enricher, [one.paper for one in window], report, observed_at)
    advance("enriching", len(enrichers), len(enrichers))
    return report


def _ask(
    database: Database, enricher: Enricher, found: Sequence[Paper], report: EnrichReport, observed_at: datetime
) -> None:
    report.asked += len(found)
    try:
        for known in enricher.enrich(found, observed_at):
            with database.writing() as connection:
                papers.enrich(connection, known.papers, known.signals, observed_at)
            report.facts += len(known.papers)
            report.signals += len(known.signals)
            report.unknown += known.unknown
            named = [f"{known.source}: {fault.reason}: {fault.where}" for fault in known.faults]
            report.skipped.update(fault.reason for fault in known.faults)
            report.named += named[: MOST_NAMED - len(report.named)]
    except SourceError as error:
        report.failed.append(f"{enricher.name}: {error}")


def _votes(seen: Attention, until: datetime) -> int:
    return max((signal.value for signal in seen.series(SignalKind.UPVOTES, until)[-1:]), default=0)
