"""Explain: the list of an edition with its reasons, and all that is known of one paper. Looks, and changes nothing."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from digest.domain.edition import WINDOW, Edition
from digest.domain.explanation import Explanation, Learnt, Ranking
from digest.domain.identity import key_typed
from digest.store import editions, models, papers


def ranking(connection: Connection, until: date, most: int) -> Ranking | None:
    """Give the newest edition up to a day, with the papers of its first `most` candidates, or None if there is none."""
    edition = editions.newest(connection, until)
    if edition is None:
        return None
    held = papers.by_id(connection, [candidate.paper_id for candidate in edition.candidates[:most]])
    return Ranking(
        edition=edition, papers=held, titles=_titles(connection, edition), learnt=learnt(connection, edition.created_at)
    )


def of_paper(connection: Connection, typed: str, until: date, as_of: datetime) -> Explanation | None:
    """Explain a paper named by id, DOI, address or key, in the last edition it was in up to a day.

    Returns
    -------
    Explanation, or None if no paper that was ever announced goes by this name.
    """
    number = papers.named(connection, key_typed(typed))
    seen = papers.attention(connection, number, as_of) if number else None
    if number is None or seen is None:
        return None
    last = min(until, seen.listed_on + WINDOW - timedelta(days=1))
    edition = editions.newest(connection, last)
    places = {one.paper_id: rank for rank, one in enumerate(edition.candidates, 1)} if edition else {}
    if edition is None or number not in places:
        return Explanation(attention=seen, learnt=learnt(connection, as_of))
    return Explanation(
        attention=seen,
        trend=edition.candidates[places[number] - 1].trend,
        day=edition.day,
        rank=places[number],
        among=len(edition.candidates),
        learnt=learnt(connection, edition.created_at),
    )


def learnt(connection: Connection, until: datetime) -> Learnt | None:
    """Give what is to be said of the model of trend that was used at a moment, or None where the formula scored."""
    last = models.last(connection, "trend", until=until)
    if last is None:
        return None
    version, made_at, learnt_from = last
    facts = models.facts_of(connection, version)
    first, end = facts.get("window", ("", ""))
    return Learnt(
        version=version,
        made_at=made_at,
        learnt_from=learnt_from,
        since=first,
        until=end,
        quality=facts.get("quality", {}),
    )


def _titles(connection: Connection, edition: Edition) -> dict[str, tuple[str, str]]:
    named = {key for one in edition.rising for key in one.papers}
    held = papers.by_id(connection, papers.ids_of(connection, named).values())
    return {paper.key: (paper.title, paper.abstract_url) for paper in held.values()}
