"""Says in sentences which rules cut a paper from an issue, and what would have had to be different."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from digest.domain.cadence import Frequency
from digest.domain.cut import BOUNDS, HARD, Case, Outcome, Rule, lifted, never_of, twins_of
from digest.domain.edition import DAILY_WINDOW, WINDOW, Desk
from digest.domain.reader import Reader
from digest.domain.relevance import Floats
from digest.domain.text import counted, shorten
from digest.domain.weighing import BEST, STEPS

TITLE = 80
ISSUES = {
    Frequency.DAILY: "a daily issue",
    Frequency.WEEKDAYS: "an issue on weekdays",
    Frequency.WEEKLY: "a weekly issue",
}
WITHOUT = {
    Rule.SENT: "Had it not been sent",
    Rule.SAME_AS_SENT: "Had that not been sent",
    Rule.TOO_OLD: "In a weekly issue",
    Rule.NEVER: "Without that",
    Rule.TWIN: "On its own",
    Rule.BAR: "With a bar at its score",
    Rule.MINUTES: "Without a limit of minutes",
    Rule.BREADTH: "With breadth 0",
    Rule.CAP: "Without that limit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A rule that cut a paper, and what there is to say of it."""

    rule: Rule
    sentence: str


def cuts_of(
    desk: Desk, reader: Reader, position: int, found: Outcome, sent: Mapping[int, str]
) -> tuple[tuple[Cut, ...], str]:
    """Say what cut a paper, rule by rule, and what lifting all of them would have brought, or an empty text.

    Parameters
    ----------
    found : what `outcome` gave for the same desk, reader and position
    sent : the period of the issue that each paper was sent in, by the paper's row number
    """
    barring = [rule for rule in found.rules if rule in HARD]
    sentences = dict(_barred(desk, reader, position, sent))
    cuts = [Cut(rule=rule, sentence=sentences[rule]) for rule in barring]
    if len(barring) < len(found.rules):
        case = Case(desk, lifted(desk, reader, position, barring), position)
        bounds = found.rules[len(barring) :]
        cuts += [Cut(rule=rule, sentence=SAID[rule](case, bounds[:at])) for at, rule in enumerate(bounds)]
    return tuple(cuts), _otherwise(found)


def _otherwise(found: Outcome) -> str:
    if not found.rules or not found.would_be or Rule.RANK in found.rules:
        return ""
    if len(found.rules) > 1:
        return f"Only without all of this it would have been number {found.would_be}."
    return f"{WITHOUT[found.rules[0]]}, it would have been number {found.would_be}."


def _barred(desk: Desk, reader: Reader, position: int, sent: Mapping[int, str]) -> Iterator[tuple[Rule, str]]:
    candidate, wishes = desk.edition.candidates[position], reader.wishes
    yield Rule.SENT, f"It was sent before{_in_issue(sent, candidate.paper_id)}."
    twins = [desk.edition.candidates[one].paper_id for one in twins_of(desk, position)]
    if same := [number for number in twins if number in reader.seen]:
        which = shorten(desk.papers[same[0]].title, TITLE)
        yield Rule.SAME_AS_SENT, f"It is nearly the same as “{which}”, which was sent before{_in_issue(sent, same[0])}."
    frequency = wishes.cadence.frequency
    window = WINDOW if frequency is Frequency.WEEKLY else DAILY_WINDOW
    since = desk.edition.day - window + timedelta(days=1)
    reach = f"{ISSUES[frequency]} of {desk.edition.day} reaches back to {since}"
    yield Rule.TOO_OLD, f"It was listed on {candidate.listed_on}, and {reach}."
    unwanted = ", ".join(f"“{topic.words}”" for topic in never_of(desk, wishes, position))
    yield Rule.NEVER, f"The reader never wants {unwanted}, and that names it."


def _in_issue(sent: Mapping[int, str], number: int) -> str:
    return f", in the issue of {sent[number]}" if number in sent else ""


def _twin(case: Case, lifted: Sequence[Rule]) -> str:
    shown = case.shown_twins(*lifted)
    title = f"“{_title(case, shown[0])}”, which is shown" if shown else "a paper that is picked before it"
    return f"It is nearly the same as {title}."


