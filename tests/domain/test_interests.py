"""Interests: each topic its own vector, moved by what was liked near it; odd input gives a defined result."""

from datetime import timedelta

import numpy as np
import pytest

from digest.domain.background import Background
from digest.domain.edition import Desk
from digest.domain.interests import COMMON, DISLIKED, LIKED, MOST_WEIGHTS, Interests, interests_of, moved
from digest.domain.paper import Paper
from digest.domain.profile import LONGEST_TOPIC, MOST_BESIDE, Reaction, Stance, Topic, contradiction, read_topics
from digest.domain.relevance import Vectoriser, terms_of_paper
from tests.builders import NOW, paper
from tests.desk import desk_of

SUBJECTS = ["robot manipulation", "speech recognition", "video generation", "protein design", "language models"]
PAPERS = [paper(i, title=f"On {SUBJECTS[i % 5]} {i}", abstract=f"Words number{i} of kind{i} say{i}") for i in range(60)]
DESK = desk_of(PAPERS, enough=1)


def interests(
    *typed: str, liked: list[Paper] | None = None, disliked: list[Paper] | None = None, desk: Desk = DESK, days: int = 0
) -> Interests:
    papers = dict(enumerate([*(liked or []), *(disliked or [])]))
    at = {number: NOW - timedelta(days=days * number) for number in papers}
    said = [Reaction(paper_id=number, liked=number < len(liked or []), at=at[number]) for number in papers]
    return interests_of(read_topics(typed), said, papers, desk.vectoriser, desk.background)


def nearness(made: Interests, row: int, subject: int) -> float:
    """How near the papers on a subject are to a row, in the mean."""
    of = [at for at in range(len(PAPERS)) if at % 5 == subject]
    return float((made.rows[[row]] @ DESK.vectors[of].T).toarray().mean())


def test_a_clear_match_is_one_for_two_words_and_for_a_library() -> None:
    own = [one for one in PAPERS if "protein" in one.title]
    for made, row in ((interests("protein design"), 0), (interests(liked=own[:1]), 0), (interests(liked=own), 0)):
        near = np.sort((made.rows[[row]] @ DESK.vectors.T).toarray().ravel())
        assert 0.9 < near[-6] <= 1.4


def test_liked_papers_join_the_topic_they_are_near_and_leave_the_others() -> None:
    before, after = (interests("robot manipulation", "protein design", liked=liked) for liked in ([], [PAPERS[3]]))
    changed = abs(before.rows - after.rows).toarray().max(axis=1)
    assert (changed > 0).tolist() == [False, True, False, False]


def test_liked_papers_near_no_topic_are_an_interest_of_their_own() -> None:
    made = interests("robot manipulation", "video generation", liked=[PAPERS[3]])
    assert nearness(made, 2, 3) > 0.3
    assert nearness(made, 0, 3) == nearness(made, 1, 3) == 0


def test_a_row_is_what_the_formula_says() -> None:
    liked, disliked = [PAPERS[3], PAPERS[8]], [PAPERS[13]]
    [phrase] = read_topics(["protein design"])
    dense = [DESK.background.row_of(phrase, DESK.vectoriser).toarray().ravel()]
    for those in (liked, disliked):
        rows = DESK.vectoriser.transform([terms_of_paper(one) for one in those]).toarray().sum(axis=0)
        dense.append(rows / np.linalg.norm(rows))
    b = LIKED * 2**0.5 / (1 + LIKED * 2**0.5)
    expected = np.append((1 - b) * dense[0] + b * dense[1] - DISLIKED * dense[2], -COMMON * b)
    made = interests("protein design", liked=liked, disliked=disliked).rows.toarray()[0]
    np.testing.assert_allclose(made / np.linalg.norm(made), expected / np.linalg.norm(expected), atol=1e-6)


def test_a_newer_like_weighs_more() -> None:
    made = interests(liked=[PAPERS[3], PAPERS[2]], days=360)
    assert nearness(made, 0, 3) > nearness(made, 0, 2)


def test_a_dislike_takes_off_what_was_near_to_it() -> None:
    plain, less = interests("protein design"), interests("protein design", disliked=[PAPERS[3]])
    assert nearness(less, 0, 3) < nearness(plain, 0, 3)
    lost = moved(plain, less, DESK.vectoriser, DESK.background, most=20)
    assert lost
    assert all(change < 0 for _, change in lost)


