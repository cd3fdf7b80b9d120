"""What a card says of a paper, the same for every reader: its text, its badge, its votes as bars and in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from digest.domain import explanation
from digest.domain.paper import Paper
from digest.domain.rising import Rising
from digest.domain.score import TrendScore
from digest.domain.text import shorten, span
from digest.mail.fragments import without_marks

ABSTRACT = {"brief": 190, "short": 420, "full": 4_000}
"""Characters of an abstract: on a card, on the top story's, and for who wants all of it."""
TITLE_CHARACTERS = 300
AUTHORS_SHOWN = 4
UPPER = 0.75
RISING_SHOWN = 4
BARS = 4
BAR_PIXELS = 28
WORTH_A_CHART = 5
"""Votes below which bars would make much of little."""
GOES_ON = " …"
SENTENCE = re.compile(
    r"(?<!\b[A-Z])(?<!\bvs)(?<!\bDr|\bSt|\bNo|\bcf|\bal|\bMr|\bMs)(?<!\bFig|\bSec|\bRef|\bMrs|\be\.g|\bi\.e|\bEqs)(?<!\bEq)"
    r"[.!?](?= [^\Wa-z_])|[。！？]"
)
"""Where a sentence ends and another begins; a stop after these letters is that of a short form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masthead:
    """Who sends: what stands in every mail and its headers, frozen with the edition."""

    list_name: str
    list_id: str
    sender: str
    public_url: str
    contact: str
    postal_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What a card says of a paper; `counts` are its votes as (hours since its day began, votes), in order of time."""

    paper: Paper
    listed_on: date
    trend: TrendScore
    counts: tuple[tuple[float, int], ...] = ()

    def shown(self) -> dict[str, Any]:
        """Give the values of the card's template."""
        paper = self.paper
        links = [("Abstract", paper.abstract_url), ("PDF", paper.pdf_url), ("Code", paper.code)]
        links += [("Project", paper.project_url), ("Discussion", paper.discussion_url)]
        seen = growth(self.counts)
        evidence = "; ".join(self.trend.evidence)
        shown = {
            "title": shorten(paper.title, TITLE_CHARACTERS),
            "abstract_url": paper.abstract_url,
            "byline": byline(paper, self.listed_on),
            "badge": badge(self.trend),
            "evidence": f"{evidence[:1].upper()}{evidence[1:]}.",
            "growth": growth_line(seen, self.trend),
        } | {name: opening(paper.abstract, most) for name, most in ABSTRACT.items()}
        whole = {name: without_marks(value) for name, value in shown.items()}
        return whole | {
            "links": [(name, without_marks(address)) for name, address in links if address],
            "bars": bars(seen, self.trend),
        }


def opening(abstract: str, most: int) -> str:
    """Give the first sentences of an abstract that have room, or where not even one has, its first words.

    >>> opening("We ask why. The answer, after long search, is 42.", 24), opening("We ask why.", 8)
    ('We ask why. …', 'We ask…')
    """
    flat = " ".join(abstract.split())
    ends = [found.end() for found in SENTENCE.finditer(flat) if found.end() <= most - len(GOES_ON)]
    return f"{flat[: ends[-1]]}{GOES_ON}" if ends and len(flat) > most else shorten(flat, most)


def badge(trend: TrendScore) -> str:
    """Say where a paper stands, if that is in the upper quarter; else nothing.

    >>> badge(TrendScore(value=0.9, percentile=0.98, rank=3, among=240, field="cs.CL", evidence=()))
    'Top 2 % of cs.CL papers of its age'
    """
    place = explanation.place(trend) if trend.percentile >= UPPER else ""
    return f"{place[:1].upper()}{place[1:]}"


def growth(counts: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """Choose the counts that show how votes grew: the first, the last, and evenly between; at most `BARS`.

    >>> growth([(hours, hours) for hours in range(1, 20)])
    [(1, 1), (7, 7), (13, 13), (19, 19)]
    """
    last = len(counts) - 1
    chosen = sorted({round(last * at / (BARS - 1)) for at in range(BARS)}) if counts else []
    return [counts[at] for at in chosen]


def growth_line(seen: Sequence[tuple[float, int]], trend: TrendScore) -> str:
    """Say how votes grew and how many are to be expected; nothing of a paper without votes.

    >>> trend = TrendScore(value=0.9, evidence=(), strength=6.4, low=12.2, high=90.0)
    >>> growth_line([(8.0, 3), (26.0, 9)], trend)
    'Votes: 3 after 8 h, 9 after 26 h; in the end about 41, four times in five 12 to 90.'
    """
    expected, low, high = (f"{round(votes):,}" for votes in (explanation.expected(trend), trend.low, trend.high))
    counted = ", ".join(f"{votes:,} after {span(hours)}" for hours, votes in seen) if len(seen) > 1 else ""
    coming = f"in the end about {expected}, four times in five {low} to {high}" if seen and trend.high else ""
    return f"Votes: {'; '.join(filter(None, (counted, coming)))}." if counted or coming else ""


def bars(seen: Sequence[tuple[float, int]], trend: TrendScore) -> list[tuple[int, Markup]]:
    """Give the bars of the chart as (height in pixels, class): the votes, and those to be expected.

    >>> bars([(8.0, 3), (26.0, 9)], TrendScore(value=0.9, evidence=()))
    [(9, Markup('')), (28, Markup(''))]
    """
    heights = [(votes, Markup()) for _, votes in seen]
    if trend.high:
        heights.append((explanation.expected(trend), Markup(' class="coming"')))
    most = max((votes for votes, _ in heights), default=0)
    if most < WORTH_A_CHART:
        return []
    return [(max(2, round(BAR_PIXELS * votes / most)), name) for votes, name in heights]


def byline(paper: Paper, listed_on: date) -> str:
    """Say who wrote a paper, where, what it is and when it was listed; long lists of authors are shortened.

    >>> byline(Paper(key="arxiv:1", title="A", authors=tuple("ABCDEF"), categories=("cs.CL",)), date(2026, 3, 17))
    'A, B, C, D and 2 more · cs.CL · 17 March'
    """
    more = len(paper.authors) - AUTHORS_SHOWN
    rest = f" and {more} more" if more > 0 else ""
    names = ", ".join(paper.authors[:AUTHORS_SHOWN]) + (rest if paper.authors_complete else " and others")
    place = paper.organisation or paper.affiliation
    kind = " ".join(part for part in (paper.work_type, paper.venue, str(paper.year or "")) if part)
    parts = [names if paper.authors else "", place, paper.field, kind, f"{listed_on.day} {listed_on:%B}"]
    return " · ".join(shorten(part, 160) for part in parts if part)


def rising_lines(rising: Sequence[Rising]) -> list[tuple[str, str]]:
    """Say what rises, of the day and of the week, four terms in all; nothing where nothing rises.

    >>> rising_lines([Rising(term="world models", factor=3.2, count=9, papers=(), span="week")])
    [('Rising this week', 'world models 3×')]
    """
    first: dict[str, Rising] = {}
    for one in rising:
        first.setdefault(one.term.casefold(), one)
    shown = list(first.values())[:RISING_SHOWN]
    said = {
        when: ", ".join(f"{one.term} {one.times}" for one in shown if one.span == within)
        for within, when in (("day", "today"), ("week", "this week"))
    }
    return [(f"Rising {when}", without_marks(terms)) for when, terms in said.items() if terms]
