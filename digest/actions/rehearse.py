"""Rehearse: any kind of mail for any reader, made of what the house holds as it would leave. Changes nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from digest.domain.alarm import Alarm
from digest.domain.cadence import Frequency
from digest.domain.choice import Choice
from digest.domain.delivery import NOT_SENT, Kind
from digest.domain.edition import STALE_AFTER, Desk
from digest.domain.issue import Issue
from digest.domain.message import NO_EDITION, NOTHING_NEW, NothingToShowError
from digest.domain.subscriber import LENGTHS, Subscriber, wishes_to_json
from digest.links import Links
from digest.mail.cards import Masthead
from digest.mail.mime import Letter
from digest.mail.notices import letter_for_alarm, letter_for_notice
from digest.mail.renderer import letter_for_issue
from digest.store import editions, issues, traces

AWAY = timedelta(days=14)
"""How long ago a catch-up was last served, if it is not said."""
FAILED_SHOWN = 2
REPLY = "452 4.2.2 The mailbox is full"
OPERATOR = "operator@example.org"


@dataclass(frozen=True, kw_only=True)
class Composing:
    """How issues are made of the newest edition.

    Attributes
    ----------
    at : for which moment
    choose : chooses for a reader as composing does; a catch-up, if days are missing since `covered_until`
    quiet : gives what is kept with the mail that says that there is nothing, and why
    """

    desk: Desk
    at: datetime
    choose: Callable[[Subscriber], Choice]
    quiet: Callable[[Subscriber, Choice], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a rehearsal is made with.

    Attributes
    ----------
    now : when notices are made
    composing : how issues are made, or None without an edition
    alarms : those that last
    operator : the address alarms go to, or an empty text
    """

    connection: Connection
    links: Links
    masthead: Masthead
    now: datetime
    composing: Composing | None
    alarms: Sequence[Alarm]
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """A mail as it would leave, and what was invented so that it could be shown, or an empty text."""

    kind: str
    letter: Letter
    invented: str = ""


def moment_of(desk: Desk, now: datetime) -> datetime:
    """Give the moment for which issues are made: now, or if the edition is too old for that, when it was made."""
    return desk.edition.created_at if desk.edition.day < now.date() - STALE_AFTER else now


def rehearse(stage: Stage, kind: str, reader: Subscriber, since: date | None = None) -> Rehearsed:
    """Make the mail of a kind for a reader.

    Parameters
    ----------
    kind : one of `domain.message.KINDS`
    since : of a catch-up, the last day that was covered before

    Raises
    ------
    NothingToShowError
        If there is no edition to make an issue from, or nothing in it for this reader.
    """
    if kind == "alarm":
        return _alarm(stage)
    if kind == "catchup":
        return _catchup(stage, reader, since or reader.wishes.cadence.day_of(_composing(stage).at) - AWAY)
    return ISSUES[kind](stage, reader) if kind in ISSUES else _notice(stage, Kind(kind), reader)


def _issue(stage: Stage, reader: Subscriber) -> Rehearsed:
    """Make the next issue, or where nothing is left for one, the last that was made."""
    try:
        return Rehearsed(kind="issue", letter=_letter(stage, _composed(stage, replace(reader, covered_until=None))))
    except NothingToShowError as nothing:
        made = traces.issues_of(stage.connection, reader.id)
        if not made:
            raise
        [last] = issues.with_ids(stage.connection, [made[-1].id]).values()
        said = f"that it comes once more. {nothing} So this is the issue of {last.period} again."
        return Rehearsed(kind="issue", letter=_letter(stage, last), invented=said)


def _weekly(stage: Stage, reader: Subscriber) -> Rehearsed:
    cadence = replace(reader.wishes.cadence, frequency=Frequency.WEEKLY)
    asking = replace(reader, wishes=replace(reader.wishes, cadence=cadence), covered_until=None)
    invented = "" if reader.wishes.cadence == cadence else "that the reader asked for one issue a week."
    return Rehearsed(kind="weekly", letter=_letter(stage, _composed(stage, asking)), invented=invented)


def _catchup(stage: Stage, reader: Subscriber, since: date) -> Rehearsed:
    # Who joined after that day has missed nothing.
    issue = _composed(stage, replace(reader, covered_until=since, confirmed_at=None))
    if issue.since is None:
        raise NothingToShowError(f"No issue fell due for this reader since {since}: there is nothing to catch up with.")
    invented = "" if reader.covered_until == since else f"that {since} was the last day the reader had an issue for."
    return Rehearsed(kind="catchup", letter=_letter(stage, issue), invented=invented)


