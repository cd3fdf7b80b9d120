"""The operator's door to the subscribers: add, list, remove, import and export them."""

import csv
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from digest import console
from digest.opened import opened

readers = typer.Typer(no_args_is_help=True, help="Add, list, remove, import and export subscribers.")
Json = Annotated[bool, typer.Option("--json", help="Print the report for programs.")]
Invite = Annotated[bool, typer.Option("--invite", help="Ask to confirm first; the mail goes with the next delivery.")]


@readers.command("add")
def add(
    address: str,
    topic: Annotated[list[str] | None, typer.Option(help="A topic or arXiv category; may be given often.")] = None,
    never: Annotated[list[str] | None, typer.Option(help="A topic never to show; may be given often.")] = None,
    frequency: Annotated[str, typer.Option(help="daily, weekdays or weekly.")] = "daily",
    zone: Annotated[str, typer.Option(help="IANA time zone.")] = "UTC",
    hour: Annotated[int, typer.Option(min=0, max=23, help="Local hour of the issue.")] = 7,
    length: Annotated[int, typer.Option(min=3, max=25, help="Papers in an issue.")] = 10,
    invite: Invite = False,
    as_json: Json = False,
) -> None:
    """Add a subscriber on your own word, or invite one."""
    from digest.journeys.register import register

    row = {"address": address, "topics": "\n".join(topic or ()), "never": "\n".join(never or ())}
    row |= {"frequency": frequency, "zone": zone, "hour": str(hour), "length": str(length)}
    with opened() as service:
        report = register(service, [row], invite=invite)
    console.end(report, as_json=as_json)


@readers.command("list")
def list_(as_json: Json = False) -> None:
    """List the subscribers."""
    from digest.journeys.register import row_of

    with opened() as service:
        rows = [row_of(one) for one in service.subscribers()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        console.listed([row | {"topics": "; ".join(row["topics"].splitlines())} for row in rows])


@readers.command("remove")
def remove(address: str) -> None:
    """Forget a subscriber and everything that belongs to it."""
    with opened() as service:
        if not service.remove(address):
            console.refuse(f"there is no subscriber {address}")
    typer.echo(f"{address} is forgotten.")


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
        writer.writerows(row_of(one) for one in service.subscribers())
