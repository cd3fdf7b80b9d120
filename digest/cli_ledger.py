"""The operator's door to the ledger: who received what, and how each delivery ended."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from digest import console
from digest.domain.delivery import Outcome, Reply, State
from digest.opened import opened

if TYPE_CHECKING:
    from digest.domain.delivery import Delivery
    from digest.domain.record import Record

FORM = "%Y-%m-%d %H:%M"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")
HASH_SHOWN = 12
FOR_GOOD = 5
"""The first digit of a reply that refuses for good."""


def ledger(
    address: Annotated[str, typer.Option(help="Only what went to this address.")] = "",
    state: Annotated[State | None, typer.Option(help="Only what stands there.")] = None,
    day: Annotated[
        datetime | None,
        typer.Option(parser=console.read_day, metavar=console.DAY, help="Only what is of this UTC day."),
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="So many at most, newest first.")] = 50,
    again: Annotated[int | None, typer.Option(min=1, help="Queue one that is failed or unknown once more.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print for programs.")] = False,
) -> None:
    """Say who received what, newest first, and how each delivery ended; or send one once more."""
    from digest.domain.subscriber import Refused

    with opened() as service:
        try:
            held = service.send_again(again) if again else None
            asked = {"number": again} if again else {"address": address, "state": state, "day": day and day.date()}
            records = service.records(most=most, **asked)
        except (Refused, LookupError) as error:
            console.refuse(str(error))
    if as_json:
        found = [asdict(one) for one in records]
        typer.echo(json.dumps(found[0] if again else found, indent=2, ensure_ascii=False, default=str))
    elif held:
        typer.echo(_queued(held))
    else:
        _show(records)


def _queued(held: "Delivery") -> str:
    last = Reply(outcome=Outcome.REFUSED, text=held.reply)
    warned = f", though the last reply was a refusal for good: {held.reply}" if last.code // 100 == FOR_GOOD else "."
    return f"Delivery {held.id} ({held.kind} {_key(held.key)}, {held.state}) is queued once more{warned}"


def _key(key: str) -> str:
    """Show a key that is a moment to the minute."""
    return f"{datetime.fromisoformat(key):{FORM}}" if MOMENT.match(key) else key


def _show(records: "Sequence[Record]") -> None:
    table: Any = Table("number", "reader", "mail", "state", "last reply", box=None, padding=(0, 2, 0, 0))
    table.columns[0].justify, table.columns[0].no_wrap = "right", True
    for column in table.columns:
        column.overflow = "fold"  # A narrow terminal gets more lines, and no address that is cut off.
    for one in records:
        moments = [f"{one.sent_at:{FORM}}"] if one.sent_at else []
        moments += [f"next {one.next_attempt_at:{FORM}}"] if one.next_attempt_at else []
        told = [one.reply, one.sha256[:HASH_SHOWN]]
        state = [one.state, f"{one.tries} tr{'y' if one.tries == 1 else 'ies'}", *moments]
        cells = [[str(one.number)], [one.reader], [one.kind, _key(one.key)], state, [words for words in told if words]]
        table.add_row(*("\n".join(lines) for lines in cells))
    Console(highlight=False, markup=False).print(table)
