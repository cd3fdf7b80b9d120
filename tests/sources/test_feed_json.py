"""JSON Feed: the same papers as in XML, whatever stands in a field."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.base import SourceError
from digest.sources.feed_json import parse_json_feed
from tests.builders import DAY, NOW

BODY = (Path(__file__).parents[1] / "data" / "journal.json").read_bytes()
ODD: list[Any] = [None, True, -1, 3.5, "text", [], {}, [[None]], "\ud800", float("nan"), [{"name": 7}]]


def test_entries_are_read_with_their_identifiers() -> None:
    first, second = parse_json_feed(BODY, "journal", NOW).listings
    assert (first.paper.key, first.paper.title, first.paper.abstract) == (
        "doi:10.1000/grip.7",
        "Grip & hold",
        "We hold.",
    )
    assert (first.paper.authors, first.paper.categories) == (("Ann Lee", "Bo Ek"), ("grip",))
    assert (second.paper.authors, second.paper.abstract, second.listed_on) == (("Cy Ho",), "We let go.", DAY)


@pytest.mark.parametrize("name", [*json.loads(BODY)["items"][0], "author"])
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_wrong_type_in_any_field_keeps_the_rest(name: str, odd: object) -> None:
    told = json.loads(BODY)
    told["items"][0][name] = odd
    batch = parse_json_feed(json.dumps(told).encode(), "journal", NOW)
    assert batch.listings[-1].paper.title == "Let go"
    assert len(batch.listings) + sum(not fault.kept for fault in batch.faults) == 2


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"version": 1}', b"<rss/>", BODY[:200]])
def test_what_is_no_json_feed_is_a_source_error(body: bytes) -> None:
    with pytest.raises(SourceError):
        parse_json_feed(body, "journal", NOW)


@given(st.integers(0, len(BODY)), st.binary(max_size=9), st.integers(0, 50))
def test_whatever_comes_only_a_source_error_is_raised(at: int, new: bytes, length: int) -> None:
    try:
        parse_json_feed(BODY[:at] + new + BODY[at + length :], "journal", NOW)
    except SourceError:
        return
