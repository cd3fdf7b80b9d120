"""The pace: rates space messages evenly, a domain's connections are few, and trouble of one kind stops a run."""

from datetime import timedelta
from math import inf

import pytest

from digest.domain.delivery import Outcome, Reply
from digest.domain.pace import LOOKED_BACK, Limits, Pace, Trouble
from tests.builders import NOW

SENT, BUSY = Reply(outcome=Outcome.SENT, text="250 ok"), Reply(outcome=Outcome.LATER, text="450 busy", at="RCPT")
GREYLISTED = Reply(outcome=Outcome.LATER, text="450 4.7.1 come again", at="RCPT")
FULL = Reply(outcome=Outcome.LATER, text="452 full", at="RCPT")


def begun(limits: Limits, seconds: int) -> list[int]:
    """Give the seconds at which messages to one domain begin, if each takes no time."""
    pace, moments = Pace(limits), []
    for at in range(seconds):
        while not pace.wait("a.example", at, []):
            pace.begin("a.example", at)
            moments.append(at)
    return moments


@pytest.mark.parametrize("limits", [Limits(rate=6), Limits(rate_per_domain=6), Limits(rate=6, rate_per_domain=60)])
def test_a_rate_spaces_messages_evenly(limits: Limits) -> None:
    assert begun(limits, 60) == [0, 10, 20, 30, 40, 50]


def test_a_rate_of_one_domain_keeps_back_no_other() -> None:
    pace = Pace(Limits(connections=4, connections_per_domain=2, rate_per_domain=1))
    pace.begin("a.example", 0)
    assert (pace.wait("a.example", 30, []), pace.wait("b.example", 30, [])) == (30, 0)
    assert (pace.closed(30, 1, []), pace.closed(60, 1, [])) == (["a.example"], [])


def test_a_domain_never_has_more_than_its_connections() -> None:
    pace, under_way = Pace(Limits(connections=4, connections_per_domain=2)), ["a.example", "b.example", "a.example"]
    assert (pace.wait("a.example", 99, under_way), pace.wait("b.example", 99, under_way)) == (inf, 0)
    assert pace.closed(99, 1, under_way) == ["a.example"]


@pytest.mark.parametrize(
    ("replies", "is_trouble"),
    [
        ([BUSY] * 9, False),
        ([BUSY] * 10, True),
        ([SENT, BUSY] * 50, False),
        ([SENT] + [BUSY, FULL] * 50, False),
        ([SENT] * 5_000 + [BUSY] * 10, False),
        ([SENT] * 5_000 + [BUSY] * 11, True),
        ([BUSY] * 9 + [SENT] * 10 + [FULL] * 10, False),
        ([SENT] * 100, False),
        ([GREYLISTED] * 100, False),
    ],
)
def test_only_many_failures_of_one_kind_in_the_last_tries_are_trouble(replies: list[Reply], is_trouble: bool) -> None:
    trouble: Trouble[int] = Trouble()
    assert (
        any(trouble.noted(reply, number, "a.example", NOW) != "" for number, reply in enumerate(replies)) is is_trouble
    )


def test_failures_of_more_than_an_hour_ago_are_no_trouble_and_each_try_passes_once() -> None:
    trouble: Trouble[int] = Trouble()
    for number in range(9):
        trouble.noted(FULL, number, "a.example", NOW)
    assert trouble.passed(NOW + LOOKED_BACK) == []
    later = NOW + LOOKED_BACK + timedelta(seconds=1)
    assert [ticket for _, ticket, _ in trouble.passed(later)] == list(range(9))
    assert trouble.noted(FULL, 9, "a.example", later) == ""
    assert trouble.passed(later) == []


DEAD = Reply(outcome=Outcome.REFUSED, text="550 5.1.1 no such person", at="RCPT")


@pytest.mark.parametrize(
    ("replies", "domains", "is_trouble"),
    [
        ([DEAD] * 3, "ab", True),
        ([DEAD] * 9, "a", False),
        ([DEAD, DEAD, SENT, DEAD], "ab", False),
        ([FULL] * 3, "ab", False),
    ],
)
def test_alike_refusals_by_several_domains_and_nothing_else_are_trouble_at_once(
    replies: list[Reply], domains: str, is_trouble: bool
) -> None:
    trouble: Trouble[int] = Trouble()
    said = [trouble.noted(reply, at, domains[at % len(domains)], NOW) for at, reply in enumerate(replies)]
    assert any(said) is is_trouble


def test_only_the_last_tries_are_kept_however_many_there_were() -> None:
    trouble: Trouble[int] = Trouble()
    for number in range(1_000):
        trouble.noted(SENT if number % 3 else FULL, number, "a.example", NOW)
    assert len(trouble.alike(SENT)) + len(trouble.alike(FULL)) == 20
    assert len(trouble.passed(NOW)) == 980
