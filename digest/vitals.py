"""How the house is: what a program asks that watches over it. Nothing is told of readers but their number."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

from digest.meter import sample, text_of
from digest.office import Office

CLOCK = "clock"


class Vitals(Office):
    """The opened house, for programs that watch over it."""

    @contextmanager
    def timing(self, hop: str) -> Iterator[dict[str, Any]]:
        """Count a hop and how long it takes; what it reported is put into what is given."""
        told: dict[str, Any] = {}
        began = monotonic()
        try:
            yield told
        finally:
            self.meter.ended(hop, monotonic() - began, told)

    def health(self) -> Mapping[str, object]:
        """Say how the house is: whether the database answers, and the newest edition; nothing about readers."""
        from sqlalchemy.exc import SQLAlchemyError

        from digest.store import editions

        try:
            with self.database.reading() as connection:
                newest = editions.name_of_newest(connection, self.now().date())
            return {"ok": True, "edition": f"{newest[0]} r{newest[1]}" if newest else None}
        except SQLAlchemyError as error:
            return {"ok": False, "reason": f"the database does not answer: {type(error).__name__}"}

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
        from digest.store import deliveries, records, rests

        now = self.now()
        with self.database.reading() as connection:
            states = deliveries.counts(connection)
            due_at = records.due_since(connection, now)
            is_resting = rests.resting_until(connection, now) is not None
        age = (now - due_at).total_seconds() if due_at else 0.0
        house = [sample("digest_deliveries", number, state=state) for state, number in states.items()]
        house += [sample("digest_queue_age_seconds", age), sample("digest_sending_rests", is_resting)]
        return text_of([*self.meter.samples(), *house])
