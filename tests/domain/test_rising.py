"""What rises does so by its share, in many papers, in titles, by many hands, and against a background."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from digest.domain.paper import Paper
from digest.domain.rising import BACKGROUND_DAYS, Rising, RisingTerms, rising_on
from digest.domain.tally import Tally, counted_terms, number_of
from digest.domain.wording import in_full, is_phrase
from tests.builders import DAY

USUAL = ("robot arms", "speech recognition", "video generation", "protein folding", "graph networks")


def listed(number: int, title: str = "", **facts: Any) -> Paper:
    """Give a paper by an author of its own, of a usual subject unless a title is named."""
    subject = USUAL[number % len(USUAL)]
    title, abstract = f"{title or f'On {subject}'} nr{number}", f"This says of {subject} what nr{number} is."
    usual: dict[str, Any] = {"title": title, "abstract": abstract}
    usual |= {"authors": (f"Ann Lee{number}",), "categories": ("cs.LG",)}
    return Paper(**({"key": f"arxiv:2603.{number:05d}"} | usual | facts))


def day_of(count: int, *rising: Paper, start: int = 0, **facts: Any) -> list[Paper]:
    """Give a day's papers: some usual ones, and those that make something rise."""
    return [*(listed(start + number, **facts) for number in range(count)), *rising]


def bursting(count: int, title: str = "World models", **facts: Any) -> list[Paper]:
    return [listed(900 + number, title, **facts) for number in range(count)]


BACKGROUND = [Tally.of(day_of(40))] * 20


def terms(papers: Sequence[Paper], background: Sequence[Tally] = BACKGROUND, **parameters: Any) -> list[str]:
    return [found.term for found in RisingTerms(**parameters).fit(background).find(papers)]


def test_a_term_that_many_more_papers_hold_rises_with_its_factor_and_examples() -> None:
    [found] = RisingTerms().fit(BACKGROUND).find(day_of(40, *bursting(6)))
    examples = ("arxiv:2603.00900", "arxiv:2603.00901", "arxiv:2603.00902")
    assert found == Rising(term="World models", factor=7.0, count=6, papers=examples, span="day")


def test_what_is_usual_never_rises() -> None:
    assert terms(day_of(40)) == []


@pytest.mark.parametrize("count", [1, 4])
def test_a_few_papers_are_never_a_burst(count: int) -> None:
    assert terms(day_of(40, *bursting(count))) == []


def test_the_factor_is_shrunk_by_what_was_usual() -> None:
    some = Tally.of([*day_of(40), *bursting(1)])
    [found] = RisingTerms().fit([some] * 20).find(day_of(40, *bursting(9)))
    expected = 49 * (20 / (41 * 20))
    assert found.factor == pytest.approx((9 + 1) / (expected + 1))


def test_a_source_that_fell_silent_for_a_week_makes_nothing_rise() -> None:
    other = [listed(500 + n, f"On cell biology of {n}", categories=("q-bio.CB",)) for n in range(40)]
    both = Tally.of([*day_of(40), *other])
    assert terms(day_of(40), [both] * 13) == terms(other, [both] * 13) == []
    one = Tally.of(day_of(40))
    assert terms([*day_of(40), *other], [both] * 6 + [one] * 7) == []
    assert terms(day_of(40, *bursting(6)), [both] * 13) == ["World models"]


def test_a_day_of_few_papers_is_judged_by_shares() -> None:
    assert terms(day_of(10), [Tally.of(day_of(40))] * 20) == []
    assert terms(day_of(80), [Tally.of(day_of(40))] * 20) == []


def test_a_field_that_is_newly_followed_makes_nothing_rise() -> None:
    new = [listed(700 + n, "Swarms of drones", categories=("cs.RO",)) for n in range(30)]
    assert terms(day_of(40, *new)) == []


@pytest.mark.parametrize("days", [0, 1, 9])
def test_without_enough_background_nothing_rises(days: int) -> None:
    assert terms(day_of(40, *bursting(6)), [Tally.of(day_of(400))] * days) == []


def test_silent_days_are_no_background() -> None:
    silent = [Tally.of([])] * 50
    assert terms(day_of(40, *bursting(6)), BACKGROUND[:9] + silent) == []
    assert terms(day_of(40, *bursting(6)), BACKGROUND + silent) == ["World models"]
    assert terms([]) == []


def test_versions_of_one_work_count_once() -> None:
    work = listed(900, "World models")
    versions = [replace(work, key=f"doi:10.1/{n}", authors=(f"Bo Ek{n}",)) for n in range(9)]
    assert terms(day_of(40, *versions)) == []
    assert Tally.of(versions).papers == {"cs.LG": 1}


