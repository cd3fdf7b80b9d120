"""What tests of enrichers share: a client whose host answers by path, and JSON of any shape."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import httpx2
from hypothesis import strategies as st

from digest.domain.listing import Enrichment
from digest.sources.fetch import Fetcher

NAMES = (
    "citationCount", "authors", "hIndex", "cited_by_count", "authorships", "institutions", "display_name",
    "stargazers_count", "hits", "url", "points", "num_comments",
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
JSON: st.SearchStrategy[Any] = st.recursive(
    LEAVES | st.just("https://arxiv.org/abs/2603.00001"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=20,
)
"""Answers of the right names and the wrong shapes."""
Answers = Callable[[httpx2.Request], httpx2.Response]


def fetcher_for(answers: Answers | Mapping[str, httpx2.Response]) -> tuple[Fetcher, list[httpx2.Request]]:
    """Give a client whose host answers as it is told, 404 for paths it is not told of, and what it is asked."""
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        request.read()
        asked.append(request)
        return answers(request) if callable(answers) else answers.get(request.url.path, httpx2.Response(404))

    transport = httpx2.MockTransport(answer)
    turn, contact = (lambda _: nullcontext()), "ops@example.org"
    return Fetcher(contact=contact, cache=None, turn=turn, sleep=lambda _: None, transport=transport), asked


def counts(found: Enrichment) -> list[tuple[str, str, int]]:
    """Give the signals in short."""
    return [(one.paper_key, one.kind.value, one.value) for one in found.signals]
