"""The product of the interests of many readers with the papers of an edition: the dearest step, made cheap."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.domain.diversity import Places
from digest.domain.relevance import Floats

RARE = 16
"""The most papers that may hold a term for it to be looked up: beyond, adding a whole row is cheaper."""


class Product:
    """Multiplies interests with the papers of an edition.

    A term that many papers hold has a dense row, so that it is added to all papers at once; the papers of a rare one
    are looked up in a table, `RARE` places a term.

    Parameters
    ----------
    papers : csr_array of shape (n_papers, n_terms)

    Examples
    --------
    >>> papers = sparse.csr_array(np.array([[0.6, 0.8, 0], [0, 1, 0]], np.float32))
    >>> interests = sparse.csr_array(np.array([[0.5, 0.5, 0.7]], np.float32))
    >>> Product(papers).times(interests).round(1).tolist()
    [[0.699999988079071, 0.5]]
    """

    def __init__(self, papers: sparse.csr_array) -> None:
        turned = sparse.csr_array(papers.T.tocsr())
        held = np.diff(turned.indptr)
        common, rare = np.flatnonzero(held > RARE), np.flatnonzero((held > 0) & (held <= RARE))
        self._dense: Floats = np.ascontiguousarray(turned[common].toarray())
        # Every term gets a number: the common ones first, then the rare ones, then one for all that no paper holds.
        self._ends = np.cumsum([len(common), len(rare)])
        self._number = np.full(len(held), self._ends[1], np.int32)
        self._number[np.concatenate([common, rare])] = np.arange(self._ends[1])
        sparsely = turned[rare]
        term = np.repeat(np.arange(len(rare)), held[rare])
        slot = np.arange(sparsely.nnz) - sparsely.indptr[term]
        # What is left of a table row counts 0, for different papers: adding to one again and again is slow.
        self._papers = np.tile(np.arange(RARE, dtype=np.int32) % papers.shape[0], (len(rare), 1))
        self._values = np.zeros((len(rare), RARE), np.float32)
        self._papers[term, slot], self._values[term, slot] = sparsely.indices, sparsely.data

    def times(self, interests: sparse.csr_array) -> Floats:
        """Give the products, an array of shape (n_interests, n_papers)."""
        number = self._number.take(interests.indices)
        common = np.flatnonzero(number < self._ends[0])
        ends = np.searchsorted(common, interests.indptr).astype(np.int32)
        shape = (interests.shape[0], len(self._dense))
        placed = sparse.csr_array((interests.data.take(common), number.take(common), ends), shape)
        products: Floats = placed @ self._dense
        rare = np.flatnonzero((number >= self._ends[0]) & (number < self._ends[1]))
        self._add_rare(products, interests, rare, number.take(rare) - self._ends[0])
        return products

    def _add_rare(self, products: Floats, interests: sparse.csr_array, rare: Places, term: NDArray[np.int32]) -> None:
        begins = np.arange(0, products.size, products.shape[1])  # Where each row of the products begins.
        begin = np.repeat(begins, np.diff(np.searchsorted(rare, interests.indptr)))
        at = self._papers.take(term, axis=0) + begin[:, None]
        values = self._values.take(term, axis=0)
        values *= interests.data.take(rare)[:, None]
        np.add.at(products.reshape(-1), at.reshape(-1), values.reshape(-1))
