"""A Tally is how many papers of a day hold each term, field by field: what a later day is compared with."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from digest.domain.identity import fingerprint
from digest.domain.paper import Paper
from digest.domain.relevance import terms_of_paper


def works(papers: Iterable[Paper]) -> list[Paper]:
    """Give the first of the papers of each title: versions that a source lists apart are one work.

    >>> [work.key for work in works([Paper(key="arxiv:1", title="On X"), Paper(key="doi:2", title="On x.")])]
    ['arxiv:1']
    """
    first: dict[str, Paper] = {}
    for paper in papers:
        first.setdefault(fingerprint(paper.title, "") if paper.title else paper.key, paper)
    return list(first.values())


def counted_terms(paper: Paper) -> set[str]:
    """Give the terms of a paper as they are counted: once, in the singular; no number, no 10th.

    >>> sorted(counted_terms(Paper(key="arxiv:1", title="World models and a world model of 2026")))
    ['model', 'model world', 'world', 'world model']
    """
    words = ["" if word.isdecimal() else singular(word) for word in terms_of_paper(paper, 1)]
    pairs = {f"{first} {second}" for first, second in pairwise(words) if first and second}
    return pairs.union(word for word in words if word and not word[0].isdecimal())


def singular(word: str) -> str:
    """Give a word without the s of a plural.

    >>> singular("models"), singular("loss"), singular("gas")
    ('model', 'loss', 'gas')
    """
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word


def number_of(term: str) -> int:
    """Number a term. Two terms share a number once in four thousand million: at worst a topic rises a little less."""
    return crc32(term.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many papers of a day hold each term.

    Attributes
    ----------
    papers : how many papers each field had
    numbers : the terms as numbers, in order; one row for each term and field
    fields : the field of each row, as its place in `papers`
    counts : how many papers of that field hold that term

    Examples
    --------
    >>> tally = Tally.of([Paper(key="arxiv:1", title="World models", categories=("cs.LG",))])
    >>> dict(tally.papers), tally.counts.tolist()
    ({'cs.LG': 1}, [1, 1, 1])
    """

    papers: Mapping[str, int]
    numbers: NDArray[np.uint32]
    fields: NDArray[np.uint16]
    counts: NDArray[np.uint16]

    @classmethod
    def of(cls, papers: Iterable[Paper]) -> "Tally":
        """Count the terms of some papers."""
        held = works(papers)
        fields = Counter(paper.field for paper in held)
        place = {field: at for at, field in enumerate(fields)}
        # Term and field make one number, so that the rows are counted by numpy and not one by one.
        rows = [number_of(term) << 16 | place[paper.field] for paper in held for term in counted_terms(paper)]
        found, counts = np.unique(np.array(rows, np.uint64), return_counts=True)
        return cls(
            papers=dict(fields),
            numbers=(found >> np.uint64(16)).astype(np.uint32),
            fields=(found & np.uint64(0xFFFF)).astype(np.uint16),
            counts=np.minimum(counts, 0xFFFF).astype(np.uint16),
        )

    def expected(self, numbers: NDArray[np.uint32], weights: Mapping[str, float]) -> NDArray[np.float64]:
        """Give how many papers hold each of some terms, every paper weighed by its field.

        Parameters
        ----------
        numbers : the terms, each once, in order of their numbers
        weights : by field; a field that is not named weighs nothing
        """
        if not len(numbers) or not len(self.numbers):
            return np.zeros(len(numbers))
        at = np.minimum(np.searchsorted(numbers, self.numbers), len(numbers) - 1)
        is_wanted = numbers[at] == self.numbers
        by_place = np.array([weights.get(field, 0.0) for field in self.papers])
        amounts = self.counts[is_wanted] * by_place[self.fields[is_wanted]]
        return np.bincount(at[is_wanted], amounts, len(numbers)).astype(np.float64)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Give what `from_arrays` makes the same tally of: arrays and JSON, nothing that runs."""
        papers = np.frombuffer(json.dumps(list(self.papers.items())).encode(), np.uint8)
        return {"papers": papers, "numbers": self.numbers, "fields": self.fields, "counts": self.counts}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Tally":
        """Make a tally of what `to_arrays` gave."""
        kept = {name: arrays[name] for name in ("numbers", "fields", "counts")}
        return cls(papers=dict(json.loads(arrays["papers"].tobytes())), **kept)
