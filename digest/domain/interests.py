"""Interests: what a reader said and liked as weighted vectors, one for each thing followed, apart from one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
DISLIKED = 0.05
LESS = 0.5
TYPED, FROM_LIKED = 0.15, 0.08
"""The least cosine that is a clear match, with a phrase and with liked papers, which share many small weights."""
HALF_LIFE = 180.0
"""Days in which a reaction comes to count half as much as a newer one."""
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

    with d the mean of the disliked papers nearest to it. A liked paper near to no topic goes into the last row, or,
    where there is one topic only, into that. Newer reactions weigh more: one is worth half of another that is
    `HALF_LIFE` days younger (Rocchio, 1971; the weights are measured). A row is then scaled so that 1 is a clear match
    (`Background.level`), whether it is made of two words or of a library.

    Parameters
    ----------
    topics : what the reader typed, every stance
    reactions : what the reader liked and disliked
    papers : the papers of the reactions by row number; one that is missing or has no text counts for nothing
    """
    followed = [topic for topic in topics if topic.stance is Stance.FOLLOW]
    phrases = [background.row_of(topic, vectoriser) for topic in followed]
    less = sum(
        (background.row_of(topic, vectoriser) for topic in topics if topic.stance is Stance.LESS), _empty(vectoriser)
    )
    known = [one for one in reactions if one.paper_id in papers]
    vectors = vectoriser.transform(terms_of_paper(papers[one.paper_id]) for one in known)
    near, weights = _nearest(phrases, vectors), _weights(known)
    is_liked = np.array([one.liked for one in known], bool)
    rows, least = list[sparse.csr_array](), list[float]()
    for number, phrase in enumerate([*phrases, _empty(vectoriser)]):
        liked, disliked = np.flatnonzero((near == number) & is_liked), np.flatnonzero((near == number) & ~is_liked)
        row, common, said = phrase, 0.0, 0.0
        if len(liked):
            # Where nothing was typed, liked papers are all there is.
            said = LIKED * len(liked) ** 0.5 / (1 + LIKED * len(liked) ** 0.5) if phrase.nnz else 1.0
            row = (1 - said) * phrase + said * _mean(vectors, weights, liked)
            common = COMMON * said
        if row.nnz:
            row = row - DISLIKED * _mean(vectors, weights, disliked)
        rows.append(_kept(row, common, background.usual_))
        least.append(TYPED * (1 - said) + FROM_LIKED * said)
    rows.append(_kept(less, 0.0, background.usual_))
    levels = [background.level(row, least=one) for row, one in zip(rows, [*least, TYPED], strict=True)]
    worth = np.append(np.ones(len(followed) + 1), LESS) / levels
    scaled = sparse.diags_array(worth.astype(np.float32)) @ sparse.csr_array(sparse.vstack(rows, format="csr"))
    scaled.sort_indices()
    return Interests(rows=sparse.csr_array(scaled))


def _nearest(phrases: Sequence[sparse.csr_array], vectors: sparse.csr_array) -> NDArray[np.intp]:
    """Number the topic that each paper is nearest to; the last row where it is near to none, unless one is alone."""
    typed = [number for number, phrase in enumerate(phrases) if phrase.nnz]
    if not typed:
        return np.full(vectors.shape[0], len(phrases), np.intp)
    near = (vectors @ sparse.csr_array(sparse.vstack([phrases[number] for number in typed])).T).toarray()
    found = np.array(typed, np.intp)[near.argmax(axis=1)]
    alone = len(typed) == 1
    return found if alone else np.where(near.max(axis=1, initial=0) > 0, found, len(phrases))


def _weights(reactions: Sequence[Reaction]) -> Floats:
    """Weigh reactions by their age, the newest 1."""
    newest = max((one.at for one in reactions), default=None)
    days = [(newest - one.at).total_seconds() / 86_400 for one in reactions] if newest else []
    weights: Floats = np.exp2(-np.array(days, np.float32) / HALF_LIFE)
    return weights


def _mean(vectors: sparse.csr_array, weights: Floats, among: NDArray[np.intp]) -> sparse.csr_array:
    return unit(sparse.csr_array(sparse.csr_array(weights[among].reshape(1, -1)) @ vectors[among]))


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


def _empty(vectoriser: Vectoriser) -> sparse.csr_array:
    return vectoriser.transform([[]])


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


def moved(before: Interests, after: Interests, terms: Sequence[str], *, most: int = 6) -> tuple[tuple[str, float], ...]:
    """Name the terms whose weight changed most, the largest change first; signs say whether up or down."""
    change = sparse.coo_array(after.rows.sum(axis=0) - before.rows.sum(axis=0))
    found = [
        (terms[int(column)], float(value))
        for column, value in zip(change.coords[-1], change.data, strict=True)
        if column < len(terms)
    ]
    found.sort(key=lambda pair: (-abs(pair[1]), pair[0]))
    return tuple(found[:most])
