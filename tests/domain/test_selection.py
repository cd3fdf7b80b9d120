"""What a reader gets: the nearest and the most noticed, with reasons, nothing barred, nothing twice."""

from dataclasses import replace

import numpy as np
import pytest

from digest.domain.cadence import Cadence, Frequency
from digest.domain.edition import Desk
from digest.domain.issue import Entry
from digest.domain.paper import Paper
from digest.domain.profile import Stance, Topic, read_topics
from digest.domain.selection import choose
from digest.domain.subscriber import Wishes
from digest.domain.weighing import weigh
from tests.builders import paper
from tests.cast import TASTES, wishes_of
from tests.desk import desk_of, reader_of

SUBJECTS = ["robot manipulation", "speech recognition", "video generation", "protein design", "language models"]
PAPERS = [paper(i, title=f"On {SUBJECTS[i % 5]} {i}", abstract=f"Words number{i} of kind{i} say{i}") for i in range(30)]
DESK = desk_of(PAPERS)


def chosen(desk: Desk, wishes: Wishes, seen: set[int] | None = None, liked: list[Paper] | None = None) -> list[Entry]:
    [choice] = choose(desk, [reader_of(desk, wishes, seen=seen, liked=liked or [])])
    return choice.entries


def following(*typed: str, **wishes: object) -> Wishes:
    return Wishes(**({"topics": read_topics(typed), "bar": 0.0, "breadth": 0.0} | wishes))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", TASTES)
def test_every_entry_explains_its_own_score(name: str) -> None:
    wishes = replace(wishes_of(name), bar=0.0)
    entries = chosen(DESK, wishes)
    weighed = weigh(DESK, [reader_of(DESK, wishes)])
    assert [entry.rank for entry in entries] == list(range(1, wishes.length + 1))
    assert [entry.score for entry in entries] == sorted((entry.score for entry in entries), reverse=True)
    for entry in entries:
        assert bool(entry.topic) == bool(entry.terms)
        assert entry.score == pytest.approx(float(weighed.score[0, entry.paper_id - 1]), abs=1e-5)


def test_the_nearest_topic_is_named() -> None:
    first, *_ = chosen(DESK, following("speech recognition", "protein design", trend_weight=0))
    assert first.topic in first.title
    assert first.why.startswith(f"Near your topic “{first.topic}”")


@pytest.mark.parametrize("never", ["robot manipulation", "Video", "cs.CL", "CS.cl", "cs"])
def test_what_a_reader_never_wants_never_comes(never: str) -> None:
    topics = read_topics(["video", "author: Ann Lee"]) + read_topics([never], stance=Stance.NEVER)
    wanted = Wishes(topics=topics, length=25, bar=0)
    entries = chosen(DESK, wanted)
    assert not [entry for entry in entries if never.casefold() in entry.title.casefold()]
    assert len(entries) == (0 if never.startswith(("c", "C")) else 24)


def test_a_followed_category_counts_for_every_paper_in_it() -> None:
    papers = [replace(one, categories=("cs.RO", "cs.CL") if i % 3 == 0 else ("cs.CL",)) for i, one in enumerate(PAPERS)]
    entries = chosen(desk_of(papers), following("cs.ro", trend_weight=0))
    assert [entry.paper_id % 3 for entry in entries] == [1] * 10
    assert {(entry.topic, entry.why) for entry in entries} == {("cs.ro", "In cs.ro, which you follow.")}


def test_papers_shown_before_do_not_come_again() -> None:
    wishes = following()
    first = {entry.paper_id for entry in chosen(DESK, wishes)}
    second = {entry.paper_id for entry in chosen(DESK, wishes, first)}
    assert (len(first), len(second), first & second) == (10, 10, set())


def test_two_near_duplicates_never_come_together() -> None:
    twins = [replace(one, key=f"{one.key}9") for one in PAPERS[:10]]
    entries = chosen(desk_of(PAPERS[:10] + twins), following(length=25))
    assert [entry.paper_id for entry in entries] == list(range(1, 11))
    assert all(entry.similar == (entry.title,) for entry in entries)


