"""Compiles cards and frames once per edition: rendered, CSS inlined, cut apart, with holes for the reader's own."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from digest.domain import explanation
from digest.domain.paper import Paper
from digest.domain.rising import Rising
from digest.domain.score import TrendScore
from digest.domain.text import shorten
from digest.resources import templates

AT_ONCE = 100
ABSTRACT_CHARACTERS = 420
AUTHORS_SHOWN = 4
UPPER = 0.75
RISING_SHOWN = 4
CUT = Markup("<!--cut-->")
HOLE = re.compile(r"QZ([a-z]+)ZQ")
MARK = re.compile(rf"{CUT}|{HOLE.pattern}")
ATTRIBUTES_CSS_REPLACES = ["bgcolor", "align", "valign", "width", "height", "background"]
OWN = ("rank", "followed", "why", "similar", "own", "feedback", "end")
"""The holes of a card; what stands between `own` and `end` is left out of a page that may be passed on."""
Parts = list[str]
"""Literal, hole's name, literal, hole's name, … literal."""


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
    """What a card says of a paper, the same for every reader."""

    paper: Paper
    listed_on: date
    trend: TrendScore

    def shown(self) -> dict[str, Any]:
        """Give the values of the card's template."""
        paper = self.paper
        links = [("Abstract", paper.abstract_url), ("PDF", paper.pdf_url), ("Code", paper.code)]
        links += [("Project", paper.project_url), ("Discussion", paper.discussion_url)]
        shown = {
            "title": shorten(paper.title, 300),
            "abstract_url": paper.abstract_url,
            "byline": byline(paper, self.listed_on),
            "abstract": shorten(paper.abstract, ABSTRACT_CHARACTERS),
            "trend": trend_line(self.trend),
        }
        # A mark in a paper's own text is replaced, not removed: what stood around it could join to another.
        whole = {name: MARK.sub("-", value) for name, value in shown.items()}
        return whole | {"links": [(name, MARK.sub("-", address)) for name, address in links if address]}


def trend_line(trend: TrendScore) -> str:
    """Say where a paper stands with its evidence; of one that is not in the upper quarter only the evidence.

    >>> evidence = ("9 upvotes in 8 h, usual 4",)
    >>> trend_line(TrendScore(value=0.9, percentile=0.98, rank=3, among=240, field="cs.CL", evidence=evidence))
    'Top 2 % of cs.CL papers of its age: 9 upvotes in 8 h, usual 4.'
    """
    place = explanation.place(trend) if trend.percentile >= UPPER else "trend"
    return f"{place[:1].upper()}{place[1:]}: {'; '.join(trend.evidence)}."


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


def rising_lines(rising: Sequence[Rising]) -> list[str]:
    """Say what rises, a line for the day and one for the week, four terms in all; nothing where nothing rises.

    >>> rising_lines([Rising(term="world models", factor=3.2, count=9, papers=(), span="week")])
    ['Rising this week: world models 3×.']
    """
    first: dict[str, Rising] = {}
    for one in rising:
        first.setdefault(one.term.casefold(), one)
    shown = list(first.values())[:RISING_SHOWN]
    said = {
        when: ", ".join(f"{one.term} {one.times}" for one in shown if one.span == span)
        for span, when in (("day", "today"), ("week", "this week"))
    }
    # A mark in a term is replaced as in a card's own text, so that it cuts no page.
    return [f"Rising {when}: {MARK.sub('-', terms)}." for when, terms in said.items() if terms]


def hole(name: str) -> str:
    """Give the mark that stands for a reader's own value while a page is compiled: ASCII letters, so it survives."""
    return f"QZ{name}ZQ"


def compile_issue(
    masthead: Masthead, cards: Sequence[CardFacts], *, rests_on: str, rising: Sequence[Rising] = ()
) -> tuple[dict[str, Any], list[dict[str, Parts]]]:
    """Compile the frames and every card of an edition, for HTML and text.

    Joining a frame with cards gives, byte for byte, what rendering the whole page and inlining its CSS would give.

    Returns
    -------
    frames : by name: `masthead` and, as parts, `html_head`, `html_tail`, `text_head`, `text_tail`
    cards : for each paper its parts as `html` and as `text`, in the order given
    """
    shown = [card.shown() for card in cards]
    compiled: list[dict[str, Parts]] = []
    frames: dict[str, Any] = {"masthead": asdict(masthead)}
    said = {"masthead": masthead, "rests_on": rests_on, "rising": rising_lines(rising)}
    for start in range(0, max(len(shown), 1), AT_ONCE):
        context = _with_holes(shown[start : start + AT_ONCE])
        page = inline(templates().get_template("email/issue/body.html").render(context, **said))
        text = templates().get_template("email/issue/body.txt").render(context, **said)
        html_head, *html_cards, html_tail = page.split(CUT)
        text_head, *text_cards, text_tail = text.split(CUT)
        compiled += [{"html": parts(a), "text": parts(b)} for a, b in zip(html_cards, text_cards, strict=True)]
        frames |= {"html_head": parts(html_head), "html_tail": parts(html_tail)}
        frames |= {"text_head": parts(text_head), "text_tail": parts(text_tail)}
    return frames, compiled


def _with_holes(shown: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = ("date", "said", "preheader", "preferences", "view", "leave", "address")
    issue = {name: hole(name) for name in names} | {f"{name}_url": hole(name) for name in names[3:6]}
    own = {name: hole(name) for name in OWN}
    entries = [own | {"card": card} for card in shown]
    return {"issue": issue, "entries": entries, "cut": CUT}


def inline(page: str) -> str:
    """Move the CSS of a page into its elements; what only media queries can say stays in a `<style>`."""
    from premailer import transform

    inlined: str = transform(
        page,
        keep_style_tags=False,
        disable_leftover_css=True,
        strip_important=False,
        remove_classes=False,
        allow_network=False,
        allow_loading_external_files=False,
        cssutils_logging_level=50,
        disable_basic_attributes=ATTRIBUTES_CSS_REPLACES,
    )
    return inlined


def parts(text: str) -> Parts:
    """Cut a compiled text at its holes.

    >>> parts("Dear QZnameZQ!")
    ['Dear ', 'name', '!']
    """
    return HOLE.split(text)
