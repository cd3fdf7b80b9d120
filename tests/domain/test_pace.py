"""The pace: rates space messages evenly, a domain's connections are few, and trouble of one kind stops a run."""

from math import inf

import pytest

from digest.domain.delivery import Outcome, Reply
from digest.domain.pace import Limits, Pace, Trouble, allowed_on

SENT, BUSY = Reply(outcome=Outcome.SENT, text="250 ok"), Reply(outcome=Outcome.LATER, text="450 busy", at="RCPT")
FULL = Reply(outcome=Outcome.LATER, text="452 full", at="RCPT")


def begun(limits: Limits, seconds: int) -> list[int]:
    """Give the seconds at which messages to one domain begin, if each takes no time."""
    pace, moments = Pace(limits), []
    for at in range(seconds):
        while not pace.wait("a.example", at):
            pace.begin("a.example", at)
            pace.end("a.example")
            moments.append(at)
    return moments


@pytest.mark.parametrize("limits", [Limits(rate=6), Limits(rate_per_domain=6), Limits(rate=6, rate_per_domain=60)])
def test_a_rate_spaces_messages_evenly(limits: Limits) -> None:
    assert begun(limits, 60) == [0, 10, 20, 30, 40, 50]


def test_a_rate_of_one_domain_keeps_back_no_other() -> None:
    pace = Pace(Limits(connections=4, connections_per_domain=2, rate_per_domain=1))
    pace.begin("a.example", 0)
    assert (pace.wait("a.example", 30), pace.wait("b.example", 30)) == (30, 0)


def test_a_domain_never_has_more_than_its_connections() -> None:
    pace = Pace(Limits(connections=4, connections_per_domain=2))
    for _ in range(2):
        assert pace.wait("a.example", 0) == 0
        pace.begin("a.example", 0)
    assert (pace.wait("a.example", 99), pace.wait("b.example", 99)) == (inf, 0)
    pace.end("a.example")
    assert pace.wait("a.example", 99) == 0


def test_the_ramp_doubles_every_day_and_off_it_never_ends() -> None:
    assert [allowed_on(day, Limits(ramp_first_day=100)) for day in (0, 1, 10)] == [100, 200, 102_400]
    assert allowed_on(0, Limits()) == inf


@pytest.mark.parametrize(
    ("replies", "is_trouble"),
    [
        ([BUSY] * 19, False),
        ([BUSY] * 20, True),
        ([BUSY] * 10 + [SENT] * 10, False),
        ([BUSY, FULL] * 50, False),
        ([SENT] * 5_000 + [BUSY] * 11, True),
        ([BUSY] * 10 + [SENT] * 10 + [FULL] * 10, False),
        ([SENT] * 100, False),
    ],
)
def test_only_many_failures_of_one_kind_in_the_last_tries_are_trouble(replies: list[Reply], is_trouble: bool) -> None:
    trouble = Trouble()
    assert any(trouble.noted(reply) != "" for reply in replies) is is_trouble
