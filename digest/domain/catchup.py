"""A catch-up: one issue for all that a reader missed, with the best of each week. Where it is drawn from is given."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from digest.domain.cadence import Frequency
from digest.domain.choice import Choice
from digest.domain.edition import WINDOW, Desk
from digest.domain.issue import Entry
from digest.domain.reader import Reader
from digest.domain.selection import MISSED
from digest.domain.subscriber import LENGTHS, Subscriber, Wishes
from digest.domain.text import counted

WEEK = timedelta(days=7)
WEEKS = 4
"""How many weeks before the newest edition's are looked at: what is older is no news to anybody."""


def away_since(reader: Subscriber, on: date) -> date | None:
    """Give the last day covered before `on` if an issue fell due in between and did not come; else None.

    It does not matter why: a pause, or a service that was down. Who left and joined anew has missed nothing.

    >>> from datetime import UTC, datetime
    >>> from digest.domain.subscriber import Status
    >>> ada = Subscriber(id=1, address="", status=Status.ACTIVE, wishes=Wishes(), created_at=datetime.now(UTC),
    ...                  covered_until=date(2026, 3, 14))
    >>> away_since(ada, date(2026, 3, 15)), away_since(ada, date(2026, 3, 17))
    (None, datetime.date(2026, 3, 14))
    """
    covered, cadence = reader.covered_until, reader.wishes.cadence
    if covered is None or not cadence.has_due_between(covered, on):
        return None
    is_new = reader.confirmed_at is not None and cadence.day_of(reader.confirmed_at) > covered
    return None if is_new else covered


def weeks_before(newest: date, since: date) -> list[date]:
    """Give the last days of the weeks before the newest edition's, as far back as a day.

    >>> [f"{day:%d %b}" for day in weeks_before(date(2026, 3, 17), date(2026, 2, 28))]
    ['10 Mar', '03 Mar']
    """
    days = [newest - number * WEEK for number in range(1, WEEKS + 1)]
    return [day for day in days if day > since]


def reaching(reader: Reader, desk: Desk, since: date, newer: Sequence[tuple[Desk, Choice]] = ()) -> Reader:
    """Give a reader for whom papers reach back to a day, and who knows what was chosen from newer editions.

    In the newest edition they reach at least as far as ever.
    """
    reach = min(desk.edition.day - since, WINDOW)
    chosen = {entry.paper_id for _, choice in newer for entry in choice.entries}
    return replace(reader, reach=reach if newer else max(reach, reader.window), seen=reader.seen | chosen)


def together(drawn: Sequence[tuple[Desk, Choice]], wishes: Wishes, since: date, on: date) -> Choice:
    """Put what was chosen from some editions, the newest first, into one issue that is no longer than any other.

    Who is followed comes first, as ever, then the best scores; where nothing was chosen, the newest edition speaks.
    """
    every = [(desk, entry) for desk, choice in drawn for entry in choice.entries]
    ranked = sorted(every, key=lambda pair: (not pair[1].followed, -pair[1].score))
    kept = list(_fitting(ranked, wishes))
    if not kept:
        return drawn[0][1]
    shown = {entry.paper_id for entry in kept}
    left = [_name(desk, entry) for desk, entry in ranked if entry.paper_id not in shown]
    names = {_name(desk, entry) for desk, entry in ranked if entry.paper_id in shown}
    missed = [name for name in dict.fromkeys([*left, *drawn[0][1].missed]) if name[1] and name not in names]
    return Choice(
        entries=[replace(entry, rank=rank) for rank, entry in enumerate(kept, 1)],
        note=note_of(since, max(since, drawn[-1][0].edition.day - WINDOW), on, wishes.cadence.frequency),
        missed=tuple(missed[:MISSED]),
        since=since,
    )


def note_of(since: date, first: date, on: date, frequency: Frequency) -> str:
    """Say what a catch-up is the best of: of the time since a day, or, if papers reach less far, since `first`.

    >>> note_of(date(2026, 3, 3), date(2026, 3, 3), date(2026, 3, 17), Frequency.DAILY)
    'The best of the 14 days since 3 March.'
    >>> note_of(date(2025, 12, 19), date(2026, 2, 9), date(2026, 3, 20), Frequency.WEEKLY)
    'The best of the last 6 weeks. Before that, the last look for you was on 19 December 2025.'
    """
    days = (on - first).days
    is_weekly = frequency is Frequency.WEEKLY and days >= 2 * WEEK.days
    length = counted(round(days / WEEK.days), "week") if is_weekly else counted(days, "day")
    last = f"{since.day} {since:%B}" + (f" {since.year}" if since.year != on.year else "")
    if first == since:
        return f"The best of the {length} since {last}."
    return f"The best of the last {length}. Before that, the last look for you was on {last}."


def _fitting(ranked: Sequence[tuple[Desk, Entry]], wishes: Wishes) -> Iterator[Entry]:
    """Give the entries there is room for: all who are followed, up to the longest issue, and others in what is left."""
    number, minutes = 0, float(wishes.minutes) or float("inf")
    for desk, entry in ranked:
        takes = float(desk.minutes[desk.positions[entry.paper_id]])
        if number < (LENGTHS[-1] if entry.followed else wishes.length) and (entry.followed or takes <= minutes):
            number, minutes = number + 1, minutes - takes
            yield entry


def _name(desk: Desk, entry: Entry) -> tuple[str, str]:
    return entry.title, desk.papers[entry.paper_id].abstract_url