def test_what_is_liked_and_taken_back_leaves_nothing() -> None:
    before = interests("protein design")
    assert moved(before, interests("protein design"), DESK.vectoriser, DESK.background) == ()


def test_a_paper_without_text_says_nothing() -> None:
    blank = Paper(key="arxiv:2603.09999", title="")
    assert interests(liked=[blank]).followed_size == 0


def test_the_house_puts_beside_a_phrase_what_stands_with_it_and_a_reader_may_say_otherwise() -> None:
    texts = [["protein", "folding", f"w{i}"] for i in range(9)] + [["robot", "arm", f"v{i}"] for i in range(9)]
    vectoriser = Vectoriser().fit(texts)
    background = Background(vectoriser.transform(texts), enough=18)
    own, plain, none = (read_topics([typed])[0] for typed in ("protein + arm", "protein", '"protein"'))
    assert [background.beside(one, vectoriser) for one in (plain, own, none)] == [("folding",), ("arm",), ()]
    held = [{vectoriser.terms_[at] for at in background.row_of(one, vectoriser).indices} for one in (plain, own, none)]
    assert held == [{"protein", "folding"}, {"protein", "arm"}, {"protein"}]
    few = Background(vectoriser.transform(texts), enough=19)
    assert few.beside(plain, vectoriser) == (), "from few papers it would be chance"


def test_three_thousand_liked_papers_make_one_interest_of_bounded_size() -> None:
    random = np.random.default_rng(5)
    words = [f"word{number}" for number in range(4_000)]
    library = [
        paper(i, title=" ".join(random.choice(words, 9)), abstract=" ".join(random.choice(words, 30)))
        for i in range(3_000)
    ]
    desk = desk_of(library[:200])
    made = interests(liked=library, desk=desk)
    assert 0 < made.followed_size <= MOST_WEIGHTS + 1
    assert np.isfinite(made.rows.data).all()


@pytest.mark.parametrize("typed", ["the and of", "机器人", "zymurgy"])
def test_a_topic_without_a_known_word_is_an_empty_row(typed: str) -> None:
    made = interests(typed, "protein design")
    assert np.diff(made.rows.indptr)[0] == 0
    assert np.diff(made.rows.indptr)[1] > 0


def test_nothing_said_is_no_interest() -> None:
    made = interests()
    assert (made.rows.shape[0], made.rows.nnz, made.followed_size) == (2, 0, 0)


def test_dislikes_near_no_topic_count_against_papers_like_them() -> None:
    made = interests("cs.CL", disliked=[PAPERS[3]])
    assert made.followed_size == 0
    assert nearness(made, -1, 3) > 0.2 > nearness(made, -1, 2)


def test_an_empty_house_makes_empty_interests() -> None:
    vectoriser = Vectoriser().fit([])
    background = Background(vectoriser.transform([]))
    made = interests_of(read_topics(["robots"]), (), {}, vectoriser, background)
    assert made.rows.nnz == 0


@pytest.mark.parametrize("typed", ["🚀🚀", "?!", "author:", "affiliation: ", '""', "organisation:"])
def test_a_topic_that_names_nothing_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"names nobody|holds no word"):
        read_topics([typed])


@pytest.mark.parametrize("typed", ["https://x.example", "see www.x.example", "WWW.x", "author: ftp://x", "a + b://c"])
def test_what_looks_like_a_web_address_is_no_topic(typed: str) -> None:
    for stance in Stance:
        with pytest.raises(ValueError, match=r"a topic is words, a category, or a name; .* looks like a web address"):
            read_topics([typed], stance=stance)


def test_what_only_resembles_a_web_address_is_a_topic() -> None:
    typed = ["awww.", "www", "http", "a: //b", "TCP/IP", "x.example"]
    assert [topic.words for topic in read_topics(typed)] == typed


def test_a_topic_of_ten_thousand_words_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=f"a topic has at most {LONGEST_TOPIC} characters; 'word word"):
        read_topics(["word " * 10_000])
    with pytest.raises(ValueError, match=f"at most {MOST_BESIDE} short terms"):
        read_topics(["robots + " + ", ".join(f"w{number}" for number in range(13))])


@pytest.mark.parametrize("stance", [Stance.LESS, Stance.NEVER])
def test_a_contradiction_is_named(stance: Stance) -> None:
    assert contradiction(read_topics(["Robots", "cs.CL"]) + read_topics(["cs.cl"], stance=stance)) == "cs.cl"
    assert contradiction((Topic(words="a"), Topic(words="b", stance=stance))) == ""
