"""A host is asked at its own pace, by all processes of a machine together, and let alone while it refuses."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from digest.sources.base import SourceError
from digest.sources.turns import TryAgain, TurnedAway, Turns


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


def ask(folder: Path, clock: Clock, host: str, refusal: TurnedAway | None = None) -> str:
    """Take a turn that ends well or in a refusal; give why there was none."""
    try:
        with turns(folder, clock)(host):
            if refusal:
                raise refusal
    except TurnedAway:
        return "refused"
    except SourceError as error:
        return str(error)
    return "answered"


def refusal(status: int = 503, after: float = 0.0) -> TurnedAway:
    return TurnedAway("status", status=status, after=after)


def test_from_the_fourth_refusal_on_a_host_is_let_alone_for_longer_and_longer(tmp_path: Path) -> None:
    clock, pauses = Clock(), list[int]()
    assert [ask(tmp_path, clock, "example.org", refusal()) for _ in range(4)] == ["refused"] * 4
    for _ in range(9):
        began = clock.seconds
        while "is not asked before" in ask(tmp_path, clock, "example.org", refusal()):
            clock.seconds += 60
        pauses.append(round((clock.seconds - began) / 60))
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 360, 360]


def test_the_pause_says_until_when_and_why(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(4):
        ask(tmp_path, clock, "example.org", refusal(429))
    said = ask(tmp_path, clock, "example.org")
    assert said == "example.org is not asked before 1970-01-12 13:51 UTC: it refused 4 times in a row (status 429)"


@pytest.mark.parametrize(("wish", "pause"), [(3_600, 3_600), (10_000_000, 86_400), (121, 121)])
def test_a_long_wish_is_kept_at_once(tmp_path: Path, wish: float, pause: float) -> None:
    clock = Clock()
    ask(tmp_path, clock, "example.org", refusal(429, wish))
    clock.seconds += pause - 1
    assert "it asked for that" in ask(tmp_path, clock, "example.org")
    clock.seconds += 1
    assert ask(tmp_path, clock, "example.org") == "answered"


def test_a_good_answer_forgets_the_refusals_and_a_stumble_does_not_count(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(3):
        ask(tmp_path, clock, "example.org", refusal())
    with suppress(TryAgain), turns(tmp_path, clock)("example.org"):
        raise TryAgain("status 500", status=500)
    assert ask(tmp_path, clock, "example.org") == "answered"
    assert [ask(tmp_path, clock, "example.org", refusal()) for _ in range(4)] == ["refused"] * 4
    assert "is not asked" in ask(tmp_path, clock, "example.org")


def test_too_many_requests_close_all_of_arxiv_and_a_busy_door_only_itself(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(4):
        ask(tmp_path, clock, "rss.arxiv.org", refusal(503))
    assert "rss.arxiv.org is not asked" in ask(tmp_path, clock, "rss.arxiv.org")
    assert ask(tmp_path, clock, "oaipmh.arxiv.org") == "answered"
    for _ in range(4):
        ask(tmp_path, clock, "export.arxiv.org", refusal(429))
    assert "arxiv.org is not asked" in ask(tmp_path, clock, "oaipmh.arxiv.org")
    assert ask(tmp_path, clock, "huggingface.co") == "answered"


@pytest.mark.parametrize(
    "kept", ["", "{", "[]", '{"times": "x"}', '{"times": 9, "until": 1e99, "status": 429}', "\xff"]
)
def test_what_was_kept_and_cannot_be_believed_closes_nothing(tmp_path: Path, kept: str) -> None:
    (tmp_path / "example.org.refused").write_text(kept, "latin-1")
    assert ask(tmp_path, Clock(), "example.org") == "answered"


@pytest.mark.parametrize("host", ["", "..", "a/../../b", "::1", "x" * 60])
def test_no_host_leads_out_of_the_folder(tmp_path: Path, host: str) -> None:
    (tmp_path / "turns").mkdir()
    assert ask(tmp_path / "turns", Clock(), host) == "answered"
    assert [path.name for path in tmp_path.iterdir()] == ["turns"]
