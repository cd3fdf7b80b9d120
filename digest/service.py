"""The only wiring: runs an action with the opened resources and the time. It grows no logic."""

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from digest.actions.report import stay_silent
from digest.bookkeeping import Bookkeeping
from digest.delivering import Delivering
from digest.domain.message import Preview
from digest.domain.subscriber import Subscriber, Wishes
from digest.due import Due
from digest.liking import Liking, Shelf, SourceError
from digest.links import Purpose
from digest.office import EditionPage, found, wall_clock
from digest.pausing import Pausing
from digest.receiving import Receiving
from digest.rehearsing import Rehearsing
from digest.showing import Showing
from digest.store.database import StoreError
from digest.vitals import Vitals

if TYPE_CHECKING:
    from digest.actions.backfill import BackfillReport
    from digest.actions.enrich import EnrichReport
    from digest.actions.report import Advance, CollectReport, ComposeReport, LearnReport, PublishReport
    from digest.actions.subscribe import Tastes
    from digest.actions.watch import WatchReport
    from digest.domain.paper import Paper

__all__ = ["EditionPage", "Preview", "Service", "Shelf", "SourceError", "StoreError", "wall_clock"]
log = logging.getLogger(__name__)
WATCH_AGAIN = timedelta(seconds=50)


class Service(Delivering, Receiving, Rehearsing, Pausing, Liking, Bookkeeping, Due, Vitals, Showing):
    """The opened house: what doors and journeys talk to. Use it in a `with` block.

    Parameters
    ----------
    settings : Settings
    now : callable
        Gives the time; a replay gives another than the wall clock's.
    """

    # The hops of a paper's way.

    def collect(
        self,
        day: date,
        *,
        files: Sequence[Path] = (),
        observed_at: datetime | None = None,
        again: bool = False,
        advance: "Advance" = stay_silent,
    ) -> "CollectReport":
        """Read a day from the sources or from recorded files; `again` repairs a day that is past."""
        from digest.actions.collect import collect
        from digest.asking import asking_with

        now = self.now()
        with asking_with(self.settings, clock=time.time, sleep=time.sleep) as asking:
            asks = asking.files(files) if files else asking.again(day) if again else asking.sources()
            return collect(self.database, asks, day, observed_at=observed_at or now, now=now, advance=advance)

    def enrich(self, day: date, *, advance: "Advance" = stay_silent) -> "EnrichReport":
        """Ask who knows more of the papers of the last days."""
        from digest.actions.enrich import enrich
        from digest.asking import asking_with

        with asking_with(self.settings, clock=time.time, sleep=time.sleep) as asking:
            completion, now = asking.completion(), self.now()
            return enrich(
                self.database, asking.enrichers(), day, completion=completion, observed_at=now, advance=advance
            )

    def backfill(self, days: int, *, dry_run: bool = False, advance: "Advance" = stay_silent) -> "BackfillReport":
        """Read the past, or with a dry run only say what is left of it and how long that takes at least."""
        from digest.actions.backfill import BackfillReport, backfill, estimate, left
        from digest.asking import PACE, asking_with

        with asking_with(self.settings, clock=time.time, sleep=time.sleep) as asking:
            steps = asking.past(self.now().date(), days)
            if dry_run:
                todo = left(self.database, steps)
                return BackfillReport(left=len(todo), at_least=str(estimate(todo, PACE)))
            return backfill(self.database, steps, clock=self.now, advance=advance)

    def watch(self) -> "WatchReport":
        """Look for trouble and tell the operator, once, and once when it is over."""
        from digest.actions.watch import WatchReport, watch
        from digest.posting import transport_of
        from digest.store import bells
        from digest.telling import ways

        said, now = self.settings, self.now()
        with self.database.writing() as connection:
            if not bells.ring(connection, "watch", now=now, next_at=now + WATCH_AGAIN):
                return WatchReport()
        tell = ways(said, self.masthead, partial(transport_of, said), now)
        names = [*(["arxiv"] if said.arxiv_categories else []), *(["huggingface"] if said.huggingface else [])]
        is_late = now.hour >= said.collect_hour + said.collect_patience
        return watch(self.database, tell, now=now, day=now.date(), is_late=is_late, sources=names)

    def ping(self) -> None:
        """Tell the outside monitor that an edition was made; that it does not hear stops nothing."""
        from digest.mail import webhook

        try:
            if address := self.settings.ping_url.get_secret_value():
                webhook.ping(address)
        except webhook.NotHeard as error:
            log.warning("the monitor does not hear the ping: %s", error)

    def publish(self, day: date, *, as_of: datetime | None = None, advance: "Advance" = stay_silent) -> "PublishReport":
        """Make the edition of a day."""
        from digest.actions.publish import publish

        balance, now = self.settings.field_balance, as_of or self.now()
        return publish(self.database, day, self.masthead, now=now, field_balance=balance, advance=advance)

    def compose(
        self,
        *,
        day: date | None = None,
        as_of: datetime | None = None,
        dry_run: bool = False,
        advance: "Advance" = stay_silent,
    ) -> "ComposeReport":
        """Compose the issues of all who are due, or of everybody for a day; a dry run only counts them."""
        from digest.actions.compose import Round, compose

        now, key_id, window = self.now(), self.links.key_id, timedelta(minutes=self.settings.send_window_minutes)
        this = Round(now=as_of or now, queued_at=now, key_id=key_id, day=day, dry_run=dry_run, window=window)
        return compose(self.database, this, advance=advance)

    def learn(self, *, advance: "Advance" = stay_silent) -> "LearnReport":
        """Learn from the history what gathers attention; the clock does so again in a week, or a day if it is short."""
        from digest.actions.learn import learn

        report = learn(self.database, now=self.now(), advance=advance)
        self.learnt(is_done=bool(report.version))
        return report

    # The reader's door.

    def sign_up(
        self, address: str, wishes: Wishes, *, consent: Mapping[str, str], liked: "Sequence[Paper]" = ()
    ) -> None:
        """Take in an address and ask it to confirm; raises Refused if it may not join, or likes too many papers."""
        from digest.actions import subscribe

        read = subscribe.read_address(address, utf8=self.settings.utf8_addresses)
        subscribe.check_joining(read, self.settings.joining, self.settings.joining_domains)
        tastes = subscribe.tastes_of_stranger(liked)
        log.info("sign-up: %s", self.invite(read, wishes, consent=consent, tastes=tastes))

    def invite(
        self, address: str, wishes: Wishes, *, consent: Mapping[str, str], tastes: "Tastes | None" = None
    ) -> str:
        """Ask an address to confirm, whoever may join by itself; gives what happened, in words."""
        from digest.actions import subscribe

        read = subscribe.read_address(address, utf8=self.settings.utf8_addresses)
        key_id, now = self.links.key_id, self.now()
        with self.database.writing() as connection:
            return subscribe.sign_up(connection, read, wishes, tastes=tastes, consent=consent, key_id=key_id, now=now)

    def confirm(self, token: str) -> Subscriber:
        """Take a confirmation; raises BadLink."""
        from digest.actions import subscribe

        number, key_id, now = self.links.read(Purpose.CONFIRM, token), self.links.key_id, self.now()
        with self.database.writing() as connection:
            return subscribe.confirm(connection, number, joining=self.settings.joining, key_id=key_id, now=now)

    def leave(self, token: str, *, with_goodbye: bool = False) -> None:
        """Unsubscribe whom a link was sent to; raises BadLink only for a link that was not made here."""
        from digest.actions import subscribe
        from digest.store import subscribers

        number = self.links.read(Purpose.LEAVE, token)
        with self.database.writing() as connection:
            held = subscribers.of_delivery(connection, number)
            if held is not None:
                key_id = self.links.key_id if with_goodbye else None
                subscribe.leave(connection, held, self.now(), key_id=key_id)

    def keep_wishes(self, token: str, wishes: Wishes) -> Subscriber:
        """Keep what a reader set, and queue the mail that tells of it; raises BadLink."""
        from digest.actions import subscribe
        from digest.store import subscribers

        number, key_id = self.links.read(Purpose.PREFERENCES, token), self.links.key_id
        with self.database.writing() as connection:
            held = found(subscribers.of_delivery(connection, number))
            subscribe.keep_wishes(connection, held, wishes, key_id=key_id, now=self.now())
            return found(subscribers.with_id(connection, held.id))

    # The administrator's door.

    def approve(self, subscriber_id: int) -> bool:
        """Let in a reader who waits; False if nobody waits under this number."""
        from digest.actions import subscribe

        key_id = self.links.key_id
        with self.database.writing() as connection:
            return subscribe.approve(connection, subscriber_id, key_id=key_id, now=self.now())

    def add(self, address: str, wishes: Wishes, *, consent: Mapping[str, str], tastes: "Tastes | None" = None) -> bool:
        """Add an active reader on the operator's word; False if the address is there already."""
        from digest.actions import subscribe

        read = subscribe.read_address(address, utf8=self.settings.utf8_addresses)
        with self.database.writing() as connection:
            return subscribe.add(connection, read, wishes, tastes=tastes, consent=consent, now=self.now())

    def remove(self, address: str) -> bool:
        """Forget a reader and all that belongs to it; False if there is none."""
        from digest.actions import subscribe
        from digest.store import subscribers

        with self.database.writing() as connection:
            held = subscribers.with_address(connection, subscribe.read_address(address))
            if held is not None:
                subscribe.remove(connection, held)
            return held is not None
