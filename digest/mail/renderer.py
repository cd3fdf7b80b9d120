"""Joins a mail from compiled fragments: pure, so that the same issue gives the same bytes at any time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import partial
from hashlib import sha256
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from digest.domain.delivery import Kind
from digest.domain.issue import Entry, Issue
from digest.domain.subscriber import Layout
from digest.domain.text import counted, shorten, tidy, wrap
from digest.links import Links, Purpose
from digest.mail.cards import Masthead
from digest.mail.fitting import fitted
from digest.mail.fragments import Parts, join
from digest.mail.mime import Letter
from digest.resources import day_words

SUBJECT_CHARACTERS = 70
SIMILAR_SHOWN = 3
SIMILAR_CHARACTERS = 120
MISSED_CHARACTERS = 160
OLDER: Mapping[str, Parts] = {"subject": ["", "day", ": ", "headline", ""], "html_one": [""], "text_one": [""]}
"""Frames that older editions do not hold; their cards bring what they stand in, and no paper is told to be missed."""
KEPT = {Layout.COMPACT: (), Layout.NORMAL: ("growth", "brief"), Layout.FULL: ("growth", "full")}
"""The sections of a card by layout; the top story has a longer abstract in a normal one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of the mail, HTML or text: how values are written, and what a card's values look like."""

    name: str
    write: Callable[[str], str]
    values: Callable[[Mapping[str, str]], Mapping[str, str]]


def letter_for_issue(
    issue: Issue,
    delivery_id: int,
    frames: Mapping[str, Any],
    cards: Mapping[str, Mapping[str, Parts]],
    links: Links,
    *,
    shared: bool = False,
) -> Letter:
    """Join the mail of an issue; what is too large for a mail is shortened, and what is left over stands on the web.

    Parameters
    ----------
    delivery_id : the row of the ledger; the mail's links and its Message-ID are made of it
    frames : the edition's frames by name
    cards : compiled cards by hash, those of the issue's entries at least
    shared : leave out the reader's address and own links, for a page that may be passed on; it has room for everything
    """
    masthead = Masthead(**frames["masthead"])
    links = Links(masthead.public_url, links.keys)
    values = values_for_issue(issue, delivery_id, links)
    if shared:
        home = f"{masthead.public_url}/"
        values |= {"address": "its reader", "preferences": home, "leave": home}
    frame = partial(_frame, frames, is_catchup=issue.since is not None)
    whole = partial(_whole, issue, frame, cards, values, shared=shared)
    wanted = [issue.layout] * len(issue.entries)
    layouts, html = (wanted, whole(HTML, wanted)) if shared else fitted(wanted, partial(whole, HTML))
    return Letter(
        subject=join(frame("subject"), values, str),
        text=whole(TEXT, layouts),
        html=html,
        recipient=issue.address,
        message_id=message_id(Kind.ISSUE, delivery_id, masthead),
        date=format_datetime(issue.created_at.astimezone(UTC)),
        masthead=masthead,
        leave_url=values["leave"],
    )


def _frame(frames: Mapping[str, Any], name: str, *, is_catchup: bool) -> Parts:
    own = frames.get(f"catchup_{name}") if is_catchup else None
    found: Parts = own or frames.get(name) or OLDER.get(name, ["", "card", ""])
    return found


def _whole(
    issue: Issue,
    frame: Callable[[str], Parts],
    cards: Mapping[str, Mapping[str, Parts]],
    values: Mapping[str, str],
    form: Form,
    layouts: Sequence[Layout],
    *,
    shared: bool,
) -> str:
    """Join one form of the mail of the first entries, as many as there are layouts."""
    said = [join(frame(f"{form.name}_head"), form.values(values), form.write)]
    for entry, layout in zip(issue.entries, layouts, strict=False):
        own = form.values(values_for_entry(entry, values["feedback"]))
        kept = sections_of(issue, entry, layout, shared=shared)
        card = join(cards[entry.card][form.name], own, form.write, kept)
        stands_in = "top" if stands_first(entry, layout) else "card"
        said.append(join(frame(f"{form.name}_{stands_in}"), {"card": card}, str))
    left = len(issue.entries) - len(layouts)
    missed = _missed(issue, frame(f"{form.name}_one"), form)
    rest = {**values, "more": f"And {counted(left, 'more paper')}", "list": missed}
    told = {"left": left, "missed": issue.missed, "own": not shared, "shared": shared}
    said.append(join(frame(f"{form.name}_tail"), rest, form.write, [name for name in told if told[name]]))
    return "".join(said)


def stands_first(entry: Entry, layout: Layout) -> bool:
    """Whether an entry is the top story; a compact issue has none."""
    return entry.rank == 1 and layout is not Layout.COMPACT


def sections_of(issue: Issue, entry: Entry, layout: Layout, *, shared: bool = False) -> Collection[str]:
    """Name the sections that an entry's card shows; what was expected weeks ago a catch-up leaves out."""
    is_top = stands_first(entry, layout)
    names = {"first" if is_top else "later", *KEPT[layout]}
    if is_top and "brief" in names:
        names = names - {"brief"} | {"short"}
    if issue.since:
        names = names - {"growth"}
    told = {"marked": not _is_only_followed(entry) and entry.followed, "alike": entry.similar, "own": not shared}
    return names | {name for name, is_told in told.items() if is_told}


