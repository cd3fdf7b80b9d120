"""The operator's door to the subscribers: add, list, remove, import and export them, and say what they like."""

import csv
import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from digest import console
from digest.opened import opened

if TYPE_CHECKING:
    from digest.domain.subscriber import Subscriber
    from digest.service import Service

readers = typer.Typer(
    no_args_is_help=True,
    help="Add, list, pause, release, remove, import and export subscribers, and keep what they like.",
)
Json = Annotated[bool, typer.Option("--json", help="Print the report for programs.")]
TOPICS_SHOWN = 40
RELEASED = {
    "active": "it is written to again",
    "paused": "it is written to again when its pause ends",
    "pending": "it is written to again once it has joined",
    "unsubscribed": "that is taken back, but it is unsubscribed and comes back only by signing up again",
    "": "that is taken back; no subscriber has it",
}
"""What is so after a release, by where the reader stands."""
Invite = Annotated[bool, typer.Option("--invite", help="Ask to confirm first; the mail goes with the next delivery.")]


@contextmanager
def _opened_for_one() -> Iterator["Service"]:
    """Open the house for a command on one reader: an address that is wrong or unknown is said in a sentence."""
    from digest.domain.subscriber import Refused

    with opened() as service:
        try:
            yield service
        except (Refused, LookupError) as error:
            console.refuse(str(error))


@readers.command("add")
def add(
    address: str,
    topic: Annotated[list[str] | None, typer.Option(help="A topic or arXiv category; may be given often.")] = None,
    less: Annotated[list[str] | None, typer.Option(help="A topic to show less of; may be given often.")] = None,
    never: Annotated[list[str] | None, typer.Option(help="A topic never to show; may be given often.")] = None,
    frequency: Annotated[str, typer.Option(help="daily, weekdays or weekly.")] = "daily",
    zone: Annotated[str, typer.Option(help="IANA time zone.")] = "UTC",
    hour: Annotated[int, typer.Option(min=0, max=23, help="Local hour of the issue.")] = 7,
    length: Annotated[int, typer.Option(min=3, max=25, help="Papers in an issue.")] = 10,
    minutes: Annotated[int, typer.Option(min=0, max=180, help="The most minutes of reading; 0 sets no limit.")] = 0,
    trend: Annotated[float, typer.Option(min=0, max=1, help="How much the trend weighs against the topics.")] = 0.3,
    breadth: Annotated[float, typer.Option(min=0, max=1, help="From focused to as mixed as the day allows.")] = 0.3,
    bar: Annotated[float, typer.Option(min=0, max=1, help="How well a paper must fit; 0 fills any issue.")] = 0.3,
    layout: Annotated[str, typer.Option(help="compact, normal or full: how much is said of a paper.")] = "normal",
    quiet_days: Annotated[bool, typer.Option("--quiet-days", help="Tell of days with nothing to send.")] = False,
    invite: Invite = False,
    as_json: Json = False,
) -> None:
    """Add a subscriber on your own word, or invite one."""
    from digest.domain.subscriber import ANSWERS
    from digest.journeys.register import register

    lines = {"topics": topic, "less": less, "never": never}
    row = {"address": address, **{column: "\n".join(said or ()) for column, said in lines.items()}}
    row |= {"frequency": frequency, "zone": zone, "hour": str(hour), "length": str(length), "minutes": str(minutes)}
    row |= {"trend_weight": str(trend), "breadth": str(breadth), "bar": str(bar)}
    row |= {"layout": layout, "quiet_days": ANSWERS[quiet_days]}
    with opened() as service:
        report = register(service, [row], invite=invite)
    # Who typed one address has no table to look for a row in.
    report.failed = [sentence.removeprefix(f"row 1 ({address.strip()}): ") for sentence in report.failed]
    console.end(report, as_json=as_json)


@readers.command("list")
def list_(as_json: Json = False) -> None:
    """List the subscribers."""
    from digest.journeys.register import row_of

    with opened() as service:
        keys, every = service.liked_keys(), service.subscribers()
    if as_json:
        rows = [{"number": one.id} | row_of(one, keys.get(one.id, {})) | {"next": _next(one)} for one in every]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        _show(every)


def _show(every: "Sequence[Subscriber]") -> None:
    from digest.domain import wished

    table = Table("number", "address", "status", "next", "comes", "topics", box=None, padding=(0, 2, 0, 0))
    table.columns[1].no_wrap, table.columns[1].overflow = True, "fold"  # Whoever is meant is told by it: it is whole.
    for one in every:
        topics = textwrap.shorten(wished.topics_told(one.wishes.topics), TOPICS_SHOWN, placeholder=" …")
        cells = (str(one.id), one.address, one.status, _next(one), wished.rhythm(one.wishes.cadence), topics)
        table.add_row(*cells)
    Console(highlight=False, markup=False, width=console.WIDE).print(table)


