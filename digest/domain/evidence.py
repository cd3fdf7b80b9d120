"""The sentences on what a trend score rests on, the weightiest first; written for whoever reads the mail."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from digest.domain.attention import Attention
from digest.domain.paper import Paper
from digest.domain.relevance import holds_phrase
from digest.domain.signal import Signal, SignalKind
from digest.domain.text import counted, span
from digest.domain.usual import Usual

NO_VOTES = "no votes yet"
TELLING = 0.15
"""Root votes from which a part is worth a sentence."""
COUNTED = {
    SignalKind.COMMENTS: "comment",
    SignalKind.STARS: "star",
    SignalKind.CITATIONS: "citation",
    SignalKind.POINTS: "forum point",
    SignalKind.REMARKS: "forum comment",
}
"""What is said of counts beside votes; the h-index says nothing on the paper itself."""
LIKELY = 0.2
"""Chance of being picked from which it is worth telling: about one listed paper in ten is picked."""
NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def evidence_of(
    seen: Attention,
    parts: Mapping[str, float],
    usual: Usual,
    *,
    now: datetime,
    votes: float | None,
    chance: float,
    well_known: int,
    words: Sequence[str],
) -> tuple[str, ...]:
    """Say what a score rests on.

    Parameters
    ----------
    parts : the parts of the strength by name; only what weighs enough is said
    votes : the votes that are believed, None if none are known
    chance : probability of being picked to be voted on, for a paper that was not
    well_known : how many of the authors have other papers above the usual
    words : words of the paper that draw votes

    >>> from datetime import UTC, date
    >>> from digest.domain.paper import Paper
    >>> seen = Attention(paper=Paper(key="arxiv:1", title="A"), listings=(("arxiv", date(2026, 3, 2)),))
    >>> evidence_of(seen, {"authors": 0.5}, Usual(), now=datetime(2026, 3, 2, tzinfo=UTC), votes=None, chance=0.3,
    ...             well_known=2, words=())
    ('no votes yet, 30 % likely to reach Daily Papers', 'two authors with other papers above the usual')
    """
    said = [_votes(seen, usual, votes=votes, chance=chance, now=now)]
    if well_known and parts.get("authors", 0.0) >= TELLING:
        number = NUMBER_WORDS[well_known] if well_known < len(NUMBER_WORDS) else f"{well_known}"
        own = "another paper" if well_known == 1 else "other papers"
        said.append(f"{number} author{'s' if well_known > 1 else ''} with {own} above the usual")
    if words and parts.get("words", 0.0) >= TELLING:
        said.append(f"{' and '.join(f'“{word}”' for word in words)} draw{'s' if len(words) == 1 else ''} votes")
    for kind, noun in COUNTED.items():
        counts = seen.series(kind, now)
        if counts and counts[-1].value:
            where = " on GitHub" if kind is SignalKind.STARS else ""
            said.append(f"{counted(counts[-1].value, noun)}{where}{_usual(usual, seen, counts[-1])}")
    return tuple(said)


def risen(paper: Paper, rising: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Say which rising terms a paper holds. That weighs nothing: a term that rises was measured to draw no votes.

    >>> risen(Paper(key="arxiv:1", title="On world models"), [("world models", "3×"), ("agents", "2×")])
    ('“world models” rises 3×',)
    """
    return tuple(f"“{term}” rises {times}" for term, times in rising if holds_phrase(term, paper.title, paper.abstract))


def _votes(seen: Attention, usual: Usual, *, votes: float | None, chance: float, now: datetime) -> str:
    counts = seen.series(SignalKind.UPVOTES, now)
    if not counts:
        is_likely = not seen.is_voted_on and chance >= LIKELY
        return f"{NO_VOTES}, {100 * chance:.0f} % likely to reach Daily Papers" if is_likely else NO_VOTES
    last = counts[-1]
    less = f", {round(votes):,} of them believed" if votes is not None and round(votes) < last.value else ""
    hours = seen.hours(last.observed_at)
    return f"{counted(last.value, 'upvote')} in {span(hours)}{less}{_usual(usual, seen, last)}"


def _usual(usual: Usual, seen: Attention, last: Signal) -> str:
    """Say what is usual at an age; nothing of a kind that nothing is known of."""
    hours = seen.hours(last.observed_at)
    if not usual.knows(last.kind, last.source, hours):
        return ""
    mean, _ = usual.of(last.kind, last.source, hours, seen.paper.field)
    return f", usual {round(mean**2):,}"
