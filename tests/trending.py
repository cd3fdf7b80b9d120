"""A house in which three papers trend: an edition made by hand, so that every number of it is known."""

from datetime import date, datetime, timedelta

import numpy as np
from scipy import sparse

from digest.domain.edition import Candidate
from digest.domain.listing import Listing, ListingKind
from digest.domain.rising import Rising
from digest.domain.score import TrendScore
from digest.domain.signal import Signal, SignalKind
from digest.store import editions, models, papers
from digest.store.database import Database
from tests.builders import DAY, NOW, paper

LOUD = TrendScore(
    value=0.98,
    percentile=0.98,
    rank=5,
    among=250,
    strength=6.4,
    low=12.2,
    high=90.4,
    chance=0.81,
    field="cs.CL",
    parts=(("votes so far", 4.123), ("authors", 1.344), ("words", 0.933)),
    evidence=("41 upvotes in 9 h, usual 6", "two authors with earlier trending papers"),
)
ODD = TrendScore(
    value=0.7,
    percentile=0.7,
    strength=2.0,
    low=0.0,
    high=9.0,
    evidence=("140 upvotes",),
    warning="a jump from 12 to 140",
)
QUIET = TrendScore(value=0.2, percentile=0.2, evidence=("no votes known yet",), has_votes=False)
RISING = (
    Rising(term="test-time <training>", factor=4.2, count=9, papers=(paper(1).key, paper(3).key), span="day"),
    Rising(term="world models", factor=2.6, count=31, papers=(paper(2).key,), span="week"),
)


def counted(number: int, kind: SignalKind, value: int, at: datetime) -> Signal:
    """Give a count of a paper."""
    return Signal(paper_key=paper(number).key, source="huggingface", kind=kind, value=value, observed_at=at)


def let_trend(database: Database, on: date = DAY) -> None:
    """Record three papers, the first of them with counts, and publish the edition of a day of them."""
    rises = [counted(1, SignalKind.UPVOTES, 5 * n * n, NOW - timedelta(hours=9 - 3 * n)) for n in range(4)]
    rises.append(counted(1, SignalKind.COMMENTS, 2, NOW))
    listed = [
        Listing(
            paper=paper(n), source="arxiv", kind=ListingKind.NEW, listed_on=DAY, signals=tuple(rises if n == 1 else ())
        )
        for n in (1, 2, 3)
    ]
    with database.writing() as connection:
        papers.record(connection, listed, NOW)
        vectoriser = models.keep(connection, "vectoriser", {"idf": np.ones(1)}, now=NOW, learnt_from=3)
        editions.publish(
            connection,
            on,
            now=NOW,
            candidates=[
                Candidate(paper_id=n, paper_key=paper(n).key, listed_on=DAY, trend=score, cluster=n, card=f"card {n}")
                for n, score in enumerate((LOUD, ODD, QUIET), 1)
            ],
            vectors=sparse.csr_array(np.zeros((3, 1), np.float32)),
            vectoriser=vectoriser,
            frames={},
            rising=RISING,
        )


def teach(database: Database, at: datetime = NOW) -> int:
    """Keep a model of trend with its window and quality, and give its version."""
    facts = {"window": ["2025-03-17", "2026-03-16"], "quality": {"ndcg10": 0.7234}}
    with database.writing() as connection:
        return models.keep(connection, "trend", {"a": np.ones(1)}, now=at, learnt_from=9000, facts=facts)
