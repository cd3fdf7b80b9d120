"""Measures relevance over recorded readers and days: the table, what likes teach, breadth, and what a reader costs.

    PYTHONPATH=. python -m tests.measure.relevance_report table|learning|diversity|cost --data FOLDER [--sets …]

FOLDER holds the sets of readers, and `trend` beside it the recorded days; `evaluate_relevance.py`, whose measures are
used, stands beside both. With `--picture FILE`, learning and diversity draw what they print. Nothing here scores.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.measure import relevance_issues, relevance_learning
from tests.measure.relevance_curve import drawing
from tests.measure.relevance_readers import Readers, Scores, baselines, evaluator_beside, interval, of_mean
from tests.measure.relevance_scorer import RelevanceScorer

SETS = ("authors", "authors hard", "cula", "cular", "reviews", "gold")
KS = (3, 5, 10, 20)
COMPARED_AT = 10


def table(evaluator: Any, data: Path, sets: Sequence[str], *, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """Measure each set with one configuration, and compare it with the baselines slate by slate."""
    known: dict[Path, tuple[Scores, Mapping[str, Scores]]] = {}
    for name in sets:
        readers = Readers(evaluator, data, name, limit=limit)
        if readers.folder not in known:
            known = {readers.folder: (RelevanceScorer(readers.papers).score, baselines(evaluator, readers.papers))}
        ours, others = known[readers.folder]
        if "grades" in readers.slates[0]:
            yield from _graded(readers, name, ours, others)
            continue
        measured = {k: readers.ndcg(ours, k) for k in KS}
        yield {"set": name} | {f"k{k}": of_mean(values) for k, values in measured.items()}
        for other, score in others.items():
            theirs = readers.ndcg(score, COMPARED_AT)
            apart = of_mean(measured[COMPARED_AT] - theirs)
            yield {"set": name, "against": other, "other": round(float(theirs.mean()), 4), "difference": apart}


def _graded(readers: Readers, name: str, ours: Scores, others: Mapping[str, Scores]) -> Iterator[dict[str, Any]]:
    """Compare losses; what is drawn again and again is people, of whom each has a pair of sums."""
    pairs = readers.pairs(ours)
    loss = pairs.sum(axis=0)
    yield {"set": name, "loss": round(float(loss[0] / loss[1]), 4), "interval": interval(pairs), "people": len(pairs)}
    for other, score in others.items():
        theirs = readers.pairs(score)
        apart = np.column_stack([pairs[:, 0] - theirs[:, 0], pairs[:, 1]])
        sums, total = apart.sum(axis=0), theirs.sum(axis=0)
        told = {"mean": round(float(sums[0] / sums[1]), 4), "interval": interval(apart)}
        yield {"set": name, "against": other, "other": round(float(total[0] / total[1]), 4), "difference": told}


def _learning(said: argparse.Namespace) -> Iterator[dict[str, Any]]:
    asked = said.sets or ("cula", "authors")
    return relevance_learning.learning(evaluator_beside(said.data), said.data, asked, limit=said.limit)


def _table(said: argparse.Namespace) -> Iterator[dict[str, Any]]:
    return table(evaluator_beside(said.data), said.data, said.sets or SETS, limit=said.limit)


MEASURES: dict[str, Callable[[argparse.Namespace], Iterator[dict[str, Any]]]] = {
    "table": _table,
    "learning": _learning,
    "diversity": lambda said: relevance_issues.diversity(said.data.parent / "trend"),
    "cost": lambda said: relevance_issues.cost(said.data.parent / "trend", count=said.limit or relevance_issues.MANY),
}
PICTURES: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "learning": lambda rows: drawing("What likes teach", "NDCG@10", relevance_learning.curves(rows)),
    "diversity": lambda rows: drawing(
        "How alike the papers of an issue are", "mean cosine of two papers", relevance_issues.curves(rows)
    ),
}


def main() -> None:
    """Print a JSON line for each row."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("measure", choices=sorted(MEASURES))
    asked.add_argument("--data", type=Path, required=True)
    asked.add_argument("--sets", type=lambda names: names.split(","), help="such as 'cula,authors hard'")
    asked.add_argument("--limit", type=int, help="slates of each set, or readers to time")
    asked.add_argument("--picture", type=Path)
    said = asked.parse_args()
    rows = []
    for row in MEASURES[said.measure](said):
        rows.append(row)
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
    if said.picture and said.measure in PICTURES:
        said.picture.write_text(PICTURES[said.measure](rows), encoding="utf-8")


if __name__ == "__main__":
    main()
