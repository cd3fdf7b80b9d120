"""Rising topics: terms that many more papers hold than in the weeks before, each with its factor and examples."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import chain
from typing import Any

import numpy as np

from digest.domain.paper import Paper
from digest.domain.tally import Tally, counted_terms, number_of, works
from digest.domain.wording import in_full, is_phrase

BACKGROUND_DAYS = 56
"""How far back what is usual reaches, from before the span that is looked at."""
SPANS = {"day": 1, "week": 7}
EXAMPLES = 3
SAME = 0.5
"""Two terms are one topic if they share this part of the papers of the rarer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rising:
    """A term that rises.

    Attributes
    ----------
    term : as papers write it
    factor : how many times more papers hold it than usual, shrunk towards 1
    count : papers of the span that hold it
    papers : keys of up to three of them
    span : `day` or `week`
    """

    term: str
    factor: float
    count: int
    papers: tuple[str, ...]
    span: str

    @property
    def times(self) -> str:
        """The factor in words.

        >>> Rising(term="world models", factor=3.6, count=9, papers=(), span="week").times
        '4×'
        """
        return f"{self.factor:.0f}×"

    def to_json(self) -> dict[str, Any]:
        """Give what `from_json` reads."""
        return asdict(self) | {"factor": round(self.factor, 2), "papers": list(self.papers)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Rising":
        """Read what `to_json` gave."""
        return cls(**(dict(record) | {"papers": tuple(record["papers"])}))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Burst:
    """A term on trial, with the papers that hold it: first those that do in the title, which are `titled` many."""

    term: str
    factor: float
    papers: tuple[Paper, ...]
    titled: int

    @property
    def texts(self) -> list[str]:
        """Abstracts and titles."""
        return [f"{paper.abstract}\n{paper.title}" for paper in self.papers]

    def shares_topic(self, other: "_Burst") -> bool:
        """Whether it is told of the same papers."""
        keys, others = ({paper.key for paper in one.papers} for one in (self, other))
        return len(keys & others) >= SAME * min(len(keys), len(others))


class RisingTerms:
    """Terms whose share of the papers stands significantly above their share before.

    Of the n_f papers of field f in the span, c hold a term. Of the N_f papers of that field in the background, C_f did,
    so that

        e = sum over f of n_f C_f / N_f

    were to be expected had nothing changed but how many papers each field has: neither a source that falls silent nor a
    field that is newly followed makes anything rise. The term rises by

        factor = (c + pseudo) / (e + pseudo)

    and its surprise is the likelihood ratio of two Poisson rates, with r = n / N and b = e / r:

        G = 2 (c ln(c (1 + r) / (r (c + b))) + b ln(b (1 + r) / (c + b)))

    A term rises if factor and G reach their bars, if enough papers hold it, if enough of them hold it in the title
    (what rises by chance in abstracts is manner of speech), and if no author signs more than half of them. Terms that
    share half of their papers are one topic, told by a pair of words where one rises, in the form most papers write.

    Parameters
    ----------
    span : str
        `day` or `week`; names what is found.
    least : int
        Papers that must hold the term.
    factor : float
        The smallest factor; 1 or more.
    surprise : float
        The smallest G; among thousands of terms some reach 10 by chance.
    pseudo : float
        Papers added on both sides, so that one paper is no burst; above 0.
    titled : float
        Share of the papers that must hold a pair of words in the title, twice that for a word; 0 to 0.5.
    known : int
        Papers of its field that the background must hold for a paper to count.
    days : int
        Days with papers that the background must hold, else nothing rises.
    most : int
        Topics to tell.

    Attributes
    ----------
    background_ : tuple of Tally, the days that are compared with
    papers_ : dict of int, their papers by field, of the fields that are known well enough

    Notes
    -----
    G: Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence" (1993); e: indirect standardisation.

    Examples
    --------
    >>> def listed(at, title):
    ...     return Paper(key=f"arxiv:{at}", title=f"{title} {at}", authors=(f"Ann {at}",), categories=("cs.LG",))
    >>> usual = Tally.of(listed(at, "Speech recognition") for at in range(20))
    >>> today = [listed(at, "World models" if at < 6 else "Speech recognition") for at in range(20)]
    >>> [(found.term, found.times, found.count) for found in RisingTerms().fit([usual] * 20).find(today)]
    [('World models', '7×', 6)]
    """

    def __init__(
        self,
        *,
        span: str = "day",
        least: int = 5,
        factor: float = 2.0,
        surprise: float = 12.0,
        pseudo: float = 1.0,
        titled: float = 0.25,
        known: int = 50,
        days: int = 10,
        most: int = 10,
    ) -> None:
        self.span, self.least, self.factor, self.surprise = span, least, factor, surprise
        self.pseudo, self.titled, self.known, self.days, self.most = pseudo, titled, known, days, most
        self.background_: tuple[Tally, ...] = ()
        self.papers_: dict[str, int] = {}

    def fit(self, background: Iterable[Tally]) -> "RisingTerms":
        """Take the days that are compared with."""
        self.background_ = tuple(tally for tally in background if tally.papers)
        papers: Counter[str] = Counter()
        for tally in self.background_:
            papers.update(tally.papers)
        self.papers_ = {field: count for field, count in papers.items() if count >= self.known}
        return self

    def find(
        self, papers: Iterable[Paper], terms_of: Callable[[Paper], set[str]] = counted_terms
    ) -> tuple[Rising, ...]:
        """Find what rises among the papers of the span, the most surprising first; examples keep their order."""
        if len(self.background_) < self.days:
            return ()
        counted = [paper for paper in works(papers) if paper.field in self.papers_]
        terms = [terms_of(paper) for paper in counted]
        held = Counter(chain.from_iterable(terms))
        bursts = []
        for term, factor in self._tested(held, Counter(paper.field for paper in counted)):
            bursts.append(_burst(term, factor, [one for one, own in zip(counted, terms, strict=True) if term in own]))
        return tuple(self._told(burst) for burst in _apart([b for b in bursts if self._is_topic(b)])[: self.most])

    def _tested(self, held: Mapping[str, int], fields: Mapping[str, int]) -> list[tuple[str, float]]:
        """Give term and factor of what reaches both bars, the most surprising first."""
        weights = {field: count / self.papers_[field] for field, count in fields.items()}
        ratio = sum(fields.values()) / max(1, sum(self.papers_[field] for field in fields))
        terms = [term for term, count in held.items() if count >= self.least]
        numbers, at = np.unique(np.array([number_of(term) for term in terms], np.uint32), return_inverse=True)
        usual = sum((tally.expected(numbers, weights) for tally in self.background_), np.zeros(len(numbers)))
        tested = []
        for term, expected in zip(terms, usual[at].tolist(), strict=True):
            factor = (held[term] + self.pseudo) / (expected + self.pseudo)
            if factor >= self.factor:
                tested.append((-_surprise(held[term], expected / ratio, ratio), term, factor))
        return [(term, factor) for surprise, term, factor in sorted(tested) if -surprise >= self.surprise]

    def _is_topic(self, burst: _Burst) -> bool:
        """Whether titles say it, its words stand together, and more than one group of people writes of it."""
        count = len(burst.papers)
        wanted = self.titled if " " in burst.term else 2 * self.titled
        signed = Counter(author for paper in burst.papers for author in set(paper.authors))
        return (
            burst.titled >= max(2, wanted * count)
            and max(signed.values(), default=0) <= count / 2
            and is_phrase(burst.term, burst.texts)
        )

    def _told(self, burst: _Burst) -> Rising:
        return Rising(
            term=in_full(burst.term, burst.texts),
            factor=burst.factor,
            count=len(burst.papers),
            papers=tuple(paper.key for paper in burst.papers[:EXAMPLES]),
            span=self.span,
        )


def _surprise(count: int, before: float, ratio: float) -> float:
    """Give G of `count` in the span against `before` in a background 1 / `ratio` as large."""
    total = count + before
    now = count * math.log(count * (1 + ratio) / (ratio * total))
    return 2 * (now + (before * math.log(before * (1 + ratio) / total) if before else 0.0))


def _burst(term: str, factor: float, holders: Sequence[Paper]) -> _Burst:
    titled = [paper for paper in holders if term in counted_terms(replace(paper, abstract=""))]
    others = [paper for paper in holders if paper not in titled]
    return _Burst(term=term, factor=factor, papers=(*titled, *others), titled=len(titled))


def _apart(bursts: Sequence[_Burst]) -> list[_Burst]:
    """Give one burst a topic: a pair of words that has half of the papers of the first, or the first."""
    left, apart = list(bursts), []
    while left:
        same = [one for one in left if one.shares_topic(left[0])]
        pairs = (one for one in same if " " in one.term and 2 * len(one.papers) >= len(left[0].papers))
        apart.append(next(pairs, left[0]))
        left = [one for one in left if one not in same and not one.shares_topic(apart[-1])]
    return apart


def rising_on(day: date, papers: Iterable[tuple[date, Paper]], tallies: Mapping[date, Tally]) -> tuple[Rising, ...]:
    """Give what rises on a day and in the week that ends with it, the day's first.

    Parameters
    ----------
    papers : of the week, each with the day it was first announced; the best first, since examples keep the order
    tallies : of the days before; one that is not named had no papers
    """
    announced, once = list(papers), cache(counted_terms)
    found: tuple[Rising, ...] = ()
    for span, days in SPANS.items():
        since = day - timedelta(days=days - 1)
        before = (since - timedelta(days=back) for back in range(1, BACKGROUND_DAYS + 1))
        terms = RisingTerms(span=span).fit(tallies[one] for one in before if one in tallies)
        found += terms.find((paper for first, paper in announced if since <= first <= day), once)
    return found
