"""A host is asked at its own pace, by all processes of a machine together."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from digest.sources.turns import Turns


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds, self.slept = 1_000_000.0, list[float]()

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.slept.append(seconds)
        self.seconds += seconds


def turns(folder: Path, clock: Clock) -> Turns:
    return Turns(folder, clock=lambda: clock.seconds, sleep=clock.sleep)


@pytest.mark.parametrize(
    ("first", "second", "passed", "waits"),
    [
        ("rss.arxiv.org", "export.arxiv.org", 0, [3.0]),
        ("arxiv.org", "oaipmh.arxiv.org", 1, [2.0]),
        ("rss.arxiv.org", "rss.arxiv.org", 3, []),
        ("rss.arxiv.org", "huggingface.co", 0, []),
        ("huggingface.co", "huggingface.co", 0, [1.0]),
        ("notarxiv.org", "arxiv.org", 0, []),
    ],
)
def test_each_host_has_its_own_pace(tmp_path: Path, first: str, second: str, passed: float, waits: list[float]) -> None:
    clock = Clock()
    with turns(tmp_path, clock)(first):
        pass
    clock.seconds += passed
    with turns(tmp_path, clock)(second):
        assert clock.slept == pytest.approx(waits, abs=0.01)


def test_the_pace_counts_from_the_end_of_a_request_also_of_one_that_failed(tmp_path: Path) -> None:
    clock = Clock()
    with suppress(OSError), turns(tmp_path, clock)("arxiv.org"):
        clock.seconds += 60
        raise OSError
    with turns(tmp_path, clock)("arxiv.org"):
        assert clock.slept == pytest.approx([3.0], abs=0.01)


def test_a_moment_in_the_future_makes_nobody_wait(tmp_path: Path) -> None:
    clock = Clock()
    (tmp_path / "arxiv.org.last").touch()
    os.utime(tmp_path / "arxiv.org.last", (2_000_000, 2_000_000))
    with turns(tmp_path, clock)("arxiv.org"):
        assert clock.slept == []
