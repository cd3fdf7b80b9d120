"""The operator's door to mails before they leave: files of every kind, and a page that shows them side by side."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from digest import console
from digest.domain.message import KINDS
from digest.opened import opened

Kinds = Annotated[list[str] | None, typer.Argument(metavar="[KIND]...", help=f"{', '.join(KINDS)}; all if left out.")]
Address = Annotated[str, typer.Option("--reader", help="A reader's address; the first active one if left out.")]
Into = Annotated[Path, typer.Option(file_okay=False, help="Folder for the files and the page.")]
Since = Annotated[
    datetime | None,
    typer.Option(
        parser=console.read_day,
        metavar=console.DAY,
        help="The last day covered before a catch-up, as 2026-03-03; else 14 days before.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the report for programs.")]


def preview(
    kind: Kinds = None,
    reader: Address = "",
    into: Into = Path("digest-preview"),
    since: Since = None,
    as_json: Json = False,
) -> None:
    """Write mails as they would leave: .eml, .html, .txt and a page to look at. Sends nothing and changes nothing."""
    for one in kind or ():
        if one not in KINDS:
            console.refuse(f"there is no kind of mail called {one}; there are {', '.join(KINDS)}")
    from digest.domain.subscriber import Refused
    from digest.journeys.rehearse import rehearse

    with opened() as service, console.progress() as advance:
        until = since.date() if since else None
        try:
            report = rehearse(service, kind or KINDS, into=into, address=reader, since=until, advance=advance)
        except (Refused, LookupError) as error:
            console.refuse(str(error))
    console.end(report, as_json=as_json)
