"""Semantic Scholar: counts come by position, null is unknown, and 0 is 0 only where it is said."""

import json
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.signal import SignalKind
from digest.sources.base import SourceError
from digest.sources.semanticscholar import SemanticScholar, parse_batch
from tests.builders import NOW, paper
from tests.sources.enriching import JSON, counts, fetcher_for


def asking(*answers: httpx2.Response, key: str = "") -> tuple[SemanticScholar, list[httpx2.Request]]:
    """Give an enricher whose host answers one after the other, and what it is asked."""
    rest = list(answers)
    fetcher, asked = fetcher_for(lambda _: rest.pop(0) if len(rest) > 1 else rest[0])
    return SemanticScholar(fetcher, key), asked


def test_counts_are_matched_by_position_and_null_is_unknown() -> None:
    body = json.dumps([
        {"paperId": "z", "citationCount": 12, "authors": [{"hIndex": 3}, {"hIndex": 41}, {"hIndex": None}, 7]},
        None,
        {"paperId": "a", "citationCount": 0, "authors": []},
        {"paperId": "b", "citationCount": None, "authors": [{"hIndex": 0}]},
    ]).encode()  # fmt: skip
    found = parse_batch(body, ["one", "two", "three", "four"], NOW)
    assert counts(found) == [
        ("one", "citations", 12), ("one", "h_index", 41), ("three", "citations", 0), ("four", "h_index", 0),
    ]  # fmt: skip
    assert (found.unknown, found.faults) == (1, ())
    assert {one.observed_at for one in found.signals} == {NOW}


def test_one_bad_record_costs_no_other() -> None:
    body = json.dumps(
        [7, {"citationCount": "12"}, {"citationCount": -1}, {"citationCount": True}, {"citationCount": 5}]
    )
    found = parse_batch(body.encode(), list("abcde"), NOW)
    assert counts(found) == [("e", "citations", 5)]
    assert [(fault.reason, fault.where) for fault in found.faults] == [
        ("not a paper", "a"), ("no count", "b"), ("no count", "c"), ("no count", "d"),
    ]  # fmt: skip
    assert found.unknown == 4


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the answer is empty"),
        (b"<html>", "no JSON"),
        (b'{"error": "wrong"}', "no list of papers"),
        (b"[null]", "1 records for 2 papers"),
        (b"[" * 100_000, "no JSON"),
        (b"9" * 10_000, "no JSON"),
    ],
)
def test_an_answer_that_cannot_be_matched_is_a_source_error(body: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        parse_batch(body, ["one", "two"], NOW)


@given(st.lists(JSON, max_size=4) | JSON)
def test_nothing_but_a_source_error_escapes(value: Any) -> None:
    try:
        found = parse_batch(json.dumps(value).encode(), ["one", "two"], NOW)
    except SourceError:
        return
    assert all(one.value >= 0 for one in found.signals)


@given(st.binary(max_size=60))
def test_nothing_but_a_source_error_escapes_from_any_bytes(body: bytes) -> None:
    try:
        parse_batch(body, [], NOW)
    except SourceError:
        return


def test_papers_are_asked_for_five_hundred_at_a_time_by_their_best_id() -> None:
    found = [paper(number) for number in range(1, 502)] + [paper(key="doi:10.1101/5"), paper(key="title:00")]
    found.append(paper(key="title:01", doi="10.1101/6"))
    enricher, asked = asking(
        httpx2.Response(200, json=[{"citationCount": 1}] * 500),
        httpx2.Response(200, json=[None] * 3),
        key=" secret-key ",
    )
    known = list(enricher.enrich(found, NOW))
    sent = [json.loads(one.content)["ids"] for one in asked]
    assert (sent[0][0], sent[1]) == ("ARXIV:2603.00001", ["ARXIV:2603.00501", "DOI:10.1101/5", "DOI:10.1101/6"])
    assert [len(ids) for ids in sent] == [500, 3]
    assert [(len(one.signals), one.unknown) for one in known] == [(0, 1), (500, 0), (0, 3)]
    assert {one.headers["x-api-key"] for one in asked} == {"secret-key"}
    assert {str(one.url.query, "ascii") for one in asked} == {"fields=citationCount,authors.hIndex"}
    assert {signal.kind for one in known for signal in one.signals} == {SignalKind.CITATIONS}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            httpx2.Response(400, json={"error": "Unrecognized or unsupported fields: [x]"}),
            "answers 400: .*Unrecognized",
        ),
        (httpx2.Response(404, json={"error": "Paper with id 0 not found"}), "answers 404: .*not found"),
        (httpx2.Response(403, json={"message": "Forbidden"}), "answers 403: .*Forbidden"),
        (httpx2.Response(429, json={"code": "429"}), "status 429; without a key Semantic Scholar often refuses"),
    ],
)
def test_an_error_is_told_in_the_services_words(answer: httpx2.Response, says: str) -> None:
    enricher, _ = asking(answer)
    with pytest.raises(SourceError, match=says):
        list(enricher.enrich([paper()], NOW))


def test_a_batch_without_any_known_id_is_unknown() -> None:
    enricher, _ = asking(httpx2.Response(400, json={"error": "No valid paper ids given"}))
    assert [one.unknown for one in enricher.enrich([paper(1), paper(2)], NOW)] == [2]


def test_nothing_is_asked_for_no_papers() -> None:
    enricher, asked = asking(httpx2.Response(200, json=[]))
    assert (list(enricher.enrich([], NOW)), asked) == ([], [])


def test_what_came_before_a_refusal_stands() -> None:
    enricher, _ = asking(httpx2.Response(200, json=[{"citationCount": 1}] * 500), httpx2.Response(403))
    found = enricher.enrich([paper(number) for number in range(1, 502)], NOW)
    assert len(next(found).signals) == 500
    with pytest.raises(SourceError, match="answers 403"):
        next(found)
