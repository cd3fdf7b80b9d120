"""Hacker News: the best story about a paper, and only about that paper."""

import json
from typing import Any

import httpx2
import pytest
from hypothesis import given

from digest.sources.base import SourceError
from digest.sources.hackernews import HackerNews, leads_to, parse_stories
from tests.builders import NOW, paper
from tests.sources.enriching import JSON, counts, fetcher_for


def story(address: str | None = "https://arxiv.org/abs/2603.00001", **facts: Any) -> dict[str, Any]:
    return {"url": address, "points": 5, "num_comments": 1} | facts


def answer(*hits: Any) -> bytes:
    return json.dumps({"hits": hits, "nbHits": 400}).encode()


@pytest.mark.parametrize(
    ("address", "is_it"),
    [
        ("https://arxiv.org/abs/2603.00001", True),
        ("http://www.arxiv.org/abs/2603.00001v2#page=3", True),
        ("https://export.arxiv.org/pdf/2603.00001.pdf", True),
        ("https://huggingface.co/papers/2603.00001", True),
        ("https://www.alphaxiv.org/overview/2603.00001?a=b", True),
        ("https://arxiv.org/abs/2603.000011", False),
        ("https://arxiv.org/abs/12603.00001", False),
        ("https://arxiv.org/abs/2603.00001.5", False),
        ("https://arxiv.org/search?query=2603.00001", False),
        ("https://example.org/2603.00001", False),
        ("https://notarxiv.org/abs/2603.00001", False),
        ("https://arxiv.org.evil.example/abs/2603.00001", False),
        ("https://[arxiv.org/abs/2603.00001", False),
        ("", False),
    ],
)
def test_a_story_is_about_the_paper_only_if_its_address_is(address: str, is_it: bool) -> None:
    assert leads_to(address, "2603.00001") is is_it


def test_the_best_story_speaks_for_all() -> None:
    body = answer(
        story(points=5, num_comments=90),
        story(points=50, num_comments=2),
        story(None, points=999),
        story("https://arxiv.org/abs/2603.000019", points=999),
        story(points=None, num_comments=None),
        None,
        7,
    )
    found = parse_stories(body, paper(), NOW)
    assert counts(found) == [("arxiv:2603.00001", "points", 50), ("arxiv:2603.00001", "remarks", 2)]
    assert found.unknown == 0


def test_a_paper_without_a_story_is_unknown_and_a_story_without_points_has_none() -> None:
    assert (parse_stories(answer(), paper(), NOW).signals, parse_stories(answer(), paper(), NOW).unknown) == ((), 1)
    found = parse_stories(answer(story(points=None, num_comments=0)), paper(), NOW)
    assert counts(found) == [("arxiv:2603.00001", "remarks", 0)]


@pytest.mark.parametrize(
    ("body", "says"), [(b"", "empty"), (b"<html>", "no JSON"), (b"[]", "no record"), (b"{}", "no list of stories")]
)
def test_what_is_no_answer_to_a_search_is_a_source_error(body: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        parse_stories(body, paper(), NOW)


@given(JSON)
def test_nothing_but_a_source_error_escapes(value: Any) -> None:
    for body in (value, {"hits": value}, {"hits": [value]}):
        try:
            found = parse_stories(json.dumps(body).encode(), paper(), NOW)
        except SourceError:
            continue
        assert bool(found.signals) != bool(found.unknown)


def test_papers_of_arxiv_are_searched_for_one_by_one() -> None:
    answers = [answer(story()), b"<html>", answer()]
    fetcher, asked = fetcher_for(lambda _: httpx2.Response(200, content=answers.pop(0)))
    papers = [paper(1), paper(key="doi:10.1101/5"), paper(2), paper(key="arxiv:math/0611800"), paper(3)]
    known = list(HackerNews(fetcher, most=3).enrich(papers, NOW))
    assert [(len(one.signals), one.unknown, len(one.faults)) for one in known] == [(2, 0, 0), (0, 1, 1), (0, 1, 0)]
    assert [one.url.params["query"] for one in asked] == ["2603.00001", "2603.00002", "math/0611800"]
    assert asked[0].url.params["restrictSearchableAttributes"] == "url"
