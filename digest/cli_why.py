"""The operator's door to one reader and one paper: why it was, or was not, in the issue."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest import console
from digest.opened import opened

if TYPE_CHECKING:
    from digest.domain.issue import Entry
    from digest.domain.trace import Standing, Trace

Json = Annotated[bool, typer.Option("--json", help="Print the trace for programs.")]
Day = Annotated[
    datetime | None,
    typer.Option(
        parser=console.read_day,
        metavar=console.DAY,
        help="The day of the issue, as 2026-03-19; the newest edition if left out.",
    ),
]
Address = Annotated[str, typer.Argument(metavar="SUBSCRIBER", help="The reader's address.")]
Named = Annotated[str, typer.Argument(metavar="PAPER", help="A paper: arXiv id, DOI, address or key.")]
Part = tuple[str, Sequence[str]]


def why(subscriber: Address, paper: Named, day: Day = None, as_json: Json = False) -> None:
    """Trace why a paper was, or was not, in a reader's issue: collected when, score, rank, the rule that cut it."""
    with opened() as service:
        from digest.domain.subscriber import Refused
        from digest.domain.trace import UnknownNameError

        try:
            found = service.trace(subscriber, paper, day.date() if day else None)
        except (UnknownNameError, Refused) as error:
            console.refuse(str(error))
    if as_json:
        typer.echo(json.dumps(_for_programs(found), indent=2, ensure_ascii=False, default=str))
        return
    paper_found = found.paper
    typer.echo(paper_found.title or paper_found.key)
    typer.echo(" · ".join(dict.fromkeys(part for part in (paper_found.key, paper_found.abstract_url) if part)))
    for heading, lines in _parts(found):
        typer.echo("\n".join(["", heading, *(f"  {line}" for line in lines)]))


def _parts(found: "Trace") -> list[Part]:
    parts: list[Part] = [("What went out", _sent(found))] if found.day else []
    parts += [("Verdict", _verdict(found)), ("Collected", _collected(found))]
    if found.day:
        parts.append((f"Edition of {found.day}, revision {found.revision}", _edition(found)))
    if found.standing:
        parts.append((f"For {found.address}", _standing(found.standing)))
    return parts


def _sent(found: "Trace") -> list[str]:
    from digest.domain.text import counted
    from digest.domain.trace import moment

    other = [f"It was in the issue of {found.other}."] if found.other else []
    if found.sent is None:
        return ["No issue of this reader was made from this edition.", *other, *found.remarks]
    issue, at = found.sent.issue, found.sent.sent_at
    state = f"was sent on {moment(at)}" if at else f"is {found.sent.state or 'not delivered'}"
    place = f"this paper as number {found.was_number}" if found.was_number else "without this paper"
    said = f"The issue of {issue.period} held {counted(len(issue.entries), 'paper')}, {place}; it {state}."
    return [said, *other, *found.remarks]


def _verdict(found: "Trace") -> list[str]:
    standing = found.standing
    if standing is None:
        return [found.absence]
    if standing.number:
        said = [f"In the issue, as number {standing.number}."]
    else:
        first, *rest = (cut.sentence for cut in standing.cuts)
        said = [f"Not in the issue. {first}", *(f"Even without that: {one[0].lower()}{one[1:]}" for one in rest)]
        said += [standing.otherwise] if standing.otherwise else []
    return [*said, *_otherwise(found, standing)]


def _otherwise(found: "Trace", standing: "Standing") -> list[str]:
    """Say where the present wishes would not choose what went out."""
    if found.sent is None or (not found.differing and found.was_number == standing.number):
        return []
    total = len(found.sent.issue.entries)
    if found.differing:
        return [f"This is by the present wishes and likes: {found.differing} of the {total} papers sent differ."]
    return ["This is by the present wishes and likes, which would order or fill the issue otherwise."]


def _collected(found: "Trace") -> list[str]:
    from digest.domain.trace import moment

    held = found.collected
    listed = [f"Listed by {source} on {day} ({kind})." for source, day, kind in held.listings]
    said = [f"First seen on {moment(held.first_seen_at)}.", *(listed or ["No source ever listed it."]), held.text]
    return [*said, "It was withdrawn."] if held.paper.withdrawn else said


def _edition(found: "Trace") -> list[str]:
    if found.trend is None:
        return [f"It is not among its {found.among:,} papers."]
    said = f"Number {found.place:,} of {found.among:,} by trend, which is {found.trend.value:.2f}."
    return [said, *found.trend.evidence]


def _standing(standing: "Standing") -> list[str]:
    from digest.domain.trace import sum_of

    entry = standing.entry
    rank = f"Number {standing.rank:,} of {standing.among:,} by score among papers that no rule bars."
    rows = sum_of(entry)
    margin = max(len(name) for name, _ in rows)
    drawn = [f"{name:<{margin}}  {amount:+6.2f}" for name, amount in rows]
    total = f"{'score':<{margin}}  {sum(amount for _, amount in rows):+6.2f}"
    return [_near(entry), rank, *drawn, f"{'':<{margin}}  {'─' * 6}", total]


def _near(entry: "Entry") -> str:
    if entry.followed:
        return f"{entry.followed.replace('you follow', 'the reader follows')}."
    if entry.topic:
        return f"Nearest topic: “{entry.topic}”."
    return "Nearest to papers the reader liked." if entry.terms else "Near to nothing the reader named or liked."


def _for_programs(found: "Trace") -> dict[str, Any]:
    held, sent = found.collected, found.sent
    said: dict[str, Any] = {"subscriber": found.address, "key": held.paper.key, "title": held.paper.title}
    said["first_seen_at"] = held.first_seen_at.isoformat()
    said["text"] = held.text
    said["listings"] = [{"source": source, "day": day, "kind": kind} for source, day, kind in held.listings]
    said["issue"] = None
    if sent is not None:
        said["issue"] = {"period": sent.issue.period, "number": found.was_number, "state": sent.state}
        said["issue"] |= {"sent_at": sent.sent_at and sent.sent_at.isoformat(), "differing": found.differing}
    said |= {"other_issue": found.other, "remarks": found.remarks}
    said["edition"] = {"day": found.day, "revision": found.revision, "papers": found.among} if found.day else None
    said |= {"place": found.place, "trend": found.trend.to_json() if found.trend else None, "absence": found.absence}
    said["verdict"] = _verdict(found)
    return said | {"standing": _standing_for_programs(found.standing) if found.standing else None}


def _standing_for_programs(standing: "Standing") -> dict[str, Any]:
    from digest.domain.issue import entries_to_json

    [entry] = entries_to_json([standing.entry])
    names = ("topic", "followed", "terms", "against", "rest", "from_relevance", "from_trend", "why")
    said: dict[str, Any] = {"in_issue": bool(standing.number), "number": standing.number}
    said |= {"rules": [{"rule": cut.rule, "sentence": cut.sentence} for cut in standing.cuts]}
    said |= {"otherwise": standing.otherwise, "rank": standing.rank, "among": standing.among}
    return said | {"score": round(standing.entry.score, 6)} | {name: entry[name] for name in names}
