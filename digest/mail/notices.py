"""Makes the letters that are no issue: what is said to one reader about its subscription, or to the operator."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import partial
from hashlib import sha256
from typing import Any

from digest.domain import wished
from digest.domain.alarm import Alarm
from digest.domain.delivery import Kind
from digest.domain.subscriber import wishes_from_json
from digest.domain.text import ADDRESS, shorten, tidy
from digest.links import Links, Purpose
from digest.mail.cards import Masthead
from digest.mail.compiling import inline
from digest.mail.mime import Letter
from digest.mail.renderer import message_id
from digest.resources import day_words, moment_words, period_words, templates

REPLY_CHARACTERS = 200
OF_THE_LIST = {Kind.WELCOME, Kind.CHANGED, Kind.UNREACHABLE, Kind.QUIET}
"""What only subscribers get; a mail program shows its own way to leave beside it."""
Facts = Mapping[str, Any]
"""What was kept with a delivery; of older rows some of it may be missing."""
Link = Callable[[Purpose, int], str]


def letter_for_notice(kind: Kind, delivery_id: int, facts: Facts, masthead: Masthead, links: Links) -> Letter:
    """Render a notice of what was kept with its delivery: recipient, key, date, and what its kind needs."""
    link = partial(links.link, key_id=facts["key_id"])
    leave = link(Purpose.LEAVE, delivery_id)
    values = {"masthead": masthead, "address": facts["recipient"], "leave": leave}
    values |= {"preferences": link(Purpose.PREFERENCES, delivery_id)} | VALUES[kind](facts, link)
    return _letter(
        kind,
        values,
        recipient=facts["recipient"],
        message_id=message_id(kind, delivery_id, masthead),
        date=datetime.fromisoformat(facts["date"]),
        leave_url=leave if kind in OF_THE_LIST else "",
    )


def letter_for_alarm(alarm: Alarm, address: str, masthead: Masthead, now: datetime) -> Letter:
    """Render what the operator must know."""
    values = {"words": alarm.words, "is_over": alarm.is_over, "since": f"{alarm.since:%Y-%m-%d %H:%M} UTC"}
    values |= {"masthead": masthead, "now": f"{now:%Y-%m-%d %H:%M} UTC"}
    name = sha256(f"{alarm.name}/{alarm.since}/{alarm.is_over}".encode()).hexdigest()[:24]
    own_id = f"alarm.{name}@{masthead.sender.rpartition('@')[2]}"
    return _letter("alarm", values, recipient=address, message_id=own_id, date=now)


def _letter(folder: str, values: Mapping[str, Any], *, date: datetime, **envelope: str) -> Letter:
    subject, text, html = (
        templates().get_template(f"email/{folder}/{name}").render(values)
        for name in ("subject.txt", "body.txt", "body.html")
    )
    said: dict[str, Any] = {"subject": tidy(subject), "text": text, "html": inline(html), **envelope}
    return Letter(**said, masthead=values["masthead"], date=format_datetime(date.astimezone(UTC)))


def _confirmation(facts: Facts, link: Link) -> dict[str, Any]:
    """Give the link alone: what a stranger typed is not mailed, so that nobody can write to others through it."""
    return {"confirm_url": link(Purpose.CONFIRM, facts["confirmation"])}


def _welcome(facts: Facts, _: Link) -> dict[str, Any]:
    wishes = wishes_from_json(facts["wishes"]) if facts.get("wishes") else None
    zone = wishes.cadence.zone if wishes else "UTC"
    return {
        "comes": f"An issue comes {wished.rhythm(wishes.cadence)}: {wished.length(wishes)}." if wishes else "",
        "next_due": _due(facts, zone),
        "standing": wished.standing(wishes) if wishes else (),
    }


def _changed(facts: Facts, _: Link) -> dict[str, Any]:
    known = facts.get("before") and facts.get("after")
    return {"changes": wished.Change.from_json(facts).sentences if known else ()}


def _goodbye(_: Facts, __: Link) -> dict[str, Any]:
    return {}


def _unreachable(facts: Facts, link: Link) -> dict[str, Any]:
    failed = [
        {"period": period_words(period), "view": link(Purpose.VIEW, number), "said": words_of_server(reply)}
        for period, number, reply in facts.get("failed", ())
    ]
    which = f"the issue of {failed[0]['period']}" if len(failed) == 1 else f"{len(failed) or 'some'} issues"
    return {"failed": failed, "which": which}


def _quiet(facts: Facts, _: Link) -> dict[str, Any]:
    day = date.fromisoformat(facts["day"]) if facts.get("day") else None
    return {
        "date": day_words(day) if day else "",
        "day": f"{day.day} {day:%b}: " if day else "",
        "note": facts.get("note", ""),
        "missed": [(shorten(title, 300), address) for title, address in facts.get("missed", ())],
        "next_due": _due(facts, facts.get("zone", "UTC")),
        "rests_on": facts.get("rests_on", ""),
    }


VALUES: Mapping[Kind, Callable[[Facts, Link], dict[str, Any]]] = {
    Kind.CONFIRMATION: _confirmation,
    Kind.WELCOME: _welcome,
    Kind.CHANGED: _changed,
    Kind.GOODBYE: _goodbye,
    Kind.UNREACHABLE: _unreachable,
    Kind.QUIET: _quiet,
}
"""What the templates of a kind show besides who sends it, to whom, and the links of every notice."""


def words_of_server(reply: str) -> str:
    """Give what a server answered as a reader may see it: no addresses, which mail programs would make links of.

    >>> words_of_server("550-5.1.1 No such person here.\\n550 See https://mail.example/help <b>now</b>")
    '550-5.1.1 No such person here. 550 See <b>now</b>'
    """
    return shorten(tidy(ADDRESS.sub("", reply)), REPLY_CHARACTERS)


def _due(facts: Facts, zone: str) -> str:
    return moment_words(datetime.fromisoformat(facts["next_at"]), zone) if facts.get("next_at") else ""
