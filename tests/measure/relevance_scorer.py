"""Lends the house's own interests to a measurement: a reader who liked some papers, and how near others are to them.

`fit(papers)` learns from every paper of a set, as the service does from the papers it holds; `score(liked, candidates)`
makes the interests of a reader who liked some and typed nothing. Nothing here weighs anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from scipy import sparse

from digest.domain.background import Background, learnt_from
from digest.domain.interests import Interests, interests_of, with_common
from digest.domain.paper import Paper
from digest.domain.profile import Reaction, Topic
from digest.domain.relevance import Floats, Vectoriser, terms_of_paper

Record = Mapping[str, Any]
LIKED_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""Nothing tells when papers were liked: all at the same moment."""


def paper_of(record: Record) -> Paper:
    """Read a paper as recorded; tags are read with the abstract."""
    parts = (record.get("abstract") or "", " ".join(record.get("tags") or ()))
    return Paper(key=str(record["id"]), title=record.get("title") or "", abstract="\n".join(filter(None, parts)))


class RelevanceScorer:
    """What the house knows of a set of papers, with the vector of each at hand.

    Attributes
    ----------
    papers : the papers by row number
    row : the row number of each paper by its id
    vectors : csr_array of shape (n_papers, n_terms + 1)
    """

    vectoriser: Vectoriser
    background: Background
    vectors: sparse.csr_array

    def __init__(self, records: Iterable[Record]) -> None:
        self.papers = dict(enumerate(map(paper_of, records)))
        self.row = {paper.key: number for number, paper in self.papers.items()}
        texts = [terms_of_paper(paper) for paper in self.papers.values()]
        self.vectoriser, self.background = learnt_from(texts)
        self.vectors = with_common(self.background.vectors, self.background.common_)

    def rows_of(self, ids: Iterable[str]) -> list[int]:
        """Give the row numbers of papers."""
        return [self.row[name] for name in ids]

    def interests(self, liked: Sequence[int], topics: Sequence[Topic] = (), disliked: Sequence[int] = ()) -> Interests:
        """Make the interests of a reader who typed topics, liked and disliked papers."""
        told = [(number, True) for number in liked] + [(number, False) for number in disliked]
        reactions = [Reaction(paper_id=number, liked=is_liked, at=LIKED_AT) for number, is_liked in told]
        return interests_of(topics, reactions, self.papers, self.vectoriser, self.background)

    def near(self, interests: Interests, numbers: Sequence[int]) -> Floats:
        """Say how near papers are to a reader: the cosine with the nearest interest, as the service weighs it."""
        products: Floats = (self.vectors[list(numbers)] @ interests.followed.T).toarray()
        nearest: Floats = products.max(axis=1)
        return nearest

    def score(self, profile: Sequence[Record], candidates: Sequence[Record]) -> Sequence[float]:
        """Score candidates for a reader who liked the papers of a profile and said nothing else."""
        liked, numbers = (self.rows_of(str(one["id"]) for one in papers) for papers in (profile, candidates))
        return [float(one) for one in self.near(self.interests(liked), numbers)]


_known: list[RelevanceScorer] = []


def fit(papers: Iterable[Record]) -> None:
    """Learn from every paper of a set."""
    _known[:] = [RelevanceScorer(papers)]


def score(profile: Sequence[Record], candidates: Sequence[Record]) -> Sequence[float]:
    """Score candidates for a reader who liked the papers of a profile; all of them must have been fitted."""
    [scorer] = _known
    return scorer.score(profile, candidates)
