"""Two sources tell of one paper: nothing known is lost, and the better text wins whichever comes first."""

from dataclasses import fields
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.paper import ADDRESSES, Paper, merge, web_address
from tests.builders import DAY, paper

ARXIV = paper(title="Exact $x$", abstract="Long text.", published_on=DAY)
VOTED = paper(
    title="Exact x", abstract="Stripped.", text_source="huggingface", organisation="A lab", code_url="https://c.org"
)
facts = st.sampled_from(["", "one", "two"])
papers = st.builds(
    Paper,
    key=st.just("arxiv:2603.00001"),
    title=facts,
    abstract=facts,
    authors=st.sampled_from([(), ("Ann Lee",), ("Bo Ek", "Cy Ho")]),
    organisation=facts,
    keywords=st.sampled_from([(), ("a",)]),
    code_url=st.sampled_from(["", "https://a.org", "https://b.org"]),
    text_source=st.sampled_from(["", "arxiv", "huggingface", "elsewhere"]),
)


@pytest.mark.parametrize(("held", "found"), [(ARXIV, VOTED), (VOTED, ARXIV)])
def test_the_text_of_arxiv_wins_whichever_comes_first(held: Paper, found: Paper) -> None:
    both = merge(held, found)
    assert (both.title, both.abstract, both.text_source) == ("Exact $x$", "Long text.", "arxiv")
    assert (both.organisation, both.code_url, both.published_on) == ("A lab", "https://c.org", DAY)


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


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//x.org", "ftp://x.org", "https://", "https://a b.org", "https://[::1",
     "https://x.org/\ud800", "https://x.org/\x00", "https://x.org/\u202e", "https://x.org/\u200b",
     "https://x.org/" + "a" * 2_000, "https://ann@x.org/", "https://ann:pw@x.org", "https://@x.org", "https://x.org/\nx",
     'https://x.org/"onclick="a', "https://x.org/'a", "https://x.org/`a", "https://x.org/<b>", "https://x.org\\@y.org",
     "https:x.org", "https://x.org:0", "https://x.org:99999", "https://x.org:a", "mailto:a@x.org", "HTML://x.org"],
)  # fmt: skip
def test_an_address_that_may_not_stand_in_a_mail_is_unknown_whoever_told_it(address: str) -> None:
    assert web_address(address) == ""
    named = Paper(
        key="title:1", title="A", code_url=address, project_url=address, discussion_url=address, page_url=address
    )
    assert (named.abstract_url, named.code) == ("", "")
    assert not any(getattr(named, name) for name in ADDRESSES)


@pytest.mark.parametrize(
    "address",
    [
        "https://bücher.example/ü?q=漢字#a",
        "http://[2001:db8::1]:8080/",
        "HTTPS://X.org/a_(b)&c=1%20;d,e~f",
        "http://a.b",
    ],
)
def test_an_address_of_the_web_is_kept_as_it_is(address: str) -> None:
    assert web_address(f" {address}\n") == address
    assert Paper(key="title:1", title="A", page_url=address).abstract_url == address


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=60))
def test_the_address_of_any_doi_may_stand_in_a_mail(doi: str) -> None:
    address = Paper(key=f"doi:{doi}", title="A").abstract_url
    assert web_address(address) == address
    assert unquote(address) == f"https://doi.org/{doi}"


def test_the_address_of_a_usual_doi_is_spelled_as_it_is() -> None:
    assert (
        Paper(key="doi:10.1101/2026.07.15.123456", title="A").abstract_url
        == "https://doi.org/10.1101/2026.07.15.123456"
    )
    old = Paper(key="doi:10.1002/(sici)1097(199905)4:5<583::aid-c7>3.0.co;2-s", title="A")
    assert old.abstract_url == "https://doi.org/10.1002/(sici)1097(199905)4:5%3C583::aid-c7%3E3.0.co;2-s"
