"""Publish: make the edition, the half of a day's work that is the same for every reader."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from scipy import sparse
from sqlalchemy import Connection

from digest.actions.report import Advance, PublishReport, stay_silent
from digest.domain.background import learnt_from
from digest.domain.burst import believed
from digest.domain.edition import WINDOW, Candidate
from digest.domain.history import AuthorHistory
from digest.domain.listing import by_source, in_words
from digest.domain.relevance import Vectoriser, clusters_of, terms_of_paper
from digest.domain.rising import Rising, rising_on
from digest.domain.score import TrendScore
from digest.domain.text import counted
from digest.domain.trend import OtherFormat, Trend
from digest.mail.cards import CardFacts, Masthead
from digest.mail.compiling import compile_issue
from digest.mail.fragments import Parts
from digest.store import editions, models, papers, receipts, tallies
from digest.store.database import Database
from digest.store.papers import Found

log = logging.getLogger(__name__)
BACKGROUND = 20_000
REFIT_AFTER = timedelta(days=7)
REFIT_GROWTH = 1.2
NEAR_DUPLICATE = 0.8
AUTHORS_KNOWN = timedelta(days=730)
"""How far back the votes of an author's earlier papers are looked at."""


@dataclass(frozen=True, kw_only=True)
class _Scored:
    """The papers of the window in the edition's order, with what was worked out about them."""

    found: Sequence[Found]
    trend: Sequence[TrendScore]
    vectoriser: int
    vectors: sparse.csr_array

    def facts(self, now: datetime) -> list[CardFacts]:
        """Give what the card of each paper says at a moment."""
        return [
            CardFacts(paper=one.paper, listed_on=one.listed_on, trend=trend, counts=one.attention.votes(now))
            for one, trend in zip(self.found, self.trend, strict=True)
        ]


def publish(
    database: Database,
    day: date,
    masthead: Masthead,
    *,
    now: datetime,
    field_balance: float = 0.5,
    advance: Advance = stay_silent,
) -> PublishReport:
    """Make the edition of a day, or a new revision of it; the same again makes none.

    Of a day that is past the new revision is a correction: it scores by what is known `now`.

    Parameters
    ----------
    field_balance : how far a paper is ranked within its field, from 0 to 1; see `digest.domain.standing`

    Returns
    -------
    PublishReport; `failed` says so when there is no paper to make an edition of.
    """
    report = PublishReport(day=day.isoformat())
    advance("scoring", 0, 3)
    with database.reading() as connection:
        found = papers.window(connection, day - WINDOW + timedelta(days=1), day, now)
        if not found:
            report.failed.append(f"no paper was listed in the {WINDOW.days} days up to {day}: collect first")
            return report
        rests_on = in_words(by_source(receipts.of_day(connection, day)))
        trend, authors = _trend(connection, now, field_balance), _authors(connection, now)
    seen = [one.attention for one in found]
    rising = rising_on(day, [(one.began_on, one.paper) for one in seen], tallies.before(database, day, now=now))
    told = {one.term.casefold(): (one.term, one.times) for one in reversed(rising)}
    scores = trend.score(seen, authors, day=day, now=now, rising=list(told.values()))
    scored = _in_order(found, scores, *_vectoriser(database, now))
    advance("compiling cards", 1, 3)
    frames, cards = _compile(masthead, scored, report, rests_on=rests_on, rising=rising, day=day, now=now)
    advance("publishing", 2, 3)
    with database.writing() as connection:
        report.revision, report.is_new = _keep(connection, day, scored, frames, cards, rising=rising, now=now)
    report.candidates = len(found)
    advance("publishing", 3, 3)
    return report


def _compile(
    masthead: Masthead,
    scored: _Scored,
    report: PublishReport,
    *,
    rests_on: str,
    rising: Sequence[Rising],
    day: date,
    now: datetime,
) -> tuple[dict[str, Any], list[dict[str, Parts]]]:
    """Compile frames and cards; what is odd about a paper's counts is named in the report."""
    facts = scored.facts(now)
    for one in facts:
        if one.trend.warning:
            report.warn(one.paper.key, one.trend.warning)
    receipt = f"Chosen from {counted(len(facts), 'paper')} of the {WINDOW.days} days up to {day.day} {day:%B}."
    return compile_issue(masthead, facts, rests_on=rests_on, receipt=receipt, rising=rising)


