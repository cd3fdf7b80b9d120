"""Joins a mail from compiled fragments: pure, so that the same issue gives the same bytes at any time."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from digest.domain.alarm import Alarm
from digest.domain.delivery import Kind
from digest.domain.issue import Entry, Issue
from digest.domain.text import shorten, tidy, wrap
from digest.links import Links, Purpose
from digest.mail.cards import Masthead, Parts, inline
from digest.mail.mime import Letter
from digest.resources import day_words, templates

SIMILAR_SHOWN = 3
SIMILAR_CHARACTERS = 120


def letter_for_issue(
    issue: Issue,
    delivery_id: int,
    frames: Mapping[str, Any],
    cards: Mapping[str, Mapping[str, Parts]],
    links: Links,
    *,
    shared: bool = False,
) -> Letter:
    """Join the mail of an issue.

    Parameters
    ----------
    delivery_id : the row of the ledger; the mail's links and its Message-ID are made of it
    frames : the edition's frames by name
    cards : compiled cards by hash, those of the issue's entries at least
    shared : leave out the reader's address and own links, for a page that may be passed on
    """
    masthead = Masthead(**frames["masthead"])
    links = Links(masthead.public_url, links.keys)
    values = values_for_issue(issue, delivery_id, links)
    if shared:
        home = f"{masthead.public_url}/"
        values |= {"address": "its reader", "preferences": home, "leave": home}
    htmls = _join(frames["html_head"], values, _escaped)
    texts = _join(frames["text_head"], values | {"said": wrap(values["said"])}, str)
    for entry in issue.entries:
        card, own = cards[entry.card], values_for_entry(entry, values["feedback"])
        card = {form: _passed_on(compiled) for form, compiled in card.items()} if shared else card
        htmls += _join(card["html"], own, _escaped)
        texts += _join(card["text"], as_text(own), str)
    htmls += _join(frames["html_tail"], values, _escaped)
    texts += _join(frames["text_tail"], values, str)
    return Letter(
        subject=values["subject"],
        text=texts,
        html=htmls,
        recipient=issue.address,
        message_id=message_id(Kind.ISSUE, delivery_id, masthead),
        date=format_datetime(issue.created_at.astimezone(UTC)),
        masthead=masthead,
        leave_url=values["leave"],
    )


def values_for_issue(issue: Issue, delivery_id: int, links: Links) -> dict[str, str]:
    """Give what differs by reader in the frame of an issue."""
    day = local_day(issue.created_at, issue.zone)
    first = issue.entries[0].title if issue.entries else ""
    subject = templates().get_template("email/issue/subject.txt")
    return {
        "date": day_words(day),
        "count": issue.count,  # The frames of older editions have a place for it.
        "said": issue.note or f"{issue.count} for you.",
        "preheader": shorten(tidy("; ".join(entry.title for entry in issue.entries[1:3]) or first), 100),
        "address": issue.address,
        "subject": tidy(subject.render(issue={"day": f"{day.day} {day:%b}", "first_title": first})),
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
        "followed": f"★ {entry.followed}" if entry.followed else "",
        "why": entry.why,
        "similar": f"+{len(titles)} similar: {'; '.join(titles[:SIMILAR_SHOWN])}{more}" if titles else "",
        "feedback": f"{feedback}/{entry.paper_id}",
        "own": "",
        "end": "",
    }


def as_text(own: Mapping[str, str]) -> dict[str, str]:
    """Give what differs by reader as the text part has it: in lines of its own, or none.

    >>> own = {"rank": "1", "followed": "", "why": "New.", "similar": "+1 similar: On the Art of Naming Papers"}
    >>> as_text(own)["similar"]
    '    +1 similar: On the Art of Naming Papers\\n'
    """
    lines = {name: wrap(own[name], "    ") + "\n" if own[name] else "" for name in ("followed", "similar")}
    return {**own, **lines, "rank": f"{own['rank']:>2}", "why": wrap(f"Why: {own['why']}", "    ")}


def letter_for_confirmation(delivery_id: int, facts: Mapping[str, Any], masthead: Masthead, links: Links) -> Letter:
    """Render a confirmation of what was kept with its delivery: recipient, number, key and date.

    What a stranger typed into the form does not stand in it, so that nobody can write to others through it.
    """
    url = links.link(Purpose.CONFIRM, facts["confirmation"], facts["key_id"])
    context = {"masthead": masthead, "confirm_url": url}
    return Letter(
        subject=tidy(_render("confirmation/subject.txt", context)),
        text=_render("confirmation/body.txt", context),
        html=inline(_render("confirmation/body.html", context)),
        recipient=facts["recipient"],
        message_id=message_id(Kind.CONFIRMATION, delivery_id, masthead),
        date=format_datetime(datetime.fromisoformat(facts["date"]).astimezone(UTC)),
        masthead=masthead,
    )


def letter_for_alarm(alarm: Alarm, address: str, masthead: Masthead, now: datetime) -> Letter:
    """Render what the operator must know."""
    facts = {"words": alarm.words, "is_over": alarm.is_over, "since": f"{alarm.since:%Y-%m-%d %H:%M} UTC"}
    context = facts | {"masthead": masthead, "now": f"{now:%Y-%m-%d %H:%M} UTC"}
    name = sha256(f"{alarm.name}/{alarm.since}/{alarm.is_over}".encode()).hexdigest()[:24]
    return Letter(
        subject=tidy(_render("alarm/subject.txt", context)),
        text=_render("alarm/body.txt", context),
        html=inline(_render("alarm/body.html", context)),
        recipient=address,
        message_id=f"alarm.{name}@{masthead.sender.rpartition('@')[2]}",
        date=format_datetime(now.astimezone(UTC)),
        masthead=masthead,
    )


def message_id(kind: Kind, delivery_id: int, masthead: Masthead) -> str:
    """Derive the Message-ID, so that a message sent again is known as the same.

    It holds no randomness and nothing of the reader.
    """
    name = sha256(f"{masthead.public_url}/{kind}/{delivery_id}".encode()).hexdigest()[:16]
    return f"{kind}.{delivery_id}.{name}@{masthead.sender.rpartition('@')[2]}"


def local_day(moment: datetime, zone: str) -> date:
    """Give the day a moment falls on where the reader lives."""
    return moment.astimezone(ZoneInfo(zone)).date()


def _render(name: str, context: Mapping[str, Any]) -> str:
    return templates().get_template(f"email/{name}").render(context)


def _passed_on(compiled: Parts) -> Parts:
    """Leave out what is the reader's own."""
    names = compiled[1::2]
    if "own" not in names:  # The cards of older editions have no such place.
        return compiled
    start, end = 1 + 2 * names.index("own"), 1 + 2 * names.index("end")
    return [*compiled[: start - 1], compiled[start - 1] + compiled[end + 1], *compiled[end + 2 :]]


def _join(compiled: Parts, values: Mapping[str, str], write: Any) -> str:
    return "".join(part if at % 2 == 0 else write(values[part]) for at, part in enumerate(compiled))


def _escaped(value: str) -> str:
    return escape(value, quote=False)
