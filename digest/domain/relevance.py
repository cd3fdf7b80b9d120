"""How near papers and readers are in TF-IDF space, and the terms that nearness is the sum of."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

from digest.domain.paper import Paper
from digest.domain.profile import Topic, TopicKind

Floats = NDArray[np.float32]
WORD = r"(?u)\b\w[\w+#]*\w\b"
BLOCK = 500
"""Rows multiplied at once, so that memory stays small however many papers there are."""
STOP_WORDS_FROM = 3_000
"""Papers from which terms that stand in one paper only are left out of the vocabulary."""


@cache
def _analyser(longest: int = 2) -> Callable[[str], list[str]]:
    analyse: Callable[[str], list[str]] = CountVectorizer(
        ngram_range=(1, longest), stop_words="english", token_pattern=WORD
    ).build_analyzer()
    return analyse


def terms_of_paper(paper: Paper, longest: int = 2) -> list[str]:
    """List the terms of a paper: the words of title and abstract, and the pairs of them unless `longest` is 1.

    >>> terms_of_paper(Paper(key="arxiv:1", title="Protein design"))
    ['protein', 'design', 'protein design']
    """
    return _analyser(longest)(f"{paper.title}\n{paper.abstract}")


def terms_of_topic(topic: Topic) -> list[str]:
    """List the terms of a topic; empty for a rule, which is no text, and for stop words alone."""
    return _analyser()(topic.words) if topic.kind is TopicKind.PHRASE else []


class Vectoriser:
    """TF-IDF over words and pairs of words, sublinear, of unit length.

    A term t that stands f times in a text, in d of n fitted papers, weighs

        p(t) (1 + r ln f) (1 + ln((1 + n) / (1 + d)))

    before the vector is scaled to length 1, where p(t) is `pairs` for a pair of words and 1 for a word. With
    `pairs = repeats = 1` these are the weights of Salton and Buckley (1988) as scikit-learn computes them.

    Parameters
    ----------
    most : int, optional
        Terms to keep, those of most texts first; all if left out.
    pairs : float
        What a pair of words weighs beside the words themselves.
    repeats : float
        r, from 0 (that a word is repeated counts for nothing) to 1.

    Attributes
    ----------
    terms_ : list of str
        The vocabulary; column j of every matrix is `terms_[j]`.
    idf_ : float32 array of shape (n_terms,)
        The weight of a term that stands once: the formula without its second factor.

    Examples
    --------
    >>> papers = [["protein", "design"], ["protein", "folding"], ["robot", "arm"]]
    >>> vectoriser = Vectoriser().fit(papers)
    >>> vectoriser.transform([["protein", "robot"]]).toarray()[0].astype(float).round(2).tolist()
    [0.0, 0.0, 0.0, 0.61, 0.8]
    """

    def __init__(self, *, most: int | None = None, pairs: float = 1.0, repeats: float = 1.0) -> None:
        self.most, self.pairs, self.repeats = most, pairs, repeats
        self.terms_: list[str] = []
        self.idf_: Floats = np.zeros(0, np.float32)
        self._column: dict[str, int] = {}

    def fit(self, papers: Iterable[Sequence[str]]) -> "Vectoriser":
        """Learn vocabulary and weights from the terms of papers."""
        texts = list(papers)
        if not any(texts):
            return self._with([], np.zeros(0, np.float32))
        at_least = 2 if len(texts) >= STOP_WORDS_FROM else 1
        counter = CountVectorizer(analyzer=list, min_df=at_least, max_features=self.most, dtype=np.float32)
        counts = counter.fit_transform(texts)
        tfidf = TfidfTransformer().fit(counts)
        terms = counter.get_feature_names_out().tolist()
        of_pairs = np.array([self.pairs if " " in term else 1.0 for term in terms])
        return self._with(terms, (tfidf.idf_ * of_pairs).astype(np.float32))

    def transform(self, texts: Iterable[Sequence[str]]) -> sparse.csr_array:
        """Give one row of length 1 for each list of terms; a text without a known term gives an empty row."""
        indptr, indices, times = [0], [], []
        for terms in texts:
            counts: dict[int, int] = {}
            for term in terms:
                if (column := self._column.get(term)) is not None:
                    counts[column] = counts.get(column, 0) + 1
            columns = sorted(counts)
            indices += columns
            times += [counts[column] for column in columns]
            indptr.append(len(indices))
        shape = (len(indptr) - 1, len(self.terms_))
        weights = (1 + self.repeats * np.log(np.array(times, float))) * self.idf_[np.array(indices, np.int32)]
        rows = sparse.csr_array((weights.astype(np.float32), np.array(indices, np.int32), indptr), shape=shape)
        return sparse.csr_array(normalize(rows, copy=False)) if rows.nnz else rows

    def column_of(self, term: str) -> int | None:
        """Give the column of a term, or None if it is not known."""
        return self._column.get(term)

    def row(self, terms: Sequence[str], weights: Sequence[float]) -> sparse.csr_array:
        """Give a row of given weights; unknown terms are left out."""
        known = {
            self._column[term]: weight for term, weight in zip(terms, weights, strict=True) if term in self._column
        }
        columns = sorted(known)
        parts = (
            np.array([known[column] for column in columns], np.float32),
            np.array(columns, np.int32),
            [0, len(columns)],
        )
        return sparse.csr_array(parts, shape=(1, len(self.terms_)))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Give what `from_arrays` makes the same vectoriser of: arrays and JSON, nothing that runs."""
        terms = np.frombuffer(json.dumps(self.terms_).encode(), np.uint8)
        return {"terms": terms, "idf": self.idf_, "repeats": np.array([self.repeats])}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> "Vectoriser":
        """Make a vectoriser of what `to_arrays` gave."""
        repeats = float(arrays["repeats"][0]) if "repeats" in arrays else 1.0
        return cls(repeats=repeats)._with(json.loads(arrays["terms"].tobytes()), arrays["idf"])

    def _with(self, terms: list[str], idf: Floats) -> "Vectoriser":
        self.terms_, self.idf_ = terms, idf
        self._column = {term: column for column, term in enumerate(terms)}
        return self