def test_what_is_nearly_the_same_as_a_paper_sent_before_does_not_come() -> None:
    twins = [replace(one, key=f"{one.key}9") for one in PAPERS[:10]]
    entries = chosen(desk_of(PAPERS[:10] + twins), following(length=25), seen={1, 12})
    assert [entry.paper_id for entry in entries] == list(range(3, 11))


def test_a_reader_without_topics_gets_the_trending_list() -> None:
    entries = chosen(DESK, following(trend_weight=0))
    assert [entry.paper_id for entry in entries] == list(range(1, 11))
    assert {entry.why for entry in entries} == {"Among what gathers most attention."}
    assert all(entry.from_relevance == 0 and entry.from_trend > 0 for entry in entries)


def test_readers_chosen_together_get_what_each_gets_alone() -> None:
    wishes = [*map(wishes_of, TASTES), Wishes()]
    together = choose(DESK, [reader_of(DESK, one) for one in wishes])
    assert [choice.entries for choice in together] == [chosen(DESK, one) for one in wishes]


@pytest.mark.parametrize(("frequency", "reach"), [(Frequency.DAILY, 3), (Frequency.WEEKDAYS, 3), (Frequency.WEEKLY, 8)])
def test_a_daily_issue_reaches_back_a_weekend_and_a_weekly_one_a_week(frequency: Frequency, reach: int) -> None:
    desk = desk_of(PAPERS[:12], days_ago=list(range(12)))
    entries = chosen(desk, following(cadence=Cadence(frequency=frequency), length=25))
    assert sorted(entry.paper_id for entry in entries) == list(range(1, reach + 1))


def test_who_is_followed_always_shows_and_is_marked() -> None:
    papers = [replace(one, authors=("Bo Ek",)) for one in PAPERS]
    papers[29] = replace(papers[29], authors=("Dara Oz",))
    papers[27] = replace(papers[27], organisation="Example Lab")
    entries = chosen(desk_of(papers), following("author: dara oz", "organisation: example lab", bar=1.0, length=3))
    assert {entry.paper_id: entry.followed for entry in entries} == {
        30: "By dara oz, whom you follow",
        28: "From example lab, which you follow",
    }
    assert {entry.why for entry in entries} == {"By dara oz, whom you follow.", "From example lab, which you follow."}


def test_an_issue_grows_for_all_who_are_followed_but_not_without_end() -> None:
    assert len(chosen(DESK, following("author: Ann Lee", length=3))) == 25


def test_never_stands_above_follow() -> None:
    topics = read_topics(["author: Ann Lee"]) + read_topics(["cs"], stance=Stance.NEVER)
    assert chosen(DESK, Wishes(topics=topics)) == []


def test_only_what_clears_the_bar_comes_and_the_issue_says_so() -> None:
    wishes = Wishes(topics=read_topics(["protein design"]), trend_weight=0, bar=0.5)
    [choice] = choose(DESK, [reader_of(DESK, wishes)])
    assert {entry.title.rpartition(" ")[0] for entry in choice.entries} == {"On protein design"}
    assert choice.note == "Only 6 papers cleared your bar today."
    [full] = choose(DESK, [reader_of(DESK, replace(wishes, bar=0.0))])
    assert (len(full.entries), full.note) == (10, "")


def test_minutes_bound_an_issue() -> None:
    few, many = (len(chosen(DESK, following(minutes=minutes, length=25))) for minutes in (5, 10))
    assert 5 < few < many < 25


def test_one_topic_leaves_room_for_another() -> None:
    both = following("protein design", "cs.XX", trend_weight=0, length=5)
    papers = [replace(one, categories=("cs.XX",)) if i in {1, 2} else one for i, one in enumerate(PAPERS)]
    topics = [entry.topic for entry in chosen(desk_of(papers), both)]
    assert sorted(topics) == ["cs.XX", "cs.XX", "protein design", "protein design", "protein design"]


