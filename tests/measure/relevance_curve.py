"""Draws measures as curves: a dot for each step with its interval, one square for each curve."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDE, HIGH, EDGE, GAP = 300, 200, 52, 64
STYLE = (
    "text{font:12px sans-serif;fill:#444}.t{font-weight:bold;fill:#222}.a{stroke:#999;fill:none}"
    ".l{stroke:#0f5e57;stroke-width:2;fill:none}.i{stroke:#0f5e57;stroke-opacity:.5;stroke-width:5}"
    ".d{stroke:#999;stroke-dasharray:4 4}.p{fill:#0f5e57}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A step of a curve: where it lies, the interval its height is sure to, and what is written beside it."""

    x: float
    y: float
    low: float
    high: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Points from left to right, what lies across, and a place to mark, if any."""

    name: str
    points: tuple[Point, ...]
    across: str
    marked: float | None = None


def drawing(title: str, upwards: str, curves: Sequence[Curve]) -> str:
    """Give a picture of curves side by side, of one height: from nothing to the highest point.

    >>> curve = Curve(name="a", points=(Point(x=0, y=0.2, low=0.1, high=0.3, name="0"),), across="likes")
    >>> drawing("What likes teach", "NDCG@10", [curve]).count("<circle")
    1
    """
    width, height = EDGE + len(curves) * (WIDE + GAP), HIGH + 2 * EDGE
    top = max((point.high for curve in curves for point in curve.points), default=1.0) * 1.05
    body = "".join(_square(curve, EDGE + at * (WIDE + GAP), top, upwards) for at, curve in enumerate(curves))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"><title>{title}</title>'
    return f'{head}<style>{STYLE}</style><rect width="{width}" height="{height}" fill="#fff"/>{body}</svg>\n'


def _square(curve: Curve, left: float, top: float, upwards: str) -> str:
    least, most = min(point.x for point in curve.points), max(point.x for point in curve.points)

    def x(place: float) -> float:
        return round(left + 12 + (WIDE - 24) * (place - least) / ((most - least) or 1), 1)

    def y(value: float) -> float:
        return round(EDGE + HIGH * (1 - value / top), 1)

    line = " ".join(f"{x(point.x)},{y(point.y)}" for point in curve.points)
    dots = "".join(
        f'<path class="i" d="M{x(point.x)} {y(point.low)}V{y(point.high)}"/>'
        f'<circle class="p" cx="{x(point.x)}" cy="{y(point.y)}" r="4"/>'
        f'<text x="{x(point.x)}" y="{y(point.high) - 6}" text-anchor="middle">{point.y:.3f}</text>'
        f'<text x="{x(point.x)}" y="{y(0) + 16}" text-anchor="middle">{point.name}</text>'
        for point in curve.points
    )
    mark = "" if curve.marked is None else f'<path class="d" d="M{x(curve.marked)} {y(0)}V{y(top)}"/>'
    return (
        f'<rect class="a" x="{left}" y="{y(top)}" width="{WIDE}" height="{HIGH}"/>{mark}'
        f'<polyline class="l" points="{line}"/>{dots}<text class="t" x="{left}" y="{EDGE - 24}">{curve.name}</text>'
        f'<text x="{left}" y="{EDGE - 8}">{upwards}</text><text x="{left - 6}" y="{y(0)}" text-anchor="end">0</text>'
        f'<text x="{left - 6}" y="{y(top) + 10}" text-anchor="end">{top:.2f}</text>'
        f'<text x="{left + WIDE / 2}" y="{y(0) + 34}" text-anchor="middle">{curve.across}</text>'
    )
