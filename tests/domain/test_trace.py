"""A trace and the choice never disagree: what is chosen is said to be in the issue, and of the rest what cut it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.domain.cadence import Cadence, Frequency
from digest.domain.cut import Case, Outcome, Rule, lifted, outcome
from digest.domain.edition import Desk
from digest.domain.paper import Paper
from digest.domain.profile import Stance, read_topics
from digest.domain.reader import Reader
from digest.domain.score import TrendScore
from digest.domain.selection import choose
from digest.domain.subscriber import Wishes
from digest.domain.trace import Standing, standing_of, sum_of
from tests.builders import paper
from tests.desk import desk_of, reader_of

WORDS = ("robot", "arm", "speech", "video", "protein", "design", "model", "agent", "proof", "image", "market", "cell")
TYPED = ("robot arm", "speech", "protein design", "video model", "cs.CL", "cs.RO", "author: Ann Lee", "agent proof")


def trending(desk: Desk, values: Sequence[float]) -> Desk:
    """Give the same edition with other trend scores, in the order of its candidates."""
    candidates = zip(desk.edition.candidates, values, strict=True)
    changed = tuple(replace(one, trend=TrendScore(value=value, evidence=())) for one, value in candidates)
    return replace(desk, edition=replace(desk.edition, candidates=changed))


def standing(desk: Desk, reader: Reader, number: int) -> Standing:
    return standing_of(desk, reader, number, dict.fromkeys(reader.seen, "2026-03-16"))


@st.composite
def desks(draw: st.DrawFn) -> Desk:
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    papers: list[Paper] = []
    for number in range(draw(st.sampled_from([1, 4, 12, 30, 70]))):
        if papers and random.random() < 0.15:
            papers.append(replace(papers[random.integers(len(papers))], key=f"arxiv:2604.{number:05d}"))
            continue
        said = " ".join(random.choice(WORDS, int(random.integers(2, 7))))
        facts = {"categories": (str(random.choice(["cs.CL", "cs.RO", "math.CO"])),)}
        facts["authors"] = (str(random.choice(["Ann Lee", "Bo Ek", "Cy Or", "Di Um", "Ed Po"])),)
        papers.append(paper(number + 1, title=said, abstract=f"{said} " * int(random.integers(1, 60)), **facts))
    ago = [int(day) for day in random.integers(0, 8, len(papers)) * (random.random(len(papers)) < 0.3)]
    return trending(desk_of(papers, ago), [float(one) for one in random.random(len(papers)).round(2)])


@st.composite
def readers(draw: st.DrawFn, desk: Desk) -> Reader:
    said = {stance: draw(st.lists(st.sampled_from(TYPED), max_size=3, unique=True)) for stance in Stance}
    wishes = Wishes(
        topics=tuple(topic for stance, lines in said.items() for topic in read_topics(lines, stance=stance)),
        cadence=Cadence(frequency=draw(st.sampled_from(Frequency))),
        length=draw(st.sampled_from([3, 5, 10, 25])),
        minutes=draw(st.sampled_from([0, 0, 2, 6, 30])),
        trend_weight=draw(st.sampled_from([0, 0.3, 1])),
        breadth=draw(st.sampled_from([0, 0.3, 1])),
        bar=draw(st.sampled_from([0, 0.3, 0.6])),
    )
    numbers = st.lists(st.sampled_from(sorted(desk.papers)), max_size=6)
    return reader_of(desk, wishes, seen=set(draw(numbers)), liked=[desk.papers[number] for number in draw(numbers)])


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_exactly_what_is_chosen_is_said_to_be_in_the_issue_and_lifting_the_rules_brings_the_rest(
    data: st.DataObject,
) -> None:
    desk = data.draw(desks())
    reader = data.draw(readers(desk))
    [choice] = choose(desk, [reader])
    numbers = {entry.paper_id: entry.rank for entry in choice.entries}
    for position, candidate in enumerate(desk.edition.candidates):
        found = outcome(desk, reader, position)
        assert found.number == numbers.get(candidate.paper_id, 0)
        assert bool(found.rules) == (found.number == 0)
        assert found.would_be > 0
        if len(found.rules) == 1:
            assert place_without(desk, reader, position, found) == found.would_be


def place_without(desk: Desk, reader: Reader, position: int, found: Outcome) -> int:
    """Choose again without the one rule, by other wishes or another edition, and give the place of the paper."""
    [rule] = found.rules
    changed: dict[Rule, dict[str, Any]] = {Rule.MINUTES: {"minutes": 0}, Rule.BREADTH: {"breadth": 0}}
    [score] = Case(desk, reader, position).scores[[position]]
    changed[Rule.BAR] = {"bar": min(max(float(score), 0), 1)}
    if rule in changed and (rule is not Rule.BAR or score >= 0):
        reader = replace(reader, wishes=replace(reader.wishes, **changed[rule]))
    elif rule is Rule.TWIN:
        candidates = [
            replace(one, cluster=-1) if at == position else one for at, one in enumerate(desk.edition.candidates)
        ]
        desk = replace(desk, edition=replace(desk.edition, candidates=tuple(candidates)))
    elif rule in {Rule.SENT, Rule.SAME_AS_SENT, Rule.TOO_OLD, Rule.NEVER}:
        reader = lifted(desk, reader, position, [rule])
    else:
        return found.would_be
    [choice] = choose(desk, [reader])
    own = desk.edition.candidates[position].paper_id
    return next((entry.rank for entry in choice.entries if entry.paper_id == own), 0)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_the_score_of_a_trace_is_the_score_of_the_issue_and_its_parts_add_up(data: st.DataObject) -> None:
    desk = data.draw(desks())
    reader = data.draw(readers(desk))
    [choice] = choose(desk, [reader])
    for entry in choice.entries:
        traced = standing(desk, reader, entry.paper_id).entry
        assert traced.score == pytest.approx(entry.score, abs=1e-4)
        assert (traced.topic, traced.followed) == (entry.topic, entry.followed)
        assert dict(traced.terms) == pytest.approx(dict(entry.terms), abs=1e-4)
    for number in desk.papers:
        found = standing(desk, reader, number)
        said = found.cuts[0].sentence if found.cuts else ""
        assert bool(said) == (found.number == 0)
        assert found.rank <= found.among
        assert sum(amount for _, amount in sum_of(found.entry)) == pytest.approx(found.entry.score, abs=0.006)


SUBJECTS = ("robot manipulation", "speech recognition", "video generation", "protein design", "language models")
PAPERS = [paper(n, title=f"On {SUBJECTS[n % 5]} {n}", abstract=f"Words number{n} of kind{n} say{n}") for n in range(30)]
PLAIN = Wishes(length=3, breadth=0, bar=0)


def sentence(desk: Desk, reader: Reader, number: int) -> str:
    found = standing(desk, reader, number)
    return " ".join([*(cut.sentence for cut in found.cuts), found.otherwise]).strip()


def test_a_paper_sent_before_is_said_to_be_with_the_issue_it_was_in() -> None:
    desk = desk_of(PAPERS)
    said = sentence(desk, reader_of(desk, PLAIN, seen={1}), 1)
    assert said == "It was sent before, in the issue of 2026-03-16. Had it not been sent, it would have been number 1."


def test_a_near_duplicate_names_the_paper_it_is_nearly_the_same_as() -> None:
    desk = desk_of([*PAPERS[:5], replace(PAPERS[0], key="arxiv:2604.00001", title="On robot manipulation 0 again")])
    title = PAPERS[0].title
    assert sentence(desk, reader_of(desk, replace(PLAIN, length=10)), 6) == (
        f"It is nearly the same as “{title}”, which is shown. On its own, it would have been number 6."
    )
    assert sentence(desk, reader_of(desk, replace(PLAIN, length=10), seen={1}), 6).startswith(
        f"It is nearly the same as “{title}”, which was sent before, in the issue of 2026-03-16."
    )


def test_an_old_paper_is_said_to_be_beyond_the_reach_of_the_issue() -> None:
    desk = desk_of(PAPERS[:6], [0, 1, 2, 3, 4, 7])
    assert sentence(desk, reader_of(desk, replace(PLAIN, length=10)), 4) == (
        "It was listed on 2026-03-14, and a daily issue of 2026-03-17 reaches back to 2026-03-15. "
        "In a weekly issue, it would have been number 4."
    )


def test_a_never_topic_is_named_as_it_was_typed() -> None:
    desk = desk_of(PAPERS)
    wishes = replace(PLAIN, topics=read_topics(["Robot manipulation"], stance=Stance.NEVER))
    assert sentence(desk, reader_of(desk, wishes), 1) == (
        "The reader never wants “Robot manipulation”, and that names it. Without that, it would have been number 1."
    )


def test_a_paper_below_the_bar_is_told_its_score_and_the_bar() -> None:
    desk = trending(desk_of(PAPERS[:3]), [0.9, 0.8, 0.22])
    assert sentence(desk, reader_of(desk, replace(PLAIN, bar=0.3)), 3) == (
        "It is below the reader's bar: its score is 0.22, the bar 0.30. "
        "With a bar at its score, it would have been number 3."
    )


def test_a_bar_is_not_blamed_where_others_scored_better_anyway() -> None:
    desk = trending(desk_of(PAPERS[:5]), [0.9, 0.8, 0.7, 0.6, 0.2])
    assert sentence(desk, reader_of(desk, replace(PLAIN, bar=0.3)), 5) == (
        "It is number 5 of 5 by score (0.20); the last one shown scored 0.70."
    )


def test_a_paper_for_which_no_minutes_are_left_is_told_so() -> None:
    long = replace(PAPERS[2], abstract=" ".join(f"word{n}" for n in range(1_000)))
    desk = desk_of([*PAPERS[:2], long])
    assert sentence(desk, reader_of(desk, replace(PLAIN, minutes=5)), 3) == (
        "It takes 5.5 minutes to read and think about, and 4.0 of the reader's 5 minutes were left. "
        "Without a limit of minutes, it would have been number 3."
    )


def test_a_paper_too_like_another_is_told_which_and_where_it_would_have_stood() -> None:
    same = [paper(n, title=f"robot arms grasp cups {n}", abstract=f"number{n} kind{n}") for n in (1, 2)]
    others = [paper(n, title=f"{SUBJECTS[n]} of another kind", abstract=f"says{n}") for n in (1, 2, 3)]
    desk = trending(desk_of([*same, *others]), [0.9, 0.8, 0.75, 0.74, 0.73])
    said = sentence(desk, reader_of(desk, replace(PLAIN, breadth=0.5)), 2)
    assert said.startswith("It is too like “robot arms grasp cups 1”, which was picked before it: likeness 0.")
    assert said.endswith("With breadth 0, it would have been number 2.")


def test_a_topic_that_had_its_share_is_named_with_its_count() -> None:
    papers = [replace(one, categories=("cs.CL",) if n < 4 else ("cs.RO",)) for n, one in enumerate(PAPERS[:6])]
    desk = trending(desk_of(papers), [0.9, 0.8, 0.7, 0.6, 0.2, 0.1])
    wishes = replace(PLAIN, topics=read_topics(["cs.CL", "cs.RO"]), trend_weight=0.5)
    assert sentence(desk, reader_of(desk, wishes), 3) == (
        "What is nearest to the topic “cs.CL” had its share of the issue: 2 of 3 papers. "
        "Without that limit, it would have been number 3."
    )


def test_several_rules_are_all_named_and_only_lifting_all_would_bring_the_paper() -> None:
    desk = trending(desk_of(PAPERS[:6], [5, 0, 0, 0, 0, 0]), [0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    wishes = replace(PLAIN, topics=read_topics(["Robot manipulation"], stance=Stance.NEVER))
    found = standing(desk, reader_of(desk, wishes, seen={1}), 1)
    assert [cut.rule for cut in found.cuts] == [Rule.SENT, Rule.TOO_OLD, Rule.NEVER]
    assert found.otherwise == "Only without all of this it would have been number 1."


def test_a_rank_is_told_among_papers_that_no_rule_bars() -> None:
    desk = desk_of(PAPERS)
    found = standing(desk, reader_of(desk, PLAIN, seen={1, 2}), 30)
    assert (found.rank, found.among) == (28, 28)
    assert [cut.rule for cut in found.cuts] == [Rule.RANK]
