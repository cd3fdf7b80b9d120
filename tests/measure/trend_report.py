"""Measures the trend score over recorded days: the table, what each ingredient is worth, and whether it keeps its word.

    PYTHONPATH=. python -m tests.measure.trend_report table|ablation|calibration|cost --data FOLDER [--tasks A,B,D,X]

FOLDER holds the recorded days; `evaluate_trend.py`, which replays them, stands beside it. Nothing here scores.
"""

import argparse
import importlib.util
import json
import math
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from digest.domain import forecast, past, strength
from digest.domain.forecast import numbers_of
from digest.domain.relevance import terms_of_paper
from tests.measure import trend_scorer
from tests.measure.trend_scorer import Record, TrendScorer

FIRST, LAST = "2026-01-01", "2026-03-31"
FEW_VOTES = 3
Days = Mapping[str, float]


def evaluator_beside(data: Path) -> Any:
    """Load the program that replays the days."""
    described = importlib.util.spec_from_file_location("evaluate_trend", data.parent / "evaluate_trend.py")
    if described is None or described.loader is None:
        raise SystemExit(f"{data.parent} holds no evaluate_trend.py")
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


def days_of(evaluator: Any, data: Path, task: str, scorer: Any, measure: str = "ndcg10") -> Days:
    """Replay a task and give one measure of each day."""
    rows = evaluator.replay([str(data)], task, scorer, FIRST, LAST)
    return {day: measured[measure] for day, measured in rows if not math.isnan(measured[measure])}


def compared(ours: Days, theirs: Days) -> dict[str, float]:
    """Give the mean, that of the other, and the paired difference with its standard error."""
    apart = np.array([ours[day] - theirs[day] for day in ours if day in theirs])
    error = apart.std() / math.sqrt(len(apart))
    means = float(np.mean(list(ours.values()))), float(np.mean([theirs[day] for day in ours if day in theirs]))
    told = {"mean": means[0], "other": means[1], "difference": float(apart.mean()), "error": float(error)}
    return {name: round(value, 4) for name, value in told.items()} | {"days": len(apart)}


