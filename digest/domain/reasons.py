"""Splits the relevance of chosen papers into the terms it is the sum of, for many readers at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.domain.relevance import Floats

TERMS_KEPT = 5
AGAINST_KEPT = 2
Terms = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """The largest shares of a number of (interest, paper) pairs.

    Attributes
    ----------
    columns, shares : arrays of shape (n_pairs, TERMS_KEPT): the terms that speak for a paper, largest share first; -1
        and 0 where there are no more
    against_columns, against_shares : of shape (n_pairs, AGAINST_KEPT): the terms that speak against it
    rest : float32 array of shape (n_pairs,): all other shares, so that everything together is the relevance
    """

    columns: NDArray[np.intp]
    shares: Floats
    against_columns: NDArray[np.intp]
    against_shares: Floats
    rest: Floats

    def of(self, pair: int, terms: Sequence[str]) -> tuple[Terms, Terms]:
        """Give the terms for and against a pair with their shares."""
        return (
            _named(self.columns[pair], self.shares[pair], terms),
            _named(self.against_columns[pair], self.against_shares[pair], terms),
        )


def _named(columns: NDArray[np.intp], shares: Floats, terms: Sequence[str]) -> Terms:
    found = zip(columns.tolist(), shares.tolist(), strict=True)
    return tuple((terms[column], share) for column, share in found if column >= 0)


def reasons_of(interests: sparse.csr_array, papers: sparse.csr_array) -> Reasons:
    """Split the products of pairs of rows into shares.

    Parameters
    ----------
    interests : csr_array of shape (n_pairs, n_terms + 1); the last column is common to all papers and is never named
    papers : csr_array of the same shape

    >>> interest = sparse.csr_array(np.array([[0.6, 0.8, -0.1, -0.2]], np.float32))
    >>> found = reasons_of(interest, sparse.csr_array(np.array([[0.5, 0.5, 0.7, 0.1]], np.float32)))
    >>> [(term, round(share, 2)) for term, share in found.of(0, ["protein", "design", "survey"])[0]]
    [('design', 0.4), ('protein', 0.3)]
    >>> found.of(0, ["protein", "design", "survey"])[1][0][0], round(float(found.rest[0]), 2)
    ('survey', -0.02)
    """
    products = sparse.csr_array(interests.multiply(papers))
    products.sort_indices()
    pairs = products.shape[0]
    sums = np.asarray(products.sum(axis=1), np.float32).ravel()
    of_pair = np.repeat(np.arange(pairs), np.diff(products.indptr))
    named = products.data * (products.indices < products.shape[1] - 1)
    best = _largest(of_pair, products.indices, named, pairs, TERMS_KEPT)
    worst = _largest(of_pair, products.indices, -named, pairs, AGAINST_KEPT)
    rest = sums - best[1].sum(axis=1) + worst[1].sum(axis=1)
    return Reasons(columns=best[0], shares=best[1], against_columns=worst[0], against_shares=-worst[1], rest=rest)


def _largest(
    of_pair: NDArray[np.intp], columns: NDArray[np.int32], shares: Floats, pairs: int, most: int
) -> tuple[NDArray[np.intp], Floats]:
    """Give the largest positive shares of each pair, largest first, at equal shares the earlier term.

    Pairs and their columns come in order. One largest after another is taken out, which is cheaper than sorting all.
    """
    at, values = np.full((pairs, most), -1, np.intp), np.zeros((pairs, most), np.float32)
    positive = np.flatnonzero(shares > 0)
    of_pair, columns, left = of_pair.take(positive), columns.take(positive), shares.take(positive)
    begins = np.flatnonzero(np.diff(of_pair, prepend=-1))
    counts = np.diff(begins, append=len(of_pair))
    for slot in range(most if len(begins) else 0):
        top = np.flatnonzero(left == np.repeat(np.maximum.reduceat(left, begins), counts))
        first = top[np.diff(of_pair[top], prepend=-1) > 0]
        first = first[left[first] > 0]
        at[of_pair[first], slot], values[of_pair[first], slot] = columns[first], left[first]
        left[first] = 0
    return at, values
