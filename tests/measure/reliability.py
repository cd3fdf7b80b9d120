"""Draws what `trend_report calibration` printed: how often what was given a chance came.

python -m tests.measure.reliability < calibration.jsonl > tests/golden/trend-reliability.svg
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

SIDE, EDGE, GAP = 220, 44, 52
NAMES = {"A": "votes seen", "B": "votes hidden", "D": "the listing alone", "X": "a whole arXiv listing"}
ENOUGH = 100
STYLE = (
    "text{font:12px sans-serif;fill:#444}.t{font-weight:bold;fill:#222}.a{stroke:#999;fill:none}"
    ".b{fill:#0f5e57;fill-opacity:.12}.d{stroke:#999;stroke-dasharray:4 4}.p{fill:#0f5e57}.s{fill:#fff;stroke:#0f5e57}"
)


def drawing(rows: Sequence[Mapping[str, Any]]) -> str:
    """Give one square for each task: chance told across, share that came upwards, a band of ±.05, a dot for each bin.

    A dot is full where the bin holds a hundred papers or more, and hollow where chance has its say.
    """
    width, height = EDGE + len(rows) * (SIDE + GAP), SIDE + 2 * EDGE + 20
    body = "".join(_square(row, EDGE + at * (SIDE + GAP)) for at, row in enumerate(rows))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    title = "<title>How often what was given a chance of the top tenth came</title>"
    return f'{head}{title}<style>{STYLE}</style><rect width="{width}" height="{height}" fill="#fff"/>{body}</svg>\n'


def _square(row: Mapping[str, Any], left: float) -> str:
    def x(share: float) -> float:
        return round(left + SIDE * share, 1)

    def y(share: float) -> float:
        return round(EDGE + SIDE * (1 - share), 1)

    band = f"{x(0)},{y(0.05)} {x(0.95)},{y(1)} {x(1)},{y(1)} {x(1)},{y(0.95)} {x(0.05)},{y(0)} {x(0)},{y(0)}"
    dots = "".join(
        f'<circle class="{"p" if one["papers"] >= ENOUGH else "s"}" cx="{x(one["told"])}" cy="{y(one["came"])}" r="4"/>'
        for one in row["bins"]
    )
    skill = f"Brier skill {row['brier_skill']:.2f}, interval holds {100 * row['coverage']:.0f} %"
    return (
        f'<polygon class="b" points="{band}"/><path class="d" d="M{x(0)} {y(0)}L{x(1)} {y(1)}"/>'
        f'<rect class="a" x="{x(0)}" y="{y(1)}" width="{SIDE}" height="{SIDE}"/>{dots}'
        f'<text class="t" x="{x(0)}" y="{y(1) - 24}">{NAMES[row["task"]]}</text>'
        f'<text x="{x(0)}" y="{y(1) - 8}">{skill}</text>'
        f'<text x="{x(0)}" y="{y(0) + 16}">0</text><text x="{x(1)}" y="{y(0) + 16}" text-anchor="end">1</text>'
        f'<text x="{x(0.5)}" y="{y(0) + 16}" text-anchor="middle">chance told</text>'
        f'<text x="{x(0) - 34}" y="{y(0.5)}">came</text>'
    )


if __name__ == "__main__":
    sys.stdout.write(drawing([json.loads(line) for line in sys.stdin]))
