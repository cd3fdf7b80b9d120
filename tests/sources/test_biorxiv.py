"""bioRxiv and medRxiv: numbers of any type, pages of any length, new DOIs and old."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.listing import ListingKind
from digest.sources.base import SourceError
from digest.sources.biorxiv import Biorxiv, Page, parse_details
from tests.builders import DAY, NOW
from tests.sources.hosts import Host, in_turn

BODY = (Path(__file__).parents[1] / "data" / "preprints.json").read_bytes()
EMPTY = b'{"messages": [{"status": "no posts found"}], "collection": []}'
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


def changed(change: Callable[[dict[str, Any]], object]) -> Page:
    told = json.loads(BODY)
    change(told["collection"][0])
    return parse_details(json.dumps(told).encode())


def test_a_preprint_is_read_whole() -> None:
    page = parse_details(BODY)
    first, second = page.batch.listings
    assert (first.paper.key, first.kind, first.source) == (
        "doi:10.64898/2026.03.13.000001",
        ListingKind.NEW,
        "biorxiv",
    )
    assert (first.paper.title, first.paper.abstract) == ("Ca²⁺ in E. coli", "First & last.\nThen p < 0.05.")
    assert first.paper.authors == ("J. Kraß", "B. O. Ek", "The Gut Consortium")
    assert (first.paper.affiliation, first.paper.categories) == ("A Lab", ("neuroscience",))
    assert (first.paper.published_on, first.paper.doi, first.paper.work_type) == (DAY, "", "new results")
    assert (second.kind, second.paper.doi, second.paper.published_on) == (ListingKind.REPLACE, "10.1038/s1", None)
    assert second.paper.page_url == "https://www.biorxiv.org/content/10.1101/2025.01.01.000002v3"
    assert (page.received, page.total, page.batch.announced_on, page.batch.faults) == (2, 2, DAY, ())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"doi": "none"}, "no DOI"),
        ({"doi": "10.1000/elsewhere"}, "no DOI"),
        ({"title": "<p></p>"}, "no title"),
        ({"date": "soon"}, "no day"),
    ],
)
def test_one_bad_record_is_named_and_the_rest_goes_on(change: dict[str, str], reason: str) -> None:
    page = changed(lambda record: record.update(change))
    assert [(fault.reason, fault.kept) for fault in page.batch.faults] == [(reason, False)]
    assert (len(page.batch.listings), page.received) == (1, 2)


@pytest.mark.parametrize(
    "said", [{"title": "WITHDRAWN: Ca in cells"}, {"abstract": "This manuscript has been withdrawn."}]
)
def test_a_withdrawn_preprint_is_kept_and_marked(said: dict[str, str]) -> None:
    assert changed(lambda record: record.update(said)).batch.listings[0].paper.withdrawn


@pytest.mark.parametrize(
    ("version", "kind"), [(1, "new"), ("1", "new"), ("2", "replace"), (12, "replace"), (None, "new")]
)
def test_the_version_comes_as_number_or_text(version: object, kind: str) -> None:
    assert changed(lambda record: record.update(version=version)).batch.listings[0].kind == kind


@given(st.sampled_from([*json.loads(BODY)["collection"][0], "collection"]), ANYTHING)
def test_a_wrong_type_in_any_field_keeps_the_rest(name: str, odd: object) -> None:
    page = changed(lambda record: record.update({name: odd}))
    assert page.batch.listings[-1].paper.title == "Old news"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"<html>Down</html>", "no JSON"),
        (BODY[:300], "no JSON"),
        (b"[]", "no list of preprints"),
        (b'{"messages": [], "collection": []}', "says: nothing"),
        (b'{"messages": [{"status": "Error : server"}], "collection": []}', "says: Error : server"),
    ],
)
def test_what_is_no_answer_is_a_source_error(body: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        parse_details(body)


@given(st.integers(0, len(BODY)), st.binary(max_size=9), st.integers(0, 50))
def test_whatever_comes_only_a_source_error_is_raised(at: int, new: bytes, length: int) -> None:
    try:
        parse_details(BODY[:at] + new + BODY[at + length :])
    except SourceError:
        return


def details(start: int, count: int, total: int | str) -> bytes:
    records = [
        {"title": "T", "doi": f"10.1101/{start + number}", "date": "2026-03-17", "version": "1"}
        for number in range(count)
    ]
    return json.dumps({"messages": [{"status": "ok", "total": total}], "collection": records}).encode()


@pytest.mark.parametrize(("size", "total"), [(30, "70"), (100, 250), (70, 70)])
def test_the_cursor_moves_by_what_was_received(size: int, total: int | str) -> None:
    def answer(address: str) -> bytes:
        start = int(address.split("/")[-2])
        return details(start, min(size, int(total) - start), total)

    host = Host(answer)
    batches = list(Biorxiv(host.fetcher, "medrxiv", "https://api.example/details").batches(DAY, NOW))
    assert sum(len(batch.listings) for batch in batches) == int(total)
    assert {(batch.source, batch.announced_on) for batch in batches} == {("medrxiv", DAY)}
    assert host.asked[0] == "https://api.example/details/medrxiv/2026-03-16/2026-03-17/0/json"


def test_a_day_without_posts_is_empty() -> None:
    [batch] = Biorxiv(in_turn(EMPTY).fetcher).batches(date(2026, 3, 15), NOW)
    assert (batch.listings, batch.faults, batch.announced_on) == ((), (), date(2026, 3, 15))


def test_pages_that_end_too_early_are_a_source_error() -> None:
    host = in_turn(details(0, 30, 70), EMPTY)
    with pytest.raises(SourceError, match="tells of 70 preprints and gave 30"):
        list(Biorxiv(host.fetcher).batches(DAY, NOW))
