"""Draws counts over time: blocks for a terminal, points for a picture. What is counted is known elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

Count = tuple[datetime, int]
BLOCKS = "▁▂▃▄▅▆▇█"
UNKNOWN = " "


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Counts of one kind over a span of time that it may share with other lines.

    Attributes
    ----------
    name : what was counted
    counts : (moment, count) in order of time; at least one
    begin, end : the span that is drawn

    Examples
    --------
    >>> from datetime import UTC
    >>> counts = tuple((datetime(2026, 3, 17, hour, tzinfo=UTC), count) for hour, count in [(8, 2), (11, 9), (14, 16)])
    >>> line = Line(name="upvotes", counts=counts, begin=counts[0][0], end=counts[-1][0])
    >>> line.blocks(9), line.least, line.most, line.points(60, 16)
    ('▁▁▁▁▅▅▅▅█', 2, 16, ((0.0, 14.0), (30.0, 7.0), (60.0, 0.0)))
    """

    name: str
    counts: Sequence[Count]
    begin: datetime
    end: datetime

    @property
    def least(self) -> int:
        """The smallest count."""
        return min(count for _, count in self.counts)

    @property
    def most(self) -> int:
        """The largest count."""
        return max(count for _, count in self.counts)

    def blocks(self, width: int) -> str:
        """Draw the line as blocks of eight heights over 0: each column the count known at its moment."""
        known = [UNKNOWN] * width
        for at, count in self.counts:
            column = round(self._place(at) * (width - 1))
            known[column:] = self._block(count) * (width - column)
        return "".join(known)

    def points(self, width: float, height: float) -> tuple[tuple[float, float], ...]:
        """Give the counts as points of a picture, y going down from the top, where the largest count is."""
        top = max(1, self.most)
        return tuple(
            (round(self._place(at) * width, 1), round((1 - max(0, count) / top) * height, 1))
            for at, count in self.counts
        )

    def _place(self, at: datetime) -> float:
        span = self.end - self.begin
        return min(1.0, max(0.0, (at - self.begin) / span)) if span else 1.0

    def _block(self, count: int) -> str:
        height = ceil(len(BLOCKS) * count / self.most) if self.most > 0 else 1
        return BLOCKS[max(1, height) - 1]


def lines(series: Sequence[tuple[str, Sequence[Count]]]) -> tuple[Line, ...]:
    """Lay several named series over the same span of time; one without a count is left out."""
    held = [(name, tuple(counts)) for name, counts in series if counts]
    moments = [at for _, counts in held for at, _ in counts]
    return tuple(Line(name=name, counts=counts, begin=min(moments), end=max(moments)) for name, counts in held)


def in_blocks(drawn: Sequence[Line], width: int = 48) -> str:
    """Draw lines one under the other, with the smallest and largest count of each, over one axis of time.

    Examples
    --------
    >>> from datetime import UTC
    >>> votes = [(datetime(2026, 3, 17, hour, tzinfo=UTC), count) for hour, count in [(8, 2), (20, 16)]]
    >>> print(in_blocks(lines([("upvotes", votes)]), width=34))
    upvotes  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█  2 to 16
             03-17 08:00            03-17 20:00  UTC, 2026
    """
    if not drawn:
        return ""
    margin = max(len(line.name) for line in drawn)
    rows = [f"{line.name:<{margin}}  {line.blocks(width)}  {_span(line)}" for line in drawn]
    begin, end = drawn[0].begin, drawn[0].end
    years = f"{begin:%Y}" if begin.year == end.year else f"{begin:%Y} to {end:%Y}"
    first, last = (f"{begin:%m-%d %H:%M}", f"{end:%m-%d %H:%M}") if begin < end else ("", f"{end:%m-%d %H:%M}")
    return "\n".join([*rows, f"{'':<{margin}}  {first}{last:>{width - len(first)}}  UTC, {years}"])


def _span(line: Line) -> str:
    return f"{line.least:,} to {line.most:,}" if line.least < line.most else f"{line.most:,}"
