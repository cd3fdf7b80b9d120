"""The operator's door to the doctor: what is well, what is not, and what to do."""

from typing import Annotated

import typer

from digest import console
from digest.domain.finding import wrong
from digest.opened import SettingsError, read_settings

Network = Annotated[bool, typer.Option("--network", help="Also compare the clock with that of a source.")]
Json = Annotated[bool, typer.Option("--json", help="Print the findings for programs.")]


def doctor(network: Network = False, as_json: Json = False) -> None:
    """Look at settings, database, clock, templates, mail server, DNS and web. Sends nothing and changes nothing."""
    from digest.journeys.doctor import TIME_PAGE, Diagnosis, Instruments, examine

    try:
        said = examine(read_settings(), Instruments(time_page=TIME_PAGE if network else ""))
    except SettingsError as error:
        remedy = "Correct it in the environment or in .env, and look again."
        said = Diagnosis(findings=(wrong("settings", str(error), remedy),))
    if as_json:
        console.end(said, as_json=True)
    typer.echo("\n".join(map(str, said.findings)))
    raise typer.Exit(console.DONE if said.done else console.NOT_DONE)
