"""The operator's door to the ledger: who received what, and how each delivery ended."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from digest import console
from digest.domain.delivery import State
from digest.opened import opened

if TYPE_CHECKING:
    from digest.domain.record import Record

FORM = "%Y-%m-%d %H:%M"
HASH_SHOWN = 12


def ledger(
    address: Annotated[str, typer.Option(help="Only what went to this address.")] = "",
    state: Annotated[State | None, typer.Option(help="Only what stands there.")] = None,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what is of this UTC day.")] = None,
    most: Annotated[int, typer.Option(min=1, help="So many at most, newest first.")] = 50,
    again: Annotated[int | None, typer.Option(min=1, help="Queue one that is failed or unknown once more.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print for programs.")] = False,
) -> None:
    """Say who received what, newest first, and how each delivery ended; or send one once more."""
    from digest.domain.subscriber import Refused

    with opened() as service:
        try:
            if again:
                held = service.send_again(again)
                typer.echo(f"Delivery {again} ({held.kind} {held.key}, {held.state}) is queued once more.")
                return
            records = service.records(address=address, state=state, day=day.date() if day else None, most=most)
        except (Refused, LookupError) as error:
            console.refuse(str(error))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in records], indent=2, ensure_ascii=False, default=str))
    else:
        _show(records)


def _show(records: "Sequence[Record]") -> None:
    table: Any = Table("number", "reader", "mail", "state", "last reply", box=None, padding=(0, 2, 0, 0))
    table.columns[0].justify, table.columns[0].no_wrap = "right", True
    for one in records:
        sent = [f"{one.sent_at:{FORM}}"] if one.sent_at else []
        told = [one.reply, one.sha256[:HASH_SHOWN]]
        state = [one.state, f"{one.tries} tr{'y' if one.tries == 1 else 'ies'}", *sent]
        cells = [[str(one.number)], [one.reader], [one.kind, one.key], state, [words for words in told if words]]
        table.add_row(*("\n".join(lines) for lines in cells))
    Console(highlight=False, markup=False).print(table)