def _next(one: "Subscriber") -> str:
    """Say when the next issue comes, or what a reader waits for."""
    from digest.domain.subscriber import Status

    if one.next_issue_at:
        return f"{one.next_issue_at:%Y-%m-%d %H:%M} UTC"
    if one.status is Status.PENDING:
        return "waits for you to approve" if one.confirmed_at else "waits for its confirmation"
    return f"paused until {one.resumes_on or 'it resumes'}" if one.status is Status.PAUSED else ""


@readers.command("remove")
def remove(address: str) -> None:
    """Forget a subscriber and everything that belongs to it."""
    with _opened_for_one() as service:
        if not service.remove(address):
            raise LookupError(f"there is no subscriber {address}")
    typer.echo(f"{address} is forgotten.")


@readers.command("pause")
def pause(
    address: str,
    until: Annotated[
        datetime | None,
        typer.Option(
            parser=console.read_day, metavar=console.DAY, help="The day from which issues come again, as 2026-04-03."
        ),
    ] = None,
) -> None:
    """Send a subscriber no issues until a day, or until `resume`; everything of theirs stays as it is."""
    with _opened_for_one() as service:
        held = service.pause(address, until.date() if until else None)
    typer.echo(f"{held.address} is paused until {held.resumes_on or 'you or the reader resume it'}.")


@readers.command("resume")
def resume(address: str) -> None:
    """Send a paused subscriber issues again."""
    with _opened_for_one() as service:
        held = service.resume(address)
    typer.echo(f"{held.address} gets issues; the next is due at {held.next_issue_at:%Y-%m-%d %H:%M} UTC.")


@readers.command("release")
def release(
    address: str,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; say what speaks against it.")] = False,
) -> None:
    """Take back that an address is never written to for a bounce or complaint, and say what it was for."""
    with _opened_for_one() as service:
        was = service.against(address) if dry_run else service.release(address)
    for one in was.bounces:
        typer.echo(f"{one.at:%Y-%m-%d %H:%M} {one.kind} {one.code} {one.words}")
    held = f"suppressed since {was.suppressed.since:%Y-%m-%d} ({was.suppressed.reason})" if was.suppressed else ""
    if dry_run:
        typer.echo(f"{address} is {held or 'not suppressed'}; {was.score:.2f} of 1 counts against it.")
    else:
        typer.echo(f"{address} was {held}; {RELEASED[was.status or '']}.")


@readers.command("like")
def like(
    address: str,
    paper: Annotated[list[str] | None, typer.Argument(help="arXiv ids, DOIs or addresses of papers.")] = None,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="BibTeX, RIS, CSL-JSON, or ids one a line.")
    ] = None,
    dislike: Annotated[bool, typer.Option("--dislike", help="Keep the papers as disliked.")] = False,
    as_json: Json = False,
) -> None:
    """Keep papers as liked by a subscriber, or disliked: what issues show more of, or less."""
    from digest.domain.subscriber import Refused

    if bool(paper) == (file is not None):
        console.refuse("name papers by arXiv id, DOI or address, or give a file of them with --file FILE; one of both")
    with opened() as service:
        from digest.service import SourceError

        body = file.read_bytes() if file else "\n".join(paper or ()).encode()
        try:
            report = service.like(address, body, liked=not dislike)
        except (SourceError, Refused, LookupError) as error:
            console.refuse(f"{file}: {error}" if isinstance(error, SourceError) and file else str(error))
    console.end(report, as_json=as_json)


@readers.command("forget")
def forget(address: str) -> None:
    """Forget all a subscriber liked and disliked; topics and everything else stay."""
    with _opened_for_one() as service:
        count = service.forget(address)
    typer.echo(f"{count:,} liked and disliked papers of {address} are forgotten.")


@readers.command("import")
def import_(file: Path, invite: Invite = False, as_json: Json = False) -> None:
    """Add subscribers from a CSV file as `export` writes it; a bad row is named and the others go on."""
    from digest.journeys.register import read_rows, register

    try:
        with file.open(newline="", encoding="utf-8-sig") as written:
            rows = read_rows(written)
    except UnicodeDecodeError:
        console.refuse(f"{file} is not UTF-8: save it as CSV in UTF-8")
    except (OSError, ValueError, csv.Error) as error:
        console.refuse(f"{file} cannot be read: {error}")
    with opened() as service:
        report = register(service, rows, invite=invite)
    console.end(report, as_json=as_json)


@readers.command("export")
def export() -> None:
    """Write all subscribers as CSV to standard output."""
    from digest.journeys.register import COLUMNS, row_of

    with opened() as service:
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        keys = service.liked_keys()
        writer.writerows(row_of(one, keys.get(one.id, {})) for one in service.subscribers())
