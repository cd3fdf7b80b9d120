"""A catch-up comes when issues were missed and at no other time, and is no longer than any other issue."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.cadence import Cadence, Frequency
from digest.domain.catchup import away_since, reaching, together
from digest.domain.choice import Choice
from digest.domain.edition import Desk
from digest.domain.profile import read_topics
from digest.domain.selection import choose
from digest.domain.subscriber import Status, Subscriber, Wishes
from tests.builders import DAY, NOW, paper
from tests.desk import desk_of, reader_of
from tests.domain.test_cadence import cadences, moments

WISHES = Wishes(bar=0, breadth=0, length=5)
SUBJECTS = ("robot manipulation", "speech recognition", "video generation", "protein design")


def week(number: int, **facts: object) -> Desk:
    """Give the desk of an edition some weeks ago with twelve papers of its own, listed one a day."""
    papers = [
        paper(100 * number + i, title=f"On {SUBJECTS[i % 4]} {number} {i}", abstract=f"Says{number} what{i}", **facts)
        for i in range(12)
    ]
    desk, ago = desk_of(papers, days_ago=list(range(12))), timedelta(days=7 * number)
    named = [
        replace(one, paper_id=one.paper_id + 100 * number, listed_on=one.listed_on - ago)
        for one in desk.edition.candidates
    ]
    edition = replace(desk.edition, day=DAY - ago, candidates=tuple(named))
    return replace(desk, edition=edition, papers={key + 100 * number: one for key, one in desk.papers.items()})


def drawn(wishes: Wishes, since: date, *desks: Desk) -> list[tuple[Desk, Choice]]:
    found: list[tuple[Desk, Choice]] = []
    for desk in desks:
        found += [(desk, one) for one in choose(desk, [reaching(reader_of(desk, wishes), desk, since, found)])]
    return found


def served(cadence: Cadence, covered: date | None, confirmed_at: datetime | None = None) -> Subscriber:
    return Subscriber(
        id=1,
        address="ada@readers.example",
        status=Status.ACTIVE,
        wishes=Wishes(cadence=cadence),
        created_at=NOW,
        confirmed_at=confirmed_at,
        covered_until=covered,
    )


@given(cadences, moments, st.integers(0, 600))
def test_a_reader_composed_at_every_due_moment_never_gets_a_catch_up(
    cadence: Cadence, joined_at: datetime, late: int
) -> None:
    covered, due = None, cadence.next_due(joined_at)
    for _ in range(9):
        on = cadence.day_of(cadence.last_due(due + timedelta(minutes=late)))
        assert away_since(served(cadence, covered, joined_at), on) is None
        covered, due = on, cadence.next_due(due)


@given(cadences, moments, st.integers(1, 40))
def test_a_reader_who_missed_a_due_moment_always_gets_a_catch_up(
    cadence: Cadence, served_at: datetime, missed: int
) -> None:
    due = cadence.next_due(served_at)
    covered = cadence.day_of(due)
    for _ in range(missed + 1):
        due = cadence.next_due(due)
    assert away_since(served(cadence, covered), cadence.day_of(due)) == covered


@pytest.mark.parametrize(
    ("frequency", "covered", "on", "is_away"),
    [
        (Frequency.WEEKDAYS, date(2026, 3, 13), date(2026, 3, 16), False),
        (Frequency.WEEKDAYS, date(2026, 3, 12), date(2026, 3, 16), True),
        (Frequency.DAILY, date(2026, 3, 14), date(2026, 3, 16), True),
        (Frequency.WEEKLY, date(2026, 3, 13), date(2026, 3, 20), False),
        (Frequency.WEEKLY, date(2026, 3, 6), date(2026, 3, 20), True),
    ],
)
def test_the_weekend_of_a_weekdays_reader_is_no_gap(
    frequency: Frequency, covered: date, on: date, *, is_away: bool
) -> None:
    assert away_since(served(Cadence(frequency=frequency), covered), on) == (covered if is_away else None)


def test_who_was_never_served_or_joined_anew_has_missed_nothing() -> None:
    assert away_since(served(Cadence(), None), DAY) is None
    assert away_since(served(Cadence(), DAY - timedelta(days=90), confirmed_at=NOW), DAY) is None
    assert away_since(served(Cadence(), DAY - timedelta(days=90), confirmed_at=NOW - timedelta(days=200)), DAY)


def test_a_catch_up_holds_the_best_of_each_week_once_and_is_no_longer_than_an_issue() -> None:
    since = DAY - timedelta(days=20)
    found = drawn(WISHES, since, week(0), week(1), week(2))
    choice = together(found, WISHES, since, DAY)
    scores = [entry.score for entry in choice.entries]
    assert scores == sorted(scores, reverse=True)
    assert scores == sorted((entry.score for _, one in found for entry in one.entries), reverse=True)[:5]
    assert {entry.paper_id // 100 for entry in choice.entries} == {0, 1, 2}
    assert len({entry.paper_id for entry in choice.entries}) == 5
    assert [entry.rank for entry in choice.entries] == [1, 2, 3, 4, 5]
    assert (choice.since, choice.note) == (since, "The best of the 20 days since 25 February.")


def test_what_came_next_is_named_and_never_what_is_shown() -> None:
    since = DAY - timedelta(days=8)
    choice = together(drawn(WISHES, since, week(0), week(1)), WISHES, since, DAY)
    titles = {title for title, _ in choice.missed}
    assert len(titles) == len(choice.missed) == 3
    assert titles.isdisjoint(entry.title for entry in choice.entries)
    assert all(address.startswith("https://arxiv.org/abs/") for _, address in choice.missed)


def test_a_paper_chosen_from_a_newer_edition_does_not_come_again_from_an_older_one() -> None:
    since = DAY - timedelta(days=10)
    found = drawn(WISHES, since, week(0), week(0))
    first, second = ({entry.paper_id for entry in choice.entries} for _, choice in found)
    assert (len(first), len(second), first & second) == (5, 3, set()), "eight papers lie within its days"


def test_papers_reach_back_to_the_day_that_was_served_last_but_not_beyond_the_window() -> None:
    wishes = replace(WISHES, length=25)
    for days, reach in ((2, 3), (5, 5), (30, 8)):
        [(_, choice)] = drawn(wishes, DAY - timedelta(days=days), week(0))
        assert len(choice.entries) == reach


def test_who_is_followed_stands_in_a_catch_up_though_there_are_more_than_its_length() -> None:
    wishes = replace(WISHES, length=3, topics=read_topics(["author: Dara Oz"]))
    since = DAY - timedelta(days=15)
    choice = together(drawn(wishes, since, week(0), week(1, authors=("Dara Oz",))), wishes, since, DAY)
    assert [entry.paper_id // 100 for entry in choice.entries] == [1] * 8
    assert {entry.followed for entry in choice.entries} == {"By Dara Oz, whom you follow"}


def test_the_minutes_of_an_issue_bound_a_catch_up() -> None:
    wishes, since = replace(WISHES, minutes=2), DAY - timedelta(days=15)
    found = drawn(wishes, since, week(0), week(1))
    choice = together(found, wishes, since, DAY)
    desks = {entry.paper_id: desk for desk, one in found for entry in one.entries}
    takes = [desks[one.paper_id].minutes[desks[one.paper_id].positions[one.paper_id]] for one in choice.entries]
    assert 0 < sum(takes) <= 2
    assert len(choice.entries) < sum(len(one.entries) for _, one in found)


def test_where_nothing_was_chosen_the_newest_edition_says_why() -> None:
    wishes = Wishes(topics=read_topics(["cs.SY"]), trend_weight=0)
    since = DAY - timedelta(days=9)
    choice = together(drawn(wishes, since, week(0), week(1)), wishes, since, DAY)
    assert (choice.entries, choice.note) == ([], "No paper cleared your bar today.")
