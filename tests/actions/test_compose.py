"""Composing: every reader who is due gets one issue; who gets none is counted with a reason."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from digest.actions.compose import SHARD, Round, compose
from digest.actions.publish import publish
from digest.actions.report import ComposeReport
from digest.domain.cadence import Cadence, Frequency
from digest.domain.issue import Issue
from digest.domain.profile import Reaction, read_topics
from digest.domain.subscriber import Status, Subscriber, Wishes
from digest.store import deliveries, issues, papers, reactions, subscribers
from digest.store.database import Database
from digest.store.tables import editions
from digest.store.tables import issues as issues_table
from tests.builders import DAY, NOW, listing, masthead, paper
from tests.cast import TASTES, joined, wishes_of
from tests.delivering import delivered
from tests.fakes import ListTransport


def composed(database: Database, at: datetime = NOW, **facts: Any) -> ComposeReport:
    return compose(database, Round(now=at, queued_at=at, key_id=1, **facts))


def kept(database: Database) -> list[Issue]:
    with database.reading() as connection:
        numbers = connection.scalars(select(issues_table.c.id).order_by(issues_table.c.id)).all()
        return list(issues.with_ids(connection, numbers).values())


def reader(database: Database, number: int) -> Subscriber:
    with database.reading() as connection:
        held = subscribers.with_id(connection, number)
    assert held is not None
    return held


def test_a_reader_who_is_due_gets_one_issue_and_a_delivery(published: Database) -> None:
    ada = joined(published, "ada")
    report = composed(published)
    assert (report.issues, report.entries, report.skipped, report.done) == (1, 10, {}, True)
    [issue] = kept(published)
    assert (issue.subscriber_id, issue.period, issue.address) == (ada.id, "2026-03-17", "ada@readers.example")
    assert (issue.zone, issue.key_id, len(issue.entries)) == ("Europe/Berlin", 1, 10)
    assert reader(published, ada.id).next_issue_at == ada.wishes.cadence.next_due(NOW)
    with published.reading() as connection:
        assert deliveries.counts(connection) == {"queued": 1}
        assert deliveries.with_id(connection, 1) is not None
        seen = issues.shown(connection, [ada.id], range(100))
    assert seen == {ada.id: {entry.paper_id for entry in issue.entries}}


def test_composing_twice_gives_one_issue(published: Database) -> None:
    for name in TASTES:
        joined(published, name, wishes=replace(wishes_of(name), cadence=Cadence()))
    assert composed(published).issues == len(TASTES)
    assert composed(published) == ComposeReport()
    assert composed(published, day=DAY).skipped == {"already composed": len(TASTES)}
    assert (
        len({(issue.subscriber_id, issue.period) for issue in kept(published)}) == len(kept(published)) == len(TASTES)
    )


def test_two_composing_at_once_give_one_issue_each(published: Database) -> None:
    for name in TASTES:
        joined(published, name, wishes=replace(wishes_of(name), cadence=Cadence()))
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: composed(published), range(2)))
    assert sum(report.issues for report in reports) == len(kept(published)) == len(TASTES)
    assert set().union(*(report.skipped for report in reports)) <= {"composed by another process"}


def test_nothing_new_is_skipped_and_counted_and_the_reader_moves_on(published: Database) -> None:
    joined(published, "ada", wishes=Wishes(length=25, bar=0))
    days = [NOW + timedelta(days=number) for number in range(3)]
    reports = []
    for day in days:
        reports.append(composed(published, day))
        delivered(published, ListTransport(), day)
    assert [report.entries for report in reports] == [25, 15, 0]
    assert [dict(report.skipped) for report in reports] == [{}, {}, {"nothing new": 1}]
    assert reader(published, 1).next_issue_at == days[2].replace(hour=7) + timedelta(days=1)


def test_no_fresh_edition_leaves_the_reader_due(published: Database) -> None:
    ada = joined(published, "ada")
    report = composed(published, NOW + timedelta(days=5))
    assert (report.issues, report.skipped) == (0, {"no fresh edition": 1})
    assert report.failed == ["readers are due, but there is no fresh edition: collect and publish first"]
    assert reader(published, ada.id) == ada
    publish(published, DAY + timedelta(days=1), masthead(), now=NOW + timedelta(days=1))
    assert composed(published, NOW + timedelta(days=5)).issues == 1


def test_without_anybody_due_nothing_is_asked_of_the_edition(database: Database) -> None:
    joined(database, "ada", status=Status.PENDING)
    assert composed(database) == ComposeReport()


def test_a_changed_hour_makes_no_second_issue_for_the_same_day(published: Database) -> None:
    joined(published, "ada")
    composed(published)
    ada = reader(published, 1)
    with published.writing() as connection:
        subscribers.keep_wishes(connection, ada, replace(ada.wishes, cadence=Cadence(hour=20)), NOW)
    later = composed(published, NOW + timedelta(hours=12))
    assert (later.issues, later.skipped) == (0, {"already composed": 1})


def test_a_changed_cadence_covers_no_day_twice(published: Database) -> None:
    joined(published, "ada", wishes=Wishes(length=3, cadence=Cadence()))
    composed(published, NOW + timedelta(days=3))
    delivered(published, ListTransport(), NOW + timedelta(days=3))
    weekly = Cadence(frequency=Frequency.WEEKLY, hour=10)
    with published.writing() as connection:
        subscribers.keep_wishes(connection, reader(published, 1), Wishes(cadence=weekly), NOW + timedelta(days=3))
    again = composed(published, NOW + timedelta(days=3, hours=1))
    assert (again.issues, again.skipped) == (0, {"day already covered": 1})


def test_a_dry_run_counts_and_writes_nothing(published: Database) -> None:
    ada = joined(published, "ada")
    report = composed(published, dry_run=True)
    assert (report.issues, report.entries) == (1, 10)
    assert (kept(published), reader(published, ada.id)) == ([], ada)


def test_a_weekly_issue_is_for_its_week(published: Database) -> None:
    joined(published, "ada", wishes=Wishes(cadence=Cadence(frequency=Frequency.WEEKLY)))
    assert composed(published, NOW).issues == 0
    assert composed(published, NOW + timedelta(days=3)).issues == 1
    assert [issue.period for issue in kept(published)] == ["2026-W12"]


def test_changed_topics_are_followed_at_the_next_issue(published: Database) -> None:
    joined(published, "ada", wishes=Wishes(topics=read_topics(["protein design"]), trend_weight=0, length=3))
    composed(published)
    ada = reader(published, 1)
    with published.writing() as connection:
        wishes = replace(ada.wishes, topics=read_topics(["speech recognition"]))
        subscribers.keep_wishes(connection, ada, wishes, NOW)
    composed(published, NOW + timedelta(days=1))
    topics = [{entry.topic for entry in issue.entries} for issue in kept(published)]
    assert topics == [{"protein design"}, {"speech recognition"}]


def test_many_shards_are_all_composed(published: Database) -> None:
    with published.writing() as connection:
        for number in range(SHARD + 1):
            address = f"reader{number}@readers.example"
            subscribers.add(
                connection, address, Wishes(), now=NOW - timedelta(days=1), status=Status.ACTIVE, consent={}
            )
    assert composed(published).issues == SHARD + 1
    with published.reading() as connection:
        assert connection.scalar(select(func.count(func.distinct(issues_table.c.subscriber_id)))) == SHARD + 1


def test_what_a_reader_said_and_liked_survives_a_new_vectoriser(published: Database) -> None:
    ada = joined(published, "ada", wishes=Wishes(topics=read_topics(["protein design"]), trend_weight=0, length=3))
    with published.writing() as connection:
        number = papers.ids_of(connection, [paper(3).key])[paper(3).key]
        reactions.put(connection, ada.id, [Reaction(paper_id=number, liked=True, at=NOW)])
    assert composed(published).issues == 1
    with published.writing() as connection:
        papers.record(connection, [listing(n, title=f"Protein design {n}", upvotes=1) for n in range(60, 90)], NOW)
    later = NOW + timedelta(days=1)
    publish(published, DAY + timedelta(days=1), masthead(), now=later)
    assert composed(published, later).issues == 1
    first, second = kept(published)
    with published.reading() as connection:
        [first_version, second_version] = connection.scalars(select(editions.c.vectoriser).order_by(editions.c.id))
        assert second_version > first_version
    for issue in (first, second):
        assert [entry.topic for entry in issue.entries] == ["protein design"] * 3
        assert number not in {entry.paper_id for entry in issue.entries}, "what was liked is known"


def test_a_reader_for_whom_nothing_clears_the_bar_is_counted_as_that(published: Database) -> None:
    joined(published, "ada", wishes=Wishes(topics=read_topics(["cs.SY"]), trend_weight=0))
    report = composed(published)
    assert (report.issues, dict(report.skipped)) == (0, {"No paper cleared your bar today": 1})
