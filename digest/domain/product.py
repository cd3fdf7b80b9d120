"""The product of the interests of many readers with the papers of an edition: the dearest step, made cheap."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.domain.relevance import Floats

COMMON_FROM = 0.02
"""The share of papers a term must stand in to get a dense row: from there on adding a whole row is cheaper."""


class Product:
    """Multiplies interests with the papers of an edition.

    A term that many papers hold has a dense row, so that it is added to all papers at once; the papers of a rare one
    are looked up.

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
        is_common = held >= max(COMMON_FROM * papers.shape[0], 1)
        self._is_common, self._is_rare = is_common, (held > 0) & ~is_common
        self._dense: Floats = np.ascontiguousarray(turned[np.flatnonzero(is_common)].toarray())
        self._place = np.cumsum(is_common, dtype=np.int32) - 1
        self._rare = _picked(turned, np.repeat(~is_common, held))

    def times(self, interests: sparse.csr_array) -> Floats:
        """Give the products, an array of shape (n_interests, n_papers)."""
        common = _picked(interests, self._is_common[interests.indices])
        shape = (interests.shape[0], self._dense.shape[0])
        placed = sparse.csr_array((common.data, self._place[common.indices], common.indptr), shape)
        products: Floats = placed @ self._dense
        products += (_picked(interests, self._is_rare[interests.indices]) @ self._rare).toarray()
        return products


def _picked(rows: sparse.csr_array, kept: NDArray[np.bool_]) -> sparse.csr_array:
    """Give a matrix with some of its entries only."""
    ends = np.concatenate([[0], np.cumsum(kept)])
    parts = rows.data[kept], rows.indices[kept].astype(np.int32), ends[rows.indptr].astype(np.int32)
    return sparse.csr_array(parts, shape=rows.shape)
