"""What was learnt is kept with what is to be said of it; of what grows old a few versions stay."""

from typing import Any

import numpy as np
import pytest

from digest.store import models
from digest.store.database import Database
from tests.builders import NOW


def kept(database: Database, kind: str, **facts: Any) -> int:
    with database.writing() as connection:
        return models.keep(connection, kind, {"a": np.arange(3)}, now=NOW, learnt_from=7, facts=facts)


def versions(database: Database, among: list[int]) -> list[int]:
    """Give those versions that are still held whole."""
    with database.reading() as connection:
        return [version for version in among if models.arrays_of(connection, version)]


def test_facts_come_back_as_they_were(database: Database) -> None:
    version = kept(database, "trend", window=["2026-01-01", "2026-03-17"], quality={"ndcg10": 0.5})
    with database.reading() as connection:
        facts = models.facts_of(connection, version)
        assert models.last(connection, "trend") == (version, NOW, 7)
    assert facts == {"window": ["2026-01-01", "2026-03-17"], "quality": {"ndcg10": 0.5}}
    silent = kept(database, "vectoriser")
    with database.reading() as connection:
        assert models.facts_of(connection, silent) == {}


def test_five_models_of_trend_stay_and_every_vectoriser(database: Database) -> None:
    trends = [kept(database, "trend") for _ in range(7)]
    vectorisers = [kept(database, "vectoriser") for _ in range(7)]
    trends.append(kept(database, "trend"))
    assert versions(database, trends) == trends[-5:]
    assert versions(database, vectorisers) == vectorisers


def test_what_is_said_of_an_old_model_stays_when_its_arrays_go(database: Database) -> None:
    first = kept(database, "trend", window=["2026-01-01", "2026-03-17"])
    for _ in range(5):
        kept(database, "trend")
    with database.reading() as connection:
        assert models.arrays_of(connection, first) == {}
        assert models.facts_of(connection, first) == {"window": ["2026-01-01", "2026-03-17"]}


def test_an_array_that_would_run_code_is_refused() -> None:
    blob = models.pack({"a": np.array([print], dtype=object)})
    with pytest.raises(ValueError, match="allow_pickle=False"):
        models.unpack(blob)
