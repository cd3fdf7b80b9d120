"""What a reader's likes and dislikes teach: one typed phrase, then ever more papers liked, then as many disliked."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from digest.domain import interests
from digest.domain.background import Background
from digest.domain.interests import Interests
from digest.domain.paper import Paper
from digest.domain.profile import Topic
from digest.domain.relevance import Floats, Vectoriser, terms_of_paper
from tests.measure.relevance_curve import Curve, Point
from tests.measure.relevance_readers import SEED, Readers, of_mean
from tests.measure.relevance_scorer import Record, RelevanceScorer

STEPS = (0, 1, 3, 10)
MET = 200
"""Papers a reader comes upon outside the slate, of whom the ten nearest are disliked."""
DISLIKES = 10
IN_PAPERS = 5
"""Papers a phrase must stand in to be typed: nobody types what nobody writes."""
BOTH = f"{STEPS[-1]} + {DISLIKES}"
WEIGHTS = (0.0, 0.05, 0.1, 0.2)
REGRESSIONS = (0.05, 0.1, 0.2, 0.4)
Marks = Mapping[str, Sequence[float]]


class Phrases:
    """What readers of a set of papers may type."""

    def __init__(self, vectoriser: Vectoriser, background: Background) -> None:
        of_term = np.bincount(background.vectors.indices, minlength=background.vectors.shape[1])
        self.papers = dict(zip(vectoriser.terms_, of_term.tolist(), strict=True))

    def of(self, paper: Paper) -> Topic:
        """Give the rarest pair of words of a title that stands in enough papers, else its first two words."""
        terms = terms_of_paper(Paper(key=paper.key, title=paper.title))
        pairs = [term for term in terms if " " in term and self.papers.get(term, 0) >= IN_PAPERS]
        words = [term for term in terms if " " not in term]
        return Topic(words=min(pairs, key=lambda pair: self.papers[pair]) if pairs else " ".join(words[:2]))


@contextmanager
def disliked_weighs(weight: float) -> Iterator[None]:
    """Let dislikes weigh something else while this lasts."""
    usual = interests.DISLIKED
    interests.DISLIKED = weight
    try:
        yield
    finally:
        interests.DISLIKED = usual


class Learner:
    """A recorded reader who begins with a phrase."""

    def __init__(self, scorer: RelevanceScorer, topic: Topic, slate: Record, met: Sequence[int]) -> None:
        self.scorer, self.topic = scorer, topic
        self.liked = scorer.rows_of(slate["profile"][1 : STEPS[-1] + 1])
        self.candidates = scorer.rows_of(slate["candidates"])
        self.met = np.array(met)
        near = scorer.near(self.after(STEPS[-1]), met)
        self.disliked = self.met[np.argsort(-near, kind="stable")[:DISLIKES]].tolist()

    def after(self, likes: int, disliked: Sequence[int] = ()) -> Interests:
        """Give what is known of the reader after some likes."""
        return self.scorer.interests(self.liked[:likes], [self.topic], disliked)

    def near(self, known: Interests) -> Floats:
        """Say how near the candidates are to what is known."""
        return self.scorer.near(known, self.candidates)

    def steps(self) -> Iterator[tuple[str, Floats]]:
        """Score the candidates at each step, as the service does."""
        yield from ((str(likes), self.near(self.after(likes))) for likes in STEPS)
        yield BOTH, self.near(self.after(STEPS[-1], self.disliked))

    def others(self) -> Iterator[tuple[str, Floats]]:
        """Score the candidates as the service does not: dislikes weighed otherwise, and regressions of one reader."""
        for weight in WEIGHTS:
            with disliked_weighs(weight):
                yield f"dislikes weigh {weight}", self.near(self.after(STEPS[-1], self.disliked))
        known = self.after(STEPS[-1])
        liked_only, length = self.near(known), float(np.sqrt(known.followed.power(2).sum(axis=1).max()))
        for name, against in {"dislikes": self.disliked, "all met": self.met.tolist()}.items():
            apart = self.regression(against)
            yield from (
                (f"regression on {name} {weight}", liked_only + weight * length * apart) for weight in REGRESSIONS
            )

    def regression(self, against: Sequence[int]) -> Floats:
        """Tell liked papers from others by a logistic regression, and score candidates by its vector of length 1."""
        vectors = self.scorer.background.vectors
        rows = sparse.csr_array(vectors[[*self.liked, *against]])
        columns = np.unique(rows.indices)
        is_liked = np.arange(rows.shape[0]) < len(self.liked)
        learnt = LogisticRegression(C=10.0, class_weight="balanced").fit(rows[:, columns].toarray(), is_liked)
        weights = learnt.coef_[0] / (np.linalg.norm(learnt.coef_[0]) or 1)
        found: Floats = (vectors[self.candidates][:, columns] @ weights).astype(np.float32)
        return found


def learners(readers: Readers, scorer: RelevanceScorer) -> Iterator[tuple[Record, Learner]]:
    """Give every reader whose profile holds a paper to take a phrase from and ten to like."""
    liked_by = {one["user"]: one["papers"] for one in readers.read("users")}
    phrases, chance = Phrases(scorer.vectoriser, scorer.background), np.random.default_rng(SEED)
    for slate in readers.slates:
        if len(slate["profile"]) <= STEPS[-1]:
            continue
        known = {*liked_by.get(slate["user"], ()), *slate["profile"], *slate["candidates"]}
        drawn = chance.permutation(len(scorer.papers))[: MET + len(known)].tolist()
        met = [number for number in drawn if scorer.papers[number].key not in known][:MET]
        first = scorer.papers[scorer.row[slate["profile"][0]]]
        yield slate, Learner(scorer, phrases.of(first), slate, met)


def marks(readers: Readers, *, with_others: bool) -> dict[str, NDArray[np.float64]]:
    """Measure NDCG@10 of every reader at each step, by the names of the steps."""
    scorer = RelevanceScorer(readers.papers)
    chances: dict[str, np.random.Generator] = {}
    found: dict[str, list[float]] = {}
    for slate, one in learners(readers, scorer):
        is_relevant = np.isin(slate["candidates"], slate["relevant"])
        scored = dict(one.steps()) | (dict(one.others()) if with_others else {})
        for name, scores in scored.items():
            chance = chances.setdefault(name, np.random.default_rng(SEED))
            found.setdefault(name, []).append(readers.evaluator.metrics(scores, is_relevant, chance)[0])
    return {name: np.array(values) for name, values in found.items()}


def learning(
    evaluator: Any, data: Path, sets: Sequence[str], *, limit: int | None = None, with_others: bool = True
) -> Iterator[dict[str, Any]]:
    """Tell what each step is worth beside the one before, and each other way beside ten likes alone."""
    for name in sets:
        measured = marks(Readers(evaluator, data, name, limit=limit), with_others=with_others)
        steps = [*map(str, STEPS), BOTH]
        for step, values in measured.items():
            before = steps[max(steps.index(step) - 1, 0)] if step in steps else str(STEPS[-1])
            apart = {"beside": before, "difference": of_mean(values - measured[before])}
            yield {"set": name, "step": step, **of_mean(values), **apart}


def curves(rows: Sequence[Mapping[str, Any]]) -> list[Curve]:
    """Draw the steps of each set."""
    steps = [*map(str, STEPS), BOTH]
    found: dict[str, list[Point]] = {}
    for row in rows:
        if row["step"] in steps:
            low, high = row["interval"]
            at = Point(x=steps.index(row["step"]), y=row["mean"], low=low, high=high, name=row["step"])
            found.setdefault(f"{row['set']} ({row['slates']} readers)", []).append(at)
    return [Curve(name=name, points=tuple(points), across="papers liked + disliked") for name, points in found.items()]