def _missed(issue: Issue, one: Parts, form: Form) -> Markup:
    """Join the list of papers that came next; it is written already."""
    titles = [(shorten(title, MISSED_CHARACTERS), address) for title, address in issue.missed]
    return Markup("").join(
        Markup(join(one, form.values({"title": title, "url": address}), form.write))  # noqa: S704
        for title, address in titles
    )


def values_for_issue(issue: Issue, delivery_id: int, links: Links) -> dict[str, str]:
    """Give what differs by reader in the frame of an issue."""
    day, made_on = issue.day, local_day(issue.created_at, issue.zone)
    week = f"Week {int(issue.period[6:])}" if issue.is_weekly else ""
    first = issue.entries[0].title if issue.entries else ""
    return {
        # The first three are for frames of older editions.
        "day": f"{made_on.day} {made_on:%b}",
        "date": day_words(made_on),
        "count": issue.count,
        "when": week or f"{day.day} {day:%b}",
        "headline": shorten(first, SUBJECT_CHARACTERS),
        "heading": f"{week}: {day_words(day)}" if week else day_words(day),
        "said": issue.note or f"{issue.count} for you.",
        "preheader": shorten(tidy("; ".join(entry.title for entry in issue.entries[1:3]) or first), 100),
        "address": issue.address,
        "preferences": links.link(Purpose.PREFERENCES, delivery_id, issue.key_id),
        "view": links.link(Purpose.VIEW, delivery_id, issue.key_id),
        "leave": links.link(Purpose.LEAVE, delivery_id, issue.key_id),
        "feedback": links.link(Purpose.FEEDBACK, delivery_id, issue.key_id),
    }


def values_for_entry(entry: Entry, feedback: str) -> dict[str, str]:
    """Give what differs by reader on a card; `feedback` is the address under which it says what it thinks of papers."""
    titles = [shorten(title, SIMILAR_CHARACTERS) for title in entry.similar]
    more = f" and {len(titles) - SIMILAR_SHOWN} more" if len(titles) > SIMILAR_SHOWN else ""
    return {
        "rank": str(entry.rank),
        "score": score_line(entry),
        "followed": f"★ {entry.followed}" if entry.followed else "",
        "why": f"★ {entry.why}" if _is_only_followed(entry) else entry.why,
        "similar": f"+{len(titles)} similar: {'; '.join(titles[:SIMILAR_SHOWN])}{more}" if titles else "",
        "feedback": f"{feedback}/{entry.paper_id}",
    }


def _is_only_followed(entry: Entry) -> bool:
    """Whether being followed is all there is to say, so that the reason bears the mark."""
    return bool(entry.followed) and entry.why == f"{entry.followed}."


def score_line(entry: Entry) -> str:
    """Say what the place of an entry rests on; the parts add up as shown, and 100 is a clear match.

    >>> from digest.domain.issue import entry_from_json
    >>> score_line(entry_from_json({"rank": 1, "paper_id": 1, "paper_key": "", "title": "", "card": "", "topic": "",
    ...                             "from_relevance": 0.516, "from_trend": 0.193, "why": ""}))
    'Score 71: 52 by your topics, 19 by trend'
    """
    whole, near = round(100 * entry.score), round(100 * entry.from_relevance)
    told = [(near, "by your topics"), (whole - near, "by trend"), (-near, "off for what you want less of")]
    return f"Score {whole}: {', '.join(f'{amount} {why}' for amount, why in told if amount > 0)}".removesuffix(": ")


def as_text(own: Mapping[str, str]) -> dict[str, str]:
    r"""Give values as the text part has them: wrapped, those of a card set in.

    >>> as_text({"rank": "1", "why": "New.", "similar": "+1 similar: On the Art of Naming Papers"})
    {'rank': ' 1', 'why': '    Why: New.', 'similar': '    +1 similar: On the Art of Naming Papers\n'}
    """
    return {name: TEXT_SET[name](value) if value and name in TEXT_SET else value for name, value in own.items()}


def _set_in(value: str) -> str:
    return wrap(value, "    ")


TEXT_SET: Mapping[str, Callable[[str], str]] = {
    "said": wrap,
    "rank": lambda rank: f"{rank:>2}",
    "title": lambda title: wrap(f"- {title}", "  ")[2:],
    "why": lambda why: _set_in(f"Why: {why}"),
    "score": _set_in,
} | dict.fromkeys(("followed", "similar"), lambda line: f"{_set_in(line)}\n")
"""How values are set in the text part; all others stand there as they are."""


def message_id(kind: Kind, delivery_id: int, masthead: Masthead) -> str:
    """Derive the Message-ID, so that a message sent again is known as the same.

    It holds no randomness and nothing of the reader.
    """
    name = sha256(f"{masthead.public_url}/{kind}/{delivery_id}".encode()).hexdigest()[:16]
    return f"{kind}.{delivery_id}.{name}@{masthead.sender.rpartition('@')[2]}"


def local_day(moment: datetime, zone: str) -> date:
    """Give the day a moment falls on where the reader lives."""
    return moment.astimezone(ZoneInfo(zone)).date()


def _escaped(value: str) -> str:
    return value if isinstance(value, Markup) else escape(value, quote=False)


HTML = Form(name="html", write=_escaped, values=dict)
TEXT = Form(name="text", write=str, values=as_text)
