"""A Trace is all there is to say of one paper and one reader: collected when, in the edition or not, shown or not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from digest.domain.because import Cut, cuts_of, rank_of
from digest.domain.cut import HARD, lifted, outcome
from digest.domain.edition import WINDOW, Desk
from digest.domain.issue import Entry, Issue
from digest.domain.listing import ListingKind
from digest.domain.paper import Paper
from digest.domain.reader import Reader
from digest.domain.score import TrendScore
from digest.domain.selection import choose
from digest.domain.weighing import weigh

LEAST_WEIGHT, SURE = 1e-6, 1e9
"""A weight of the trend that changes no share, and a trend that with it brings every paper."""


class UnknownNameError(LookupError):
    """No subscriber, or no paper, goes by this name; the text is a sentence for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A paper as the house came to know it: its row, when it came, and every listing as (source, day, kind)."""

    paper_id: int
    paper: Paper
    first_seen_at: datetime
    listings: tuple[tuple[str, date, ListingKind], ...] = ()

    @property
    def text(self) -> str:
        """What is known of its text, in a sentence."""
        if self.paper.abstract:
            return "Its title and abstract are known."
        return "Only its title is known." if self.paper.title else "Nothing of its text is known yet."

    @property
    def announced(self) -> list[date]:
        """The days of its announcements, in order; a new version is none."""
        return sorted(day for _, day, kind in self.listings if kind in {ListingKind.NEW, ListingKind.CROSS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An issue that was made, the edition it was made from, and what became of its delivery."""

    issue: Issue
    day: date
    revision: int
    state: str = ""
    sent_at: datetime | None = None

    def entry_of(self, paper_id: int) -> Entry | None:
        """Give the entry of a paper, or None if the issue does not hold it."""
        return next((entry for entry in self.issue.entries if entry.paper_id == paper_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a paper of an edition stands with a reader.

    Attributes
    ----------
    entry : what choosing makes of it, whether it is chosen or not; its rank is 0
    rank, among : its rank by score among all that no rule bars, itself included, and how many these are
    number : its place in the issue, from 1; 0 if it is not in it
    cuts : the rules that cut it, the one to name first; only lifting all of them would bring it
    otherwise : what lifting them would have brought, or an empty text
    chosen : the row numbers of all papers that are chosen, in the order of the issue
    """

    entry: Entry
    rank: int
    among: int
    number: int
    cuts: tuple[Cut, ...]
    otherwise: str
    chosen: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The whole trace of a paper for a reader.

    Attributes
    ----------
    day, revision : the edition that is looked at, or None and 0 if there is none
    absence : why the paper is not in it, or an empty text
    trend, place, among : its trend in that edition, its place among all papers there, and how many these are
    standing : how it stands with the reader by the present wishes; None if it is not in the edition
    sent : the issue the reader got of that edition or day, or None
    other : the period of another issue that held the paper, or an empty text
    remarks : what else an operator should know, in sentences
    """

    address: str
    collected: Collected
    day: date | None = None
    revision: int = 0
    absence: str = ""
    trend: TrendScore | None = None
    place: int = 0
    among: int = 0
    standing: Standing | None = None
    sent: Sent | None = None
    other: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def paper(self) -> Paper:
        """The work itself."""
        return self.collected.paper

    @property
    def was_number(self) -> int:
        """The place it had in the issue that the reader got, from 1; 0 if it was not in it."""
        entry = self.sent.entry_of(self.collected.paper_id) if self.sent else None
        return entry.rank if entry else 0

    @property
    def differing(self) -> int:
        """How many papers of the issue that the reader got the present wishes would not choose again."""
        if self.sent is None or self.standing is None:
            return 0
        return len({entry.paper_id for entry in self.sent.issue.entries}.difference(self.standing.chosen))


def standing_of(desk: Desk, reader: Reader, paper_id: int, sent: Mapping[int, str]) -> Standing:
    """Work out how a paper of an edition stands with a reader.

    Parameters
    ----------
    sent : the period of the issue that each paper was sent in, by the paper's row number
    """
    position = desk.positions[paper_id]
    [choice] = choose(desk, [reader])
    found = outcome(desk, reader, position)
    cuts, otherwise = cuts_of(desk, reader, position, found, sent)
    scores = weigh(desk, [reader]).score[0]
    free = lifted(desk, reader, position, HARD)
    scores[position] = weigh(desk, [free]).score[0, position]
    rank, among = rank_of(scores, position)
    return Standing(
        entry=entry_of(desk, free, position),
        rank=rank,
        among=among,
        number=found.number,
        cuts=cuts,
        otherwise=otherwise,
        chosen=tuple(entry.paper_id for entry in choice.entries),
    )


def entry_of(desk: Desk, reader: Reader, position: int) -> Entry:
    """Give what choosing makes of a paper: its entry in an edition in which no other gathers as much attention.

    Parameters
    ----------
    reader : for whom no rule bars the paper
    """
    candidates = list(desk.edition.candidates)
    own = candidates[position]
    candidates[position] = replace(own, trend=replace(own.trend, value=SURE))
    loud = replace(desk, edition=replace(desk.edition, candidates=tuple(candidates)))
    weight = max(reader.wishes.trend_weight, LEAST_WEIGHT)
    [choice] = choose(
        loud, [replace(reader, wishes=replace(reader.wishes, minutes=0, breadth=0.0, trend_weight=weight))]
    )
    entry = next(entry for entry in choice.entries if entry.paper_id == own.paper_id)
    return replace(entry, rank=0, from_trend=entry.from_trend / SURE * own.trend.value)


def absence_of(collected: Collected, day: date, made_at: datetime) -> str:
    """Say why a paper is not in the edition of a day; an empty text if it seems that it should be.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 17, 12, tzinfo=UTC)
    >>> told = Collected(paper_id=1, paper=Paper(key="arxiv:2603.00001", title="On X"), first_seen_at=noon)
    >>> listed = replace(told, listings=(("arxiv", date(2026, 3, 9), ListingKind.NEW),))
    >>> absence_of(listed, date(2026, 3, 17), noon)
    'It was last announced on 2026-03-09; an edition of 2026-03-17 reaches back to 2026-03-10.'
    >>> absence_of(told, date(2026, 3, 17), noon)
    'No source ever announced it, so it is in no edition.'
    """
    if collected.paper.withdrawn:
        return "It was withdrawn."
    announced = collected.announced
    if not announced:
        only = ", only new versions of it" if collected.listings else ""
        return f"No source ever announced it{only}, so it is in no edition."
    until = [one for one in announced if one <= day]
    if not until:
        return f"It was first announced on {announced[0]}, after the edition of {day}."
    since = day - WINDOW + timedelta(days=1)
    if until[-1] < since:
        return f"It was last announced on {until[-1]}; an edition of {day} reaches back to {since}."
    return _came_late(collected, day, made_at)


def _came_late(collected: Collected, day: date, made_at: datetime) -> str:
    again = f"`digest publish --day {day}` makes a new revision with it"
    if collected.first_seen_at > made_at:
        return f"It came in on {moment(collected.first_seen_at)}, when the edition of {day} had been made; {again}."
    return f"When the edition of {day} was made, this announcement was not held yet; {again}."


def moment(at: datetime) -> str:
    """Say a moment.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 3, 17, 6, 2, tzinfo=UTC))
    '2026-03-17 06:02 UTC'
    """
    return f"{at:%Y-%m-%d %H:%M} UTC"


def sum_of(entry: Entry) -> list[tuple[str, float]]:
    """Lay out a score as a sum, rounded to hundredths so that as shown it adds up; what shows as 0 is left out.

    >>> entry = Entry(rank=1, paper_id=1, paper_key="", title="", card="", from_relevance=0.333, from_trend=0.2,
    ...               topic="arms", terms=(("arm", 0.354),), evidence=(), why="", against=(("survey", -0.021),))
    >>> sum_of(entry)
    [('arm', 0.35), ('survey', -0.02), ('trend', 0.2)]
    """
    parts = [*entry.terms, *entry.against, ("other terms", entry.rest), ("trend", entry.from_trend)]
    rows, whole, before = [], 0.0, 0.0
    for name, amount in parts:
        whole += amount
        if shown := round(round(whole, 2) - before, 2):
            rows.append((name, shown))
        before = round(whole, 2)
    return rows or [("trend", 0.0)]
