"""Measures issues of recorded days: how much less alike papers become, for how much relevance, and what it costs."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics.pairwise import cosine_similarity
from threadpoolctl import threadpool_limits

from digest.actions.publish import NEAR_DUPLICATE
from digest.domain.diversity import Places, pick
from digest.domain.edition import Desk
from digest.domain.interests import followed_rows
from digest.domain.reader import Reader
from digest.domain.selection import blocks, choose, pick_all
from digest.domain.subscriber import Wishes
from digest.domain.weighing import Weighed, limits_of, pool_of, weigh
from tests.measure.relevance_curve import Curve, Point
from tests.measure.relevance_days import desk_of, last_days, past_of, readers_of, recorded, weeks_before, window
from tests.measure.relevance_readers import DRAWS, SEED

DAYS, READERS = 60, 100
WEEKS = 6
"""From how long before the first day phrases and liked papers are taken."""
BREADTHS = tuple(round(step / 10, 1) for step in range(11))
PLAIN = "plain"
"""The ten best scores and no rule at all: no cap, no breadth, near-duplicates and all."""
SETTINGS = ((0.0, 0.0), (0.3, 0.0), (0.3, 0.3))
"""Weights of the trend, and bars."""
LOSS = 0.03
MANY, CANDIDATES, FEW = 10_000, 1_000, 200
Kept = NDArray[np.float64]


class Tally:
    """What the issues of readers come to: an array of shape (n_ways, n_readers) of each, over all days."""

    def __init__(self, readers: int) -> None:
        shape = (len(BREADTHS) + 1, readers)
        self.relevance, self.score, self.alike, self.issues, self.papers = (np.zeros(shape) for _ in range(5))
        self.duplicates = np.zeros(shape[0], int)

    def add(self, way: int, desk: Desk, weighed: Weighed, chosen: Places) -> None:
        """Count the issues of a day; `chosen` holds a row of positions a reader, -1 where there is none."""
        for reader, row in enumerate(chosen):
            held = row[row >= 0]
            self.papers[way, reader] += len(held)
            self.relevance[way, reader] += weighed.relevance[reader, held].sum()
            self.score[way, reader] += weighed.score[reader, held].sum()
            if len(held) > 1:
                cosines = desk.alike[np.ix_(held, held)][np.triu_indices(len(held), 1)]
                self.alike[way, reader] += cosines.mean()
                self.issues[way, reader] += 1
                self.duplicates[way] += int((cosines >= NEAR_DUPLICATE).sum())

    def row(self, way: int, draws: Places) -> dict[str, Any]:
        """Tell what a way of choosing keeps and how much less alike papers are, beside the ten best scores."""
        told = (self.relevance, self.score, self.alike)
        kept, score, less = ([*_shares(values, way, draws)] for values in told)
        return {
            "kept": kept[0],
            "kept_interval": kept[1:],
            "score_kept": score[0],
            "alike": round(float(self.alike[way].sum() / self.issues[way].sum()), 4),
            "alike_share": less[0],
            "alike_interval": less[1:],
            "papers": round(float(self.papers[way].sum() / max(self.issues[way].sum(), 1)), 2),
            "duplicates": int(self.duplicates[way]),
        }


def _shares(values: Kept, way: int, draws: Places) -> Iterator[float]:
    """Give the share of what the ten best scores come to, and its 95 % interval over readers."""
    shares = values[way][draws].sum(axis=-1) / values[0][draws].sum(axis=-1)
    yield round(float(values[way].sum() / values[0].sum()), 4)
    yield from (round(float(one), 4) for one in np.percentile(shares, [2.5, 97.5]))


def diversity(data: Path, *, days: int = DAYS, count: int = READERS) -> Iterator[dict[str, Any]]:
    """Choose the issues of many days at each breadth, and tell what it costs and brings."""
    listed = recorded(data)
    chosen_days = last_days(listed, days)
    past = past_of(listed, chosen_days[0])
    among = weeks_before(listed, chosen_days[0], WEEKS)
    readers = readers_of(past, count, among=among, wishes=Wishes(bar=0))
    tallies = {setting: Tally(count) for setting in SETTINGS}
    for day in chosen_days:
        desk = desk_of(window(listed, day), day, past)
        for (weight, bar), tally in tallies.items():
            asked = [replace(one, wishes=replace(one.wishes, trend_weight=weight, bar=bar)) for one in readers]
            _day(desk, asked, tally)
    draws = np.random.default_rng(SEED).integers(0, count, (DRAWS, count))
    for (weight, bar), tally in tallies.items():
        rows = [
            {"trend_weight": weight, "bar": bar, "breadth": way} | tally.row(at, draws)
            for at, way in enumerate((PLAIN, *BREADTHS))
        ]
        yield from rows
        yield {"trend_weight": weight, "bar": bar} | at_loss(rows)


def _day(desk: Desk, readers: Sequence[Reader], tally: Tally) -> None:
    weighed = weigh(desk, readers)
    pool, limits = pool_of(weighed), limits_of(readers, weighed, desk.edition.clusters)
    plain = np.argsort(-weighed.score, axis=1, kind="stable")[:, : readers[0].wishes.length]
    reaches = np.take_along_axis(weighed.score, plain, axis=1) >= limits.bar[:, None]
    tally.add(0, desk, weighed, np.where(reaches, plain, -1))
    for way, breadth in enumerate(BREADTHS, 1):
        broad = replace(limits, breadth=np.full(len(readers), breadth, np.float32))
        columns = pick(pool, broad, clusters=desk.edition.clusters, minutes=desk.minutes, alike=desk.alike)
        positions = np.take_along_axis(pool.positions, np.maximum(columns, 0), axis=1)
        tally.add(way, desk, weighed, np.where(columns >= 0, positions, -1))


def at_loss(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Find the breadth at which a given share of relevance is lost, between the two breadths next to it."""
    broad = [row for row in rows if row["breadth"] != PLAIN]
    steps, lost = [row["breadth"] for row in broad], np.maximum.accumulate([1 - row["kept"] for row in broad])
    breadth = float(np.interp(LOSS, lost, steps))
    alike = float(np.interp(breadth, steps, [row["alike_share"] for row in broad]))
    told = {"loss": LOSS, "is_reached": bool(lost[-1] >= LOSS), "at_breadth": round(breadth, 2)}
    return told | {"less_alike": round(1 - alike, 3), "duplicates": sum(row["duplicates"] for row in broad)}


