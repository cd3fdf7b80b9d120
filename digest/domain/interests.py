"""Interests: what a reader said and liked as weighted vectors, one for each thing followed, apart from one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.domain.background import Background, unit
from digest.domain.paper import Paper
from digest.domain.profile import Reaction, Stance, Topic
from digest.domain.relevance import Floats, Vectoriser, terms_of_paper

LIKED = 2.0
"""What liked papers weigh against the words of a topic: times the root of their number."""
COMMON = 0.25
"""The share of what all papers have in common that is taken off liked papers."""
DISLIKED = 0.1
LESS = 0.5
TYPED, FROM_LIKED = 0.2, 0.08
"""The least cosine that is a clear match, with a phrase and with liked papers, which share many small weights."""
HALF_LIFE = 180.0
"""Days in which a reaction comes to count half as much as a newer one."""
NOWHERE = -1
JOINS = 0.03
"""The cosine with a phrase from which a liked paper is on it, and does not stand for an interest of its own."""
LEAST = 1e-3
"""A change of weight that is worth telling."""
MOST_WEIGHTS = 1_600
"""Terms an interest keeps: liked papers have thousands, of which most stand in hardly any other paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interests:
    """A reader's interests.

    Attributes
    ----------
    rows : csr_array of shape (n_followed + 2, n_terms + 1)
        One row for each topic followed, in the order typed; one for liked papers that are near to none of them; and
        one for what the reader wants less of. The last column holds what is taken off for words common to all papers.
        Rows of rules (categories, authors, organisations) are empty.
    """

    rows: sparse.csr_array

    @property
    def followed(self) -> sparse.csr_array:
        """The rows of which the nearest counts for a paper."""
        return self.rows[:-1]

    @property
    def followed_size(self) -> int:
        """How many weights these rows hold; 0 where nothing that is known was typed or liked."""
        return int(self.rows.indptr[-2])

    @property
    def less_size(self) -> int:
        """How many weights the row has that counts against papers."""
        return int(self.rows.indptr[-1] - self.rows.indptr[-2])

    def has_liked(self, row: int) -> bool:
        """Whether liked papers are part of a row; only then is anything taken off for common words."""
        end = int(self.rows.indptr[row + 1])
        return end > int(self.rows.indptr[row]) and int(self.rows.indices[end - 1]) == self.rows.shape[1] - 1

    @property
    def less(self) -> sparse.csr_array:
        """The row whose nearness counts against a paper."""
        return self.rows[-1:]


def interests_of(
    topics: Sequence[Topic],
    reactions: Sequence[Reaction],
    papers: Mapping[int, Paper],
    vectoriser: Vectoriser,
    background: Background,
) -> Interests:
    """Make the interests of a reader.

    The row of a topic is, with t its phrase (`Background.row_of`), l the mean of the n liked papers that are nearest to
    it, of length 1, and c what all papers have in common,

        (1 - b) t + b (l - COMMON c) - DISLIKED d,    b = LIKED sqrt(n) / (1 + LIKED sqrt(n)),

    with d the mean of the disliked papers nearest to it; disliked papers near to no topic count against papers as what
    the reader wants less of does. Where a liked paper is near to no topic (`JOINS`), the last
    row is made of all that was liked. Newer reactions weigh more: one is worth half of another that is
    `HALF_LIFE` days younger (Rocchio, 1971; the weights are measured). A row is then scaled so that 1 is a clear match
    (`Background.level`), whether it is made of two words or of a library.

    Parameters
    ----------
    topics : what the reader typed, every stance
    reactions : what the reader liked and disliked
    papers : the papers of the reactions by row number; one that is missing or has no text counts for nothing
    """
    of = {stance: [one for one in topics if one.stance is stance] for stance in Stance}
    phrases = [background.row_of(topic, vectoriser) for topic in of[Stance.FOLLOW]]
    said = _said(reactions, papers, phrases, vectoriser)
    nothing = vectoriser.transform([[]])
    rows = [_row(phrase, said, number, background) for number, phrase in enumerate([*phrases, nothing])]
    disliked, _ = said.mean(len(phrases), liked=False)
    less = sum((background.row_of(topic, vectoriser) for topic in of[Stance.LESS]), disliked)
    unwanted = _kept(less, 0.0, background.usual_)
    rows.append(unwanted * np.float32(LESS / background.level(unwanted, least=TYPED)))
    every = sparse.csr_array(sparse.vstack(rows, format="csr"))
    every.sort_indices()
    return Interests(rows=every)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """The papers a reader reacted to: their vectors, what each weighs, and the row each belongs to."""

    vectors: sparse.csr_array
    weights: Floats
    row: NDArray[np.intp]
    last: int
    is_liked: NDArray[np.bool_]

    def mean(self, row: int, *, liked: bool) -> tuple[sparse.csr_array, int]:
        """Give the mean of those liked, or disliked, that belong to a row, of length 1, and how many they are.

        The last row, where there is a liked paper near to no topic, is for all that was liked.
        """
        is_own = self.row == row
        if liked and row == self.last and (is_own & self.is_liked).any():
            is_own = self.row != NOWHERE
        among = np.flatnonzero(is_own & (self.is_liked == liked))
        weighed = sparse.csr_array(self.weights[among].reshape(1, -1)) @ self.vectors[among]
        return unit(sparse.csr_array(weighed)), len(among)


