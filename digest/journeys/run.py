"""Run: all hops of a paper's way, one after the other, for today or for a recorded day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from digest.actions.enrich import EnrichReport
from digest.actions.report import (
    Advance,
    CollectReport,
    ComposeReport,
    DeliverReport,
    PublishReport,
    Report,
    stay_silent,
)
from digest.service import Service

MORNING = time(9)
"""When a recorded day is replayed as, unless it is said otherwise; UTC."""


@dataclass(kw_only=True)
class RunReport:
    """The reports of all hops."""

    collect: CollectReport
    enrich: EnrichReport
    publish: PublishReport
    compose: ComposeReport
    deliver: DeliverReport

    @property
    def done(self) -> bool:
        """Whether every hop did its job."""
        return not self.failed

    @property
    def failed(self) -> list[str]:
        """What went wrong, hop by hop."""
        return [sentence for hop in self.hops.values() for sentence in hop.failed]

    @property
    def hops(self) -> dict[str, Report]:
        """The reports by the name of their hop."""
        return {
            "collect": self.collect,
            "enrich": self.enrich,
            "publish": self.publish,
            "compose": self.compose,
            "deliver": self.deliver,
        }

    def to_json(self) -> dict[str, Any]:
        """Give the report for programs."""
        return {name: hop.to_json() for name, hop in self.hops.items()} | {"done": self.done}


def run(
    service: Service,
    *,
    day: date | None = None,
    files: Sequence[Path] = (),
    observed_at: datetime | None = None,
    dry_run: bool = False,
    advance: Advance = stay_silent,
) -> RunReport:
    """Collect, publish, compose and deliver.

    Parameters
    ----------
    day : date, optional
        A day to replay: every active reader gets the issue of that day; without it, today's issues of all who are due.
    files : paths
        Recorded answers to read in place of asking the sources.
    observed_at : datetime, optional
        When the recorded answers were true; the morning of `day` if it is not said.
    dry_run : bool
        Collect and publish, but compose and send nothing: the report says how many issues there would be.
    """
    morning = datetime.combine(day, MORNING, UTC) if day and files else service.now()
    as_of = observed_at or morning
    on = day or as_of.date()
    report = RunReport(
        collect=service.collect(on, files=files, observed_at=as_of, advance=advance),
        enrich=EnrichReport() if files else service.enrich(on, advance=advance),
        publish=service.publish(on, as_of=as_of, advance=advance),
        compose=service.compose(day=day, as_of=as_of, dry_run=dry_run, advance=advance),
        deliver=service.deliver(dry_run=dry_run, advance=advance),
    )
    if not files and not dry_run:
        service.watch()
        if report.publish.done:
            service.ping()
    return report