def curves(rows: Sequence[Mapping[str, Any]]) -> list[Curve]:
    """Draw how alike papers are against the relevance that is kept; a dot for each second breadth."""
    found: dict[tuple[float, float], list[Point]] = {}
    for row in rows:
        if row.get("breadth") in BREADTHS[::2]:
            share, (low, high) = row["alike"] / row["alike_share"], row["alike_interval"]
            point = Point(x=row["kept"], y=row["alike"], low=low * share, high=high * share, name=f"{row['breadth']}")
            found.setdefault((row["trend_weight"], row["bar"]), []).append(point)
    return [
        Curve(
            name=f"trend {weight}, bar {bar}",
            points=tuple(points),
            across="more relevance kept: further right; beside a dot its breadth",
            marked=1 - LOSS,
        )
        for (weight, bar), points in found.items()
    ]


def cost(data: Path, *, count: int = MANY) -> Iterator[dict[str, Any]]:
    """Give the CPU time of one reader among many, in µs, for each way of choosing."""
    listed = recorded(data)
    day = last_days(listed, 1)[0]
    newest = [paper for papers in listed.values() for paper in papers][-CANDIDATES:]
    first = min(on for on, papers in listed.items() if newest[0] in papers)
    past = past_of(listed, first)
    readers = readers_of(past, count, among=weeks_before(listed, first, WEEKS), wishes=Wishes())
    desk = desk_of([(day, paper) for paper in newest], day, past)
    sizes = [one.interests.rows.nnz for one in readers]
    yield {"readers": count, "papers": len(newest), "weights": round(float(np.mean(sizes)))}
    with threadpool_limits(1):
        choose(desk, readers[:FEW])
        product = _timed(lambda: _products(desk, readers), count)
        fast = _timed(lambda: _picked(desk, readers), count)
        whole = _timed(lambda: choose(desk, readers), count, times=1)
        naive = _timed(lambda: _naive(desk, readers[:FEW]), FEW)
    for step, spent in {"product": product, "weigh + pick_all": fast, "choose": whole, "naive": naive}.items():
        yield {"step": step, "us": round(spent, 1), "naive_is": round(naive / spent, 1)}


def _timed(work: Callable[[], Any], readers: int, times: int = 3) -> float:
    spent = []
    for _ in range(times):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return 1e6 * min(spent) / readers


def _products(desk: Desk, readers: Sequence[Reader]) -> None:
    for block in blocks(desk, readers):
        rows, _ = followed_rows([one.interests for one in block])
        desk.product.times(rows)


def _picked(desk: Desk, readers: Sequence[Reader]) -> None:
    for block in blocks(desk, readers):
        pick_all(desk, block, weigh(desk, block))


def _naive(desk: Desk, readers: Sequence[Reader]) -> None:
    for one in readers:
        near = cosine_similarity(one.interests.followed, desk.vectors).max(axis=0)
        np.argsort(-near)[: one.wishes.length]