ISSUES: Mapping[str, Callable[[Stage, Subscriber], Rehearsed]] = {"issue": _issue, "weekly": _weekly}


def _composed(stage: Stage, reader: Subscriber) -> Issue:
    composing, period_at = _composing(stage), reader.wishes.cadence.period
    choice, edition, at = composing.choose(reader), composing.desk.edition, composing.at
    if not choice.entries:
        raise NothingToShowError(choice.note or NOTHING_NEW)
    return choice.issue_for(reader, edition_id=edition.id, period=period_at(at), key_id=stage.links.key_id, now=at)


def _composing(stage: Stage) -> Composing:
    if stage.composing is None:
        raise NothingToShowError(NO_EDITION)
    return stage.composing


def _letter(stage: Stage, issue: Issue) -> Letter:
    frames, cards = editions.pages_of(stage.connection, [issue])[issue.edition_id]
    return letter_for_issue(issue, NOT_SENT, frames, cards, stage.links)


def _notice(stage: Stage, kind: Kind, reader: Subscriber) -> Rehearsed:
    own, invented = FACTS[kind](stage, reader)
    facts = {"recipient": reader.address, "key_id": stage.links.key_id, "date": stage.now.isoformat(), **own}
    letter = letter_for_notice(kind, NOT_SENT, facts, stage.masthead, stage.links)
    return Rehearsed(kind=kind.value, letter=letter, invented=invented)


Facts = tuple[Mapping[str, Any], str]
"""What is kept with a notice, and what of it was invented."""


def _confirmation(_: Stage, __: Subscriber) -> Facts:
    return {"confirmation": NOT_SENT}, "that somebody signed up with this address just now."


def _welcome(stage: Stage, reader: Subscriber) -> Facts:
    due_at = reader.next_issue_at or reader.wishes.cadence.next_due(stage.now)
    said = {"wishes": wishes_to_json(reader.wishes), "next_at": due_at.isoformat()}
    return said, "that the reader confirmed just now."


def _changed(_: Stage, reader: Subscriber) -> Facts:
    """Tell the present wishes as if they had been others before."""
    wishes = reader.wishes
    length = LENGTHS[0] if wishes.length != LENGTHS[0] else LENGTHS[-1]
    before = replace(wishes, topics=wishes.topics[:-1], length=length, quiet_days=not wishes.quiet_days)
    return {"before": wishes_to_json(before), "after": wishes_to_json(wishes)}, "what the wishes were before."


def _goodbye(_: Stage, __: Subscriber) -> Facts:
    return {}, "that the reader left."


def _unreachable(stage: Stage, reader: Subscriber) -> Facts:
    made = traces.issues_of(stage.connection, reader.id)[-FAILED_SHOWN:]
    periods = [one.period for one in made] or [reader.wishes.cadence.period(stage.now)]
    failed = [[period, NOT_SENT, REPLY] for period in periods]
    return {"failed": failed}, "that these issues came back, and what the mail server said."


def _quiet(stage: Stage, reader: Subscriber) -> Facts:
    """Say why there is nothing; where there is something, what would be said if the bar stood as high as it goes."""
    composing, served = _composing(stage), replace(reader, covered_until=None)
    choice = composing.choose(served)
    if not choice.entries:
        return composing.quiet(served, choice), ""
    choice = composing.choose(replace(served, wishes=replace(reader.wishes, bar=1)))
    if choice.entries:  # Who is followed shows whatever the bar.
        choice = Choice(missed=choice.missed)
    return composing.quiet(served, choice), "that nothing is good enough for this reader."


FACTS: Mapping[Kind, Callable[[Stage, Subscriber], Facts]] = {
    Kind.CONFIRMATION: _confirmation,
    Kind.WELCOME: _welcome,
    Kind.CHANGED: _changed,
    Kind.GOODBYE: _goodbye,
    Kind.UNREACHABLE: _unreachable,
    Kind.QUIET: _quiet,
}


def _alarm(stage: Stage) -> Rehearsed:
    day = stage.now.date()
    words = f"arXiv on {day}: partial: 12 of 57 papers came. Repair the day with: digest collect --day {day} --again"
    alarm, invented = Alarm(name="rehearsal", words=words, since=stage.now), "the trouble."
    if stage.alarms:
        alarm, invented = stage.alarms[0], ""
    letter = letter_for_alarm(alarm, stage.operator or OPERATOR, stage.masthead, stage.now)
    return Rehearsed(kind="alarm", letter=letter, invented=invented)