def _said(
    reactions: Sequence[Reaction],
    papers: Mapping[int, Paper],
    phrases: Sequence[sparse.csr_array],
    vectoriser: Vectoriser,
) -> _Said:
    texts = {one.paper_id: terms_of_paper(papers[one.paper_id]) for one in reactions if one.paper_id in papers}
    vectors = vectoriser.transform(texts.values())
    known = [one for one in reactions if one.paper_id in texts]
    row = _nearest(phrases, vectors)
    row[np.diff(vectors.indptr) == 0] = NOWHERE
    is_liked = np.array([one.liked for one in known], bool)
    return _Said(vectors=vectors, weights=_weights(known), row=row, last=len(phrases), is_liked=is_liked)


def _row(phrase: sparse.csr_array, said: _Said, number: int, background: Background) -> sparse.csr_array:
    liked, count = said.mean(number, liked=True)
    disliked, _ = said.mean(number, liked=False)
    # Where nothing was typed, liked papers are all there is.
    share = LIKED * count**0.5 / (1 + LIKED * count**0.5) if phrase.nnz else float(count > 0)
    row = (1 - share) * phrase + share * liked
    wanted = _kept(row, COMMON * share, background.usual_)
    level = background.level(wanted, least=TYPED * (1 - share) + FROM_LIKED * share)
    if row.nnz and disliked.nnz:  # What is a clear match does not change by what is disliked.
        wanted = _kept(row - DISLIKED * disliked, COMMON * share, background.usual_)
    return wanted * np.float32(1 / level)


def _nearest(phrases: Sequence[sparse.csr_array], vectors: sparse.csr_array) -> NDArray[np.intp]:
    """Number the topic that each paper is nearest to; the row behind them where it is near to none."""
    if not phrases:
        return np.zeros(vectors.shape[0], np.intp)
    near = (vectors @ sparse.csr_array(sparse.vstack(phrases)).T).toarray()
    return np.where(near.max(axis=1) > JOINS, near.argmax(axis=1), len(phrases))


def _weights(reactions: Sequence[Reaction]) -> Floats:
    """Weigh reactions by their age, the newest 1."""
    newest = max((one.at for one in reactions), default=None)
    days = [(newest - one.at).total_seconds() / 86_400 for one in reactions] if newest else []
    weights: Floats = np.exp2(-np.array(days, np.float32) / HALF_LIFE)
    return weights


def _kept(row: sparse.csr_array, common: float, usual: Floats) -> sparse.csr_array:
    """Keep the terms of a row that make most of a nearness, and add the column of the words common to all."""
    strength = np.abs(row.data) * usual[row.indices]
    if len(strength) > MOST_WEIGHTS:
        kept = np.sort(np.argpartition(-strength, MOST_WEIGHTS)[:MOST_WEIGHTS])
    else:
        kept = np.arange(len(strength))
    data, columns = row.data[kept].astype(np.float32), row.indices[kept]
    order = np.argsort(columns)
    data, columns = data[order], columns[order]
    if common:
        data, columns = np.append(data, np.float32(-common)), np.append(columns, row.shape[1])
    parts = data, columns.astype(np.int32), [0, len(data)]
    return sparse.csr_array(parts, shape=(1, row.shape[1] + 1))


def followed_rows(readers: Sequence[Interests]) -> tuple[sparse.csr_array, NDArray[np.intp]]:
    """Lay the interests of all readers under one another, and tell at which row each reader's begin.

    Joined by their arrays: a sparse matrix made for each reader would cost more than weighing the papers.
    """
    every = [one.rows for one in readers]
    ends = [int(rows.indptr[-2]) for rows in every]
    counts = [rows.shape[0] - 1 for rows in every]
    starts = np.cumsum([0, *counts]).astype(np.intp)
    before = np.repeat(np.cumsum([0, *ends])[:-1], counts)
    indptr = np.concatenate([[0], np.concatenate([rows.indptr[1:-1] for rows in every]) + before])
    indices = np.concatenate([rows.indices[:end] for rows, end in zip(every, ends, strict=True)])
    data = np.concatenate([rows.data[:end] for rows, end in zip(every, ends, strict=True)])
    parts = data, indices.astype(np.int32), indptr.astype(np.int32)
    return sparse.csr_array(parts, shape=(int(starts[-1]), every[0].shape[1])), starts


def with_common(vectors: sparse.csr_array, common: Floats) -> sparse.csr_array:
    """Give the vectors of papers one more column: how near each is to what all papers have in common.

    >>> row = sparse.csr_array(np.array([[0.6, 0.8]], np.float32))
    >>> with_common(row, np.array([0, 1], np.float32)).toarray().round(1).tolist()
    [[0.6000000238418579, 0.800000011920929, 0.800000011920929]]
    """
    column = sparse.csr_array((vectors @ common).reshape(-1, 1).astype(np.float32))
    joined = sparse.csr_array(sparse.hstack([vectors, column], format="csr"))
    # Multiplying takes half as long where both sides count in 32 bits.
    joined.indices, joined.indptr = joined.indices.astype(np.int32), joined.indptr.astype(np.int32)
    return joined


def moved(
    before: Interests, after: Interests, vectoriser: Vectoriser, background: Background, *, most: int = 6
) -> tuple[tuple[str, float], ...]:
    """Name the terms whose change makes most of the nearness to other papers, the largest first, with the change.

    A term that hardly any paper holds changes nothing, and one that many hold tells nothing.
    """
    terms = vectoriser.terms_
    change = sparse.coo_array(after.rows.sum(axis=0) - before.rows.sum(axis=0))
    pairs = zip(change.coords[-1].tolist(), change.data.tolist(), strict=True)
    found = [(column, value) for column, value in pairs if column < len(terms) and abs(value) > LEAST]
    found.sort(key=lambda pair: (-abs(pair[1]) * float(background.usual_[pair[0]]), pair[0]))
    telling = ((terms[at], value) for at, value in found if background.is_telling(terms[at], vectoriser))
    return tuple(islice(telling, most))
