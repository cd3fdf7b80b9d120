"""How the house is: what a program asks that watches over it. Nothing is told of readers but their number."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from time import monotonic
from typing import Any

from digest.meter import Meter
from digest.showing import Showing

CLOCK = "clock"


class Vitals(Showing):
    """The opened house, for programs that watch over it."""

    @cached_property
    def meter(self) -> Meter:
        """What the hops of this process did."""
        return Meter()

    @contextmanager
    def timing(self, hop: str) -> Iterator[dict[str, Any]]:
        """Count a hop and how long it takes; what it reported is put into what is given."""
        told: dict[str, Any] = {}
        began = monotonic()
        try:
            yield told
        finally:
            self.meter.ended(hop, monotonic() - began, told)

    def readiness(self) -> Mapping[str, object]:
        """Say whether the house does its work: database, edition and clock; what is missing is named."""
        from sqlalchemy.exc import SQLAlchemyError

        from digest.store.database import StoreError

        try:
            if not self.database.is_current():
                return {"ok": False, "missing": ["the database is not at the newest migration"]}
            missing = self._missing()
        except (SQLAlchemyError, StoreError) as error:
            return {"ok": False, "missing": [f"the database does not answer: {type(error).__name__}"]}
        return {"ok": not missing, "missing": missing}

    def _missing(self) -> list[str]:
        from digest.domain.edition import STALE_AFTER
        from digest.store import bells, editions, leases

        now = self.now()
        with self.database.reading() as connection:
            newest = editions.name_of_newest(connection, now.date())
            holder = bells.holder_of(connection, CLOCK, now)
        missing = [] if holder and not leases.is_dead(holder) else ["nobody rings the clock"]
        if newest and newest[0] < now.date() - STALE_AFTER:
            missing.append(f"the newest edition is of {newest[0]}")
        return missing

    def metrics(self) -> str:
        """Give what is counted, in the text form of Prometheus."""
        from digest.meter import sample, text_of
        from digest.store import deliveries

        with self.database.reading() as connection:
            states = deliveries.counts(connection)
            _, first_at = deliveries.waiting(connection)
        age = max(0.0, (self.now() - first_at).total_seconds()) if first_at else 0.0
        ledger = [sample("digest_deliveries", number, state=state) for state, number in states.items()]
        return text_of([*self.meter.samples(), *ledger, sample("digest_queue_age_seconds", age)])
