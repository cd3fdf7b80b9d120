"""Which rule cut a paper from a reader's issue: found by choosing again with one rule after another lifted."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import combinations

import numpy as np

from digest.domain.cadence import Frequency
from digest.domain.diversity import FIRST, Pool, pick
from digest.domain.edition import Desk
from digest.domain.profile import Stance, Topic
from digest.domain.reader import Reader
from digest.domain.relevance import Floats
from digest.domain.subscriber import Wishes
from digest.domain.weighing import STEPS, Weighed, bar_rules, limits_of, pool_of, weigh

BEFORE_ALL = 10 * FIRST
"""A score that comes before every other, and before what must be shown."""


class Rule(StrEnum):
    """Why a paper is not in an issue."""

    SENT = "sent before"
    SAME_AS_SENT = "nearly the same as a paper sent before"
    TOO_OLD = "outside the days an issue reaches"
    NEVER = "never wanted"
    TWIN = "nearly the same as a paper shown"
    BAR = "below the bar"
    MINUTES = "no minutes left"
    BREADTH = "too like a paper shown"
    CAP = "its topic had its share"
    RANK = "others scored better"


HARD = (Rule.SENT, Rule.SAME_AS_SENT, Rule.TOO_OLD, Rule.NEVER)
"""Rules that bar a paper whatever its score."""
BOUNDS = (Rule.TWIN, Rule.BAR, Rule.MINUTES, Rule.BREADTH, Rule.CAP)
"""What bounds an issue, in the order in which it is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Whether a paper is in an issue, and if not, what cut it.

    Attributes
    ----------
    number : its place in the issue, from 1; 0 if it is not in it
    rules : what cut it; if there are several, only lifting all of them would bring it
    would_be : its place with these lifted; 0 if even that is not enough
    """

    number: int
    rules: tuple[Rule, ...]
    would_be: int


def outcome(desk: Desk, reader: Reader, position: int) -> Outcome:
    """Find what cut a paper from a reader's issue, by choosing again with rules lifted.

    First come the rules that bar it whatever its score. With these lifted, the smallest set of bounds is looked for
    without which it is picked; where none is enough, others scored better.
    """
    barring = tuple(rules_barring(desk, reader, position))
    if is_barred(desk, free := lifted(desk, reader, position, barring), position):
        return Outcome(number=0, rules=barring, would_be=0)
    case = Case(desk, free, position)
    bounds = () if case.number() else _bounds_of(case)
    number = case.number(*bounds)
    return Outcome(number=0 if barring or bounds else number, rules=(*barring, *bounds), would_be=number)


def rules_barring(desk: Desk, reader: Reader, position: int) -> Iterator[Rule]:
    """Give the rules each of which would bar a paper if it stood alone."""
    if is_barred(desk, lifted(desk, reader, position, HARD), position):
        yield Rule.TOO_OLD
        return
    for rule in HARD:
        if is_barred(desk, lifted(desk, reader, position, [other for other in HARD if other is not rule]), position):
            yield rule


def is_barred(desk: Desk, reader: Reader, position: int) -> bool:
    """Whether a rule bars a paper for a reader whatever its score."""
    score = np.zeros((1, len(desk.edition.candidates)), np.float32)
    bar_rules(desk, [reader], score)
    return not np.isfinite(score[0, position])


def lifted(desk: Desk, reader: Reader, position: int, rules: Collection[Rule]) -> Reader:
    """Give a reader for whom some of the rules that bar do not hold of a paper."""
    seen, wishes = set(reader.seen), reader.wishes
    if Rule.SENT in rules:
        seen.discard(desk.edition.candidates[position].paper_id)
    if Rule.SAME_AS_SENT in rules:
        seen.difference_update(desk.edition.candidates[twin].paper_id for twin in twins_of(desk, position))
    if Rule.TOO_OLD in rules:
        wishes = replace(wishes, cadence=replace(wishes.cadence, frequency=Frequency.WEEKLY))
    if Rule.NEVER in rules:
        unwanted = never_of(desk, wishes, position)
        wishes = replace(wishes, topics=tuple(topic for topic in wishes.topics if topic not in unwanted))
    return replace(reader, seen=seen, wishes=wishes)


def twins_of(desk: Desk, position: int) -> list[int]:
    """Give the positions of what is nearly the same as a paper."""
    return [other for other in desk.works.get(int(desk.edition.clusters[position]), ()) if other != position]


def never_of(desk: Desk, wishes: Wishes, position: int) -> list[Topic]:
    """Give the topics never wanted that name a paper."""
    return [one for one in wishes.topics if one.stance is Stance.NEVER and position in desk.members(one)]


def _bounds_of(case: "Case") -> tuple[Rule, ...]:
    for count in range(1, len(BOUNDS) + 1):
        for rules in combinations(BOUNDS, count):
            if case.number(*rules):
                return rules
    if case.is_full and case.number(Rule.RANK):
        return (Rule.RANK,)
    return (*case.closed(), Rule.RANK)


class Case:
    """One paper and one reader, and what would be picked with rules lifted for them.

    Parameters
    ----------
    reader : for whom no rule bars the paper
    """

    def __init__(self, desk: Desk, reader: Reader, position: int) -> None:
        self.desk, self.reader, self.position = desk, reader, position
        self.weighed: Weighed = weigh(desk, [reader])
        self._picked: dict[frozenset[Rule], list[int]] = {}

    @property
    def scores(self) -> Floats:
        """The scores of all papers for this reader; -inf where a rule bars one."""
        scores: Floats = self.weighed.score[0]
        return scores

    @property
    def score(self) -> float:
        """The score of the paper."""
        return float(self.scores[self.position])

    @cached_property
    def is_full(self) -> bool:
        """Whether the issue holds as many papers as it may."""
        return len(self.picks()) >= self.reader.wishes.length

    @cached_property
    def pool(self) -> Pool:
        """The best papers of the reader, among which picking looks."""
        return pool_of(self.weighed)

    def is_first(self, position: int) -> bool:
        """Whether a paper must be shown."""
        return position in self.weighed.first[1]

    def topic_of(self, position: int) -> int:
        """Give the number of the interest a paper is nearest to, from 1, or 0 if there is none."""
        return max(int(self.weighed.nearest(np.array([[position]]))[0, 0]) + 1, 0)

    def number(self, *rules: Rule) -> int:
        """Give the place of the paper in the issue with rules lifted, or 0."""
        picked = self.picks(*rules)
        return picked.index(self.position) + 1 if self.position in picked else 0

    def picks(self, *rules: Rule) -> list[int]:
        """Give the positions that are picked with rules lifted for the paper, in the order of the issue."""
        if (key := frozenset(rules)) not in self._picked:
            self._picked[key] = self._pick(key)
        return self._picked[key]

    def _pick(self, rules: frozenset[Rule]) -> list[int]:
        clusters, weighed, pool = self.desk.edition.clusters, self.weighed, self.pool
        if raised := self._raised(rules):
            weighed = replace(weighed, score=weighed.score.copy())
            weighed.score[0, self.position] = raised
            pool = pool_of(weighed)
        if Rule.CAP in rules:
            pool = replace(pool, topic=np.where(pool.positions == self.position, pool.topic.max() + 1, pool.topic))
        if Rule.TWIN in rules:
            clusters = clusters.copy()
            clusters[self.position] = clusters.max() + 1
        limits = limits_of([replace(self.reader, wishes=self._wishes(rules))], weighed, clusters)
        alike = self.desk.alike if limits.breadth.any() else np.zeros((0, 0), np.float32)
        [columns] = pick(pool, limits, clusters=clusters, minutes=self.desk.minutes, alike=alike)
        picked: list[int] = pool.positions[0, np.sort(columns[columns >= 0])].tolist()
        return picked

    def _raised(self, rules: Collection[Rule]) -> float:
        """Give the score that the paper is given in place of its own, or 0 for none."""
        if Rule.RANK in rules:
            return BEFORE_ALL
        return 1 / STEPS if Rule.BAR in rules and self.score < 0 else 0

    def _wishes(self, rules: Collection[Rule]) -> Wishes:
        wishes = self.reader.wishes
        if Rule.BAR in rules:
            wishes = replace(wishes, bar=min(wishes.bar, max(self.score, 0.0)))
        if Rule.MINUTES in rules:
            wishes = replace(wishes, minutes=0)
        return replace(wishes, breadth=0.0) if Rule.BREADTH in rules else wishes

    def minutes_left(self, *rules: Rule) -> float:
        """Give how many of the reader's minutes an issue leaves; infinite where there is no limit."""
        minutes = self.reader.wishes.minutes or np.inf
        return float(minutes - self.desk.minutes[self.picks(*rules)].sum())

    def closed(self, *rules: Rule) -> tuple[Rule, ...]:
        """Give the bounds that hold the paper off at the end of picking, however much room is left."""
        is_low = self.score < self.reader.wishes.bar and not self.is_first(self.position)
        is_long = self.desk.minutes[self.position] > self.minutes_left(*rules) and not self.is_first(self.position)
        has_twin = bool(self.shown_twins(*rules))
        held = {Rule.TWIN: has_twin, Rule.BAR: is_low, Rule.MINUTES: is_long}
        return tuple(rule for rule, holds in held.items() if holds)

    def shown_twins(self, *rules: Rule) -> Sequence[int]:
        """Give what is shown and nearly the same."""
        return [other for other in twins_of(self.desk, self.position) if other in self.picks(*rules)]