def test_one_team_is_no_topic() -> None:
    assert terms(day_of(40, *bursting(8, authors=("Cy Dow", "Di Fox")))) == []
    mixed = [*bursting(8)[:4], *(replace(one, authors=("Cy Dow", one.key)) for one in bursting(8)[4:])]
    assert terms(day_of(40, *mixed)) == ["World models"]


def test_manner_of_speech_never_rises() -> None:
    spoken = [listed(900 + n, abstract="Extensive experiments show the state of the art.") for n in range(9)]
    assert terms(day_of(40, *spoken)) == []


def test_a_pair_is_told_rather_than_its_words_and_one_topic_once() -> None:
    papers = [*bursting(5, "World models"), *(listed(950 + n, "A world-model") for n in range(4))]
    assert terms(day_of(40, *papers)) == ["World models"]


def test_topics_apart_are_told_apart_the_most_surprising_first() -> None:
    papers = [*bursting(6), *(listed(950 + n, "Turkish dialects") for n in range(9))]
    assert terms(day_of(40, *papers)) == ["Turkish dialects", "World models"]
    assert terms(day_of(40, *papers), most=1) == ["Turkish dialects"]


def test_examples_hold_the_term_in_the_title_and_keep_their_order() -> None:
    beside = [listed(800 + n, abstract="It uses world models.") for n in range(4)]
    [found] = RisingTerms().fit(BACKGROUND).find([*beside, *reversed(bursting(3)), *day_of(40)])
    assert found.papers == ("arxiv:2603.00902", "arxiv:2603.00901", "arxiv:2603.00900")
    assert (found.count, found.term) == (7, "world models")


def test_numbers_and_years_never_rise() -> None:
    assert terms(day_of(40, *bursting(9, "2026 10th"))) == []


def week(day: date, papers: Sequence[Paper], *, on: int) -> list[tuple[date, Paper]]:
    """Announce a usual week, and some papers `on` days before its end."""
    usual = [(day - timedelta(days=ago), one) for ago in range(7) for one in day_of(40, start=40 * ago)]
    return [*usual, *((day - timedelta(days=on), one) for one in papers)]


def test_the_day_and_the_week_are_looked_at_each_against_the_weeks_before_it() -> None:
    usual = {DAY - timedelta(days=ago): Tally.of(day_of(40)) for ago in range(1, 63)}
    today = rising_on(DAY, week(DAY, bursting(8), on=0), usual)
    assert [(found.term, found.span) for found in today] == [("World models", "day"), ("World models", "week")]
    usual[DAY - timedelta(days=3)] = Tally.of(day_of(40, *bursting(8)))
    earlier = rising_on(DAY, week(DAY, bursting(8), on=3), usual)
    assert [(found.term, found.span) for found in earlier] == [("World models", "week")]
    assert rising_on(DAY, week(DAY, bursting(8), on=7), usual) == ()


def test_what_is_older_than_eight_weeks_is_no_background() -> None:
    old = {DAY - timedelta(days=ago): Tally.of(day_of(40)) for ago in range(BACKGROUND_DAYS + 7, 200)}
    assert rising_on(DAY, week(DAY, bursting(8), on=0), old) == ()
    assert rising_on(DAY, week(DAY, bursting(8), on=0), {}) == ()


def test_a_tally_comes_back_equal_and_weighs_papers_by_field() -> None:
    tally = Tally.of([listed(1), listed(6), listed(11, categories=("cs.RO",)), listed(2, categories=())])
    again = Tally.from_arrays(tally.to_arrays())
    assert again.papers == tally.papers == {"cs.LG": 2, "cs.RO": 1, "": 1}
    numbers = np.unique(np.array([number_of("speech recognition"), number_of("unheard")], np.uint32))
    at = numbers.tolist().index(number_of("speech recognition"))
    for one in (tally, again):
        assert one.expected(numbers, {"cs.LG": 0.5, "cs.RO": 3.0})[at] == 4.0
        assert one.expected(numbers, {})[at] == 0.0
        assert one.expected(numbers, {"cs.LG": 1.0}).sum() == 2.0


def test_what_a_tally_counts_is_what_a_day_is_asked_for() -> None:
    paper = listed(3)
    tally = Tally.of([paper, listed(4)])
    asked = {number_of(term) for term in counted_terms(paper)}
    assert asked <= set(tally.numbers.tolist())


def test_a_term_is_told_as_most_papers_write_it() -> None:
    texts = ["Test-Time Training", "test-time training", "test-time  training", "test time"]
    assert in_full("test time", texts) == "test-time training"
    assert in_full("c++ code", ["C++ code", "C++ codes", "C++ code"]) == "C++ code"
    assert in_full("nowhere", ["else"]) == "nowhere"
    assert is_phrase("llm agent", ["LLM agents", "LLM-agent"])
