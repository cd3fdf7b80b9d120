"""The operator's door: one command per verb. Every command ends with a report; status 0 means that the job was done."""

import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from digest import __version__, console
from digest.cli_dkim import keys
from digest.cli_doctor import doctor
from digest.cli_ledger import ledger
from digest.cli_post import deliver, receive
from digest.cli_preview import preview
from digest.cli_serve import Port, listening, serve, serve_house
from digest.cli_subscribers import readers
from digest.cli_trend import learn, trend
from digest.cli_why import why
from digest.opened import opened

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(readers, name="subscribers")
app.add_typer(keys, name="dkim")

Json = Annotated[bool, typer.Option("--json", help="Print the report for programs.")]
Day = Annotated[
    datetime | None,
    typer.Option(parser=console.read_day, metavar=console.DAY, help="The day, as 2026-03-19; today if left out."),
]
Files = Annotated[
    list[Path] | None,
    typer.Option("--file", exists=True, dir_okay=False, help="A recorded answer to read; may be given often."),
]
Moment = Annotated[str | None, typer.Option(help="When recorded counts were true, as 2026-03-19T08:30Z.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Compose and send nothing; say what would be.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"digest {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False,
) -> None:
    """Mails people the research papers that matter to them, every morning.

    Settings come from the environment (DIGEST_…) or a file .env; the README lists them.
    """


@app.command()
def migrate() -> None:
    """Bring the database to the newest migration; other commands do so by themselves."""
    with opened():
        typer.echo("The database is at the newest migration.")


@app.command()
def collect(
    day: Day = None,
    file: Files = None,
    observed_at: Moment = None,
    again: Annotated[
        bool, typer.Option("--again", help="Repair a day that is past, without doubling anything.")
    ] = False,
    json: Json = False,
) -> None:
    """Read a day's papers from the sources, or from recorded answers."""
    at = moment(observed_at)
    _day_for_files(day, file)
    with opened() as service, console.progress() as advance:
        on = day.date() if day else service.now().date()
        report = service.collect(on, files=file or (), observed_at=at, again=again, advance=advance)
    console.end(report, as_json=json)


@app.command()
def enrich(day: Day = None, json: Json = False) -> None:
    """Ask arXiv's API and the enrichers that are set for more of the papers of the last days."""
    with opened() as service, console.progress() as advance:
        report = service.enrich(day.date() if day else service.now().date(), advance=advance)
    console.end(report, as_json=json)


@app.command()
def receipts(days: Annotated[int, typer.Option(min=1, help="How many days back.")] = 7, json: Json = False) -> None:
    """List what each collect run vouches for: expected, held, verdict, and what was done about a bad day."""
    with opened() as service:
        rows = [console.receipt_row(one) for one in service.receipts_since(days)]
    if json:
        typer.echo(dumps(rows, indent=2, ensure_ascii=False))
    else:
        console.listed(rows)


@app.command()
def backfill(
    days: Annotated[int, typer.Option(min=1, max=5000, help="How many days back.")] = 365,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is left and how long it takes at least.")
    ] = False,
    json: Json = False,
) -> None:
    """Read past days politely, so that there is something to learn from; interrupted, it goes on when called again."""
    with opened() as service, console.progress() as advance:
        if not dry_run:
            waits = service.backfill(days, dry_run=True)
            typer.echo(f"{waits.left} steps are left, at least {waits.at_least} at a polite pace.", err=True)
        report = service.backfill(days, dry_run=dry_run, advance=advance)
    console.end(report, as_json=json)


@app.command()
def publish(day: Day = None, json: Json = False) -> None:
    """Make the edition of a day: score, vectorise, compile the cards."""
    with opened() as service, console.progress() as advance:
        report = service.publish(day.date() if day else service.now().date(), advance=advance)
    console.end(report, as_json=json)


app.command()(learn)
app.command()(trend)


@app.command()
def compose(day: Day = None, json: Json = False) -> None:
    """Give every reader who is due an issue; with --day, every active reader that day's."""
    with opened() as service, console.progress() as advance:
        report = service.compose(day=day.date() if day else None, advance=advance)
    console.end(report, as_json=json)


for command in (why, preview, deliver, receive, ledger, doctor):
    app.command()(command)


@app.command()
def run(
    day: Day = None, file: Files = None, observed_at: Moment = None, dry_run: DryRun = False, json: Json = False
) -> None:
    """Collect, publish, compose and deliver; with --day and --file, replay a recorded day offline."""
    from digest.journeys.run import run as run_all

    at = moment(observed_at)
    _day_for_files(day, file)
    with opened() as service, console.progress() as advance:
        on = day.date() if day else None
        report = run_all(service, day=on, files=file or (), observed_at=at, dry_run=dry_run, advance=advance)
    console.end(report, as_json=json)


app.command()(serve)


@app.command()
def demo(
    into: Annotated[Path, typer.Option(help="Folder for the demo's database and outbox.")] = Path("digest-demo"),
    port: Port = 8000,
    stay: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the result on 127.0.0.1, or end.")] = True,
    json: Json = False,
) -> None:
    """Show everything with three bundled days and three invented readers: no network, no account, no settings."""
    from digest.journeys.demo import demo as demonstrated
    from digest.scheduler import POST_ONLY

    at = _free_port(port) if stay else port
    try:
        with console.progress() as advance, demonstrated(into, port=at, advance=advance) as (service, report):
            console.show(report, as_json=json)
            if stay and report.done:
                typer.echo(f"\nSign-up page   {service.settings.public_url}/", err=True)
                typer.echo(f"What trends    {service.settings.public_url}/trend", err=True)
                typer.echo(f"Administrator  {service.settings.public_url}/admin (password: demo)", err=True)
                typer.echo(f"Mails          {service.settings.outbox}/new", err=True)
                typer.echo(f"Commands       cd {into}; digest trend", err=True)
                serve_house(service, listening("127.0.0.1", at), POST_ONLY)
    except OSError as error:
        console.refuse(f"{into}: {error.strerror or error}")
    raise typer.Exit(console.DONE if report.done else console.NOT_DONE)


def moment(typed: str | None) -> datetime | None:
    """Read an ISO 8601 moment; one without a zone is taken as UTC."""
    if typed is None:
        return None
    try:
        read = datetime.fromisoformat(typed)
    except ValueError:
        console.refuse(f"--observed-at must be a moment such as 2026-03-19T08:30Z, not {typed!r}")
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _day_for_files(day: datetime | None, files: Sequence[Path] | None) -> None:
    if files and day is None:
        console.refuse("--file needs --day, the day the recorded answers are of, as --day 2026-03-19")


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as probe:
                return int(probe.getsockname()[1])
        except OSError:
            continue
    return wanted