class FewVotes:
    """A scorer of task A whose day is cut down to the papers with at most three votes that morning."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.observe, self.learn = inner, inner.observe, inner.learn

    def score(self, day: str, papers: list[Record]) -> list[float]:
        """Score the whole day, and put what has more votes last, in one order for everybody."""
        scores = np.asarray(self.inner.score(day, papers), float)
        low = np.array([(paper.get("early_upvotes") or 0) <= FEW_VOTES for paper in papers])
        return list(np.where(low, scores + 1e6, 0.0))


def few_votes_days(evaluator: Any, data: Path, scorer: Any) -> Days:
    """Measure a scorer of task A among the papers with at most three votes that morning."""
    found: dict[str, float] = {}
    metrics, rng = evaluator.day_metrics, np.random.default_rng(0)

    def among_low(task: str, scores: Any, votes: Any, _: Any) -> Mapping[str, float]:
        low = np.asarray(scores, float) >= FLOOR
        if low.sum() < FEWEST or votes[low].max() == 0:
            return {"ndcg10": math.nan}
        return {"ndcg10": metrics(task, np.asarray(scores)[low], votes[low], rng)["ndcg10"]}

    evaluator.day_metrics = among_low
    try:
        found = dict(days_of(evaluator, data, "A", FewVotes(scorer)))
    finally:
        evaluator.day_metrics = metrics
    return found


FLOOR, FEWEST = 1e5, 5


def table(evaluator: Any, data: Path, tasks: list[str]) -> Iterator[dict[str, Any]]:
    """Compare each task with what is to be beaten."""
    for task in tasks:
        other = "upvotes" if task == "A" else "author_prior"
        scorer, baseline = trend_scorer.make(task), evaluator.Baseline(other)
        ours, theirs = (evaluator.replay([str(data)], task, one, FIRST, LAST) for one in (scorer, baseline))
        for measure in ours[0][1]:
            of = [{day: m[measure] for day, m in rows if not math.isnan(m[measure])} for rows in (ours, theirs)]
            yield {"task": task, "measure": measure, "against": other, **compared(*of)}
    if "A" in tasks:
        low = [few_votes_days(evaluator, data, one) for one in (trend_scorer.make("A"), evaluator.Baseline("upvotes"))]
        yield {"task": "A", "measure": "ndcg10, at most 3 votes", "against": "upvotes", **compared(*low)}


@contextmanager
def without(ingredient: str) -> Iterator[None]:
    """Leave an ingredient out while this lasts."""
    kept = {"numbers_of": numbers_of, "_marks": forecast._marks}
    kept |= {"terms_of_paper": terms_of_paper, "_of_listed": strength._of_listed}
    marks = forecast._marks
    gone = [name in ingredient.split("+") for name in forecast.NUMBERS]

    def fewer(*of: Any, **more: Any) -> tuple[float, ...]:
        return tuple(0.0 if out else value for value, out in zip(numbers_of(*of, **more), gone, strict=True))

    swaps: list[tuple[Any, str, Any]] = [(room, "numbers_of", fewer) for room in (past, strength)]
    if ingredient in {"names", "listing marks"}:
        keep = ingredient == "listing marks"
        some = lambda paper: (mark for mark in marks(paper) if mark.startswith(forecast.BY) is keep)  # noqa: E731
        swaps.append((forecast, "_marks", some))
    swaps += [(forecast, "terms_of_paper", lambda paper, longest=1: [])] if ingredient == "words" else []
    swaps += [(strength, "_of_listed", lambda told: told.root_parts)] if ingredient == "chance" else []
    swaps += [(strength, "_of_listed", _chance_alone)] if ingredient == "expected votes" else []
    for room, name, other in swaps:
        setattr(room, name, other)
    try:
        yield
    finally:
        for room, name, _ in swaps:
            setattr(room, name, kept[name])


def _chance_alone(told: forecast.Expectation) -> Any:
    parts = np.zeros_like(told.root_parts)
    parts[:, 0] = told.chances
    return parts


INGREDIENTS = {
    "D": ("nothing", "words", "names", "above+plain+papers", "authors", "code"),
    "X": (
        *("nothing", "words", "names", "above+plain+papers", "papers", "authors", "code", "place"),
        *("listing marks", "chance", "expected votes"),
    ),
}


def ablation(evaluator: Any, data: Path, tasks: list[str]) -> Iterator[dict[str, Any]]:
    """Leave each ingredient out; learnt every four weeks, which is enough to compare."""
    trend_scorer.LEARN_AGAIN = timedelta(days=28)
    for task in tasks:
        whole: Days = {}
        for ingredient in INGREDIENTS.get(task, ()):
            with without(ingredient):
                days = days_of(evaluator, data, task, trend_scorer.make(task))
            whole = whole or days
            yield {"task": task, "without": ingredient, **compared(days, whole)}


class Recorder:
    """A scorer that keeps its scores with the bars they were told against."""

    def __init__(self, inner: TrendScorer, votes: Mapping[str, int]) -> None:
        self.inner, self.votes, self.observe, self.learn = inner, votes, inner.observe, inner.learn
        self.rows: list[tuple[float, bool, bool]] = []

    def score(self, day: str, papers: list[Record]) -> list[float]:
        """Score, and keep chance and interval beside the outcome."""
        scores = self.inner.scores(day, papers)
        bars_for, listed = self.inner.trend.sure_.bars_for, self.inner.is_listing
        for paper, score in zip(papers, scores, strict=True):
            ended, bar = self.votes[paper["arxiv_id"]], bars_for([score.field], np.array([not listed]))[0]
            self.rows.append((score.chance, math.sqrt(ended) > bar, score.low <= ended <= score.high))
        return [score.strength for score in scores]


def calibration(evaluator: Any, data: Path, tasks: list[str]) -> Iterator[dict[str, Any]]:
    """Compare chances and intervals with what came, in ten bins of equal width."""
    for task in tasks:
        votes = {p["arxiv_id"]: v for day in evaluator.days_of([str(data)], task).values() for p, v in day}
        recorder = Recorder(trend_scorer.make(task), votes)
        evaluator.replay([str(data)], task, recorder, FIRST, LAST)
        chance, top, held = (np.array(column, float) for column in zip(*recorder.rows, strict=True))
        bins = np.minimum((chance * 10).astype(int), 9)
        told = [(int((bins == b).sum()), chance[bins == b].mean(), top[bins == b].mean()) for b in np.unique(bins)]
        skill = 1 - np.mean((chance - top) ** 2) / np.mean((top - top.mean()) ** 2)
        rows = [{"papers": n, "told": round(float(p), 3), "came": round(float(q), 3)} for n, p, q in told]
        told_of = {"papers": len(top), "top": top.mean(), "brier_skill": skill, "coverage": held.mean()}
        yield {"task": task, **{name: round(float(value), 3) for name, value in told_of.items()}, "bins": rows}


class Timed(Exception):  # noqa: N818 - it is no error.
    """The replay has come to its day: there is nothing more to time."""


class Stopwatch:
    """A scorer that learns once, scores a thousand papers, and ends with what that cost."""

    def __init__(self, inner: TrendScorer) -> None:
        self.inner, self.observe, self.learn = inner, inner.observe, inner.learn
        self.listed: list[Record] = []

    def score(self, day: str, papers: list[Record]) -> list[float]:
        """Gather days until they hold a thousand papers; the first of them teaches."""
        began = time.process_time()
        if not self.listed:
            self.inner.scores(day, papers[:1])
            self.learning = time.process_time() - began
        self.listed += papers
        if len(self.listed) >= THOUSAND:
            began = time.process_time()
            self.inner.scores(day, self.listed[:THOUSAND])
            raise Timed(self.learning, time.process_time() - began)
        return [0.0] * len(papers)


THOUSAND = 1_000


def cost(evaluator: Any, data: Path, tasks: list[str]) -> Iterator[dict[str, Any]]:
    """Say what learning and scoring cost, in seconds of CPU and megabytes."""
    trend_scorer.LEARN_AGAIN = timedelta(days=28)
    for task in tasks:
        stopwatch = Stopwatch(trend_scorer.make(task))
        try:
            evaluator.replay([str(data)], task, stopwatch, "2026-03-23", LAST)
        except Timed as end:
            learning, scoring = end.args
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            yield {"task": task, "learnt_from": stopwatch.inner.trend.learnt_from_, "learning_s": round(learning, 1),
                   "scoring_1000_s": round(scoring, 3), "most_mb": round(most)}  # fmt: skip


MEASURES: dict[str, Callable[..., Iterator[dict[str, Any]]]] = {
    "table": table, "ablation": ablation, "calibration": calibration, "cost": cost,
}  # fmt: skip


def main() -> None:
    """Print a JSON line for each row."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("measure", choices=sorted(MEASURES))
    asked.add_argument("--data", type=Path, required=True)
    asked.add_argument("--tasks", default="A,B,D,X")
    said = asked.parse_args()
    evaluator = evaluator_beside(said.data)
    for row in MEASURES[said.measure](evaluator, said.data, said.tasks.split(",")):
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
