"""Publish: make the edition, the half of a day's work that is the same for every reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scipy import sparse

from digest.actions.report import Advance, PublishReport, stay_silent
from digest.domain.edition import WINDOW, Candidate
from digest.domain.listing import Receipt, together
from digest.domain.relevance import Vectoriser, clusters_of, terms_of_paper
from digest.domain.trend import Trend, TrendScore
from digest.mail.cards import CardFacts, Masthead, compile_issue
from digest.store import editions, models, papers, receipts
from digest.store.database import Database
from digest.store.papers import Found

BACKGROUND = 20_000
REFIT_AFTER = timedelta(days=7)
REFIT_GROWTH = 1.2
NEAR_DUPLICATE = 0.8


@dataclass(frozen=True, kw_only=True)
class _Scored:
    """The papers of the window in the edition's order, with what was worked out about them."""

    found: Sequence[Found]
    trend: Sequence[TrendScore]
    vectoriser: int
    vectors: sparse.csr_array


def publish(
    database: Database, day: date, masthead: Masthead, *, now: datetime, advance: Advance = stay_silent
) -> PublishReport:
    """Make the edition of a day, or a new revision of it; the same again makes none.

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
        rests_on = [one.in_words for one in _by_source(receipts.of_day(connection, day))]
    scored = _score(found, *_vectoriser(database, now))
    advance("compiling cards", 1, 3)
    facts = [
        CardFacts(paper=one.paper, listed_on=one.listed_on, trend=trend)
        for one, trend in zip(scored.found, scored.trend, strict=True)
    ]
    frames, cards = compile_issue(masthead, facts, rests_on=" ".join(rests_on))
    bodies = {editions.hash_of(body): body for body in [*frames.values(), *cards]}
    advance("publishing", 2, 3)
    with database.writing() as connection:
        editions.keep_fragments(connection, bodies)
        report.revision, report.is_new = editions.publish(
            connection,
            day,
            now=now,
            candidates=_candidates(scored, [editions.hash_of(card) for card in cards]),
            vectors=scored.vectors,
            vectoriser=scored.vectoriser,
            frames={name: editions.hash_of(body) for name, body in frames.items()},
        )
    report.candidates = len(found)
    advance("publishing", 3, 3)
    return report


def _by_source(found: Sequence[Receipt]) -> list[Receipt]:
    joined: dict[str, Receipt] = {}
    for one in found:
        joined[one.source] = together(joined[one.source], one) if one.source in joined else one
    return list(joined.values())


def _score(found: Sequence[Found], version: int, vectoriser: Vectoriser) -> _Scored:
    attention = [one.attention for one in found]
    trend = Trend().fit(attention).score(attention)
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
        if known and now - known[1] < REFIT_AFTER and held < known[2] * REFIT_GROWTH:
            return known[0], Vectoriser.from_arrays(models.arrays_of(connection, known[0]))
        background = list(papers.newest(connection, BACKGROUND))
    made = Vectoriser().fit(terms_of_paper(paper) for paper in background)
    with database.writing() as connection:
        version = models.keep(connection, "vectoriser", made.to_arrays(), now=now, learnt_from=held)
    return version, made
