"""The operator's door to the post: what goes out, and what comes back."""

from pathlib import Path
from typing import Annotated

import typer

from digest import console
from digest.opened import opened

Json = Annotated[bool, typer.Option("--json", help="Print the report for programs.")]


def deliver(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing; say what waits.")] = False,
    now: Annotated[bool, typer.Option("--now", help="Try at once, although sending rests after trouble.")] = False,
    json: Json = False,
) -> None:
    """Send whatever is queued, confirmations first."""
    with opened() as service, console.progress() as advance:
        report = service.deliver(dry_run=dry_run, at_once=now, advance=advance)
    if report.rests_until and report.waiting and not report.failed:
        report.failed.append(f"sending rests until {report.rests_until}: {report.rests_for}; --now tries at once")
    console.end(report, as_json=json)


def receive(
    maildir: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Maildir folder to read, and none that is set.")
    ] = None,
    json: Json = False,
) -> None:
    """Read what came back: bounces, complaints, wishes to leave; from the mailboxes that are set, or one folder."""
    with opened() as service, console.progress() as advance:
        said = service.settings
        if maildir is None and not (said.bounce_maildir or said.bounce_imap_host):
            if said.bounce_lmtp or said.bounce_webhook_secret.get_secret_value():
                console.refuse(
                    "what comes by LMTP or the webhook is taken in by `digest serve`; no mailbox is set to read"
                )
            console.refuse(
                "no mailbox is set: name one with --maildir, DIGEST_BOUNCE_MAILDIR or DIGEST_BOUNCE_IMAP_HOST"
            )
        report = service.receive(maildir, advance=advance)
    console.end(report, as_json=json)
