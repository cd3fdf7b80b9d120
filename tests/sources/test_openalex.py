"""OpenAlex: citations and institutions by DOI; a work it has not yet is unknown."""

import json
from typing import Any

import httpx2
import pytest
from hypothesis import given

from digest.sources.base import SourceError
from digest.sources.openalex import OpenAlex, parse_work
from tests.builders import NOW, paper
from tests.sources.enriching import JSON, counts, fetcher_for


def work(*authors: list[str], **facts: Any) -> bytes:
    """Give a work whose authors have institutions."""
    authorships = [{"institutions": [{"display_name": name} for name in names]} for names in authors]
    return json.dumps({"cited_by_count": 3, "authorships": authorships} | facts).encode()


def test_citations_and_institutions_are_read() -> None:
    found = parse_work(work(["ETH Zürich", "CERN"], ["CERN"], []), paper(), NOW)
    assert counts(found) == [("arxiv:2603.00001", "citations", 3)]
    assert [(one.organisation, one.affiliation, one.text_source) for one in found.papers] == [
        ("CERN", "ETH Zürich; CERN", "")
    ]
    assert (found.unknown, found.faults) == (0, ())


def test_what_is_held_of_organisations_stands() -> None:
    held = paper(organisation="Ann's lab", affiliation="Basel")
    assert parse_work(work(["CERN"]), held, NOW).papers == ()
    found = parse_work(work(["CERN"]), paper(organisation="Ann's lab"), NOW)
    assert [(one.organisation, one.affiliation) for one in found.papers] == [("", "CERN")]


@pytest.mark.parametrize("institutions", [None, [], [None], [{"display_name": None}], [{"display_name": " "}], "CERN"])
def test_no_institution_is_no_fact(institutions: Any) -> None:
    body = json.dumps({"cited_by_count": 0, "authorships": [{"institutions": institutions}, None, 7]}).encode()
    found = parse_work(body, paper(), NOW)
    assert (found.papers, counts(found)) == ((), [("arxiv:2603.00001", "citations", 0)])


@pytest.mark.parametrize("count", [None, "3", -1, 1.5, True, 10**12])
def test_a_count_nobody_can_believe_is_unknown_not_zero(count: object) -> None:
    found = parse_work(work(cited_by_count=count), paper(), NOW)
    assert (found.signals, found.unknown, [fault.reason for fault in found.faults]) == ((), 1, ["no count"])


@given(JSON)
def test_nothing_but_a_source_error_escapes(value: Any) -> None:
    try:
        found = parse_work(json.dumps(value).encode(), paper(), NOW)
    except SourceError:
        return
    for one in found.papers:
        one.affiliation.encode()


def test_works_are_looked_up_one_by_one_with_the_key_in_a_header() -> None:
    fetcher, asked = fetcher_for({
        "/works/doi:10.48550/arXiv.2603.00001": httpx2.Response(200, content=work()),
        "/works/doi:10.1101/5<a>": httpx2.Response(200, content=b"<html>"),
        "/works/doi:10.48550/arXiv.math/0611800": httpx2.Response(200, content=work(["CERN"])),
    })  # fmt: skip
    papers = [paper(1), paper(key="title:00"), paper(2), paper(key="doi:10.1101/5<a>"), paper(key="arxiv:math/0611800")]
    known = list(OpenAlex(fetcher, "secret-key").enrich(papers, NOW))
    assert [(len(one.signals), one.unknown, len(one.faults)) for one in known] == [
        (1, 0, 0), (0, 1, 0), (0, 1, 1), (1, 0, 0),
    ]  # fmt: skip
    assert {one.headers["authorization"] for one in asked} == {"Bearer secret-key"}
    assert not [one for one in asked if "secret" in str(one.url)]
    assert known[2].faults[0].where == "doi:10.1101/5<a>"


def test_no_more_are_asked_for_than_it_is_told() -> None:
    fetcher, asked = fetcher_for({})
    known = list(OpenAlex(fetcher, most=2).enrich([paper(number) for number in range(1, 9)], NOW))
    assert (len(asked), [one.unknown for one in known]) == (2, [1, 1])
    assert "authorization" not in asked[0].headers


def test_a_merged_work_is_followed() -> None:
    merged = httpx2.Response(301, headers={"Location": "https://api.openalex.org/works/W1"})
    fetcher, _ = fetcher_for({
        "/works/doi:10.48550/arXiv.2603.00001": merged, "/works/W1": httpx2.Response(200, content=work())
    })  # fmt: skip
    assert [counts(one) for one in OpenAlex(fetcher).enrich([paper()], NOW)] == [[("arxiv:2603.00001", "citations", 3)]]


@pytest.mark.parametrize(("status", "says"), [(403, "answers 403"), (429, "status 429"), (500, "status 500")])
def test_a_spent_allowance_ends_it_and_what_came_before_stands(status: int, says: str) -> None:
    spent = httpx2.Response(status, json={"error": "Rate limit exceeded", "message": "spent"})
    answers = [httpx2.Response(200, content=work()), spent]
    fetcher, asked = fetcher_for(lambda _: answers.pop(0) if len(answers) > 1 else spent)
    found = OpenAlex(fetcher).enrich([paper(number) for number in range(1, 9)], NOW)
    assert len(next(found).signals) == 1
    with pytest.raises(SourceError, match=says):
        next(found)
    assert len({str(one.url) for one in asked}) == 2


def test_a_question_the_host_does_not_like_costs_no_other() -> None:
    fetcher, _ = fetcher_for(
        lambda one: httpx2.Response(400) if "00001" in one.url.path else httpx2.Response(200, content=work())
    )
    known = list(OpenAlex(fetcher).enrich([paper(1), paper(2)], NOW))
    assert [(len(one.signals), one.unknown, [f.reason for f in one.faults]) for one in known] == [
        (0, 1, ["status 400"]), (1, 0, []),
    ]  # fmt: skip