def likeness(papers: sparse.csr_array) -> Floats:
    """Give the cosine of every two papers, an array of shape (n_papers, n_papers).

    >>> likeness(sparse.csr_array(np.array([[1, 0], [0.6, 0.8]], np.float32))).round(1).tolist()
    [[1.0, 0.6000000238418579], [0.6000000238418579, 1.0]]
    """
    alike = np.empty((papers.shape[0], papers.shape[0]), np.float32)
    turned = papers.T.tocsr()
    for start in range(0, papers.shape[0], BLOCK):
        alike[start : start + BLOCK] = (papers[start : start + BLOCK] @ turned).toarray()
    return alike


def clusters_of(papers: sparse.csr_array, threshold: float) -> NDArray[np.int32]:
    """Number groups of near-duplicates: papers whose cosine reaches `threshold`, directly or over others.

    >>> clusters_of(sparse.csr_array(np.array([[1, 0], [0, 1], [1, 0]], np.float32)), 0.9).tolist()
    [0, 1, 0]
    """
    blocks = []
    for start in range(0, papers.shape[0], BLOCK):
        near = sparse.csr_array(papers[start : start + BLOCK] @ papers.T)
        near.data = (near.data >= threshold).astype(np.float32)
        near.eliminate_zeros()
        blocks.append(near)
    near = sparse.csr_array(sparse.vstack(blocks, format="csr"))
    labels: NDArray[np.int32] = sparse.csgraph.connected_components(near, directed=False)[1]
    return labels


def holds_phrase(words: str, *texts: str) -> bool:
    """Whether one of the texts holds a phrase as whole words, whatever the case; an s at a word's end does not matter.

    >>> holds_phrase("diffusion models", "A Diffusion-model zoo"), holds_phrase("art", "started")
    (True, False)
    >>> holds_phrase("C++", "fast C++ code"), holds_phrase("C++", "vitamin C")
    (True, False)
    """
    typed = re.findall(r"[\w+#]+", words.casefold())
    wanted = [re.escape(word[:-1] if len(word) > 3 and word.endswith("s") else word) for word in typed]
    phrase = r"s?[^\w+#]+".join(wanted)
    pattern = re.compile(rf"(?<![\w+#]){phrase}s?(?![\w+#])")
    return bool(wanted) and any(pattern.search(text.casefold()) for text in texts)
