"""The fast way to choose, for many readers at once, gives what the plain way gives for each: order, score, terms."""

import numpy as np
import pytest

from digest.domain.cadence import Cadence, Frequency
from digest.domain.edition import Desk
from digest.domain.paper import Paper
from digest.domain.profile import Stance, Topic, read_topics
from digest.domain.reader import Reader
from digest.domain.selection import choose, pick_all
from digest.domain.subscriber import Wishes
from digest.domain.weighing import weigh
from tests.builders import paper
from tests.desk import desk_of, plainly_chosen, reader_of

READERS = 1_000
ENDINGS = ("ot", "ein", "eo", "age", "ics", "um", "ium", "ling", "ation", "ity", "ive", "al", "er", "ing", "ed")
STEMS = ("rob", "prot", "vid", "lang", "graph", "quant", "cell", "star")
WORDS = [f"{stem}{ending}" for stem in STEMS for ending in ENDINGS]
NAMES = ("Ann Lee", "Bo Ek", "Chen Wu", "Dara Oz", "Emre Su")
FIELDS = ("cs.CL", "cs.CV", "cs.RO", "math.CO", "q-bio.BM")


def papers_of(random: np.random.Generator, count: int) -> list[Paper]:
    shares = 1 / np.arange(1, len(WORDS) + 1)
    drawn = []
    for number in range(count):
        own = random.permutation(len(WORDS))  # Every paper prefers other words, as papers do.
        words = [WORDS[own[at]] for at in random.choice(len(WORDS), 60, p=shares / shares.sum())]
        facts = {"title": " ".join(words[:8]), "abstract": " ".join(words[8 : 20 + number % 40])}
        field, author = FIELDS[number % 5], NAMES[int(random.integers(0, 5))]
        drawn.append(
            paper(number + 1, **facts, categories=(field,), authors=(author,), organisation=f"{WORDS[number % 7]} Lab")
        )
    return drawn + [paper(5_000 + at, title=one.title, abstract=one.abstract) for at, one in enumerate(drawn[:12])]


def wishes_at(random: np.random.Generator, number: int) -> Wishes:
    def phrases(most: int) -> list[str]:
        return [" ".join(random.choice(WORDS, random.integers(1, 4))) for _ in range(random.integers(0, most))]

    topics: tuple[Topic, ...] = read_topics(phrases(5))
    if number % 4 == 1:
        topics += read_topics(["cs.CL", "author: Ann Lee", f"organisation: {WORDS[2]} Lab"][: 1 + number % 3])
    if number % 5 == 2:
        topics += read_topics([*phrases(3), "cs.CV"], stance=Stance.LESS)
    if number % 6 == 3:
        topics += read_topics([*phrases(2), f"organisation: {WORDS[3]} Lab", "math"], stance=Stance.NEVER)
    return Wishes(
        topics=topics,
        length=int(random.integers(3, 26)),
        minutes=int(random.integers(4, 30)) if number % 7 == 0 else 0,
        trend_weight=float(random.choice([0, 0.3, 0.7, 1])),
        breadth=float(random.choice([0, 0.3, 1])),
        bar=float(random.choice([0, 0.3, 0.6])),
        cadence=Cadence(frequency=Frequency.WEEKLY if number % 3 == 0 else Frequency.DAILY),
    )


@pytest.fixture(scope="module")
def town() -> tuple[Desk, list[Reader]]:
    random = np.random.default_rng(7)  # No paper of it lies within rounding of a threshold.
    papers = papers_of(random, 240)
    desk = desk_of(papers, [int(days) for days in random.integers(0, 8, len(papers))], enough=1)
    readers = []
    for number in range(READERS):
        said = [papers[at] for at in random.choice(len(papers), int(random.choice([0, 0, 3, 12])), replace=False)]
        seen = set(random.choice(len(papers), int(random.integers(0, 40)), replace=False).tolist())
        wishes = wishes_at(random, number)
        cut = len(said) * 3 // 4
        readers.append(reader_of(desk, wishes, seen=seen, liked=said[:cut], disliked=said[cut:]))
    return desk, readers


def test_a_thousand_readers_get_what_the_plain_way_gives_each(town: tuple[Desk, list[Reader]]) -> None:
    desk, readers = town
    weighed = weigh(desk, readers)
    picked = pick_all(desk, readers, weighed)
    for number, reader in enumerate(readers):
        expected = plainly_chosen(desk, reader)
        mine = np.flatnonzero(picked.reader == number)
        assert picked.position[mine].tolist() == [at for at, _, _ in expected], number
        found = weighed.score[number, picked.position[mine]]
        np.testing.assert_allclose(found, [score for _, score, _ in expected], atol=1e-5)
        for pair, (_, _, terms) in zip(mine.tolist(), expected, strict=True):
            shares, _ = picked.reasons.of(pair, desk.vectoriser.terms_)
            assert [term for term, _ in shares] == [term for term, _ in terms], (number, pair)
            np.testing.assert_allclose([one for _, one in shares], [one for _, one in terms], atol=1e-5)


def test_the_shares_of_every_entry_add_up_to_its_score(town: tuple[Desk, list[Reader]]) -> None:
    desk, readers = town
    weighed = weigh(desk, readers[:200])
    entries = 0
    for number, choice in enumerate(choose(desk, readers[:200])):
        for entry in choice.entries:
            position = entry.paper_id - 1
            of_terms = sum(share for _, share in entry.terms + entry.against) + entry.rest
            assert entry.score == pytest.approx(float(weighed.score[number, position]), abs=1e-5)
            assert entry.score == pytest.approx(of_terms + entry.from_trend, abs=1e-5)
            unit = float(weighed.scale[number])
            assert entry.from_relevance == pytest.approx(unit * float(weighed.relevance[number, position]), abs=1e-5)
            entries += 1
    assert entries > 1_000
