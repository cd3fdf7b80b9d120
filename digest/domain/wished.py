"""What a reader wished, in words: when issues come, what is followed, and what a change of it changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from digest.domain.cadence import Cadence, Frequency
from digest.domain.profile import Stance, Topic
from digest.domain.subscriber import Status, Subscriber, Wishes, wishes_from_json

TOPICS_TOLD = 10
NO_PAUSE = "none"
STANCES = {Stance.FOLLOW: "You follow", Stance.LESS: "Shown less", Stance.NEVER: "Never shown"}
ADDED = {
    Stance.FOLLOW: "Followed from now on",
    Stance.LESS: "Shown less from now on",
    Stance.NEVER: "Never shown from now on",
}
GONE = {Stance.FOLLOW: "No longer followed", Stance.LESS: "No longer shown less", Stance.NEVER: "Shown again"}
RHYTHMS = {
    Frequency.DAILY: "every day",
    Frequency.WEEKDAYS: "Monday to Friday",
    Frequency.WEEKLY: "every Friday",
}


def rhythm(cadence: Cadence) -> str:
    """Say when issues come.

    >>> rhythm(Cadence(frequency=Frequency.WEEKLY, hour=8, zone="America/New_York"))
    'every Friday at 08:00 (America/New York)'
    """
    return f"{RHYTHMS[cadence.frequency]} at {cadence.hour:02}:00 ({cadence.zone.replace('_', ' ')})"


def length(wishes: Wishes) -> str:
    """Say how long an issue gets.

    >>> length(Wishes()), length(Wishes(length=5, minutes=20))
    ('up to 10 papers', 'up to 5 papers, at most 20 minutes of reading')
    """
    return f"up to {wishes.length} papers" + (
        f", at most {wishes.minutes} minutes of reading" if wishes.minutes else ""
    )


def topics_told(topics: Sequence[Topic], most: int = TOPICS_TOLD) -> str:
    """Name topics as a reader types them, the first `most` of them.

    >>> topics_told([Topic(words="robots"), Topic(words="cs.CL"), Topic(words="speech")], most=2)
    'robots; cs.CL; and 1 more'
    """
    more = [f"and {len(topics) - most} more"] if len(topics) > most else []
    return "; ".join([*(topic.typed for topic in topics[:most]), *more])


def standing(wishes: Wishes) -> tuple[str, ...]:
    """Say what is followed, shown less and never shown, in a sentence each.

    >>> standing(Wishes(topics=(Topic(words="robots"), Topic(words="music", stance=Stance.NEVER))))
    ('You follow: robots.', 'Never shown: music.')
    """
    return _by_stance(STANCES, wishes.topics)


def pausing(reader: Subscriber) -> str:
    """Say until when issues are paused.

    >>> from datetime import UTC, datetime
    >>> ada = Subscriber(id=1, address="ada@readers.example", status=Status.PAUSED, wishes=Wishes(),
    ...                  created_at=datetime.now(UTC), resumes_at=datetime(2026, 4, 3, tzinfo=UTC))
    >>> pausing(ada)
    'until 3 April 2026'
    """
    if reader.status is not Status.PAUSED:
        return NO_PAUSE
    return f"until {day.day} {day:%B %Y}" if (day := reader.resumes_on) else "until you come back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a reader changed.

    Attributes
    ----------
    before, after : the wishes
    paused_before, paused_after : until when issues are paused, in words
    forgotten : how many papers that were liked or disliked no longer count
    """

    before: Wishes
    after: Wishes
    paused_before: str = NO_PAUSE
    paused_after: str = NO_PAUSE
    forgotten: int = 0

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is no longer as it was, in a sentence or two each; of what reads alike nothing.

        >>> after = Wishes(topics=(Topic(words="speech"),), length=5, quiet_days=True)
        >>> change = Change(before=Wishes(topics=(Topic(words="robots"),)), after=after,
        ...                 paused_after="until you come back", forgotten=1)
        >>> for sentence in change.sentences:
        ...     print(sentence)
        Followed from now on: speech.
        No longer followed: robots.
        Length: up to 5 papers. Before: up to 10 papers.
        A day with nothing for you: told by a short mail. Before: not told.
        Pause: until you come back. Before: none.
        Forgotten for good: 1 paper you had liked or disliked.
        """
        added = [topic for topic in self.after.topics if topic not in self.before.topics]
        gone = [topic for topic in self.before.topics if topic not in self.after.topics]
        said = [(name, say(self.before), say(self.after)) for name, say in SAYINGS.items()]
        said.append(("Pause", self.paused_before, self.paused_after))
        plain = [f"{name}: {new}. Before: {old}." for name, old, new in said if new != old]
        if self.forgotten:
            papers = f"{self.forgotten:,} paper{'' if self.forgotten == 1 else 's'}"
            plain.append(f"Forgotten for good: {papers} you had liked or disliked.")
        return (*_by_stance(ADDED, added), *_by_stance(GONE, gone), *plain)

    def to_json(self) -> dict[str, Any]:
        """Write the change as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote, among whatever else a record holds; what it lacks did not change.

        >>> change = Change(before=Wishes(), after=Wishes(length=5), forgotten=3)
        >>> Change.from_json(change.to_json() | {"key_id": 1}) == change
        True
        """
        before, after = (wishes_from_json(record[name]) for name in ("before", "after"))
        rest = {name: record[name] for name in ("paused_before", "paused_after", "forgotten") if name in record}
        return cls(before=before, after=after, **rest)


def _by_stance(headings: Mapping[Stance, str], topics: Sequence[Topic]) -> tuple[str, ...]:
    found = {stance: [topic for topic in topics if topic.stance is stance] for stance in headings}
    return tuple(f"{headings[stance]}: {topics_told(some)}." for stance, some in found.items() if some)


def _of_100(share: float) -> str:
    return f"{round(100 * share)} of 100"


SAYINGS: Mapping[str, Callable[[Wishes], str]] = {
    "Issues come": lambda wishes: rhythm(wishes.cadence),
    "Length": length,
    "How much is said of a paper": lambda wishes: wishes.layout.value,
    "What everyone reads weighs": lambda wishes: _of_100(wishes.trend_weight),
    "How mixed an issue is": lambda wishes: _of_100(wishes.breadth),
    "Your bar": lambda wishes: _of_100(wishes.bar),
    "A day with nothing for you": lambda wishes: "told by a short mail" if wishes.quiet_days else "not told",
}
"""What is said of each wish besides the topics, by its name."""
