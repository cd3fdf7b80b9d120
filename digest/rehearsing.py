"""Rehearsing, at the operator's door: mails of any kind, wired from what composing and sending use."""

from datetime import date
from typing import TYPE_CHECKING

from digest.office import Office

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from digest.actions.rehearse import Composing, Rehearsed
    from digest.domain.subscriber import Subscriber


class Rehearsing(Office):
    """The opened house, for those who look at mails before they leave."""

    def reader_to_show(self, address: str = "") -> "Subscriber":
        """Give the reader of an address, else the first active one, else one that was invented, with the number 0.

        Raises Refused, and LookupError for no such reader.
        """
        from digest.actions.preview import nobody
        from digest.store import subscribers

        if address:
            return self.with_address(address)
        with self.database.reading() as connection:
            first = subscribers.active(connection, after_id=0, most=1)
        return first[0] if first else nobody(self.now())

    def rehearse(self, kind: str, reader: "Subscriber", since: date | None = None) -> "Rehearsed":
        """Make the mail of a kind for a reader as it would leave; raises NothingToShowError."""
        from digest.actions.rehearse import Stage, rehearse

        with self.database.reading() as connection:
            stage = Stage(
                connection=connection,
                links=self.links,
                masthead=self.masthead,
                now=self.now(),
                composing=self._composing(connection),
                alarms=self.alarms(),
                operator=self.settings.operator_address,
            )
            return rehearse(stage, kind, reader, since)

    def _composing(self, connection: "Connection") -> "Composing | None":
        from digest.actions.compose import Round, Table, choose_for, facts_of_quiet
        from digest.actions.rehearse import Composing, moment_of

        desk = self.desk()
        if desk is None:
            return None
        at, table = moment_of(desk, self.now()), Table(desk=desk, receipts=self.receipts())
        this = Round(now=at, queued_at=at, key_id=self.links.key_id)
        return Composing(
            desk=desk,
            at=at,
            choose=lambda reader: choose_for(connection, table, [reader], this)[0][0],
            quiet=lambda reader, choice: facts_of_quiet(table, reader, choice, this),
        )
