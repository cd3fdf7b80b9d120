"""The sending of this house: one for each process, made anew when the settings change."""

import time
from functools import partial
from typing import TYPE_CHECKING

from digest.actions.report import stay_silent
from digest.office import Office

if TYPE_CHECKING:
    from digest.actions.deliver import Sending
    from digest.actions.report import Advance, DeliverReport
    from digest.settings import Settings


class Delivering(Office):
    """The opened house, for what leaves it."""

    _sending: "tuple[Settings, Sending] | None" = None

    def __exit__(self, *why: object) -> None:
        """Settle what is under way before everything is let go of."""
        try:
            self._end_sending()
        finally:
            super().__exit__(*why)

    def reload(self, settings: "Settings") -> None:
        """Use other settings from now on; what is under way is settled first."""
        super().reload(settings)
        if self._sending:
            self._sending[1].is_leaving = True

    def deliver(
        self, *, dry_run: bool = False, at_once: bool = False, advance: "Advance" = stay_silent
    ) -> "DeliverReport":
        """Send whatever is due; `at_once` although sending rests; a dry run only counts what waits."""
        from digest.actions.deliver import count_waiting

        if dry_run:
            return count_waiting(self.database, self.now())
        if self._sending and self._sending[0] is not self.settings:
            self._end_sending()
        if not self._sending:
            self._sending = self.settings, self._begin_sending()
        return self._sending[1].run(at_once=at_once, advance=advance)

    def _begin_sending(self) -> "Sending":
        from digest.actions.deliver import Sending
        from digest.domain.pace import Pace, Speed
        from digest.mail.postroom import PostRoom
        from digest.posting import limits_of, transport_of
        from digest.store import leases

        said = self.settings
        room = PostRoom(
            links=self.links, masthead=self.masthead, holder=leases.holder(), bounce_address=said.bounce_address
        )
        return Sending(
            self.database,
            partial(transport_of, said),
            room,
            speed=Speed(pace=Pace(limits_of(said)), monotonic=time.monotonic, sleep=time.sleep),
            clock=self.now,
            is_dead=leases.is_dead,
            heard=self.meter.replied,
        )

    def _end_sending(self) -> None:
        if self._sending:
            self._sending[1].close()  # If it raises, what was sent and not written down is not forgotten.
            self._sending = None
