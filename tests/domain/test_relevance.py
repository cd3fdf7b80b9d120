"""Relevance: the shares add up to it, and the vectors are those scikit-learn would make."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from digest.domain.profile import Topic, read_topics
from digest.domain.relevance import (
    Vectoriser,
    clusters_of,
    holds_phrase,
    terms_of_paper,
    terms_of_topic,
)
from tests.builders import paper

WORDS = ["protein", "design", "robot", "arm", "c++", "扩散模型", "naïve", "q-bio.BM"]
texts = st.lists(st.lists(st.sampled_from(WORDS), max_size=12), min_size=2, max_size=12).filter(any)


def same(one: sparse.csr_array, other: sparse.csr_array) -> bool:
    return one.shape == other.shape and np.array_equal(one.toarray(), other.toarray())


@given(texts)
def test_vectors_are_those_of_scikit_learn(papers: list[list[str]]) -> None:
    ours = Vectoriser().fit(papers)
    theirs = TfidfVectorizer(analyzer=list, sublinear_tf=True, dtype=np.float64).fit(papers)
    assert ours.terms_ == theirs.get_feature_names_out().tolist()
    np.testing.assert_allclose(ours.transform(papers).toarray(), theirs.transform(papers).toarray(), atol=1e-6)


def test_pairs_and_repeats_weigh_as_said() -> None:
    papers = [["robot", "arm", "robot arm"], ["robot", "hand", "robot hand"]]
    plain, ours = Vectoriser().fit(papers), Vectoriser(pairs=0.5, repeats=0).fit(papers)
    share = {term: ours.idf_[at] / plain.idf_[at] for at, term in enumerate(plain.terms_)}
    assert share == {"arm": 1, "hand": 1, "robot": 1, "robot arm": 0.5, "robot hand": 0.5}
    assert same(ours.transform([["robot", "robot", "arm"]]), ours.transform([["robot", "arm"]]))
    assert same(Vectoriser.from_arrays(ours.to_arrays()).transform([["arm", "arm"]]), ours.transform([["arm"]]))


@given(texts)
def test_a_vectoriser_kept_and_read_again_gives_identical_vectors(papers: list[list[str]]) -> None:
    made = Vectoriser().fit(papers)
    again = Vectoriser.from_arrays(made.to_arrays())
    assert same(made.transform(papers), again.transform(papers))


@pytest.mark.parametrize("words", ["the and of", "🚀🚀", "?!", "zymurgy"])
def test_a_topic_without_a_known_word_is_empty_and_no_error(words: str) -> None:
    vectoriser = Vectoriser().fit([terms_of_paper(paper())])
    row = vectoriser.transform([terms_of_topic(Topic(words=words))])
    assert (row.shape, row.nnz) == ((1, len(vectoriser.terms_)), 0)


def test_papers_without_a_word_make_an_empty_vocabulary_and_no_error() -> None:
    empty = Vectoriser().fit([terms_of_paper(paper(title="0", abstract="", categories=()))])
    rows = Vectoriser.from_arrays(empty.to_arrays()).transform([["a"], []])
    assert (empty.terms_, rows.shape, clusters_of(rows, 0.8).tolist()) == ([], (2, 0), [0, 1])


def test_chinese_is_found_by_its_own_words() -> None:
    found = terms_of_paper(paper(title="扩散模型 研究", abstract="", categories=()))
    rows = Vectoriser().fit([found]).transform([terms_of_topic(topic) for topic in read_topics(["扩散模型", "机器人"])])
    assert np.diff(rows.indptr).tolist() == [1, 0]


def test_a_category_is_a_rule_and_no_text() -> None:
    [category, phrase] = read_topics(["cs.CL", "Robot arms"])
    assert terms_of_topic(category) == []
    assert "cs.CL" not in terms_of_paper(paper(categories=("cs.CL",)))
    assert terms_of_topic(phrase) == ["robot", "arms", "robot arms"]


def test_near_duplicates_are_one_group_even_over_a_third() -> None:
    near = np.array([[1, 0], [0.9, 0.436], [0.62, 0.785], [0, 1]], np.float32)
    assert clusters_of(sparse.csr_array(near), 0.85).tolist() == [0, 0, 0, 1]
    assert clusters_of(sparse.csr_array(near), 0.95).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("words", "text", "holds"),
    [
        ("video", "Long VIDEOS of cats", True),
        ("videos", "a video", True),
        ("video", "videography", False),
        ("art", "state of the arts", True),
        ("large language model", "Large-Language  models", True),
        ("language model", "language and model", False),
        ("a.b (c", "x a b c y", True),
        ("", "anything", False),
        ("!?", "anything", False),
        ("扩散模型", "新的 扩散模型 研究", True),
    ],
)
def test_a_phrase_is_found_as_whole_words(words: str, text: str, holds: bool) -> None:
    assert holds_phrase(words, text) is holds
