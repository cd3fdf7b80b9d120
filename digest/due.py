"""What the clock may begin now: each is begun by one process only, and the moment of the next time is noted."""

from datetime import timedelta
from functools import cached_property
from threading import Event

from digest.office import Office
from digest.vitals import CLOCK

COLLECT_AGAIN = timedelta(hours=3)
COLLECT_RETRY = timedelta(minutes=20)
COLLECT_LEASE = timedelta(minutes=90)
"""How long a run that has begun keeps others from beginning; after a crash the next ring takes over then."""
LEARN_AGAIN = timedelta(days=7)
LEARN_RETRY = timedelta(days=1)
LEARN_LEASE = timedelta(hours=2)
CLOCK_LEASE = timedelta(minutes=2)
"""How long who holds the clock keeps it without ringing; on the same host a dead one is known at once."""


class Due(Office):
    """The opened house, for the clock."""

    @cached_property
    def ending(self) -> Event:
        """Whether the service ends: what takes long asks, and stops where it is safe."""
        return Event()

    def holds_clock(self) -> bool:
        """Whether the clock is this process's: held before, free, or left by one that is dead or silent."""
        from digest.store import bells, leases

        now = self.now()
        with self.database.writing() as connection:
            before = bells.holder_of(connection, CLOCK, now)
            dead = [before] if before and leases.is_dead(before) else []
            return bells.hold(connection, CLOCK, leases.holder(), dead, now=now, lease=CLOCK_LEASE)

    def let_go_of_clock(self) -> None:
        """Leave the clock to the others: this process ends."""
        from digest.store import bells, leases

        with self.database.writing() as connection:
            bells.let_go(connection, leases.holder())

    def is_time_to_collect(self) -> bool:
        """Whether a collect run is due, and this process is the one to do it."""
        from digest.store import bells

        now = self.now()
        if now.hour < self.settings.collect_hour:
            return False
        with self.database.writing() as connection:
            return bells.ring(connection, "collect", now=now, next_at=now + COLLECT_LEASE)

    def collected(self, *, is_done: bool) -> None:
        """Note that the collect run ended: the next is due in some hours, or soon where the day is not whole."""
        from digest.store import bells

        now, said = self.now(), self.settings
        is_patient = now.hour < said.collect_hour + said.collect_patience
        again = COLLECT_AGAIN if is_done or not is_patient else COLLECT_RETRY
        with self.database.writing() as connection:
            bells.put_off(connection, "collect", now + again)

    def is_time_to_learn(self) -> bool:
        """Whether today's edition stands, the model is due to be learnt anew, and this process is the one to do it."""
        from digest.store import bells, editions

        now = self.now()
        with self.database.reading() as connection:
            newest = editions.name_of_newest(connection, now.date())
        if newest is None or newest[0] != now.date():
            return False
        with self.database.writing() as connection:
            return bells.ring(connection, "learn", now=now, next_at=now + LEARN_LEASE)

    def learnt(self, *, is_done: bool) -> None:
        """Note that learning ended: the next is due in a week, or in a day where the history was too short."""
        from digest.store import bells

        with self.database.writing() as connection:
            bells.put_off(connection, "learn", self.now() + (LEARN_AGAIN if is_done else LEARN_RETRY))
