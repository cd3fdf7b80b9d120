"""GitHub: stars of real repositories only, and it stops when the allowance ends."""

import json
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.base import SourceError
from digest.sources.github import GitHub, parse_repository, repository_of
from tests.builders import NOW, paper
from tests.sources.enriching import JSON, counts, fetcher_for


@pytest.mark.parametrize(
    ("address", "repository"),
    [
        ("https://github.com/Ann-Lee/Code", "ann-lee/code"),
        ("https://www.github.com/ann/code.git/", "ann/code"),
        ("http://github.com/ann/code/tree/main/sub?tab=readme#usage", "ann/code"),
        ("https://github.com/ann/code/blob/main/a.py", "ann/code"),
        ("https://github.com/ann/.github", "ann/.github"),
        ("https://github.com/ann/code%2Egit", "ann/code"),
        ("https://github.com/ann", ""),
        ("https://github.com/ann/", ""),
        ("https://github.com/ann/.git", ""),
        ("https://github.com/ann/..", ""),
        ("https://github.com/ann/code%2F..%2F..", "ann/code"),
        ("https://github.com/ann/co de", ""),
        ("https://github.com/-ann/code", ""),
        ("https://github.com/ann_company/code", "ann_company/code"),
        ("https://github.com/orgs/ann/repositories", ""),
        ("https://github.com/topics/nlp", ""),
        ("https://gist.github.com/ann/0a1b2c", ""),
        ("https://raw.githubusercontent.com/ann/code/main/a.py", ""),
        ("https://github.com.evil.example/ann/code", ""),
        ("https://evil.example/github.com/ann/code", ""),
        ("https://github.com:8443/ann/code", ""),
        ("https://ann.github.io/code", ""),
        ("git@github.com:ann/code", ""),
        ("ssh://git@github.com/ann/code", ""),
        ("https://github.com:x/ann/code", ""),
        ("https://[github.com/ann/code", ""),
        ("", ""),
    ],
)
def test_only_repositories_are_read_from_addresses(address: str, repository: str) -> None:
    assert repository_of(address) == repository


@given(st.text(max_size=80) | st.text(max_size=40).map("https://github.com/{}".format))
def test_no_address_raises_or_leads_elsewhere(address: str) -> None:
    found = repository_of(address)
    assert not found or (found.count("/") == 1 and ".." not in found.split("/") and found.isascii())


def test_stars_belong_to_every_paper_with_the_code() -> None:
    found = parse_repository(b'{"stargazers_count": 0, "watchers": 9}', ["one", "two"], NOW)
    assert counts(found) == [("one", "stars", 0), ("two", "stars", 0)]


@given(JSON)
def test_nothing_but_a_source_error_escapes(value: Any) -> None:
    try:
        found = parse_repository(json.dumps(value).encode(), ["one"], NOW)
    except SourceError:
        return
    assert len(found.signals) + found.unknown == 1


def test_repositories_are_asked_for_once_each_and_one_bad_record_costs_no_other() -> None:
    fetcher, asked = fetcher_for({
        "/repos/ann/code": httpx2.Response(200, json={"stargazers_count": 7}),
        "/repos/ann/odd": httpx2.Response(200, content=b"<html>"),
        "/repos/ann/taken-down": httpx2.Response(451, json={"message": "Repository access blocked"}),
        "/repos/ann/moved": httpx2.Response(301, headers={"Location": "https://api.github.com/repositories/5"}),
        "/repositories/5": httpx2.Response(200, json={"stargazers_count": 8}),
    })  # fmt: skip
    names = ["code", "Code.git", "odd", "gone", "taken-down", "moved"]
    papers = [paper(number, code_url=f"https://github.com/Ann/{name}") for number, name in enumerate(names, 1)]
    known = list(GitHub(fetcher, " secret-token ").enrich([*papers, paper(9)], NOW))
    assert [[value for _, _, value in counts(one)] for one in known] == [[7, 7], [], [], [], [8]]
    assert [(one.unknown, len(one.faults)) for one in known] == [(0, 0), (1, 1), (1, 0), (1, 1), (0, 0)]
    assert len(asked) == 6
    assert {one.headers["authorization"] for one in asked} == {"Bearer secret-token"}
    assert {one.headers["accept"] for one in asked} == {"application/vnd.github+json"}


def test_it_stops_before_the_allowance_is_used_up_by_force() -> None:
    left = ["2", "1", "0"]
    fetcher, asked = fetcher_for(
        lambda _: httpx2.Response(200, json={"stargazers_count": 1}, headers={"X-RateLimit-Remaining": left.pop(0)})
    )
    papers = [paper(number, code_url=f"https://github.com/ann/c{number}") for number in range(1, 9)]
    known = list(GitHub(fetcher).enrich(papers, NOW))
    assert (len(asked), sum(len(one.signals) for one in known)) == (3, 3)
    assert [(fault.reason, fault.where, fault.kept) for fault in known[-1].faults] == [
        ("the allowance is used up", "after 3 of 8 repositories", True)
    ]


@pytest.mark.parametrize("status", [403, 429])
def test_a_used_up_allowance_ends_it_with_what_is_had(status: int) -> None:
    spent = httpx2.Response(status, json={"message": "API rate limit exceeded for 192.0.2.1."})
    fetcher, _ = fetcher_for(
        {"/repos/ann/c1": httpx2.Response(200, json={"stargazers_count": 1}), "/repos/ann/c2": spent}
    )
    papers = [paper(number, code_url=f"https://github.com/ann/c{number}") for number in (1, 2)]
    known = list(GitHub(fetcher).enrich(papers, NOW))
    assert [(len(one.signals), [fault.reason for fault in one.faults]) for one in known] == [
        (1, []), (0, ["the allowance is used up"]),
    ]  # fmt: skip


def test_a_wrong_token_is_an_error_that_does_not_tell_it() -> None:
    fetcher, _ = fetcher_for(lambda one: httpx2.Response(401, content=b"Bad: " + one.headers["authorization"].encode()))
    with pytest.raises(SourceError, match="answers 401: Bad: Bearer") as caught:
        list(GitHub(fetcher, "secret-token").enrich([paper(code_url="https://github.com/ann/code")], NOW))
    assert "secret-token" not in str(caught.value)


def test_no_more_are_asked_for_than_it_is_told() -> None:
    fetcher, asked = fetcher_for({})
    papers = [paper(number, code_url=f"https://github.com/ann/c{number}") for number in range(1, 100)]
    assert len(list(GitHub(fetcher).enrich(papers, NOW))) == 50
    assert len(list(GitHub(fetcher, most=2).enrich(papers, NOW))) == 2
    assert len(asked) == 52
