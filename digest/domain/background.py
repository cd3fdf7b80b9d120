"""The Background: the newest papers the house holds, against which words are weighed and which terms go together."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.preprocessing import normalize

from digest.domain.profile import Stance, Topic
from digest.domain.relevance import Floats, Vectoriser, terms_of_topic

PAIRS, REPEATS = 0.65, 0.5
"""What pairs of words and repeated words weigh (`Vectoriser`), as measured on readers of five kinds."""
CLEAR = 0.002
"""The share of papers that are a clear match with an interest."""
LEAST_NEAREST = 10
COMMONPLACE = 0.05
"""The share of papers from which a word is no reason."""
LEAST_LETTERS = 3
ENOUGH = 1_000
"""Papers from which the house says which terms go with a phrase: from few papers it would be chance."""
LEAST_SUPPORT = 3
"""Of the papers asked, how many must hold a term."""
NEAREST = 30
"""Papers that are asked which terms go with a phrase."""
MOST_TERMS = 12
"""Terms that are put beside a phrase."""
AGAINST_COMMON = 0.5
BESIDE = 0.7
"""What the terms beside a phrase weigh together, where the phrase weighs 1."""


class Background:
    """The vectors of many papers of the last time, and what all of them have in common.

    Parameters
    ----------
    vectors : csr_array of shape (n_papers, n_terms), rows of length 1
    enough : int
        Papers from which terms are put beside a phrase.

    Attributes
    ----------
    common_ : float32 array of shape (n_terms,)
        The mean of the vectors, of length 1: what a paper is near to that is about nothing in particular.
    usual_ : float32 array of shape (n_terms,)
        The root mean square of each term's weight: how much of a nearness it can be expected to make.

    Examples
    --------
    >>> papers = [["protein", "folding"]] * 3 + [["protein", "energy"], ["robot", "arm"], ["robot", "hand"]]
    >>> vectoriser = Vectoriser().fit(papers)
    >>> Background(vectoriser.transform(papers), enough=6).beside(Topic(words="protein"), vectoriser)
    ('folding',)
    """

    def __init__(self, vectors: sparse.csr_array, *, enough: int = ENOUGH) -> None:
        self.vectors, self.enough = vectors, enough
        papers = max(vectors.shape[0], 1)
        mean = np.bincount(vectors.indices, weights=vectors.data, minlength=vectors.shape[1]) / papers
        self.common_: Floats = (mean / (np.linalg.norm(mean) or 1)).astype(np.float32)
        squares = np.bincount(vectors.indices, weights=vectors.data**2, minlength=vectors.shape[1]) / papers
        self.usual_: Floats = np.sqrt(squares).astype(np.float32)
        self._going_with = lru_cache(maxsize=10_000)(self._going_with_terms)

    def row_of(self, topic: Topic, vectoriser: Vectoriser) -> sparse.csr_array:
        """Give the vector of a phrase with the terms beside it, of length 1; empty where no word is known.

        The words of the phrase weigh 1 together, the terms beside it `BESIDE`. A reader's own terms weigh as the
        vectoriser weighs them. Where the reader named none, the house puts beside what is followed the terms that stand
        out in the papers nearest to the phrase (pseudo-relevance feedback: Rocchio, 1971), and nothing beside the rest.

        Returns
        -------
        csr_array of shape (1, n_terms)
        """
        words = vectoriser.transform([terms_of_topic(topic)])
        if topic.beside is None and topic.stance is Stance.FOLLOW:
            going = self._beside(topic, vectoriser)
            beside = vectoriser.row([term for term, _ in going], [weight for _, weight in going])
        else:
            named = (term for one in topic.beside or () for term in terms_of_topic(Topic(words=one)))
            beside = vectoriser.transform([list(named)])
        return unit(words + BESIDE * beside)

    def beside(self, topic: Topic, vectoriser: Vectoriser) -> tuple[str, ...]:
        """Name the terms that go with a phrase, the weightiest first; those the reader named if there are any.

        A pair of words stands for the words it holds.
        """
        if topic.beside is not None:
            return topic.beside
        return tuple(whole_terms([term for term, _ in self._beside(topic, vectoriser)]))

    def is_telling(self, term: str, vectoriser: Vectoriser) -> bool:
        """Whether a term says something of a paper by itself: it has letters, and few other papers hold it.

        >>> vectoriser, background = learnt_from([["robot", "new", "27"], ["protein", "new"]])
        >>> [background.is_telling(term, vectoriser) for term in ("robot", "27")]
        [True, False]
        """
        if not any(letter.isalpha() for letter in term) or len(term) < LEAST_LETTERS:
            return False
        column = vectoriser.column_of(term)
        held = 0 if column is None else int(self._by_term.indptr[column + 1] - self._by_term.indptr[column])
        return held <= max(COMMONPLACE * self.vectors.shape[0], LEAST_SUPPORT)

    def level(self, row: sparse.csr_array, *, least: float) -> float:
        """Give the cosine that only the nearest `CLEAR` of all papers reach: what a clear match with a row is.

        Parameters
        ----------
        row : csr_array of shape (1, n_terms + 1), its last column for what all papers have in common
        least : what is given at least: where hardly any paper is on a subject, a word in passing is no clear match
        """
        papers, width = self.vectors.shape
        if not row.nnz or not papers:
            return least
        named = row.indices < width
        near = self._by_term[:, row.indices[named]] @ row.data[named]
        near = near + self._near_common * float(row.data[~named].sum())
        rank = min(max(LEAST_NEAREST, round(CLEAR * papers)), max(papers // 10, 1))
        return max(float(np.partition(near, -rank)[-rank]), least)

    @cached_property
    def _near_common(self) -> Floats:
        near: Floats = self.vectors @ self.common_
        return near

    def _beside(self, topic: Topic, vectoriser: Vectoriser) -> tuple[tuple[str, float], ...]:
        """Give the terms the house puts beside a phrase with their weights, of length 1 together."""
        words = vectoriser.transform([terms_of_topic(topic)])
        going = self._going_with(tuple(words.indices.tolist()), tuple(words.data.tolist()))
        return tuple((vectoriser.terms_[column], weight) for column, weight in going)

    def _going_with_terms(self, columns: tuple[int, ...], weights: tuple[float, ...]) -> list[tuple[int, float]]:
        if self.vectors.shape[0] < self.enough:
            return []
        near = self._by_term[:, list(columns)] @ np.array(weights, np.float32)
        most = min(NEAREST, len(near))
        nearest = np.argsort(-near, kind="stable")[:most]
        nearest = nearest[near[nearest] > 0]
        rows = sparse.diags_array(near[nearest]) @ self.vectors[nearest]
        found, place = np.unique(rows.indices, return_inverse=True)
        going = np.bincount(place, weights=rows.data, minlength=len(found))
        going = going / (np.linalg.norm(going) or 1) - AGAINST_COMMON * self.common_[found]
        held = np.bincount(place, minlength=len(found))
        going[np.isin(found, columns) | (held < LEAST_SUPPORT)] = 0
        best = np.argsort(-going, kind="stable")[:MOST_TERMS]
        best = best[going[best] > 0]
        length = float(np.linalg.norm(going[best])) or 1.0
        return [(int(found[at]), float(going[at]) / length) for at in best]

    @cached_property
    def _by_term(self) -> sparse.csc_array:
        return sparse.csc_array(self.vectors)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Give what `from_arrays` makes the same background of, weights in half precision."""
        shape = np.array(self.vectors.shape)
        weights = self.vectors.data.astype(np.float16)
        return {"data": weights, "indices": self.vectors.indices, "indptr": self.vectors.indptr, "shape": shape}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> "Background":
        """Make a background of what `to_arrays` gave."""
        parts = arrays["data"].astype(np.float32), arrays["indices"], arrays["indptr"]
        return cls(sparse.csr_array(parts, shape=(int(arrays["shape"][0]), int(arrays["shape"][1]))))


def learnt_from(texts: Sequence[Sequence[str]]) -> tuple[Vectoriser, Background]:
    """Learn from the terms of many papers how terms are weighed, and which go together.

    >>> vectoriser, background = learnt_from([["protein", "folding"], ["protein", "design"]])
    >>> background.vectors.shape, len(vectoriser.terms_)
    ((2, 3), 3)
    """
    vectoriser = Vectoriser(pairs=PAIRS, repeats=REPEATS).fit(texts)
    return vectoriser, Background(vectoriser.transform(texts))


def unit(row: sparse.csr_array) -> sparse.csr_array:
    """Scale a row to length 1; an empty one stays so.

    >>> unit(sparse.csr_array(np.array([[3, 4]], np.float32))).toarray().round(2).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    return sparse.csr_array(normalize(row)) if row.nnz else row


def whole_terms(names: Sequence[str]) -> list[str]:
    """Leave out words that stand in a longer term as well: “protein design” says “protein” and “design”.

    >>> whole_terms(["protein", "design", "protein design", "fold"])
    ['protein design', 'fold']
    """
    return [name for name in names if not any(f" {name} " in f" {other} " for other in names if other != name)]
