"""Demo: three bundled mornings and three invented readers, from listing to inbox, without network or configuration."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from digest.actions.report import Advance, stay_silent
from digest.domain.cadence import Cadence
from digest.domain.profile import Stance, read_topics
from digest.domain.subscriber import Wishes
from digest.domain.text import shorten
from digest.journeys.run import RunReport, run
from digest.resources import resource_dir
from digest.service import Service
from digest.settings import Settings

OBSERVED = time(8, 30)
MARK = ".made-by-digest-demo"
READERS = {
    "ada@readers.example": ("Europe/Berlin", ["robot manipulation", "autonomous driving", "cs.RO"], ["music"]),
    "chen@readers.example": ("Asia/Shanghai", ["large language model agents", "reinforcement learning reasoning"], []),
    "mira@readers.example": ("America/New_York", ["medical imaging", "protein and molecule design", "brain"], []),
}
"""Three people nobody is: zone, what they follow, what they never want."""


@dataclass(kw_only=True)
class DemoReport:
    """What the demo did, and where to look at it."""

    run: RunReport
    folder: str
    papers: int
    issues: list[dict[str, Any]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether everything worked."""
        return self.run.done and len(self.issues) == len(READERS)

    @property
    def failed(self) -> list[str]:
        """What went wrong."""
        return self.run.failed

    def to_json(self) -> dict[str, Any]:
        """Give the report for programs."""
        facts = {"folder": self.folder, "papers": self.papers, "issues": self.issues, "done": self.done}
        return facts | {"run": self.run.to_json()}


@contextmanager
def demo(folder: Path, *, port: int, advance: Advance = stay_silent) -> Iterator[tuple[Service, DemoReport]]:
    """Make the demo in a folder of its own, and give the opened house with a report.

    Raises
    ------
    FileExistsError
        If the folder holds something that no demo made.
    """
    _clear(folder)
    settings = Settings(
        _env_file=None,
        database_url=f"sqlite:///{folder / 'digest.sqlite3'}",
        outbox=folder / "outbox",
        cache_folder=folder / "cache",
        public_url=f"http://127.0.0.1:{port}",
        admin_password=SecretStr("demo"),
        contact="the digest demo",
    )
    mornings = sorted(date.fromisoformat(path.name) for path in resource_dir("sample").iterdir() if path.is_dir())
    with Service(settings) as service:
        for address, (zone, topics, never) in READERS.items():
            followed = read_topics(topics) + read_topics(never, stance=Stance.NEVER)
            service.add(address, Wishes(topics=followed, cadence=Cadence(zone=zone)), consent={"text": "invented"})
        papers = 0
        for morning in mornings[:-1]:
            papers += service.collect(morning, files=_files(morning), observed_at=_at(morning), advance=advance).new
        last = mornings[-1]
        done = run(service, day=last, files=_files(last), observed_at=_at(last), advance=advance)
        papers += done.collect.new
        yield service, DemoReport(run=done, folder=str(folder), papers=papers, issues=_issues(service))


def _clear(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise FileExistsError(f"{folder} holds something that no demo made; name another folder with --into")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def _files(morning: date) -> list[Path]:
    return sorted((resource_dir("sample") / morning.isoformat()).iterdir())


def _at(morning: date) -> datetime:
    return datetime.combine(morning, OBSERVED, UTC)


def _issues(service: Service) -> list[dict[str, Any]]:
    return [
        {
            "reader": issue.address,
            "papers": len(issue.entries),
            "first": shorten(issue.entries[0].title, 44),
            "page": page,
        }
        for issue, page in service.delivered_issues()
    ]
