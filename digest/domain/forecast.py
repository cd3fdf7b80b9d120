"""What a paper will gather before anybody has voted, learnt from its authors, its words and its listing."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from math import log1p
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge

from digest.domain.history import MOST_AUTHORS, AuthorHistory
from digest.domain.paper import Paper
from digest.domain.relevance import Vectoriser, terms_of_paper

Floats = NDArray[np.float64]
NUMBERS = ("above", "plain", "papers", "authors", "place", "code", "link")
"""What is counted of a paper: its authors' records, how many they are, its place in the listing, code or none."""
GROUPS = ("usual", "authors", "words", "listing", "code")
GROUP_OF = np.array([1, 1, 1, 1, 3, 4, 4])
"""The group of `GROUPS` that each of `NUMBERS` belongs to."""
LEAST = 0.3
"""Root votes that are expected at least: nobody picks a paper without giving it a chance."""
MOST_WORDS = 20_000
TELLING = 0.1
"""Root votes from which a word is worth naming."""
MARKS_FROM = 3
"""Papers an author, a category or a word of a comment must stand on to become a column of its own."""
LINK = re.compile(r"https?://|\.github\.io|\bproject page\b|\bgithub\b", re.IGNORECASE)
BY = "by "
COMMENT_WORD = re.compile(r"[a-z]{3,}")


