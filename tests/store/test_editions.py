"""An edition is kept once as it is, and comes back equal."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import numpy as np
import pytest
from scipy import sparse

from digest.domain.edition import Candidate
from digest.domain.relevance import Vectoriser, terms_of_paper
from digest.domain.rising import Rising
from digest.domain.score import TrendScore
from digest.store import editions, models, papers
from digest.store.database import Database
from tests.builders import DAY, NOW, listings

FOUND = listings(12)
TERMS = [terms_of_paper(one.paper) for one in FOUND]
CANDIDATES = [
    Candidate(
        paper_id=i, paper_key=one.paper.key, listed_on=DAY, cluster=i, card=f"{i:064}",
        trend=TrendScore(value=round(1 / i, 6), evidence=(f"{i} upvotes", "…")),
    )
    for i, one in enumerate(FOUND, 1)
]  # fmt: skip

RISING = (
    Rising(term="world models", factor=4.25, count=9, papers=("arxiv:2603.00001", "arxiv:2603.00002"), span="day"),
    Rising(term="naïve <b>", factor=2.0, count=6, papers=(), span="week"),
)


class House:
    """A database with papers and a vectoriser, to publish editions into."""

    def __init__(self, database: Database) -> None:
        self.database, self.made = database, Vectoriser().fit(TERMS)
        self.vectors = self.made.transform(TERMS)
        with database.writing() as connection:
            papers.record(connection, FOUND, NOW)
            self.version = models.keep(connection, "vectoriser", self.made.to_arrays(), now=NOW, learnt_from=12)

    def publish(
        self,
        *candidates: Candidate,
        days: int = 0,
        vectors: sparse.csr_array | None = None,
        rising: tuple[Rising, ...] = (),
    ) -> tuple[int, bool]:
        """Publish an edition of some day."""
        rows = self.vectors if vectors is None else vectors
        with self.database.writing() as connection:
            return editions.publish(
                connection, DAY + timedelta(days=days), now=NOW, candidates=candidates, vectors=rows,
                vectoriser=self.version, frames={"html_head": "0" * 64}, rising=rising,
            )  # fmt: skip


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_publishing_the_same_twice_makes_no_new_revision(house: House) -> None:
    assert house.publish(*CANDIDATES) == (1, True)
    assert house.publish(*CANDIDATES) == (1, False)
    corrected = [replace(CANDIDATES[0], card="f" * 64), *CANDIDATES[1:]]
    assert house.publish(*corrected) == (2, True)
    assert house.publish(*CANDIDATES) == (3, True)


def test_an_edition_comes_back_equal(house: House) -> None:
    house.publish(*CANDIDATES)
    with house.database.reading() as connection:
        desk = editions.lay_out(connection, DAY)
    assert desk is not None
    edition = desk.edition
    assert (edition.day, edition.revision, edition.created_at) == (DAY, 1, NOW)
    assert edition.candidates == tuple(CANDIDATES)
    for name in ("data", "indices", "indptr", "shape"):
        np.testing.assert_array_equal(getattr(edition.vectors, name), getattr(house.vectors, name))
    assert desk.papers == {i: one.paper for i, one in enumerate(FOUND, 1)}
    assert (desk.vectoriser.terms_, desk.positions[12]) == (house.made.terms_, 11)
    np.testing.assert_array_equal(desk.vectoriser.transform(TERMS).toarray(), house.vectors.toarray())


def test_what_rises_comes_back_equal_and_makes_a_new_revision(house: House) -> None:
    assert house.publish(*CANDIDATES) == (1, True)
    assert house.publish(*CANDIDATES, rising=RISING) == (2, True)
    assert house.publish(*CANDIDATES, rising=RISING) == (2, False)
    with house.database.reading() as connection:
        found = editions.newest(connection, DAY)
    assert found is not None
    assert found.rising == RISING


def test_an_edition_without_candidates_comes_back_empty(house: House) -> None:
    house.publish(vectors=house.vectors[:0])
    with house.database.reading() as connection:
        found = editions.newest(connection, DAY)
    assert found is not None
    assert (found.candidates, found.vectors.shape) == ((), (0, len(house.made.terms_)))


def test_the_newest_edition_is_the_last_revision_of_the_last_day_so_far(house: House) -> None:
    house.publish(*CANDIDATES, days=-1)
    house.publish(*CANDIDATES)
    house.publish(*CANDIDATES[:3])
    house.publish(*CANDIDATES, days=2)
    with house.database.reading() as connection:
        for days, expected in [(-2, None), (-1, (-1, 1)), (0, (0, 2)), (1, (0, 2)), (2, (2, 1)), (9, (2, 1))]:
            name = editions.name_of_newest(connection, DAY + timedelta(days=days))
            found = editions.newest(connection, DAY + timedelta(days=days))
            assert name == (expected and (DAY + timedelta(days=expected[0]), expected[1]))
            assert (found and (found.day, found.revision)) == name


def test_a_fragment_is_kept_once_under_its_hash(database: Database) -> None:
    bodies = {editions.hash_of(body): body for body in ([f"card {i}", "why", "ü<&"] for i in range(1_100))}
    with database.writing() as connection:
        editions.keep_fragments(connection, bodies)
        editions.keep_fragments(connection, bodies)
        assert editions.fragments_of(connection, bodies) == bodies


def test_arrays_that_would_run_code_are_not_read() -> None:
    blob = BytesIO()
    np.savez(blob, terms=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        models.unpack(blob.getvalue())