def _keep(
    connection: Connection,
    day: date,
    scored: _Scored,
    frames: Mapping[str, Any],
    cards: Sequence[Any],
    *,
    rising: Sequence[Rising],
    now: datetime,
) -> tuple[int, bool]:
    """Keep what was compiled, and the edition that names it; gives its revision, and whether it is new."""
    named = [editions.hash_of(card) for card in cards]
    hashes = {name: editions.hash_of(body) for name, body in frames.items()}
    bodies = dict(zip(named, cards, strict=True)) | {hashes[name]: body for name, body in frames.items()}
    editions.keep_fragments(connection, bodies)
    return editions.publish(
        connection,
        day,
        now=now,
        candidates=_candidates(scored, named),
        vectors=scored.vectors,
        vectoriser=scored.vectoriser,
        frames=hashes,
        rising=rising,
    )


def _trend(connection: Connection, now: datetime, field_balance: float) -> Trend:
    """Give the newest model of trend as it stood at a moment, or the documented formula where none was learnt."""
    last = models.last(connection, "trend", until=now)
    try:
        arrays = models.arrays_of(connection, last[0]) if last else None
        return Trend.from_arrays(arrays, field_balance=field_balance) if arrays else Trend(field_balance=field_balance)
    except OtherFormat as error:
        log.warning("%s; until then the formula scores", error)
        return Trend(field_balance=field_balance)


def _authors(connection: Connection, now: datetime) -> AuthorHistory:
    """Give what the papers of every author had gathered at a moment; votes that are not believed count for nobody."""
    history = AuthorHistory()
    for one in papers.voted_on(connection, (now - AUTHORS_KNOWN).date(), now):
        if (votes := believed(one, now).votes) is not None:
            history.observe(one.paper.key, one.paper.authors, votes)
    return history


def _in_order(found: Sequence[Found], trend: Sequence[TrendScore], version: int, vectoriser: Vectoriser) -> _Scored:
    order = sorted(range(len(found)), key=lambda i: (-trend[i].value, found[i].paper.key))
    vectors = vectoriser.transform(terms_of_paper(found[i].paper) for i in order)
    return _Scored(
        found=[found[i] for i in order], trend=[trend[i] for i in order], vectoriser=version, vectors=vectors
    )


def _candidates(scored: _Scored, cards: Sequence[str]) -> list[Candidate]:
    clusters = clusters_of(scored.vectors, NEAR_DUPLICATE)
    return [
        Candidate(
            paper_id=one.id,
            paper_key=one.paper.key,
            listed_on=one.listed_on,
            trend=trend,
            cluster=int(cluster),
            card=card,
        )
        for one, trend, cluster, card in zip(scored.found, scored.trend, clusters, cards, strict=True)
    ]


def _vectoriser(database: Database, now: datetime) -> tuple[int, Vectoriser]:
    """Give the newest vectoriser, made anew when it is old or the store has grown; learning holds no lock."""
    with database.reading() as connection:
        held, known = papers.count(connection), models.last(connection, "vectoriser")
        is_whole = known and models.last(connection, "background", learnt_from=known[0])
        if known and is_whole and now - known[1] < REFIT_AFTER and held < known[2] * REFIT_GROWTH:
            return known[0], Vectoriser.from_arrays(models.arrays_of(connection, known[0]))
        background = list(papers.newest(connection, BACKGROUND))
    made, vectors = learnt_from([terms_of_paper(paper) for paper in background])
    with database.writing() as connection:
        version = models.keep(connection, "vectoriser", made.to_arrays(), now=now, learnt_from=held)
        models.keep(connection, "background", vectors.to_arrays(), now=now, learnt_from=version)
    return version, made
