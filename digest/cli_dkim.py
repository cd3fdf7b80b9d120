"""The operator's door to DKIM: keys that sign the mails, and the DNS records that belong to them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from digest import console
from digest.opened import read_settings, refusing

keys = typer.Typer(no_args_is_help=True)
Name = Annotated[str, typer.Option("--selector", help="What the keys are called; year and month if left out.")]
Into = Annotated[Path, typer.Option(file_okay=False, help="Folder for the key files.")]
Json = Annotated[bool, typer.Option("--json", help="Print files and records for programs.")]


@keys.callback()
def dkim() -> None:
    """Make the keys that sign the mails."""


@keys.command("new")
def new(selector: Name = "", into: Into = Path("dkim"), as_json: Json = False) -> None:
    """Make an RSA and an Ed25519 key, and print the DNS records to publish before they sign. Overwrites nothing."""
    from digest.journeys.keys import new_keys
    from digest.service import wall_clock

    with refusing():
        domain = read_settings().domain
        try:
            made = new_keys(domain, selector or f"{wall_clock():%Y%m}", into)
        except ValueError as error:
            console.refuse(str(error))
    if as_json:
        typer.echo(json.dumps(made.to_json(), indent=2))
        return
    typer.echo("Publish these records; a provider that asks for a text gets what is in quotes, joined:\n")
    for record in made.records:
        typer.echo(f"{record.line}\n")
    typer.echo(f"Once they can be looked up, let the keys sign:\n\nDIGEST_DKIM_KEYS={','.join(made.files)}")
