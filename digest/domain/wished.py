"""What a reader wished, in words: when issues come, what is followed, and what a change of wishes changed."""

from collections.abc import Callable, Mapping, Sequence

from digest.domain.cadence import Cadence, Frequency
from digest.domain.profile import Stance, Topic
from digest.domain.subscriber import Wishes

TOPICS_TOLD = 10
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


def changes(before: Wishes, after: Wishes) -> tuple[str, ...]:
    """Say what is no longer as it was, in a sentence or two each; of wishes that read alike nothing.

    >>> now = Wishes(topics=(Topic(words="speech"),), length=5, quiet_days=True)
    >>> for sentence in changes(Wishes(topics=(Topic(words="robots"),)), now):
    ...     print(sentence)
    Followed from now on: speech.
    No longer followed: robots.
    Length: up to 5 papers. Before: up to 10 papers.
    A day with nothing for you: told by a short mail. Before: not told.
    """
    added = [topic for topic in after.topics if topic not in before.topics]
    gone = [topic for topic in before.topics if topic not in after.topics]
    said = [(name, say(before), say(after)) for name, say in SAYINGS.items()]
    plain = tuple(f"{name}: {new}. Before: {old}." for name, old, new in said if new != old)
    return _by_stance(ADDED, added) + _by_stance(GONE, gone) + plain


def _by_stance(headings: Mapping[Stance, str], topics: Sequence[Topic]) -> tuple[str, ...]:
    found = {stance: [topic for topic in topics if topic.stance is stance] for stance in headings}
    return tuple(f"{headings[stance]}: {topics_told(some)}." for stance, some in found.items() if some)


def _of_100(share: float) -> str:
    return f"{round(100 * share)} of 100"


SAYINGS: Mapping[str, Callable[[Wishes], str]] = {
    "Issues come": lambda wishes: rhythm(wishes.cadence),
    "Length": length,
    "Layout": lambda wishes: wishes.layout.value,
    "Weight of the trend": lambda wishes: _of_100(wishes.trend_weight),
    "Mixed": lambda wishes: _of_100(wishes.breadth),
    "A paper must fit": lambda wishes: _of_100(wishes.bar),
    "A day with nothing for you": lambda wishes: "told by a short mail" if wishes.quiet_days else "not told",
}
"""What is said of each wish besides the topics, by its name."""
