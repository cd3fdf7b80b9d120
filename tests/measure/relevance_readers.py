"""Recorded readers: what each liked, the papers to put in order for them, and how well an order does."""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.measure.relevance_scorer import Record

BASELINES = ("tfidf12_bg", "tfidf12")
SEED = 0
DRAWS = 2_000
Scores = Callable[[Sequence[Record], Sequence[Record]], Sequence[float]]


def evaluator_beside(data: Path) -> Any:
    """Load the program that measures scorers of these sets."""
    described = importlib.util.spec_from_file_location("evaluate_relevance", data.parent / "evaluate_relevance.py")
    if described is None or described.loader is None:
        raise SystemExit(f"{data.parent} holds no evaluate_relevance.py")
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


class Readers:
    """A set of papers with the slates of its readers."""

    def __init__(self, evaluator: Any, data: Path, name: str, *, limit: int | None = None) -> None:
        folder, _, hard = name.partition(" ")
        self.folder, self.evaluator, self.limit = data / folder, evaluator, limit
        self.candidates = "candidates_hard" if hard else "candidates"
        self.papers: list[Record] = self.read("papers")
        self.by_id = {one["id"]: one for one in self.papers}
        self.slates: list[Record] = self.read("slates")[:limit]

    def read(self, name: str) -> list[Record]:
        """Read a file of the set."""
        found: list[Record] = self.evaluator.read(str(self.folder / f"{name}.jsonl.gz"))
        return found

    def named(self, ids: Sequence[str]) -> list[Record]:
        """Give papers by their ids."""
        return [self.by_id[one] for one in ids]

    def ndcg(self, score: Scores, k: int) -> NDArray[np.float64]:
        """Measure NDCG@10 of each slate with k liked papers; equal scores are put in order as the evaluator does."""
        chance, found = np.random.default_rng(SEED), []
        for slate in self.slates:
            if len(slate["profile"]) >= min(k, 5):
                ids, relevant = slate[self.candidates], set(slate["relevant"])
                scores = score(self.named(slate["profile"][:k]), self.named(ids))
                is_relevant = np.array([one in relevant for one in ids])
                found.append(self.evaluator.metrics(scores, is_relevant, chance)[0])
        return np.array(found)

    def pairs(self, score: Scores) -> NDArray[np.float64]:
        """Count wrong and all pairs of graded papers, by weight, for each person: their quotient is the loss."""
        told: dict[str, list[Sequence[float]]] = {}
        for slate in self.slates:
            scores = score(self.named(slate["profile"]), self.named(slate["candidates"]))
            told.setdefault(slate["user"], []).append(self.evaluator.graded(scores, slate["grades"])[:2])
        return np.array([np.sum(told[person], axis=0) for person in sorted(told)])


def baselines(evaluator: Any, papers: Sequence[Record]) -> dict[str, Scores]:
    """Fit the scorers to compare with, which share their vectors."""
    first = evaluator.TfidfBaseline(BASELINES[0])
    first.fit(papers)
    others = {name: evaluator.TfidfBaseline(name) for name in BASELINES}
    for one in others.values():
        one.__dict__ |= {name: value for name, value in first.__dict__.items() if name != "mode"}
    return others


def interval(values: NDArray[np.float64]) -> list[float]:
    """Give the 95 % bootstrap interval of a mean, or of a quotient of sums where there are two columns."""
    draws = np.random.default_rng(SEED).integers(0, len(values), (DRAWS, len(values)))
    means = values[draws].mean(axis=1)
    means = means[:, 0] / means[:, 1] if means.ndim > 1 else means
    return [round(float(one), 4) for one in np.percentile(means, [2.5, 97.5])]


def of_mean(values: NDArray[np.float64]) -> dict[str, Any]:
    """Give a mean with its interval."""
    return {"mean": round(float(values.mean()), 4), "interval": interval(values), "slates": len(values)}
