"""The operator's door to trend: learn the model, list what trends with its reasons, explain one paper."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest import console
from digest.opened import opened

if TYPE_CHECKING:
    from digest.domain.edition import Candidate
    from digest.domain.explanation import Explanation, Learnt, Ranking
    from digest.domain.rising import Rising
    from digest.domain.score import TrendScore

Json = Annotated[bool, typer.Option("--json", help="Print the report for programs.")]
Day = Annotated[
    datetime | None,
    typer.Option(
        parser=console.read_day, metavar=console.DAY, help="As it stood on a day, as 2026-03-19; today if left out."
    ),
]
Named = Annotated[
    str | None, typer.Argument(metavar="PAPER", help="A paper to explain: arXiv id, DOI, address or key.")
]
TITLE = 60
SPANS = {"day": "today", "week": "this week"}
HOW_TO_NAME = (
    "name it by arXiv id (2603.01234), DOI or address, as `digest trend` lists them; "
    "`digest collect` and `digest backfill` bring in papers that are not known yet"
)


def learn(as_json: Json = False) -> None:
    """Learn from the history what gathers attention; the clock does so once a week."""
    with opened() as service, console.progress() as advance:
        report = service.learn(advance=advance)
    console.end(report, as_json=as_json)


def trend(
    paper: Named = None,
    day: Day = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="How many papers to list.")] = 20,
    as_json: Json = False,
) -> None:
    """List what trends with its evidence, or explain one paper: what its score is made of, and its counts over time."""
    until = day.date() if day else None
    with opened() as service:
        if paper is None:
            ranking = service.ranking(until, most=most)
            if ranking is None:
                when = f"up to {until}" if until else "yet"
                console.refuse(f"there is no edition {when}: `digest collect`, then `digest publish` make one")
            _list(ranking, most, as_json=as_json)
        else:
            explained = service.explanation(paper, until)
            if explained is None:
                console.refuse(f"no paper is known as {paper}: {HOW_TO_NAME}")
            _explain(explained, as_json=as_json)


def _list(ranking: "Ranking", most: int, *, as_json: bool) -> None:
    edition = ranking.edition
    rows = [_row(ranking, rank, one) for rank, one in enumerate(edition.candidates[:most], 1)]
    rising = [_rising(one) for one in edition.rising]
    if as_json:
        said: dict[str, Any] = {"day": edition.day, "revision": edition.revision, "model": _model(ranking.learnt)}
        said["candidates"] = len(edition.candidates)
        _print(said | {"rising": rising, "papers": [row | {"trend": t} for row, t in rows]})
        return
    typer.echo(f"Edition of {edition.day}, revision {edition.revision}: {len(edition.candidates):,} papers")
    typer.echo(_in_words(ranking.learnt))
    for one in rising:
        typer.echo(f"Rising {SPANS[one['span']]}: {one['term']} {one['times']} ({one['count']} papers)")
    console.listed([{name: value for name, value in row.items() if name != "key"} for row, _ in _told(rows)])


def _told(rows: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> Sequence[tuple[dict[str, Any], dict[str, Any]]]:
    """Leave out the column of warnings where nobody is warned of anything."""
    is_warned = any(row["warning"] for row, _ in rows)
    return [({k: v for k, v in row.items() if is_warned or k != "warning"}, score) for row, score in rows]


def _row(ranking: "Ranking", rank: int, candidate: "Candidate") -> tuple[dict[str, Any], dict[str, Any]]:
    from digest.domain.explanation import votes
    from digest.domain.text import shorten

    paper, score = ranking.papers.get(candidate.paper_id), candidate.trend
    row = {
        "rank": rank,
        "key": candidate.paper_key,
        "paper": candidate.paper_key.removeprefix("arxiv:"),
        "title": shorten(paper.title if paper else "", TITLE),
        "field": score.field or (paper.field if paper else ""),
        "place": f"{score.rank} of {score.among}",
        "votes to expect": votes(score),
        "evidence": "; ".join(score.evidence),
        "warning": score.warning,
    }
    return row, score.to_json()


def _rising(one: "Rising") -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("term", "factor", "times", "count", "span", "papers")}


def _explain(explained: "Explanation", *, as_json: bool) -> None:
    from digest.plot import in_blocks, lines

    if as_json:
        _print(_explained(explained))
        return
    paper = explained.paper
    said = [paper.title, paper.abstract_url or paper.key, ""]
    said += _score(explained) if explained.trend else ["It is in no edition, so it has no score."]
    drawn = lines(explained.series)
    said += ["", in_blocks(drawn) if drawn else "Nothing was counted of it yet."]
    typer.echo("\n".join(line.rstrip() for line in said))


def _score(explained: "Explanation") -> list[str]:
    from digest.domain.explanation import place, votes

    score, learnt = explained.trend, explained.learnt
    assert score is not None
    rank = f"rank {explained.rank} of {explained.among:,} on {explained.day} (older listings fade)"
    said = [
        f"{place(score)[:1].upper()}{place(score)[1:]}; {rank}",
        f"Votes to expect in the end: {votes(score)}",
        f"Chance of beating nine in ten past papers: {100 * score.chance:.0f} %",
    ]
    said += [f"  {sentence}" for sentence in score.evidence]
    said += [f"WARNING  {score.warning}"] if score.warning else []
    return [*said, *_sum(score), _in_words(learnt)]


def _sum(score: "TrendScore") -> list[str]:
    """Lay out the parts as a sum; an edition of old kept none."""
    from digest.domain.explanation import expected, shown_parts
    from digest.domain.text import counted

    parts = shown_parts(score)
    if not parts:
        return [""]
    total = sum(amount for _, amount in parts)
    margin = max(len("strength"), *(len(name) for name, _ in parts))
    rows = [f"  {name:<{margin}}  {amount:+7.2f}" for name, amount in parts]
    whole = f"  {'strength':<{margin}}  {total:+7.2f}   squared: {counted(expected(score), 'vote')}"
    return ["", *rows, f"  {'':<{margin}}  {'─' * 7}", whole, ""]


def _explained(explained: "Explanation") -> dict[str, Any]:
    from digest.domain.explanation import expected, place

    paper, score = explained.paper, explained.trend
    said: dict[str, Any] = {"key": paper.key, "title": paper.title, "url": paper.abstract_url}
    said |= {"day": explained.day, "rank": explained.rank, "candidates": explained.among}
    said["trend"] = score.to_json() if score else None
    said |= {"place": place(score), "votes": expected(score)} if score else {}
    said["listings"] = [{"source": source, "day": day} for source, day in explained.attention.listings]
    said["signals"] = [
        {"kind": one.kind, "source": one.source, "value": one.value, "observed_at": one.observed_at.isoformat()}
        for one in explained.attention.signals
    ]
    return said | {"model": _model(explained.learnt)}


def _model(learnt: "Learnt | None") -> dict[str, Any] | None:
    if learnt is None:
        return None
    names = ("version", "learnt_from", "since", "until", "quality")
    said = {name: getattr(learnt, name) for name in names}
    return said | {"made_at": learnt.made_at.isoformat()}


def _in_words(learnt: "Learnt | None") -> str:
    from digest.domain.explanation import FORMULA

    return learnt.in_words if learnt else FORMULA


def _print(said: dict[str, Any]) -> None:
    typer.echo(json.dumps(said, indent=2, ensure_ascii=False, default=str))
