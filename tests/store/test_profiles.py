"""Interests that are kept serve as long as neither what the reader says nor the vectoriser changes."""

from dataclasses import replace

import numpy as np
from scipy import sparse

from digest.domain.interests import Interests
from digest.store import profiles, subscribers
from digest.store.database import Database
from tests.builders import NOW
from tests.cast import joined

KEPT = Interests(rows=sparse.csr_array(np.array([[0, 0.6, 0.8]], np.float32)))


def test_kept_interests_serve_until_the_wishes_change_though_the_vectoriser_stays(database: Database) -> None:
    ada = joined(database, "ada")
    with database.writing() as connection:
        profiles.keep(connection, [ada], 4, {ada.id: KEPT})
        held = profiles.held_for(connection, [ada], 4, 3)
        assert held[ada.id].rows.toarray().tolist() == KEPT.rows.toarray().tolist()
        subscribers.keep_wishes(connection, ada, replace(ada.wishes, topics=()), NOW)
        changed = subscribers.with_id(connection, ada.id)
        assert changed is not None
        assert profiles.held_for(connection, [changed], 4, 3) == {}


def test_kept_interests_never_serve_another_vectoriser(database: Database) -> None:
    ada = joined(database, "ada")
    with database.writing() as connection:
        profiles.keep(connection, [ada], 4, {ada.id: KEPT})
        assert profiles.held_for(connection, [ada], 5, 3) == {}
