"""A trace says what really went out, why a paper is not in the edition, and what cut it; and changes nothing."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from digest.actions.collect import asking, collect
from digest.actions.compose import Round, compose
from digest.actions.publish import publish
from digest.actions.why import trace
from digest.domain.cadence import Cadence, Frequency
from digest.domain.cut import Rule
from digest.domain.listing import ListingKind
from digest.domain.profile import Stance, read_topics
from digest.domain.subscriber import Status, Wishes
from digest.domain.trace import Trace, UnknownNameError
from digest.store import subscribers, told
from digest.store.database import Database
from tests.builders import DAY, NOW, listing, listings, masthead, paper
from tests.cast import address_of, joined
from tests.delivering import delivered
from tests.fakes import ListSource, ListTransport

SOON = timedelta(days=1)
WISHES = Wishes(length=10, bar=0, breadth=0)
ADA = address_of("ada")


def traced(
    database: Database, number: int, day: date | None = None, *, address: str = ADA, now: datetime = NOW
) -> Trace:
    with database.reading() as connection:
        return trace(connection, address, f"https://arxiv.org/abs/2603.{number:05d}v2", now=now, day=day)


def composed(database: Database, at: datetime = NOW) -> list[int]:
    """Compose for Ada, and give the numbers of the papers in the order of her issue."""
    compose(database, Round(now=at, queued_at=at, key_id=1))
    found = traced(database, 1, now=at)
    assert found.sent
    return [int(entry.paper_key[-5:]) for entry in found.sent.issue.entries]


def rules(found: Trace) -> list[Rule]:
    assert found.standing
    return [cut.rule for cut in found.standing.cuts]


def test_a_paper_that_went_out_stands_where_it_stood(published: Database) -> None:
    joined(published, "ada", wishes=WISHES)
    shown = composed(published)
    for place, number in enumerate(shown, 1):
        found = traced(published, number)
        assert found.sent
        assert found.standing
        assert (found.was_number, found.standing.number, found.differing) == (place, place, 0)
        assert (found.sent.issue.period, found.sent.state, found.other) == ("2026-03-17", "queued", "")
    others = [traced(published, number) for number in range(1, 41) if number not in shown]
    assert {(one.was_number, one.standing and one.standing.number) for one in others} == {(0, 0)}
    assert {rule for one in others for rule in rules(one)} == {Rule.RANK}


def test_a_paper_is_known_with_its_listings_and_its_place_in_the_edition(published: Database) -> None:
    joined(published, "ada", wishes=WISHES)
    found = traced(published, 1)
    assert found.collected.first_seen_at == NOW
    assert found.collected.listings == (("huggingface", DAY, ListingKind.NEW),)
    assert (found.day, found.revision, found.place, found.among, found.absence) == (DAY, 1, 1, 40, "")
    assert (found.sent, found.remarks) == (None, ())


def test_what_was_sent_before_is_told_with_its_issue_and_of_that_day_it_is_in(published: Database) -> None:
    joined(published, "ada", wishes=WISHES)
    [first, *_] = composed(published)
    delivered(published, ListTransport())
    later = NOW + SOON
    assert first not in composed(published, later)
    now = traced(published, first, now=later)
    assert rules(now) == [Rule.SENT]
    assert now.standing
    assert now.standing.cuts[0].sentence == "It was sent before, in the issue of 2026-03-17."
    assert (now.was_number, now.other) == (0, "2026-03-17")
    then = traced(published, first, DAY, now=later)
    assert then.standing
    assert (then.was_number, then.standing.number, then.other) == (1, 1, "")


def test_what_went_out_later_does_not_count_for_a_day_before(published: Database) -> None:
    joined(published, "ada", wishes=WISHES)
    composed(published)
    delivered(published, ListTransport())
    [second, *_] = composed(published, NOW + SOON)
    then = traced(published, second, DAY, now=NOW + SOON)
    assert rules(then) == [Rule.RANK]
    assert then.other == "2026-03-18"


def test_wishes_changed_since_are_not_taken_for_those_of_the_issue(published: Database) -> None:
    ada = joined(published, "ada", wishes=replace(WISHES, topics=read_topics(["protein design"]), trend_weight=0))
    [first, *_] = composed(published)
    with published.writing() as connection:
        never = read_topics(["protein design"], stance=Stance.NEVER)
        subscribers.keep_wishes(connection, ada, replace(WISHES, topics=never), NOW)
    found = traced(published, first)
    assert found.was_number == 1
    assert rules(found) == [Rule.NEVER]
    assert found.differing > 0


def test_a_weekly_reader_is_traced_in_the_issue_of_the_week(published: Database) -> None:
    joined(published, "ada", wishes=replace(WISHES, cadence=Cadence(frequency=Frequency.WEEKLY)))
    friday = NOW + timedelta(days=3)
    [first, *_] = composed(published, friday)
    found = traced(published, first, DAY + SOON, now=friday)
    assert found.sent
    assert (found.sent.issue.period, found.was_number) == ("2026-W12", 1)


def test_a_paper_listed_after_the_edition_is_said_to_be(published: Database) -> None:
    joined(published, "ada", wishes=WISHES)
    late = ListSource(listing(77, listed_on=DAY + SOON))
    collect(published, asking([late]), DAY + SOON, observed_at=NOW + SOON, now=NOW + SOON)
    found = traced(published, 77)
    assert found.absence == "It was first announced on 2026-03-18, after the edition of 2026-03-17."
    assert (found.standing, found.trend) == (None, None)


def test_a_paper_that_came_in_when_the_edition_was_made_is_told_the_remedy(published: Database) -> None:
    joined(published, "ada", wishes=WISHES)
    late = NOW + timedelta(hours=2)
    collect(published, asking([ListSource(listing(77))]), DAY, observed_at=late, now=late)
    said = traced(published, 77, now=late).absence
    assert said.startswith("It came in on 2026-03-17 11:00 UTC, when the edition of 2026-03-17 had been made;")
    assert "`digest publish --day 2026-03-17`" in said
    publish(published, DAY, masthead(), now=late)
    assert traced(published, 77, now=late).absence == ""


def test_an_old_announcement_is_out_of_the_window(published: Database) -> None:
    joined(published, "ada", wishes=WISHES)
    on = DAY + timedelta(days=9)
    fresh = [replace(one, listed_on=on) for one in listings(5, key="arxiv:2604.00001")]
    collect(published, asking([ListSource(*fresh)]), on, observed_at=NOW, now=NOW + timedelta(days=9))
    publish(published, on, masthead(), now=NOW + timedelta(days=9))
    found = traced(published, 1, now=NOW + timedelta(days=9))
    assert found.absence == "It was last announced on 2026-03-17; an edition of 2026-03-26 reaches back to 2026-03-19."


def test_a_paper_only_readers_told_of_was_never_announced(published: Database) -> None:
    joined(published, "ada", wishes=WISHES)
    with published.writing() as connection:
        told.keep(connection, [paper(88, title="", abstract="")], NOW)
    found = traced(published, 88)
    assert found.absence == "No source ever announced it, so it is in no edition."
    assert found.collected.text == "Nothing of its text is known yet."


def test_a_withdrawn_paper_is_said_to_be(published: Database) -> None:
    joined(published, "ada", wishes=WISHES)
    collect(published, asking([ListSource(listing(77, withdrawn=True))]), DAY, observed_at=NOW, now=NOW)
    assert traced(published, 77).absence == "It was withdrawn."


def test_without_an_edition_the_trace_says_how_one_is_made(database: Database) -> None:
    joined(database, "ada", wishes=WISHES)
    collect(database, asking([ListSource(listing(1))]), DAY, observed_at=NOW, now=NOW)
    found = traced(database, 1)
    assert found.absence == "There is no edition yet: `digest collect`, then `digest publish` make one."
    assert (found.day, found.standing) == (None, None)


def test_what_keeps_every_issue_away_is_remarked(published: Database) -> None:
    joined(published, "ada", wishes=WISHES, status=Status.PAUSED)
    week = NOW + timedelta(days=7)
    assert traced(published, 1, now=week).remarks == (
        "ada@readers.example is paused and gets no issues.",
        "No issue is made of it: the edition of 2026-03-17 is too old by now.",
    )
    assert traced(published, 1, DAY + SOON).remarks[1:] == (
        "There is no edition of 2026-03-18; the last one before it is of 2026-03-17.",
    )


def test_a_new_revision_since_the_issue_is_remarked(published: Database) -> None:
    joined(published, "ada", wishes=WISHES)
    composed(published)
    collect(published, asking([ListSource(listing(77))]), DAY, observed_at=NOW, now=NOW)
    publish(published, DAY, masthead(), now=NOW)
    assert traced(published, 1).remarks == ("The issue was made from revision 1; what follows is of 2.",)


@pytest.mark.parametrize(
    ("address", "number", "sentence"),
    [
        ("bela@readers.example", 1, "there is no subscriber bela@readers.example"),
        ("Ada", 1, "there is no subscriber Ada; `digest subscribers list` names them"),
        (ADA, 999, "no paper is known as https://arxiv.org/abs/2603.00999v2"),
    ],
)
def test_an_unknown_name_is_refused_in_a_sentence(
    published: Database, address: str, number: int, sentence: str
) -> None:
    joined(published, "ada", wishes=WISHES)
    with pytest.raises(UnknownNameError, match=sentence.replace("?", r"\?")):
        traced(published, number, address=address)
