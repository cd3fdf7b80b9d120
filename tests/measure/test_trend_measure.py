"""Over recorded days the trend score beats what is to be beaten, and keeps its word. Skipped where none are at hand."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.measure import trend_report, trend_scorer

DATA = Path(__file__).parents[3] / "shared" / "data" / "trend"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded days are not beside the project")


@pytest.fixture(autouse=True)
def _one_month(monkeypatch: pytest.MonkeyPatch) -> None:
    """One month, learnt once: what CI has time for."""
    monkeypatch.setattr(trend_report, "FIRST", "2026-03-01")
    monkeypatch.setattr(trend_scorer, "LEARN_AGAIN", timedelta(days=60))


@pytest.mark.parametrize(("task", "baseline"), [("D", "author_prior"), ("A", "upvotes")])
def test_a_month_of_recorded_days_is_ranked_better_than_the_baseline(task: str, baseline: str) -> None:
    evaluator = trend_report.evaluator_beside(DATA)
    ours = trend_report.days_of(evaluator, DATA, task, trend_scorer.make(task))
    theirs = trend_report.days_of(evaluator, DATA, task, evaluator.Baseline(baseline))
    assert trend_report.compared(ours, theirs)["difference"] > 0


def test_chances_come_true_and_intervals_hold() -> None:
    evaluator = trend_report.evaluator_beside(DATA)
    [row] = trend_report.calibration(evaluator, DATA, ["B"])
    assert row["brier_skill"] > 0
    assert 0.7 < row["coverage"] < 0.9
    assert all(abs(one["told"] - one["came"]) < 0.1 for one in row["bins"] if one["papers"] >= 100)
    assert np.isclose(sum(one["papers"] for one in row["bins"]), row["papers"])
