"""What is expected before any vote: a sum of parts, learnt from who wrote, what about, and how it was listed."""

from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from digest.domain.forecast import GROUPS, LEAST, Floats, Forecast, numbers_of
from digest.domain.history import MOST_AUTHORS, AuthorHistory
from digest.domain.paper import Paper
from digest.domain.past import Past, past_of
from digest.store.models import pack, unpack
from tests.builders import paper
from tests.season import BEGAN, UNTIL, learnt, season

MODELS = pytest.mark.parametrize("of_season", [False, True], ids=["untaught", "learnt"])


@cache
def early() -> Past:
    """Give what the first sixty days of the season teach."""
    return past_of([one for one in season() if one.began_on < BEGAN + timedelta(days=60)], UNTIL, learnt().growth_)


def forecast(of_season: bool) -> Forecast:
    return learnt().forecast_ if of_season else Forecast()


def numbers(*papers: Paper) -> Floats:
    return np.array([numbers_of(one, AuthorHistory(), 0.0) for one in papers])


def expected(of_season: bool, *papers: Paper) -> list[float]:
    return [float(root) for root in forecast(of_season).predict(papers, numbers(*papers)).roots]


@MODELS
def test_the_parts_add_up_to_what_is_expected(of_season: bool) -> None:
    said = forecast(of_season).predict(early().papers, early().numbers)
    assert said.root_parts.shape == said.odds_parts.shape == (len(early().papers), len(GROUPS))
    assert said.root_parts.sum(axis=1) == pytest.approx(said.roots, abs=1e-9)
    assert said.odds_parts.sum(axis=1) == pytest.approx(np.log(said.chances / (1 - said.chances)), abs=1e-6)
    assert (said.roots >= LEAST - 1e-12).all()
    assert ((said.chances > 0) & (said.chances < 1)).all()


@MODELS
def test_what_is_said_of_a_paper_does_not_depend_on_its_company(of_season: bool) -> None:
    papers, known = early().papers[:30], early().numbers[:30]
    together = forecast(of_season).predict(papers, known)
    alone = [forecast(of_season).predict([one], known[[at]]) for at, one in enumerate(papers)]
    assert [one.roots[0] for one in alone] == pytest.approx(together.roots, abs=1e-9)
    assert [one.words[0] for one in alone] == together.words


def test_words_that_drew_votes_raise_what_is_expected_and_are_named() -> None:
    loud = paper(title="On agents and reasoning", abstract="agents reasoning matter1")
    quiet = paper(title="On benchmark and lattice", abstract="benchmark lattice matter1")
    best, worst = expected(True, loud, quiet)
    assert best > worst + 1
    said = learnt().forecast_.predict([loud, quiet], numbers(loud, quiet))
    assert said.words == [["agents", "reasoning"], []]
    assert expected(False, loud) == expected(False, quiet), "before anything was learnt no word says anything"


def test_a_record_of_the_authors_raises_what_is_expected() -> None:
    history = AuthorHistory()
    for n in range(9):
        history.observe(f"{n}", ["Ann Lee" if n % 3 else "Bo Ek"], 100 * (n % 3))
    known, unknown = (paper(authors=(name,)) for name in ("Ann Lee", "Bo Ek"))
    told = np.array([numbers_of(one, history, 0.0) for one in (known, unknown)])
    for of_season in (False, True):
        best, worst = forecast(of_season).predict([known, unknown], told).roots
        assert best > worst


@MODELS
@pytest.mark.parametrize(
    "odd",
    [
        paper(authors=()),
        paper(authors=tuple(f"Author {n}" for n in range(3_000))),
        paper(abstract="", title="", categories=()),
        paper(abstract="agents " * 50_000, comment="code " * 10_000),
    ],
    ids=["no authors", "3,000 authors", "nothing to read", "a book"],
)
def test_an_odd_paper_gets_a_finite_expectation(of_season: bool, odd: Paper) -> None:
    said = forecast(of_season).predict([odd], numbers(odd))
    assert LEAST - 1e-12 <= said.roots[0] < 100
    assert 0 < said.chances[0] < 1


def test_authors_beyond_the_hundredth_change_nothing() -> None:
    crowd = tuple(f"Author {n}" for n in range(3_000))
    many, most = paper(authors=crowd), paper(authors=crowd[:MOST_AUTHORS])
    assert numbers(many).tolist() == numbers(most).tolist()
    assert expected(True, many) == expected(True, most)


def test_however_bad_a_record_nobody_is_expected_to_lose_votes() -> None:
    worst = np.array([[-1e6, 1e6, 20.0, 5.0, 1.0, 1.0, 1.0], [-1e6, -1e6, 20.0, 5.0, 1.0, 1.0, 1.0]])
    for of_season in (False, True):
        said = forecast(of_season).predict([paper(1), paper(2)], worst)
        assert (said.roots >= LEAST - 1e-6).all()
        assert ((said.chances >= 0) & (said.chances <= 1)).all()


def test_code_is_seen_wherever_it_is_named() -> None:
    named = [
        paper(code_url="https://github.com/lab/tool"),
        paper(project_url="https://lab.example"),
        paper(comment="Project page: lab.example"),
        paper(abstract="Code is at github."),
    ]
    assert numbers(*named)[:, 5].tolist() == [1, 1, 1, 1]
    assert numbers(paper())[0, 5] == 0


def test_where_only_the_picked_are_known_nothing_is_learnt_of_who_is_picked() -> None:
    past = early().only(early().picked)
    nowhere = np.zeros(len(past.seen), bool)
    taught = Forecast().fit(past.papers, past.numbers, roots=past.roots, is_listed=nowhere)
    chances = taught.predict(past.papers, past.numbers).chances
    assert chances == pytest.approx(Forecast().predict(past.papers, past.numbers).chances)
    assert taught.roots_.columns.any()


def test_what_was_the_same_of_all_papers_teaches_nothing() -> None:
    papers = [paper(n, title="Agents" if n % 2 else "Lattice") for n in range(401)]
    roots = np.array([float(n % 50) if n % 2 else np.nan for n in range(401)])
    taught = Forecast().fit(papers, numbers(*papers), roots=roots, is_listed=np.ones(401, bool))
    two, many = paper(title="Agents"), paper(title="Agents", authors=("Ann Lee", "Bo Ek", "Cy Orr", "Di Fu"))
    found = taught.predict([two, many], numbers(two, many))
    assert found.roots[0] == pytest.approx(found.roots[1], abs=1e-3)
    assert found.chances[0] == pytest.approx(found.chances[1], abs=1e-3)


def test_what_was_learnt_comes_back_from_its_arrays() -> None:
    again = Forecast.from_arrays(unpack(pack(learnt().forecast_.to_arrays())))
    ours, theirs = (one.predict(early().papers, early().numbers) for one in (learnt().forecast_, again))
    assert theirs.roots.tolist() == ours.roots.tolist()
    assert theirs.chances.tolist() == ours.chances.tolist()
    assert theirs.words == ours.words