@pytest.mark.parametrize("typed", ["video generation", "author: Bo Ek", "cs.CL"])
def test_less_of_something_lowers_it_and_says_so(typed: str) -> None:
    papers = [replace(one, authors=("Bo Ek" if i % 2 else "Ann Lee",)) for i, one in enumerate(PAPERS)]
    desk = desk_of(papers)
    plain = {entry.paper_id: entry for entry in chosen(desk, following("video generation", length=25))}
    wishes = following("video generation", length=25)
    less = replace(
        wishes, topics=wishes.topics[: typed != "video generation"] + read_topics([typed], stance=Stance.LESS)
    )
    changed = {entry.paper_id: entry for entry in chosen(desk, less)}
    lowered = [one for number, one in changed.items() if number in plain and one.score < plain[number].score - 0.01]
    assert lowered
    assert all("You asked for less of" in one.why for one in lowered)


@pytest.mark.parametrize("typed", [[], ["cs.CL"]], ids=["nothing followed", "a category"])
def test_a_dislike_near_no_topic_lowers_what_is_like_it(typed: list[str]) -> None:
    wishes = following(*typed, length=25)
    plain, other = reader_of(DESK, wishes), reader_of(DESK, wishes, disliked=[PAPERS[3]])
    [before, after] = (weigh(DESK, [one]).score[0] for one in (plain, other))
    lowered = set(np.flatnonzero(after < before - 0.01).tolist())
    assert lowered
    assert all("protein design" in PAPERS[at].title for at in lowered)


def test_a_liked_paper_draws_others_like_it() -> None:
    liked = paper(900, title="Protein design", abstract="Design of a protein.")
    entries = chosen(DESK, following(trend_weight=0), liked=[liked])
    assert {one.title.rpartition(" ")[0] for one in entries[:6]} == {"On protein design"}
    assert entries[0].why.startswith("Like papers you liked")


@pytest.mark.parametrize(
    "topic", [Topic(words="the and of"), Topic(words="🚀🚀"), Topic(words="机器人"), Topic(words="zymurgy")], ids=repr
)
def test_a_topic_that_says_nothing_leaves_what_everybody_reads(topic: Topic) -> None:
    entries = chosen(DESK, Wishes(topics=(topic,), breadth=0))
    assert [entry.paper_id for entry in entries] == list(range(1, 11))
    assert {entry.why for entry in entries} == {"Among what gathers most attention."}


def test_what_came_next_is_named_best_first_and_never_what_is_shown_known_or_the_same_work() -> None:
    twins = [replace(one, key=f"{one.key}9") for one in PAPERS[:10]]
    desk = desk_of(PAPERS[:10] + twins)
    [choice] = choose(desk, [reader_of(desk, following(length=3), seen={5, 16})])
    assert [entry.paper_id for entry in choice.entries] == [1, 2, 3]
    assert [title for title, _ in choice.missed] == [PAPERS[at].title for at in (3, 6, 7)]
    assert choice.missed[0][1] == PAPERS[3].abstract_url


def test_where_nothing_clears_the_bar_what_came_nearest_is_named_and_nothing_that_is_not_near() -> None:
    papers = [replace(one, categories=("cs.SY",)) if i == 4 else one for i, one in enumerate(PAPERS)]
    wishes = Wishes(topics=read_topics(["cs.SY"]), trend_weight=0, bar=0.9)
    desk = desk_of(papers)
    [choice] = choose(desk, [reader_of(desk, wishes)])
    assert choice.entries == []
    assert choice.missed == ((papers[4].title, papers[4].abstract_url),)


def test_a_paper_without_an_address_is_not_named_as_missed() -> None:
    papers = [replace(one, key=f"title:{i}") if i == 3 else one for i, one in enumerate(PAPERS)]
    desk = desk_of(papers)
    [choice] = choose(desk, [reader_of(desk, following(length=3))])
    assert [title for title, _ in choice.missed] == [PAPERS[at].title for at in (4, 5, 6)]
