"""What may be looked at in the opened house: questions that change nothing. What acts stands in the service."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from digest.domain.subscriber import Status, Subscriber
from digest.links import BadLink, Links, Purpose
from digest.meter import Meter
from digest.settings import Settings
from digest.store.database import Database

if TYPE_CHECKING:
    from digest.domain.alarm import Alarm
    from digest.domain.edition import Candidate, Desk, Edition
    from digest.domain.explanation import Explanation, Ranking
    from digest.domain.issue import Issue
    from digest.domain.listing import Receipt
    from digest.domain.paper import Paper
    from digest.mail.cards import Masthead


SENT_SHOWN = 100


def wall_clock() -> datetime:
    """Read the clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionPage:
    """An edition with the papers of its candidates, by their row numbers."""

    edition: "Edition"
    papers: "Mapping[int, Paper]"

    @property
    def odd(self) -> "Sequence[Candidate]":
        """The candidates whose counts are odd, best trend first: their `trend.warning` says how."""
        return [candidate for candidate in self.edition.candidates if candidate.trend.warning]


class Office:
    """The opened house, for those who look. Use it in a `with` block.

    Parameters
    ----------
    settings : Settings
    now : callable
        Gives the time; a replay gives another than the wall clock's.
    """

    def __init__(self, settings: Settings, now: Callable[[], datetime] = wall_clock) -> None:
        self.settings, self.now = settings, now
        self.database = Database(settings.database_url)
        self._laid_out: tuple[Any, Desk | None] = (None, None)

    def __enter__(self) -> Self:
        """Bring the database to the newest migration."""
        self.migrate()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of everything that is open."""
        self.database.close()

    def migrate(self) -> bool:
        """Bring the database to the newest migration and make the first signing key; False if both were there."""
        from digest.store import keys, papers

        is_current = self.database.is_current()
        if not is_current:
            self.database.migrate()
            with self.database.writing() as connection:
                papers.name_unnamed(connection)
        own = self.settings.signing_key.get_secret_value()
        with self.database.reading() as connection:
            held = keys.all_keys(connection)
        if not held or (own and own not in held.values()):
            with self.database.writing() as connection:
                keys.ensure(connection, own, self.now())
        return not is_current

    def reload(self, settings: Settings) -> None:
        """Use other settings from now on; the database stays open as it is."""
        self.settings = settings
        self.migrate()
        for made in ("links", "masthead"):
            self.__dict__.pop(made, None)

    @cached_property
    def meter(self) -> Meter:
        """What the hops of this process did."""
        return Meter()

    @cached_property
    def links(self) -> Links:
        """The signed links of this house."""
        from digest.store import keys

        with self.database.reading() as connection:
            known = keys.all_keys(connection)
        own = self.settings.signing_key.get_secret_value()
        signing = next((number for number, secret in known.items() if own and secret == own), 1)
        return Links(self.settings.public_url, known, signing)

    @cached_property
    def masthead(self) -> "Masthead":
        """Who sends, as every mail says."""
        from digest.mail.cards import Masthead

        said = self.settings
        names = ("list_name", "list_id", "sender", "public_url", "contact", "postal_address")
        return Masthead(**{name: getattr(said, name) for name in names})

    def confirmation(self, token: str) -> Subscriber:
        """Look whose confirmation a link is for; raises BadLink."""
        from digest.store import subscribers

        number = self.links.read(Purpose.CONFIRM, token)
        with self.database.reading() as connection:
            return found(subscribers.of_confirmation(connection, number))

    def preferences_after(self, token: str) -> str:
        """Give the address of the preferences of whom a confirmation was sent to, or an empty text; raises BadLink."""
        from digest.domain.delivery import Kind
        from digest.store import deliveries, subscribers

        number = self.links.read(Purpose.CONFIRM, token)
        with self.database.reading() as connection:
            held = found(subscribers.of_confirmation(connection, number))
            sent = deliveries.number_of(connection, held.id, Kind.CONFIRMATION, str(number))
        return self.links.link(Purpose.PREFERENCES, sent) if sent else ""

    def reader(self, purpose: Purpose, token: str) -> Subscriber:
        """Look who a link was sent to; raises BadLink."""
        from digest.store import subscribers

        number = self.links.read(purpose, token)
        with self.database.reading() as connection:
            return found(subscribers.of_delivery(connection, number))

    def with_address(self, address: str) -> Subscriber:
        """Look whose an address is; raises Refused if it is none, and LookupError for no such reader."""
        from digest.actions import subscribe
        from digest.store import subscribers

        with self.database.reading() as connection:
            held = subscribers.with_address(connection, subscribe.read_address(address))
        if held is None:
            raise LookupError(f"there is no subscriber {address}")
        return held

    def view(self, token: str) -> str:
        """Give the HTML of a delivered issue; raises BadLink."""
        from digest.actions import preview

        number = self.links.read(Purpose.VIEW, token)
        with self.database.reading() as connection:
            return preview.of_delivery(connection, number, self.links).html

    def delivered_issues(self) -> "Sequence[tuple[Issue, str]]":
        """Give the issues that were sent, newest first, each with the address of its page."""
        from digest.store import deliveries, issues

        with self.database.reading() as connection:
            sent = deliveries.last_sent(connection, SENT_SHOWN)
            held = issues.with_ids(connection, [issue_id for _, issue_id in sent])
        return [(held[i], self.links.link(Purpose.VIEW, number, held[i].key_id)) for number, i in sent]

    def desk(self) -> "Desk | None":
        """Lay out the newest edition, once for each revision."""
        from digest.store import editions

        until = self.now().date()
        with self.database.reading() as connection:
            name = editions.name_of_newest(connection, until)
            if name != self._laid_out[0]:
                self._laid_out = name, editions.lay_out(connection, until)
        return self._laid_out[1]

    def edition_page(self) -> EditionPage | None:
        """Give the newest edition with its papers, or None."""
        from digest.store import editions

        with self.database.reading() as connection:
            desk = editions.lay_out(connection, self.now().date())
        return EditionPage(edition=desk.edition, papers=desk.papers) if desk else None

    def ranking(self, until: date | None = None, *, most: int) -> "Ranking | None":
        """Give the newest edition up to a day as a list of the most trending papers, or None."""
        from digest.actions import explain

        with self.database.reading() as connection:
            return explain.ranking(connection, until or self.now().date(), most)

    def explanation(self, typed: str, until: date | None = None) -> "Explanation | None":
        """Explain the trend of a paper named by id, DOI, address or key, up to now or a day; None if it is unknown."""
        from digest.actions import explain

        now = self.now()
        as_of = min(now, datetime.combine(until, time.max, UTC)) if until else now
        with self.database.reading() as connection:
            return explain.of_paper(connection, typed, as_of.date(), as_of)

    def receipts(self) -> "Sequence[Receipt]":
        """Give the receipts of the newest edition's day."""
        from digest.store import editions, receipts

        with self.database.reading() as connection:
            newest = editions.name_of_newest(connection, self.now().date())
            return receipts.of_day(connection, newest[0]) if newest else []

    def receipts_since(self, days: int) -> "Sequence[Receipt]":
        """Give every receipt for the last days."""
        from digest.store import receipts

        today = self.now().date()
        with self.database.reading() as connection:
            return receipts.between(connection, today - timedelta(days=days), today)

    def alarms(self) -> "Sequence[Alarm]":
        """Give the alarms that last."""
        from digest.store import alarms

        with self.database.reading() as connection:
            return alarms.lasting(connection)

    def subscribers(self, status: Status | None = None) -> Sequence[Subscriber]:
        """Give all subscribers, or those of a status."""
        from digest.store import subscribers

        with self.database.reading() as connection:
            return subscribers.every(connection, status)


def found(held: Subscriber | None) -> Subscriber:
    """Give a subscriber that must be there; raises BadLink."""
    if held is None:
        raise BadLink(BadLink.__doc__)
    return held
