"""Who missed issues gets one for all of them; a day without papers is told to who asked; pauses end by themselves."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain

import pytest
from sqlalchemy import Connection, select, update

from digest.actions.compose import Round, compose
from digest.actions.publish import publish
from digest.actions.report import ComposeReport
from digest.actions.why import trace
from digest.domain.cadence import Cadence, Frequency
from digest.domain.delivery import Kind
from digest.domain.issue import Issue
from digest.domain.listing import Receipt, Verdict
from digest.domain.message import Message
from digest.domain.profile import read_topics
from digest.domain.subscriber import Layout, Status, Subscriber, Wishes
from digest.links import Links
from digest.mail.notices import letter_for_notice
from digest.mail.renderer import letter_for_issue
from digest.store import claims, deliveries, editions, issues, papers, receipts, subscribers
from digest.store.claims import Share
from digest.store.database import Database
from digest.store.tables import deliveries as ledger
from digest.store.tables import editions as editions_table
from digest.store.tables import issues as issues_table
from digest.store.tables import profile_vectors
from tests.builders import DAY, NOW, listing, masthead
from tests.cast import address_of
from tests.delivering import delivered
from tests.fakes import ListTransport

WEEKS = 3
PLAIN = Wishes(topics=read_topics(["protein design"]), bar=0, length=25)
LINKS = Links("https://digest.example.org", {1: "k" * 64})


def week(number: int, each: int = 8) -> range:
    """Give the numbers of the papers listed some weeks ago."""
    return range(100 * number + 1, 100 * number + 1 + each)


@pytest.fixture
def weeks(database: Database) -> Database:
    """Give a database with the editions of four days a week apart, and papers of the day before each."""
    for number in range(WEEKS, -1, -1):
        day, at, before = DAY - timedelta(days=7 * number), NOW - timedelta(days=7 * number), timedelta(days=1)
        found = [
            listing(
                n,
                listed_on=day - before,
                upvotes=3,
                title=f"On protein design {n}",
                abstract=f"It says{n} what it finds{n}.",
            )
            for n in week(number)
        ]
        with database.writing() as connection:
            papers.record(connection, found, at)
        assert publish(database, day, masthead(), now=at).is_new
    return database


def composed(database: Database, at: datetime = NOW, day: date | None = None) -> ComposeReport:
    return compose(database, Round(now=at, queued_at=at, key_id=1, day=day))


def morning(database: Database, at: datetime) -> ComposeReport:
    """Compose and send."""
    report = composed(database, at)
    sent(database, at)
    return report


def of_weeks(issue: Issue) -> set[int]:
    """Give from how many weeks ago the papers of an issue are."""
    return {int(entry.title.rpartition(" ")[2]) // 100 for entry in issue.entries}


def kept(database: Database) -> list[Issue]:
    with database.reading() as connection:
        numbers = connection.scalars(select(issues_table.c.id).order_by(issues_table.c.id)).all()
        return list(issues.with_ids(connection, numbers).values())


def found(connection: Connection, number: int = 1) -> Subscriber:
    held = subscribers.with_id(connection, number)
    assert held is not None
    return held


def reader(database: Database, number: int = 1) -> Subscriber:
    with database.reading() as connection:
        return found(connection, number)


def served(
    database: Database, until: date, wishes: Wishes = PLAIN, *, name: str = "ada", due_at: datetime = NOW
) -> Subscriber:
    """Let somebody have joined long ago who was last served on a day, and is due now."""
    with database.writing() as connection:
        long_ago, active = NOW - timedelta(days=365), Status.ACTIVE
        number = subscribers.add(connection, address_of(name), wishes, now=long_ago, status=active, consent={}) or 0
        subscribers.cover(connection, number, until)
        subscribers.move_due(connection, found(connection, number), due_at)
    return reader(database, number)


def pause(database: Database, until: datetime | None) -> None:
    with database.writing() as connection:
        subscribers.set_status(connection, found(connection), Status.PAUSED, now=NOW, until=until)


def quiet_letters(database: Database) -> Sequence[dict[str, object]]:
    with database.reading() as connection:
        return list(connection.scalars(select(ledger.c.letter).where(ledger.c.kind == "quiet").order_by(ledger.c.id)))


def test_a_reader_back_from_three_weeks_gets_one_issue_with_papers_of_each_week(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=23), replace(PLAIN, layout=Layout.FULL))
    pause(weeks, NOW.replace(hour=0))
    report = composed(weeks)
    assert (report.issues, report.resumed) == (1, 1)
    [issue] = kept(weeks)
    assert (issue.since, issue.period, issue.layout) == (DAY - timedelta(days=23), "2026-03-17", Layout.FULL)
    assert issue.note == "The best of the 23 days since 22 February."
    assert of_weeks(issue) == {0, 1, 2, 3}
    assert [entry.rank for entry in issue.entries] == list(range(1, 26))
    assert len({entry.paper_id for entry in issue.entries}) == 25
    assert len(issue.missed) == 3
    with weeks.reading() as connection:
        assert deliveries.counts(connection) == {"queued": 1}
        shown = issues.shown(connection, [1], range(1_000))[1]
    assert shown == {entry.paper_id for entry in issue.entries}
    assert composed(weeks) == ComposeReport()


def test_papers_are_drawn_from_no_week_that_was_served(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=10))
    composed(weeks)
    [issue] = kept(weeks)
    assert of_weeks(issue) == {0, 1}


def test_an_edition_that_was_served_is_not_drawn_from_again(weeks: Database) -> None:
    tomorrow = DAY + timedelta(days=1)
    assert publish(weeks, tomorrow, masthead(), now=NOW + timedelta(days=1)).is_new
    served(weeks, DAY - timedelta(days=7))
    composed(weeks, NOW + timedelta(days=1))
    [issue] = kept(weeks)
    assert (issue.since, of_weeks(issue)) == (DAY - timedelta(days=7), {0})


def test_the_issue_after_a_catch_up_is_like_any_other(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=20), replace(PLAIN, length=5))
    for days in range(2):
        morning(weeks, NOW + timedelta(days=days))
    first, second = kept(weeks)
    assert (bool(first.since), second.since, second.note) == (True, None, "")
    assert of_weeks(second) == {0}
    assert {entry.paper_id for entry in first.entries}.isdisjoint(entry.paper_id for entry in second.entries)


def test_beside_a_catch_up_others_get_what_they_would_get_alone(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=20))
    served(weeks, DAY - timedelta(days=1), name="bela")
    composed(weeks)
    away, ordinary = kept(weeks)
    assert (ordinary.since, of_weeks(away), of_weeks(ordinary)) == (None, {0, 1, 2}, {0})


def test_a_service_that_was_down_for_a_week_gives_one_catch_up(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=8), due_at=NOW - timedelta(days=7))
    morning(weeks, NOW - timedelta(days=7))
    reports = [composed(weeks, NOW + timedelta(minutes=minutes)) for minutes in (0, 1, 2)]
    assert [report.issues for report in reports] == [1, 0, 0]
    first, second = kept(weeks)
    assert (first.since, second.since) == (None, DAY - timedelta(days=7))
    assert of_weeks(second) == {0}


def test_two_composing_at_once_give_one_catch_up(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=20))
    pause(weeks, NOW - timedelta(days=1))
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: composed(weeks), range(2)))
    assert (sum(report.issues for report in reports), len(kept(weeks))) == (1, 1)
    assert reader(weeks).status is Status.ACTIVE


def test_a_weekly_reader_is_told_of_weeks(weeks: Database) -> None:
    friday = NOW + timedelta(days=3)
    weekly = replace(PLAIN, cadence=Cadence(frequency=Frequency.WEEKLY))
    served(weeks, date(2026, 2, 27), weekly, due_at=friday - timedelta(hours=2))
    composed(weeks, friday)
    [issue] = kept(weeks)
    assert (issue.period, issue.note) == ("2026-W12", "The best of the 3 weeks since 27 February.")
    assert of_weeks(issue) == {0, 1, 2}


def test_a_replayed_day_is_never_a_catch_up(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=20))
    composed(weeks, day=DAY)
    assert [issue.since for issue in kept(weeks)] == [None]


def test_without_older_editions_there_is_a_catch_up_all_the_same(published: Database) -> None:
    served(published, DAY - timedelta(days=60))
    composed(published)
    [issue] = kept(published)
    assert issue.since == DAY - timedelta(days=60)
    assert issue.note == "The best of the last 8 days. Before that, the last look for you was on 16 January."


def test_cards_that_do_not_fit_into_todays_mail_are_left_out(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=20))
    with weeks.writing() as connection:
        old = editions_table.c.day == DAY - timedelta(days=7)
        connection.execute(update(editions_table).where(old).values(frames={"html_head": "of another design"}))
    composed(weeks)
    assert [of_weeks(issue) for issue in kept(weeks)] == [{0, 2}]


def test_a_catch_up_leaves_the_profile_of_the_newest_edition(weeks: Database) -> None:
    with weeks.writing() as connection:
        papers.record(connection, [listing(n, title=f"On robots {n}") for n in range(900, 950)], NOW)
    assert publish(weeks, DAY, masthead(), now=NOW + timedelta(days=8)).revision == 2
    served(weeks, DAY - timedelta(days=20), replace(PLAIN, trend_weight=0, bar=0.1))
    composed(weeks)
    with weeks.reading() as connection:
        versions = list(connection.scalars(select(editions_table.c.vectoriser).order_by(editions_table.c.id)))
        assert connection.scalars(select(profile_vectors.c.vectoriser)).all() == [versions[-1]]
    assert versions[-1] > versions[-3]
    [issue] = kept(weeks)
    assert {entry.topic for entry in issue.entries} == {"protein design"}
    assert of_weeks(issue) == {0, 1, 2}


def test_the_mail_of_a_catch_up_holds_the_papers_of_every_edition(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=20))
    composed(weeks)
    [issue] = kept(weeks)
    with weeks.reading() as connection:
        frames, cards = editions.pages_of(connection, [issue])[issue.edition_id]
    letter = letter_for_issue(issue, 1, frames, cards, LINKS)
    assert of_weeks(issue) == {0, 1, 2}
    for entry in issue.entries:
        assert entry.title in letter.text
        assert entry.title in letter.html


def test_a_trace_says_that_a_paper_of_an_older_edition_came_in_a_catch_up(weeks: Database) -> None:
    ada = served(weeks, DAY - timedelta(days=20))
    composed(weeks)
    with weeks.reading() as connection:
        found = trace(connection, ada.address, f"2603.{week(2)[0]:05d}", now=NOW)
    assert found.was_number > 0
    said = "The issue was a catch-up since 2026-02-25 and drew from older editions too"
    assert found.remarks == (f"{said}; what follows is of an ordinary issue.",)


def test_a_quiet_day_asked_for_is_told_once_and_not_asked_for_is_silent(weeks: Database) -> None:
    barred = Wishes(topics=read_topics(["cs.CL"]), trend_weight=0, bar=1, quiet_days=True)
    asked = served(weeks, DAY - timedelta(days=1), barred)
    served(weeks, DAY - timedelta(days=1), replace(barred, quiet_days=False), name="bela")
    reports = [composed(weeks), composed(weeks)]
    assert [(one.issues, one.told, dict(one.skipped)) for one in reports] == [
        (0, 1, {"No paper cleared your bar today": 2}),
        (0, 0, {}),
    ]
    [letter] = quiet_letters(weeks)
    mail = letter_for_notice(Kind.QUIET, 1, letter, masthead(), LINKS)
    missed = letter.pop("missed")
    assert letter == {
        "recipient": asked.address,
        "key_id": 1,
        "date": NOW.isoformat(),
        "day": "2026-03-17",
        "note": "No paper cleared your bar today.",
        "next_at": "2026-03-18T07:00:00+00:00",
        "zone": "UTC",
        "rests_on": "",
    }
    assert isinstance(missed, list)
    assert all(title.startswith("On protein design") for title, _ in missed)
    assert len(missed) == 3
    for said in (*chain(*missed), "No paper cleared your bar today.", "Wednesday, 18 March"):
        assert said in mail.text
        assert said in mail.html


def test_a_quiet_day_on_which_a_source_announced_nothing_says_so(published: Database) -> None:
    wishes = Wishes(bar=0, topics=read_topics(["cs"]), quiet_days=True, length=25)
    served(published, DAY - timedelta(days=1), wishes)
    silent = Receipt(source="arxiv", day=DAY, observed_at=NOW, verdict=Verdict.NOTHING, reason="a holiday")
    with published.writing() as connection:
        receipts.add(connection, silent)
    days = [NOW + timedelta(days=number) for number in range(3)]
    assert [morning(published, day).told for day in days] == [0, 0, 1]
    [letter] = quiet_letters(published)
    assert letter["note"] == "arXiv announced nothing (a holiday)."
    assert letter["rests_on"] == "Hugging Face listed 40 papers, 40 were read."


def test_a_day_without_papers_is_covered_and_no_day_that_was_missed(published: Database) -> None:
    served(published, DAY - timedelta(days=1), Wishes(length=25, bar=0))
    for number in range(3):
        morning(published, NOW + timedelta(days=number))
    assert reader(published).covered_until == DAY + timedelta(days=2)
    with published.writing() as connection:
        papers.record(connection, [listing(99, listed_on=DAY + timedelta(days=3))], NOW)
    publish(published, DAY + timedelta(days=3), masthead(), now=NOW + timedelta(days=3))
    composed(published, NOW + timedelta(days=3))
    assert kept(published)[-1].since is None


def test_a_day_that_was_named_is_not_covered_and_not_told_when_it_brings_nothing(published: Database) -> None:
    wishes = Wishes(topics=read_topics(["quantum gravity"]), trend_weight=0, bar=1, quiet_days=True)
    served(published, DAY - timedelta(days=1), wishes)
    assert composed(published, day=DAY).told == 0
    assert reader(published).covered_until == DAY - timedelta(days=1)


@pytest.mark.parametrize("hour", [0, 7])
def test_a_pause_that_is_over_ends_on_its_day_however_late_the_clock(weeks: Database, hour: int) -> None:
    cadence = Cadence(hour=hour, zone="Europe/Berlin")
    served(weeks, DAY - timedelta(days=1), replace(PLAIN, cadence=cadence))
    pause(weeks, datetime(2026, 3, 16, 23, tzinfo=UTC))
    assert composed(weeks, datetime(2026, 3, 16, 22, 59, tzinfo=UTC)).resumed == 0
    report = composed(weeks)
    assert (report.resumed, report.issues) == (1, 1)
    ada = reader(weeks)
    assert (ada.status, ada.resumes_at, ada.covered_until) == (Status.ACTIVE, None, DAY)


def test_nobody_wakes_before_time_by_a_replay_or_after_leaving(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=1))
    pause(weeks, None)
    assert composed(weeks).resumed == 0
    pause(weeks, NOW - timedelta(days=1))
    assert composed(weeks, day=DAY).resumed == 0
    with weeks.writing() as connection:
        subscribers.set_status(connection, found(connection), Status.UNSUBSCRIBED, now=NOW)
    assert composed(weeks).resumed == 0
    assert kept(weeks) == []


def sent(database: Database, at: datetime, *, dead: str = "") -> list[Message]:
    transport = ListTransport()
    delivered(database, transport, at, dead=dead)
    return transport.sent


def test_an_issue_that_still_waits_when_its_reader_pauses_is_not_lost(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=1))
    composed(weeks)
    pause(weeks, NOW + timedelta(days=2))
    assert sent(weeks, NOW + timedelta(hours=1)) == []
    assert reader(weeks).covered_until == DAY - timedelta(days=1)
    report = composed(weeks, NOW + timedelta(days=3))
    first, second = kept(weeks)
    assert (report.resumed, report.issues, second.since) == (1, 1, DAY - timedelta(days=1))
    assert first.entries
    assert {entry.paper_id for entry in first.entries} <= {entry.paper_id for entry in second.entries}
    assert len(sent(weeks, NOW + timedelta(days=3))) == 1


def test_a_catch_up_that_still_waits_when_its_reader_pauses_is_not_lost_either(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=20))
    composed(weeks)
    pause(weeks, NOW + timedelta(days=2))
    sent(weeks, NOW + timedelta(hours=1))
    composed(weeks, NOW + timedelta(days=3))
    first, second = kept(weeks)
    assert (first.since, second.since) == (DAY - timedelta(days=20),) * 2
    assert {entry.paper_id for entry in first.entries} <= {entry.paper_id for entry in second.entries}


def test_a_weekly_issue_that_is_taken_back_uncovers_its_friday(weeks: Database) -> None:
    friday = DAY + timedelta(days=3)
    at = NOW + timedelta(days=3)
    served(weeks, DAY - timedelta(days=4), replace(PLAIN, cadence=Cadence(frequency=Frequency.WEEKLY)), due_at=at)
    composed(weeks, at)
    assert reader(weeks).covered_until == friday
    pause(weeks, None)
    sent(weeks, at)
    assert reader(weeks).covered_until == friday - timedelta(days=1)


def test_what_was_in_flight_before_its_reader_paused_may_have_arrived_and_is_shown_no_more(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=1))
    composed(weeks)
    with weeks.writing() as connection:
        [claim] = claims.claim(connection, "gone", Share(), now=NOW)
        assert claims.hold(connection, claim.delivery, "gone", NOW)
    pause(weeks, None)
    assert sent(weeks, NOW, dead="gone") == []
    assert reader(weeks).covered_until == DAY


def test_an_issue_for_who_left_stays_shown(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=1))
    composed(weeks)
    with weeks.writing() as connection:
        subscribers.set_status(connection, found(connection), Status.UNSUBSCRIBED, now=NOW)
    assert sent(weeks, NOW) == []
    assert reader(weeks).covered_until == DAY


def test_an_issue_that_was_not_sent_when_the_next_is_due_is_taken_back_and_its_papers_come_with_that(
    weeks: Database,
) -> None:
    served(weeks, DAY - timedelta(days=1), replace(PLAIN, length=5))
    composed(weeks)
    assert composed(weeks, NOW + timedelta(days=1)).issues == 1
    first, second = kept(weeks)
    assert second.since == DAY - timedelta(days=1)
    assert {entry.paper_id for entry in first.entries} <= {entry.paper_id for entry in second.entries}
    assert len(sent(weeks, NOW + timedelta(days=1))) == 1
    assert states(weeks) == {first.period: "cancelled", second.period: "sent"}


def test_an_issue_of_the_same_day_is_not_taken_back_when_its_reader_becomes_due_again(weeks: Database) -> None:
    served(weeks, DAY - timedelta(days=1))
    composed(weeks)
    with weeks.writing() as connection:
        subscribers.move_due(connection, found(connection), NOW + timedelta(hours=1))
    assert composed(weeks, NOW + timedelta(hours=1)).skipped == {"already composed": 1}
    assert len(sent(weeks, NOW + timedelta(hours=1))) == 1


def states(database: Database) -> dict[str, str]:
    with database.reading() as connection:
        return {row.key: row.state for row in connection.execute(select(ledger))}


@pytest.mark.parametrize("days", [1, 3, 5])
def test_after_days_without_a_mail_server_a_reader_gets_one_issue(weeks: Database, days: int) -> None:
    served(weeks, DAY - timedelta(days=1))
    for number in range(days):
        composed(weeks, NOW + timedelta(days=number))
    at = NOW + timedelta(days=days - 1, hours=1)
    assert len(sent(weeks, at)) == 1
    assert sum(state == "queued" for state in states(weeks).values()) == 0
