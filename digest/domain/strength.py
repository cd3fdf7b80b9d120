"""What a strength is the sum of: the votes to expect in the end, split so that the parts add up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from math import nan

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from digest.domain.attention import SITE, Attention
from digest.domain.burst import believed
from digest.domain.forecast import GROUPS, LEAST, Expectation, Forecast, numbers_of
from digest.domain.growth import Counts, Growth
from digest.domain.history import AuthorHistory
from digest.domain.past import places_of
from digest.domain.signal import SignalKind
from digest.domain.usual import Usual

Floats = NDArray[np.float64]
PARTS = ("votes", *GROUPS, "elsewhere")
"""Votes, the groups of what was expected beforehand, and counts that are no votes."""
SITUATIONS = ("voted", "picked", "listed")
"""Votes are counted; it stands where people vote; it only stands in a listing."""
LOUDEST = 3.0
"""Scatters above the usual at which a count other than votes stops mattering."""
TO_BE_PICKED = (1.0, 0.36, 0.24, 0.18, 0.13, 0.1, 0.06, 0.03)
"""Share of the picks that are still to come, by days since the listing; of recorded days 64 % came on the first."""
ELSEWHERE = (SignalKind.COMMENTS, SignalKind.STARS, SignalKind.CITATIONS, SignalKind.POINTS)


@dataclass(frozen=True, kw_only=True)
class Slate:
    """Papers to score at a moment, with what is expected and what was counted of each.

    Attributes
    ----------
    votes : array of shape (n_papers,), the votes that count; nan where none are known
    warnings : what is odd about the counts of each, or an empty text
    hours : array of the same shape, the age at which they were counted, or the age now
    """

    seen: Sequence[Attention]
    now: datetime
    expectation: Expectation
    votes: Floats
    hours: Floats
    warnings: Sequence[str]

    @property
    def situations(self) -> NDArray[np.str_]:
        """The one of `SITUATIONS` that each paper is in."""
        picked = np.where([one.is_voted_on for one in self.seen], "picked", "listed")
        return np.where(np.isnan(self.votes), picked, "voted")

    @property
    def counts(self) -> Counts:
        """The counts as what `Growth` reads; a paper without any has 0."""
        return Counts(np.sqrt(np.nan_to_num(self.votes)), self.hours, self.expectation.roots)


def slate_of(
    candidates: Sequence[Attention], forecast: Forecast, history: AuthorHistory, usual: Usual, *, now: datetime
) -> Slate:
    """Lay out papers to score: what is expected of each, and the votes that are believed at a moment."""
    places = places_of(candidates)
    numbers = np.array([numbers_of(one.paper, history, at) for one, at in zip(candidates, places, strict=True)])
    counts = [believed(one, now, usual=partial(_usual_votes, usual, one)) for one in candidates]
    hours = [
        one.hours(now) if count.votes is None else max(0.0, count.hours)
        for one, count in zip(candidates, counts, strict=True)
    ]
    expectation = forecast.predict([one.paper for one in candidates], numbers)
    chances = [
        still_picked(chance, (now.date() - one.listed_on).days)
        for one, chance in zip(candidates, expectation.chances, strict=True)
    ]
    return Slate(
        seen=[one.known_at(now) for one in candidates],
        now=now,
        expectation=replace(expectation, chances=np.array(chances)),
        votes=np.array([nan if count.votes is None else count.votes for count in counts]),
        hours=np.array(hours),
        warnings=[count.warning or "; ".join(sorted(set(count.left_out))) for count in counts],
    )


def _usual_votes(usual: Usual, one: Attention, hours: float) -> float:
    return usual.of(SignalKind.UPVOTES, SITE, hours, one.paper.field)[0] ** 2


def still_picked(chance: float, days: int) -> float:
    """Give the chance of being picked of a paper that was not on the days since it was listed.

    With p the chance on its day and w the share of picks that usually are still to come, it is p w / (1 - p + p w).

    >>> round(still_picked(0.5, 0), 2), round(still_picked(0.5, 1), 2), round(still_picked(0.5, 30), 2)
    (0.5, 0.26, 0.03)
    """
    left = chance * TO_BE_PICKED[min(max(days, 0), len(TO_BE_PICKED) - 1)]
    return left / (1 - chance + left)


def parts_of(slate: Slate, growth: Growth, usual: Usual, *, others: float) -> Floats:
    """Split the strength of papers into `PARTS`.

    What the forecast expects of a paper that was not picked is a product, chance times votes. Its difference to what is
    usual is shared between the two factors evenly (the Shapley value of a product of two), and inside each factor in
    proportion to its own parts.

    Returns
    -------
    array of shape (n_papers, 7), in root votes; each row adds up to the strength
    """
    situations, expectation = slate.situations, slate.expectation
    parts = np.zeros((len(slate.seen), len(PARTS)))
    groups = slice(1, 1 + len(GROUPS))
    parts[:, groups] = np.where((situations == "listed")[:, None], _of_listed(expectation), expectation.root_parts)
    by_votes, by_expected, start = growth.split(slate.counts)
    voted = situations == "voted"
    scale = by_expected / expectation.roots
    parts[voted, groups] = (expectation.root_parts * scale[:, None])[voted]
    parts[voted, 0] = by_votes[voted]
    parts[voted, 1] += start[voted]
    parts[:, -1] = [others * _excess(one, usual, growth, slate.now) for one in slate.seen]
    return parts


def _of_listed(expectation: Expectation) -> Floats:
    chances, roots = expectation.chances, expectation.roots
    odds, odds_usual = expectation.odds_parts.sum(axis=1), expectation.odds_parts[:, 0]
    usual, roots_usual = expit(odds_usual), np.maximum(expectation.root_parts[:, 0], LEAST)
    apart = odds - odds_usual
    slope = np.where(np.abs(apart) > 1e-9, (chances - usual) / np.where(apart == 0, 1.0, apart), usual * (1 - usual))
    by_roots = expectation.root_parts * ((chances + usual) / 2)[:, None]
    by_odds = expectation.odds_parts * (slope * (roots + roots_usual) / 2)[:, None]
    parts = by_roots + by_odds
    parts[:, 0] = chances * roots - parts[:, 1:].sum(axis=1)
    return parts


def _excess(one: Attention, usual: Usual, growth: Growth, now: datetime) -> float:
    """Add up what each kind tells: of several sources the one that tells most, each at the age of its count."""
    total = 0.0
    for kind in ELSEWHERE:
        last = {signal.source: signal for signal in one.series(kind, now)}
        told = [
            min(max(usual.excess(one, signal), 0.0), LOUDEST) * growth.to_come(one.hours(signal.observed_at))
            for signal in last.values()
        ]
        total += float(max(told, default=0.0))
    return total
