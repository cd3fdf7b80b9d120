"""Recorded readers' own papers come first, more so with every like. Skipped where no recorded readers are at hand."""

from pathlib import Path

import pytest

from tests.measure import relevance_learning, relevance_report
from tests.measure.relevance_learning import BOTH
from tests.measure.relevance_readers import evaluator_beside

DATA = Path(__file__).parents[3] / "shared" / "data" / "relevance"
SOME = 60
"""Readers of each set: what CI has time for."""
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded readers are not beside the project")


@pytest.mark.parametrize("name", ["cula", "cular"])
def test_papers_are_put_in_order_no_worse_than_by_the_baseline(name: str) -> None:
    ours, *others = relevance_report.table(evaluator_beside(DATA), DATA, [name], limit=SOME)
    assert ours["k3"]["mean"] < ours["k20"]["mean"]
    for row in others:
        assert row["difference"]["interval"][1] > 0, f"surely below {row['against']}"


def test_every_few_likes_bring_a_reader_nearer() -> None:
    rows = relevance_learning.learning(evaluator_beside(DATA), DATA, ["cula"], limit=SOME, with_others=False)
    marks = {row["step"]: row["mean"] for row in rows}
    assert marks["0"] > 0.1, "a phrase alone is better than chance"
    assert marks["0"] < marks["1"] < marks["3"] < marks["10"]
    assert marks[BOTH] > marks["10"] - 0.02
    assert marks["10"] > marks["0"] + 0.2
