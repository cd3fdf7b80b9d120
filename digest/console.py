"""How commands speak: a progress bar on a terminal and plain lines elsewhere, a report at the end, an exit status."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from digest.domain.listing import Receipt

DONE, NOT_DONE, WRONG_CALL = 0, 1, 2
SPOKEN = {"left": ("later", "more is left for the next run")}
"""How a flag of a report is told to people where it holds; where it does not, nothing is said."""
DAY = "YYYY-MM-DD"
WIDE = 160
"""Reports are laid out this wide: a terminal wraps a long line by itself, and no link is cut."""


class Ended(Protocol):
    """What an action or a journey ends in."""

    @property
    def failed(self) -> Sequence[str]:
        """What went wrong, in sentences."""
        ...

    @property
    def done(self) -> bool:
        """Whether the job was done."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Give the report for programs."""
        ...


@contextmanager
def progress() -> Iterator[Any]:
    """Give an `advance(step, done, total)` that draws a bar on a terminal and writes a line a step elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def advance(step: str, done: int, total: int) -> None:
            name = step.split(" ", maxsplit=1)[0]
            if name not in tasks:
                tasks[name] = bars.add_task(step, total=total or None)
            bars.update(tasks[name], description=step, completed=done, total=total or None)

        yield advance


class _Lines:
    """Writes one line for each step that begins."""

    def __init__(self) -> None:
        self.last = ""

    def __call__(self, step: str, _done: int, _total: int) -> None:
        if step != self.last:
            self.last = step
            print(f"{step} …", file=sys.stderr)


def end(report: Ended, *, as_json: bool) -> NoReturn:
    """Print a report and leave with the status it deserves."""
    show(report, as_json=as_json)
    raise typer.Exit(DONE if report.done else NOT_DONE)


def show(report: Ended, *, as_json: bool) -> None:
    """Print a report, as a table or for programs."""
    said = report.to_json()
    if as_json:
        print(json.dumps(said, indent=2, ensure_ascii=False, default=str))
        return
    for name, part in _sections(said).items():
        _table(name, part)
    for sentence in report.failed:
        print(f"FAILED  {sentence}", file=sys.stderr)


def _sections(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    parts = {name: part for name, part in said.items() if isinstance(part, dict) and "done" in part}
    sections: dict[str, dict[str, Any]] = {}
    for name, part in parts.items():
        inner = _sections(part)
        sections |= inner if len(inner) > 1 else {name: part}
    return sections | {"": {name: value for name, value in said.items() if name not in parts}}


def _table(name: str, said: dict[str, Any]) -> None:
    table = Table(title=name or None, title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    console = Console(highlight=False, width=WIDE)
    rows = {
        key: value for key, value in said.items() if isinstance(value, list) and value and isinstance(value[0], dict)
    }
    spoken = [SPOKEN.get(key, (key, value)) for key, value in said.items() if value or key not in SPOKEN]
    for key, value in spoken:
        for cell in _cells(value) if key not in {"done", "failed", *rows} and value != "" else ():
            table.add_row(key, cell)
    console.print(table)
    for one in rows.values():
        listed(one)


def receipt_row(one: "Receipt") -> dict[str, Any]:
    """Give a receipt as a row for people and programs."""
    return {
        "day": str(one.day),
        "source": " ".join(part for part in (one.source, one.part) if part),
        "verdict": str(one.verdict),
        "expected": one.expected,
        "held": one.held,
        "before": "" if one.before is None else one.before,
        "ids": f"{one.first_id.partition(':')[2]}–{one.last_id.partition(':')[2]}" if one.last_id else "",
        "reason": one.reason,
        "remedy": one.remedy,
    }


def listed(rows: Sequence[dict[str, Any]]) -> None:
    """Print rows of the same keys under their names."""
    table = Table(*(rows[0] if rows else ("nothing",)), box=None, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*map(_one, row.values()))
    Console(highlight=False, width=WIDE).print(table)


def _cells(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{_one(number)} {reason}" for reason, number in value.items()]
    return [_one(each) for each in value] if isinstance(value, list) else [_one(value)]


def _one(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def read_day(typed: str) -> datetime:
    """Read a day as it is typed, or say how one is typed."""
    try:
        return datetime.combine(date.fromisoformat(typed), time(), UTC)
    except ValueError:
        raise typer.BadParameter(f"a day is typed as 2026-11-20, not {typed!r}") from None


def refuse(sentence: str) -> NoReturn:
    """End a command that was called wrongly, or cannot work here."""
    print(f"digest: {sentence}", file=sys.stderr)
    raise typer.Exit(WRONG_CALL)
