"""The operator's door: one command per verb. Every command ends with a report; status 0 means that the job was done."""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest import console

if TYPE_CHECKING:
    from digest.service import Service

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
readers = typer.Typer(no_args_is_help=True, help="Add, list, remove, import and export subscribers.")
app.add_typer(readers, name="subscribers")

Json = Annotated[bool, typer.Option("--json", help="Print the report for programs.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day, as 2026-03-19; today if left out.")]
Files = Annotated[list[Path] | None, typer.Option("--file", help="A recorded answer to read; may be given often.")]
Moment = Annotated[str | None, typer.Option(help="When recorded counts were true, as 2026-03-19T08:30Z.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]


@app.callback()
def main() -> None:
    """Mails people the research papers that matter to them, every morning.

    Settings come from the environment (DIGEST_…) or a file .env; the README lists them.
    """


@contextmanager
def opened() -> Iterator["Service"]:
    """Open the house with the settings as they are; what cannot work is said in a sentence."""
    from pydantic import ValidationError

    from digest.service import Service, StoreError
    from digest.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        wrong = "; ".join(f"DIGEST_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        console.refuse(wrong.replace("DIGEST_: ", ""))
    try:
        with Service(settings) as service:
            yield service
    except StoreError as error:
        console.refuse(str(error))


@app.command()
def migrate() -> None:
    """Bring the database to the newest migration; other commands do so by themselves."""
    with opened():
        typer.echo("The database is at the newest migration.")


@app.command()
def collect(day: Day = None, file: Files = None, observed_at: Moment = None, json: Json = False) -> None:
    """Read a day's papers from the sources, or from recorded answers."""
    at = moment(observed_at)
    with opened() as service, console.progress() as advance:
        on = day.date() if day else service.now().date()
        report = service.collect(on, files=file or (), observed_at=at, advance=advance)
    console.end(report, as_json=json)


@app.command()
def publish(day: Day = None, json: Json = False) -> None:
    """Make the edition of a day: score, vectorise, compile the cards."""
    with opened() as service, console.progress() as advance:
        report = service.publish(day.date() if day else service.now().date(), advance=advance)
    console.end(report, as_json=json)


@app.command()
def compose(day: Day = None, json: Json = False) -> None:
    """Give every reader who is due an issue; with --day, every active reader that day's."""
    with opened() as service, console.progress() as advance:
        report = service.compose(day=day.date() if day else None, advance=advance)
    console.end(report, as_json=json)


@app.command()
def deliver(json: Json = False) -> None:
    """Send whatever is queued, confirmations first."""
    with opened() as service, console.progress() as advance:
        report = service.deliver(advance=advance)
    console.end(report, as_json=json)


@app.command()
def run(day: Day = None, file: Files = None, observed_at: Moment = None, json: Json = False) -> None:
    """Collect, publish, compose and deliver; with --day and --file, replay a recorded day offline."""
    from digest.journeys.run import run as run_all

    at = moment(observed_at)
    with opened() as service, console.progress() as advance:
        on = day.date() if day else None
        report = run_all(service, day=on, files=file or (), observed_at=at, advance=advance)
    console.end(report, as_json=json)


@app.command()
def serve(port: Port = 8000, host: str = "127.0.0.1", clock: bool = True) -> None:
    """Serve the web and ring the clock in one process; --no-clock serves the web only."""
    import logging

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with opened() as service:
        _serve(service, host, port, clock=clock)


@app.command()
def demo(
    into: Annotated[Path, typer.Option(help="Folder for the demo's database and outbox.")] = Path("digest-demo"),
    port: Port = 8000,
    serve: Annotated[bool, typer.Option(help="Serve the result on 127.0.0.1, or end.")] = True,
    json: Json = False,
) -> None:
    """Show everything with three bundled days and three invented readers: no network, no account, no settings."""
    from digest.journeys.demo import demo as demonstrated

    at = _free_port(port) if serve else port
    try:
        with console.progress() as advance, demonstrated(into, port=at, advance=advance) as (service, report):
            console.show(report, as_json=json)
            if serve and report.done:
                typer.echo(f"\nSign-up page   {service.settings.public_url}/", err=True)
                typer.echo(f"Administrator  {service.settings.public_url}/admin (password: demo)", err=True)
                _serve(service, "127.0.0.1", at, clock=False)
    except FileExistsError as error:
        console.refuse(str(error))
    raise typer.Exit(console.DONE if report.done else console.NOT_DONE)


@readers.command("add")
def add(
    address: str,
    topic: Annotated[list[str] | None, typer.Option(help="A topic or arXiv category; may be given often.")] = None,
    never: Annotated[list[str] | None, typer.Option(help="A topic never to show; may be given often.")] = None,
    zone: Annotated[str, typer.Option(help="IANA time zone.")] = "UTC",
    hour: Annotated[int, typer.Option(min=0, max=23, help="Local hour of the issue.")] = 7,
    invite: Annotated[bool, typer.Option("--invite", help="Ask the address to confirm first.")] = False,
) -> None:
    """Add a subscriber on your own word, or invite one."""
    from digest.journeys.register import register

    with opened() as service:
        row = {"address": address, "topics": "\n".join(topic or ()), "never": "\n".join(never or ())}
        report = register(service, [row | {"zone": zone, "hour": str(hour)}], invite=invite)
    console.end(report, as_json=False)


@readers.command("list")
def list_() -> None:
    """List the subscribers."""
    with opened() as service:
        for one in service.subscribers():
            topics = ", ".join(("never " if topic.never else "") + topic.words for topic in one.wishes.topics)
            typer.echo(f"{one.id}\t{one.address}\t{one.status}\t{one.wishes.cadence.frequency}\t{topics}")


@readers.command("remove")
def remove(address: str) -> None:
    """Forget a subscriber and everything that belongs to it."""
    with opened() as service:
        if not service.remove(address):
            console.refuse(f"there is no subscriber {address}")
    typer.echo(f"{address} is forgotten.")


@readers.command("import")
def import_(file: Path, invite: Annotated[bool, typer.Option("--invite")] = False, json: Json = False) -> None:
    """Add subscribers from a CSV file as `export` writes it; a bad row is named and the others go on."""
    from digest.journeys.register import register

    try:
        with file.open(newline="", encoding="utf-8") as rows, opened() as service:
            report = register(service, csv.DictReader(rows), invite=invite)
    except (OSError, UnicodeDecodeError) as error:
        console.refuse(f"{file} cannot be read: {error}")
    console.end(report, as_json=json)


@readers.command("export")
def export() -> None:
    """Write all subscribers as CSV."""
    from digest.journeys.register import COLUMNS, row_of

    with opened() as service:
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        writer.writerows(row_of(one) for one in service.subscribers())


def moment(typed: str | None) -> datetime | None:
    """Read an ISO 8601 moment; one without a zone is taken as UTC."""
    if typed is None:
        return None
    try:
        read = datetime.fromisoformat(typed)
    except ValueError:
        console.refuse(f"--observed-at must be a moment such as 2026-03-19T08:30Z, not {typed!r}")
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _serve(service: "Service", host: str, port: int, *, clock: bool) -> None:
    import uvicorn

    from digest import scheduler
    from digest.web.app import create_app

    ringing = scheduler.start(service) if clock else None
    try:
        uvicorn.run(create_app(service), host=host, port=port, log_level="warning", server_header=False)
    finally:
        if ringing:
            ringing.shutdown()


def _free_port(wanted: int) -> int:
    import socket

    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return wanted
