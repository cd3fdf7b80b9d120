"""Pausing and resuming, at the doors: each call reads its link, or an address, and runs one action."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from digest.links import Purpose
from digest.office import Office, found

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from digest.domain.subscriber import Subscriber


class Pausing(Office):
    """The opened house, for those who want no issues for a while."""

    def pause_by_link(self, token: str, until: date | None) -> "Subscriber":
        """Send a reader no issues until a day begins, or until it resumes, and tell it; raises BadLink and Refused."""
        return self._pause(self.reader(Purpose.PREFERENCES, token), until, self.links.key_id)

    def resume_by_link(self, token: str) -> "Subscriber":
        """Send a paused reader issues again, and tell it; raises BadLink and Refused."""
        return self._resume(self.reader(Purpose.PREFERENCES, token), self.links.key_id)

    def pause(self, address: str, until: date | None) -> "Subscriber":
        """Pause a reader on the operator's word, unsaid; raises Refused, and LookupError for no such reader."""
        return self._pause(self.with_address(address), until)

    def resume(self, address: str) -> "Subscriber":
        """Resume for a reader on the operator's word, unsaid; raises Refused, and LookupError for no such reader."""
        return self._resume(self.with_address(address))

    def _pause(self, reader: "Subscriber", until: date | None, key_id: int | None = None) -> "Subscriber":
        from digest.actions.pause import pause

        now = self.now()
        return self._moved(reader, lambda connection, held: pause(connection, held, until, now, key_id=key_id))

    def _resume(self, reader: "Subscriber", key_id: int | None = None) -> "Subscriber":
        from digest.actions.pause import resume

        now = self.now()
        return self._moved(reader, lambda connection, held: resume(connection, held, now, key_id=key_id))

    def _moved(self, reader: "Subscriber", move: "Callable[[Connection, Subscriber], None]") -> "Subscriber":
        from digest.store import subscribers

        with self.database.writing() as connection:
            move(connection, found(subscribers.with_id(connection, reader.id)))
            return found(subscribers.with_id(connection, reader.id))