def numbers_of(paper: Paper, history: AuthorHistory, place: float) -> tuple[float, ...]:
    """Give the `NUMBERS` of a paper.

    Parameters
    ----------
    history : what was known of the authors before the paper's day
    place : how far down the ids of its day it stands, from 0 (first) to 1 (last)

    >>> numbers_of(Paper(key="arxiv:1", title="A", authors=("Ann Lee",) * 3), AuthorHistory(), 0.5)[3:]
    (1.3862943611198906, 0.0625, 0.0, 0.0)
    """
    above, plain, papers = history.record_of(paper.authors, without=paper.key)
    has_link = bool(LINK.search(f"{paper.comment}\n{paper.abstract}"))
    has_code = bool(has_link or paper.code or paper.project_url)
    # Only the very end of a day's ids stands out, so the place is taken to the fourth power.
    return (
        above,
        plain,
        log1p(papers),
        log1p(min(len(paper.authors), MOST_AUTHORS)),
        place**4,
        float(has_code),
        float(has_link),
    )


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of papers before any count.

    Attributes
    ----------
    roots : array of shape (n_papers,), root votes expected where people vote
    chances : array of shape (n_papers,), probability of being picked to stand there at all
    root_parts, odds_parts : arrays of shape (n_papers, 5) that add up to `roots` and to the log odds of `chances`,
        a column for each of `GROUPS`
    words : for each paper up to two of its words that raise `roots` most
    """

    roots: Floats
    chances: Floats
    root_parts: Floats
    odds_parts: Floats
    words: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Line:
    """A linear model: `start` is what it says of a paper of usual numbers and no known column."""

    start: float
    numbers: Floats
    centre: Floats
    columns: Floats

    def parts(self, rows: sparse.csr_array, numbers: Floats, groups: NDArray[np.intp]) -> Floats:
        """Split what it says of papers into the `GROUPS`; shape (n_papers, 5), each row adds up to the whole."""
        told = (numbers - self.centre) * self.numbers
        parts = np.zeros((len(numbers), len(GROUPS)))
        parts[:, 0] = self.start
        np.add.at(parts.T, GROUP_OF, told.T)
        for group in range(1, len(GROUPS)):
            parts[:, group] += rows @ np.where(groups == group, self.columns, 0.0)
        return parts


class Forecast:
    """Two stages: whether a paper is picked to stand where people vote, and how many votes it gathers there.

    With x the columns of a paper (its words by TF-IDF, an indicator for each known author, category and word of the
    comment) and z its `NUMBERS`,

        P(picked) = 1 / (1 + exp(-(a + b x + c z)))      logistic regression, C = 1
        E(root votes if picked) = d + f x + g z          ridge regression, alpha = 10

    and what is to be expected of a paper that only stands in a listing is the product of the two: measured, it ranks a
    listing better than either. Square roots of votes serve better than logarithms, which care too little for the top.

    Parameters
    ----------
    alpha : float
        Penalty of the ridge regression, above 0.
    mark_weight : float
        Size of an indicator, above 0; the text of a paper as a whole has length 1.

    Attributes
    ----------
    picked_, roots_ : Line
        The two stages. Before `fit` they hold a formula that a year of Daily Papers and arXiv listings gave: log odds
        -3.55 + 0.06 ln(1 + authors) + 1.12 link + 0.10 plain, root votes 1.09 + 1.16 ln(1 + authors) + 0.04 above.

    Examples
    --------
    >>> papers = [Paper(key="arxiv:1", title="A", authors=names) for names in (("Ann Lee",), ("Bo Ek",) * 9)]
    >>> numbers = np.array([numbers_of(paper, AuthorHistory(), 0.0) for paper in papers])
    >>> Forecast().predict(papers, numbers).roots.round(2).tolist()
    [1.89, 3.76]
    """

    def __init__(self, *, alpha: float = 10.0, mark_weight: float = 0.6) -> None:
        self.alpha, self.mark_weight = alpha, mark_weight
        self.words_ = Vectoriser(most=MOST_WORDS)
        self._marks: dict[str, int] = {}
        nothing = np.zeros(len(NUMBERS)), np.zeros(0)
        self.picked_ = Line(-3.55, np.array([0.0, 0.1, 0.0, 0.06, 0.0, 0.0, 1.12]), *nothing)
        self.roots_ = Line(1.09, np.array([0.04, 0.0, 0.0, 1.16, 0.0, 0.0, 0.0]), *nothing)

    def fit(
        self, papers: Sequence[Paper], numbers: Floats, *, roots: Floats, is_listed: NDArray[np.bool_]
    ) -> "Forecast":
        """Learn both stages.

        Parameters
        ----------
        numbers : array of shape (n_papers, 7), as `numbers_of` gave them on the day of each paper
        roots : array of shape (n_papers,), the root votes each ended at; nan where it was never picked
        is_listed : array of shape (n_papers,), whether a source announced it that lists all of its field. Papers
            known only because they were picked say nothing on who is picked, and are left out of the first stage.
        """
        words = [terms_of_paper(paper, longest=1) for paper in papers]
        self.words_.fit(words)
        counts = Counter(mark for paper in papers for mark in set(_marks(paper)))
        self._marks = {mark: at for at, mark in enumerate(sorted(m for m, n in counts.items() if n >= MARKS_FROM))}
        rows, picked = self._rows(papers, words), ~np.isnan(roots)
        # The second stage asks of those who were picked, so being listed and its traces say nothing more to it.
        seen = np.where([name in ("above", "authors", "code") for name in NUMBERS], numbers, 0.0)
        ridge = Ridge(alpha=self.alpha, solver="sparse_cg", tol=1e-4)
        self.roots_ = _line(ridge, rows[picked], seen[picked], roots[picked])
        if 0 < picked[is_listed].sum() < is_listed.sum():
            odds = LogisticRegression(C=1.0, max_iter=300)
            # Where people vote, code is known of more often: in a listing that would tell who was picked.
            told = np.where([name == "code" for name in NUMBERS], 0.0, numbers)
            self.picked_ = _line(odds, rows[is_listed], told[is_listed], picked[is_listed])
        else:
            self.picked_ = replace(Forecast().picked_, columns=np.zeros(rows.shape[1]))
        return self

    def predict(self, papers: Sequence[Paper], numbers: Floats) -> Expectation:
        """Say what is expected of papers; the order is kept."""
        rows = self._rows(papers, [terms_of_paper(paper, longest=1) for paper in papers])
        root_parts = self.roots_.parts(rows, numbers, self._groups)
        odds_parts = self.picked_.parts(rows, numbers, self._groups)
        root_parts[:, 0] += np.maximum(LEAST - root_parts.sum(axis=1), 0.0)
        chances: Floats = expit(odds_parts.sum(axis=1))
        return Expectation(root_parts.sum(axis=1), chances, root_parts, odds_parts, self._telling(rows))

    def _telling(self, rows: sparse.csr_array) -> list[list[str]]:
        """Name, for each paper, the words that raise what is expected most."""
        n = len(self.words_.terms_)
        raised = sparse.csr_array(rows[:, :n].multiply(self.roots_.columns[None, :n]))
        named = []
        for start, end in pairwise(raised.indptr):
            best = sorted(zip(raised.data[start:end], raised.indices[start:end], strict=True), reverse=True)[:2]
            named.append([self.words_.terms_[column] for gain, column in best if gain >= TELLING])
        return named

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Give what `from_arrays` makes the same forecast of: arrays and JSON, nothing that runs."""
        marks = np.frombuffer(json.dumps(list(self._marks)).encode(), np.uint8)
        lines = {"picked": self.picked_, "roots": self.roots_}
        told = {f"{name}_{part}": value for name, line in lines.items() for part, value in asdict(line).items()}
        words = {f"words_{name}": array for name, array in self.words_.to_arrays().items()}
        return words | {"marks": marks} | {name: np.asarray(value) for name, value in told.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Forecast":
        """Make a forecast of what `to_arrays` gave."""
        made = cls()
        made.words_ = Vectoriser.from_arrays({name: arrays[f"words_{name}"] for name in ("terms", "idf")})
        made._marks = {mark: at for at, mark in enumerate(json.loads(arrays["marks"].tobytes()))}
        made.picked_, made.roots_ = (
            Line(
                float(arrays[f"{name}_start"]), *(arrays[f"{name}_{part}"] for part in ("numbers", "centre", "columns"))
            )
            for name in ("picked", "roots")
        )
        return made

    @property
    def _groups(self) -> NDArray[np.intp]:
        """The group of each column: words first, then the marks."""
        marks = [1 if mark.startswith(BY) else 3 for mark in self._marks]
        return np.array([2] * len(self.words_.terms_) + marks, np.intp)

    def _rows(self, papers: Sequence[Paper], words: Sequence[Sequence[str]]) -> sparse.csr_array:
        known = [sorted({self._marks[mark] for mark in _marks(paper) if mark in self._marks}) for paper in papers]
        starts = np.cumsum([0, *map(len, known)])
        columns = np.array([column for row in known for column in row], np.int32)
        weights = np.full(len(columns), self.mark_weight, np.float32)
        marks = sparse.csr_array((weights, columns, starts), shape=(len(papers), len(self._marks)))
        return sparse.csr_array(sparse.hstack([self.words_.transform(words), marks], format="csr"))


def _marks(paper: Paper) -> Iterator[str]:
    """Name what a paper carries besides its words: who wrote it, its categories, the words of its comment."""
    yield from (f"{BY}{author}" for author in paper.authors[:MOST_AUTHORS])
    yield from (f"in {category}" for category in paper.categories)
    yield f"first in {paper.field}"
    yield from (f"comment {word}" for word in COMMENT_WORD.findall(paper.comment.lower()))


def _line(model: Ridge | LogisticRegression, rows: sparse.csr_array, numbers: Floats, told: Floats) -> Line:
    """Fit a linear model on columns and numbers, the numbers at equal scatter."""
    centre, scatter = numbers.mean(axis=0), numbers.std(axis=0)
    # What was the same of all papers teaches nothing; divided by next to nothing it would shout.
    scale = np.where(scatter > 1e-6, scatter, 1.0)
    model.fit(sparse.hstack([rows, sparse.csr_array((numbers - centre) / scale)], format="csr"), told)
    weights, width = np.ravel(model.coef_), rows.shape[1]
    return Line(float(np.ravel(model.intercept_)[0]), weights[width:] / scale, centre, weights[:width])
