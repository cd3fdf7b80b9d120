"""A season nobody lived, drawn from a seed: some authors draw votes, some words do, some categories get picked."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache

import numpy as np

from digest.domain.attention import Attention
from digest.domain.history import AuthorHistory
from digest.domain.signal import SignalKind
from digest.domain.trend import Trend
from tests.builders import DAY, attention, paper

BEGAN = DAY - timedelta(days=180)
UNTIL = datetime.combine(DAY, time(), UTC)
"""The moment up to which is learnt; the season goes on for eight weeks."""
DRAWING = {"agents": 1.2, "reasoning": 0.8, "benchmark": -0.6, "lattice": -1.0}
NEUTRAL = tuple(f"matter{n}" for n in range(60))
PICKED = {"cs.CL": 0.8, "cs.CV": 0.2, "math.CO": -2.5}
SHARES = ((8.0, 0.45), (26.0, 0.65), (120.0, 0.97))
"""Hours at which votes are counted, and the share of the final root votes that is in."""


@cache
def season() -> tuple[Attention, ...]:
    """Give 24 papers a day, of which some ten are picked and voted on."""
    random = np.random.default_rng(7)
    fame = dict(zip((f"Author {n}" for n in range(150)), random.exponential(0.7, 150), strict=True))
    days = (UNTIL.date() - BEGAN).days + 56
    return tuple(_drawn(number, number // 24, random, fame) for number in range(days * 24))


def _drawn(number: int, day: int, random: np.random.Generator, fame: dict[str, float]) -> Attention:
    authors = [str(name) for name in random.choice(list(fame), random.integers(1, 7), replace=False)]
    words = [str(word) for word in random.choice([*DRAWING, *NEUTRAL], 8, replace=False)]
    field = str(random.choice(list(PICKED)))
    pull = max(fame[name] for name in authors) + sum(DRAWING.get(word, 0.0) for word in words) - 1.6
    on, votes = BEGAN + timedelta(days=day), []
    if random.random() < 1 / (1 + np.exp(0.5 - pull - PICKED[field])):
        end = max(0.5, 2.5 + 1.2 * pull + random.normal(0, 1))
        pace = np.exp(random.normal(0, 0.4))
        votes = [(hours, round((end * share**pace) ** 2)) for hours, share in SHARES]
    title, abstract = f"On {words[0]} and {words[1]}", " ".join(words)
    said = {"title": title, "abstract": abstract, "authors": tuple(authors), "categories": (field,)}
    return replace(attention(number, votes=votes, listed=on), paper=paper(number, **said))


def known_until(moment: datetime) -> AuthorHistory:
    """Give what the authors' papers had gathered at a moment of the season."""
    history = AuthorHistory()
    told = [(signal, one.paper) for one in season() for signal in one.series(SignalKind.UPVOTES, moment)]
    for signal, counted in sorted(told, key=lambda pair: (pair[0].observed_at, pair[1].key)):
        history.observe(counted.key, counted.authors, signal.value)
    return history


@cache
def learnt() -> Trend:
    """Give a trend that has learnt from the season up to `UNTIL`."""
    return Trend().fit(season(), UNTIL)


def held_out() -> list[Attention]:
    """Give the papers of the eight weeks nothing was learnt from."""
    return [one for one in season() if one.began_on >= UNTIL.date()]


def bare(papers: Sequence[Attention]) -> Iterator[Attention]:
    """Give papers as they stand in the listing of their morning: not picked, and nothing counted."""
    for one in papers:
        assert one.announced_on is not None
        yield Attention(paper=one.paper, listings=(("arxiv", one.announced_on),))