def _bar(case: Case, _lifted: Sequence[Rule]) -> str:
    score, bar = _apart(case.score, case.reader.wishes.bar)
    return f"It is below the reader's bar: its score is {score}, the bar {bar}."


def _minutes(case: Case, lifted: Sequence[Rule]) -> str:
    takes, left = float(case.desk.minutes[case.position]), case.minutes_left(*lifted)
    minutes = f"of the reader's {counted(case.reader.wishes.minutes, 'minute')}"
    if takes <= left:
        return f"Shorter papers were picked before it, because {minutes} there are no more."
    return f"It takes {takes:.1f} minutes to read and think about, and {left:.1f} {minutes} were left."


def _breadth(case: Case, lifted: Sequence[Rule]) -> str:
    breadth = f"(the reader's breadth is {case.reader.wishes.breadth:.2f})"
    others = case.picks(*lifted)
    alike = case.desk.alike[case.position, others] if others else np.zeros(1, np.float32)
    if not alike.max() > 0:
        return f"The issue is kept varied {breadth}, and others were picked before it."
    nearest = _title(case, others[int(alike.argmax())])
    return f"It is too like “{nearest}”, which was picked before it: likeness {alike.max():.2f} {breadth}."


def _cap(case: Case, lifted: Sequence[Rule]) -> str:
    topic, followed, picked = case.topic_of(case.position), case.reader.followed, case.picks(*lifted)
    if not topic:
        return "It is near to no topic, and a topic had its share of the issue: what is near to none comes last then."
    same = sum(case.topic_of(other) == topic for other in picked)
    whose = f"the topic “{followed[topic - 1].words}”" if topic <= len(followed) else "papers that were liked"
    return f"What is nearest to {whose} had its share of the issue: {same} of {counted(len(picked), 'paper')}."


def _rank(case: Case, lifted: Sequence[Rule]) -> str:
    rank, among = rank_of(case.scores, case.position)
    place = f"It is number {rank:,} of {among:,} by score"
    if not case.is_full and case.position not in case.pool.positions:
        return f"{place}; an issue is picked from the best {BEST}."
    picked, would = case.picks(*lifted), "scored"
    if case.score > _last(case, picked):
        picked, would = case.picks(*BOUNDS), "would have scored, were there no bounds at all,"
    if (last := _last(case, picked)) == np.inf:
        return f"{place}; papers by or from whom the reader follows come first and fill the issue."
    return f"{place} ({_apart(case.score, last)[0]}); the last one shown {would} {_apart(case.score, last)[1]}."


def _last(case: Case, picked: Sequence[int]) -> float:
    return min((float(case.scores[one]) for one in picked if not case.is_first(one)), default=np.inf)


def _apart(first: float, second: float) -> tuple[str, str]:
    """Write two scores with as many digits as it takes to tell them apart.

    >>> _apart(0.22, 0.3), _apart(0.2981, 0.3)
    (('0.22', '0.30'), ('0.298', '0.300'))
    """
    digits = next((n for n in range(2, 7) if f"{first:.{n}f}" != f"{second:.{n}f}"), 2)
    return f"{first:.{digits}f}", f"{second:.{digits}f}"


def rank_of(scores: Floats, position: int) -> tuple[int, int]:
    """Give the rank of a paper by score among all that no rule bars, itself included, and how many these are.

    >>> rank_of(np.array([0.2, -np.inf, 0.5, 0.2], np.float32), 3)
    (3, 3)
    """
    steps = np.rint(scores * STEPS)
    before = (steps > steps[position]) | ((steps == steps[position]) & (np.arange(len(steps)) < position))
    is_open = np.isfinite(scores)
    return 1 + int((before & is_open).sum()), int(is_open.sum()) + int(not is_open[position])


def _title(case: Case, position: int) -> str:
    return shorten(case.desk.papers[case.desk.edition.candidates[position].paper_id].title, TITLE)


SAID: Mapping[Rule, Callable[[Case, Sequence[Rule]], str]] = {
    Rule.TWIN: _twin,
    Rule.BAR: _bar,
    Rule.MINUTES: _minutes,
    Rule.BREADTH: _breadth,
    Rule.CAP: _cap,
    Rule.RANK: _rank,
}
