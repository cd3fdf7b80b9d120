"""Two sources tell of one paper: nothing known is lost, and the better text wins whichever comes first."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.paper import Paper, merge
from tests.builders import DAY, paper

ARXIV = paper(title="Exact $x$", abstract="Long text.", published_on=DAY)
VOTED = paper(title="Exact x", abstract="Stripped.", text_source="huggingface", organisation="A lab", code_url="c")
facts = st.sampled_from(["", "one", "two"])
papers = st.builds(
    Paper,
    key=st.just("arxiv:2603.00001"),
    title=facts,
    abstract=facts,
    authors=st.sampled_from([(), ("Ann Lee",), ("Bo Ek", "Cy Ho")]),
    organisation=facts,
    keywords=st.sampled_from([(), ("a",)]),
    code_url=facts,
    text_source=st.sampled_from(["", "arxiv", "huggingface", "elsewhere"]),
)


@pytest.mark.parametrize(("held", "found"), [(ARXIV, VOTED), (VOTED, ARXIV)])
def test_the_text_of_arxiv_wins_whichever_comes_first(held: Paper, found: Paper) -> None:
    both = merge(held, found)
    assert (both.title, both.abstract, both.text_source) == ("Exact $x$", "Long text.", "arxiv")
    assert (both.organisation, both.code_url, both.published_on) == ("A lab", "c", DAY)


def test_at_a_tie_the_newer_text_wins() -> None:
    assert merge(ARXIV, paper(title="Second version")).title == "Second version"


@given(papers, papers)
def test_nothing_known_is_replaced_by_nothing(held: Paper, found: Paper) -> None:
    both = merge(held, found)
    for field in fields(Paper):
        values = {getattr(held, field.name), getattr(found, field.name)}
        assert getattr(both, field.name) in values
        assert getattr(both, field.name) or not any(values)
    assert merge(both, found) == both
