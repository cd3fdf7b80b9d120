"""What the clock may begin now: each is begun by one process only, and the moment of the next time is noted."""

from datetime import timedelta

from digest.showing import Showing

COLLECT_AGAIN = timedelta(hours=3)
COLLECT_RETRY = timedelta(minutes=20)
COLLECT_LEASE = timedelta(minutes=90)
"""How long a run that has begun keeps others from beginning; after a crash the next ring takes over then."""
LEARN_AGAIN = timedelta(days=7)
LEARN_RETRY = timedelta(days=1)
LEARN_LEASE = timedelta(hours=2)


class Due(Showing):
    """The opened house, for the clock."""

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
