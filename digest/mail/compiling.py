"""Compiles cards and frames once per edition: rendered, CSS inlined, cut apart, with holes for the reader's own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from css_inline import CSSInliner

from digest.domain.rising import Rising
from digest.mail.cards import ABSTRACT, CardFacts, Masthead, rising_lines
from digest.mail.fragments import CUT, Parts, hole, parts, section, without_marks
from digest.resources import templates

AT_ONCE = 100
FORMS = ("html", "text")
FRAMES = {"": "issue", "catchup_": "catchup"}
"""The folders of templates whose frames an edition holds, by the prefix of the frames' names."""
ENTRY = ("rank", "score", "followed", "why", "similar", "feedback")
ISSUE = ("when", "headline", "heading", "said", "preheader", "address", "more")
LINKS = ("preferences", "view", "leave")
CARD = ("title", "abstract_url", "byline", "badge", "evidence", "growth", *ABSTRACT, "links", "bars")


def compile_issue(
    masthead: Masthead, cards: Sequence[CardFacts], *, rests_on: str, receipt: str = "", rising: Sequence[Rising] = ()
) -> tuple[dict[str, Any], list[dict[str, Parts]]]:
    """Compile the frames and every card of an edition, for HTML and text.

    Joining a frame with cards gives, byte for byte, what rendering the whole page and inlining its CSS would give.

    Parameters
    ----------
    rests_on : what each of the day's sources gave; stands at the bottom
    receipt : what the papers were chosen from, in a sentence; stands at the top, but for a catch-up

    Returns
    -------
    frames : by name: `masthead` and, as parts, `subject` and for each of html and text: `_head`; `_top` and `_card`,
        which a card stands in; `_one`, one of the papers that came next; `_tail`. A catch-up's begin with `catchup_`
    cards : for each paper its parts as `html` and as `text`, in the order given
    """
    named = Masthead(**{name: without_marks(value) for name, value in asdict(masthead).items()})
    said: dict[str, Any] = {"masthead": named, "rests_on": without_marks(rests_on), "receipt": without_marks(receipt)}
    said["rising"] = rising_lines(rising)
    shown = [card.shown() for card in cards]
    compiled: list[dict[str, Parts]] = []
    frames: dict[str, Any] = {"masthead": asdict(masthead)}
    for prefix, folder in FRAMES.items():
        blank = _blank() | {"card": dict.fromkeys(CARD, "")}
        context = said | _with_holes([blank | {"is_top": True}, blank | {"is_top": False}])
        subject = templates().get_template(f"email/{folder}/subject.txt").render(context)
        frames[f"{prefix}subject"] = parts(subject)
        pages = _pages(folder, context)
        frames |= {f"{prefix}{form}_{name}": found for form, page in pages.items() for name, found in _frame(page)}
    for start in range(0, len(shown), AT_ONCE):
        some = shown[start : start + AT_ONCE]
        pages = _pages("issue", said | _with_holes([_blank() | {"card": card, "is_top": False} for card in some]))
        inner = {form: [parts(piece) for piece in page[2:-3:3]] for form, page in pages.items()}
        compiled += [{form: inner[form][at] for form in FORMS} for at in range(len(some))]
    return frames, compiled


def _blank() -> dict[str, Any]:
    return {name: hole(name) for name in ENTRY} | {"only": section}


def _pages(folder: str, context: Mapping[str, Any]) -> dict[str, list[str]]:
    """Render a page in both forms and cut it: its head, three pieces for each card, and the three after the last."""
    html = inline(templates().get_template(f"email/{folder}/body.html").render(context))
    text = templates().get_template(f"email/{folder}/body.txt").render(context)
    return {"html": html.split(CUT), "text": text.split(CUT)}


def _frame(pieces: Sequence[str]) -> list[tuple[str, Parts]]:
    """Name the pieces of a page of two cards that are no cards."""
    head, top, _, top_end, card, _, card_end, after, one, tail = pieces
    inside = hole("card")
    named = {"head": head, "top": f"{top}{inside}{top_end}", "card": f"{card}{inside}{card_end}"}
    named |= {"one": one, "tail": f"{after}{hole('list')}{tail}"}
    return [(name, parts(piece)) for name, piece in named.items()]


def _with_holes(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    issue = {name: hole(name) for name in ISSUE} | {f"{name}_url": hole(name) for name in LINKS}
    missed = [{"title": hole("title"), "address": hole("url")}]
    return {"issue": issue | {"only": section}, "entries": entries, "missed": missed, "cut": CUT}


@cache
def _inliner() -> CSSInliner:
    return CSSInliner(keep_style_tags=False, minify_css=True, load_remote_stylesheets=False)


def inline(page: str) -> str:
    """Move the CSS of a page into its elements; what only media queries can say stays in a `<style>`."""
    return _inliner().inline(page)
