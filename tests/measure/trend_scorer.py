"""Lends `digest.domain.trend.Trend` to a replay of recorded days: it is told what was known, and asked for scores.

`make(task)` gives a scorer with `observe(counts)`, `learn(papers, votes)` and `score(day, papers)`. On task X papers
come from listings, on the others from the place where people vote.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from digest.domain.attention import SITE, Attention
from digest.domain.history import AuthorHistory
from digest.domain.identity import paper_key
from digest.domain.paper import Paper
from digest.domain.score import TrendScore
from digest.domain.signal import Signal, SignalKind
from digest.domain.trend import Trend

LEARN_AGAIN = timedelta(days=7)
"""As the service does."""
TOLD_AFTER = timedelta(days=7)
COUNTS = {"early_upvotes": SignalKind.UPVOTES, "early_comments": SignalKind.COMMENTS}
COUNTS |= {"early_github_stars": SignalKind.STARS}
Record = Mapping[str, Any]


def make(task: str) -> "TrendScorer":
    """Give a fresh scorer for a task: A, B, D or X."""
    return TrendScorer(is_listing=task == "X")


def paper_of(record: Record) -> Paper:
    """Read a paper as recorded; what a task hides is not there."""
    return Paper(
        key=paper_key(arxiv=record["arxiv_id"]),
        title=record["title"],
        abstract=record.get("abstract") or "",
        authors=tuple(record.get("authors") or ()),
        categories=tuple(record.get("categories") or ()),
        comment=record.get("comment") or "",
        code_url=record.get("github_repo") or "",
        project_url=record.get("project_page") or "",
    )


class TrendScorer:
    """A `Trend` that lives through the days in order."""

    def __init__(self, *, is_listing: bool, trend: Trend | None = None) -> None:
        self.is_listing, self.trend = is_listing, trend or Trend(field_balance=0.0)
        self.authors = AuthorHistory()
        self.today = date.min
        self.papers: dict[str, tuple[Paper, list[tuple[str, date]]]] = {}
        self.signals: dict[str, list[Signal]] = {}
        self.learnt_on = date.min

    def observe(self, counts: Sequence[tuple[Record, int, str]]) -> None:
        """Take in counts of votes, in order of time."""
        for record, votes, at in counts:
            paper, seen_at = paper_of(record), datetime.fromisoformat(at)
            self.authors.observe(paper.key, paper.authors, votes)
            self._place(paper, SITE, seen_at.date())
            self._count(paper.key, votes, seen_at)
            self.today = max(self.today, seen_at.date() + timedelta(days=1))

    def learn(self, papers: Sequence[Record], votes: Sequence[int]) -> None:
        """Take in what the papers of a day ended at."""
        on = self.today - TOLD_AFTER
        for record, ended in zip(papers, votes, strict=True):
            paper = paper_of(record)
            # What a day's own list tells of a paper is more than what the counts of votes come with.
            self.papers[paper.key] = (paper, self.papers.get(paper.key, (paper, []))[1])
            if self.is_listing:
                self._place(paper, "arxiv", on)
            if ended or not self.is_listing:
                self._place(paper, SITE, on)
                self._count(paper.key, ended, datetime.combine(self.today, time(), UTC))

    def score(self, day: str, papers: Sequence[Record]) -> list[float]:
        """Score the papers of a day."""
        return [score.strength for score in self.scores(day, papers)]

    def scores(self, day: str, papers: Sequence[Record]) -> list[TrendScore]:
        """Give the whole scores of the papers of a day."""
        self.today = date.fromisoformat(day)
        midnight = datetime.combine(self.today, time(), UTC)
        if self.today - self.learnt_on >= LEARN_AGAIN:
            self.trend.fit([self._seen(key) for key in self.papers], midnight)
            self.learnt_on = self.today
        seen = [self._candidate(record, midnight) for record in papers]
        return self.trend.score(seen, self.authors, day=self.today, now=midnight + timedelta(hours=23))

    def _place(self, paper: Paper, source: str, on: date) -> None:
        held, places = self.papers.get(paper.key, (paper, []))
        self.papers[paper.key] = (held, places)
        if source not in dict(places):
            places.append((source, on))
            places.sort(key=lambda place: place[1])

    def _count(self, key: str, votes: int, at: datetime) -> None:
        kind = SignalKind.UPVOTES
        seen = Signal(paper_key=key, source=SITE, kind=kind, value=votes, observed_at=at)
        self.signals.setdefault(key, []).append(seen)

    def _seen(self, key: str) -> Attention:
        paper, places = self.papers[key]
        signals = sorted(self.signals.get(key, []), key=lambda signal: signal.observed_at)
        return Attention(paper=paper, listings=tuple(places), signals=tuple(signals))

    def _candidate(self, record: Record, midnight: datetime) -> Attention:
        """Read a paper as it stands in its day's list, and in nothing that was seen of it before."""
        paper, source = paper_of(record), "arxiv" if self.is_listing else SITE
        at = midnight + timedelta(hours=record.get("early_at_h") or 0)
        told = {kind: record[name] for name, kind in COUNTS.items() if record.get(name) is not None}
        signals = [
            Signal(paper_key=paper.key, source=SITE, kind=kind, value=value, observed_at=at)
            for kind, value in told.items()
        ]
        return Attention(paper=paper, listings=((source, self.today),), signals=tuple(signals))
