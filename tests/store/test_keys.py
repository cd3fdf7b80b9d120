"""What the house keeps for itself: keys made once, bells rung by one, receipts, and who is alive."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from digest.domain.listing import Receipt, Verdict
from digest.store import bells, keys, leases, receipts
from digest.store.database import Database
from tests.builders import DAY, NOW


def test_the_first_key_is_made_once_and_the_operators_own_stands_beside_it(database: Database) -> None:
    made = []
    for own in ("", "", "own" * 20, "own" * 20, "", "other" * 9):
        with database.writing() as connection:
            keys.ensure(connection, own, NOW)
            made.append(keys.all_keys(connection))
    first = made[0]
    assert list(first) == [1]
    assert len(first[1]) >= 43
    own_too = first | {2: "own" * 20}
    assert made == [first, first, own_too, own_too, own_too, own_too | {3: "other" * 9}]


def test_a_bell_is_rung_by_one_only(database: Database) -> None:
    def ring(_: int) -> bool:
        with database.writing() as connection:
            return bells.ring(connection, "collect", now=NOW, next_at=NOW + timedelta(hours=3))

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ring, range(4))) == [False, False, False, True]
    with database.writing() as connection:
        later = NOW + timedelta(hours=3)
        assert not bells.ring(connection, "collect", now=later - timedelta(seconds=1), next_at=later)
        assert bells.ring(connection, "other", now=NOW, next_at=later)
        assert bells.ring(connection, "collect", now=later, next_at=later)
        bells.put_off(connection, "collect", later + timedelta(hours=1))
        assert not bells.ring(connection, "collect", now=later, next_at=later)


def test_receipts_come_back_as_they_were_the_last_of_each_source(database: Database) -> None:
    facts = {"day": DAY, "observed_at": NOW, "expected": 3, "held": 2, "skipped": {"no title": 1}}
    first = Receipt(source="arxiv", verdict=Verdict.PARTIAL, reason="1 of 3", **facts)  # type: ignore[arg-type]
    last = Receipt(source="arxiv", verdict=Verdict.COMPLETE, day=DAY, observed_at=NOW + timedelta(hours=3))
    other = Receipt(source="huggingface", verdict=Verdict.FAILED, reason="down", **facts)  # type: ignore[arg-type]
    with database.writing() as connection:
        for receipt in (other, first, last):
            receipts.add(connection, receipt)
        assert receipts.of_day(connection, DAY) == [last, other]
        assert receipts.of_day(connection, DAY - timedelta(days=1)) == []


def test_a_holder_is_dead_when_its_process_is() -> None:
    says = "from digest.store import leases; print(leases.holder(), flush=True); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", says], text=True, **pipes) as other:  # type: ignore[call-overload]
        name = other.stdout.readline().strip()
        assert not leases.is_dead(name)
        other.kill()
    assert leases.is_dead(name)
    assert not leases.is_dead(leases.holder())
    assert leases.is_dead(f"{leases.holder().rpartition('/')[0]}/1"), "the number was given to another process"
    assert not leases.is_dead("elsewhere/1/1")
