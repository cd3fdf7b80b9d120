"""The ledger, at the operator's door: how many deliveries stand where, who was sent what, and once more."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from digest.domain.delivery import State
from digest.office import Office

if TYPE_CHECKING:
    from digest.domain.delivery import Delivery
    from digest.domain.record import Record


class Bookkeeping(Office):
    """The opened house, for those who ask who received what."""

    def ledger(self) -> Mapping[str, int]:
        """Count the deliveries by state."""
        from digest.store import deliveries

        with self.database.reading() as connection:
            return deliveries.counts(connection)

    def records(
        self, *, number: int = 0, address: str = "", state: State | None = None, day: date | None = None, most: int
    ) -> "Sequence[Record]":
        """Give the newest deliveries: all, or the one of a number, of an address, in a state, or of a UTC day.

        Raises Refused for what is no address.
        """
        from digest.actions import subscribe
        from digest.store import records

        read = subscribe.read_address(address) if address else ""
        with self.database.reading() as connection:
            return records.newest(connection, number=number, address=read, state=state, day=day, most=most)

    def send_again(self, number: int) -> "Delivery":
        """Queue a delivery once more that ended failed or unknown; raises Refused, and LookupError for none."""
        from digest.actions.repeat import repeat

        with self.database.writing() as connection:
            return repeat(connection, number, self.now())
