"""Lists of one JSON object a line: every key has its place, a paper without a title is kept by its abstract."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.identity import paper_key
from digest.domain.listing import Batch, ListingKind
from digest.sources.base import SourceError
from digest.sources.list import KEYS, is_list, parse_list
from tests.builders import DAY

BODY = (Path(__file__).parents[1] / "data" / "reading.jsonl").read_bytes()
ODD: list[Any] = [None, True, -1, 3.5, 10**30, "text", [], {}, [[None]], "\ud800", float("nan"), [7, "x"]]


def read(*records: dict[str, Any]) -> Batch:
    return parse_list("\n".join(json.dumps(record) for record in records).encode(), "reading", DAY)


def test_every_key_has_its_place() -> None:
    listing = parse_list(BODY, "reading", DAY).listings[0]
    paper = listing.paper
    assert (listing.source, listing.kind, listing.listed_on) == ("reading", ListingKind.NEW, DAY)
    assert (paper.title, paper.abstract) == ("On grip", "We hold on to things.")
    assert (paper.authors, paper.authors_complete) == (("Ann Lee", "Bo Ek"), False)
    assert (paper.work_type, paper.year, paper.venue) == ("preprint", 2026, "J. Grip.")
    assert (paper.categories, paper.published_on) == (("cs.RO",), date(2026, 3, 1))
    assert (paper.organisation, paper.affiliation) == ("A Lab, B Lab", "A University")


def test_the_documented_keys_are_the_known_ones() -> None:
    assert parse_list.__doc__ is not None
    documented = [row.split("`")[1] for row in parse_list.__doc__.splitlines() if row.strip().startswith("`")]
    assert sorted(documented) == sorted(KEYS)


def test_a_paper_without_title_is_kept_by_its_abstract() -> None:
    batch = parse_list(BODY, "reading", DAY)
    paper = batch.listings[1].paper
    assert paper.title == "We let go of things, and we do so with a gripper that nobody has seen before…"
    assert paper.key == paper_key(title=paper.abstract)
    assert [fault.where for fault in batch.faults if (fault.reason, fault.kept) == ("no title", True)] == [
        "line 2 (We let go of things, and we do so with a gripper that…)"
    ]


def test_an_identifier_is_the_key_and_otherwise_title_and_first_author() -> None:
    keys = [one.paper.key for one in parse_list(BODY, "reading", DAY).listings]
    assert keys == [
        paper_key(title="On grip", first_author="A. Lee"), keys[1], "arxiv:2603.00001", "doi:10.1000/grip.7",
    ]  # fmt: skip
    assert read({"title": "T", "url": "https://arxiv.org/pdf/2603.00002"}).listings[0].paper.arxiv_id == "2603.00002"


def test_a_bad_line_is_named_by_its_number_and_the_rest_goes_on() -> None:
    batch = parse_list(BODY, "reading", DAY)
    lost = [(fault.reason, fault.where) for fault in batch.faults if not fault.kept]
    assert lost == [("not a JSON object", "line 4 (without title)")]
    assert len(batch.listings) == 4
    assert read({"title": "T"}, {"year": 2026}).faults[-1].reason == "neither title nor abstract"


def test_an_identifier_that_cannot_be_read_is_noticed() -> None:
    batch = read({"title": "T", "abstract": "A", "id": "12"})
    assert [(fault.reason, fault.kept) for fault in batch.faults] == [("unreadable id", True)]


def test_an_address_that_leads_not_to_the_web_is_noticed_and_left_out() -> None:
    batch = read({"title": "T", "abstract": "A", "url": "javascript:alert(1)"})
    assert [(fault.reason, fault.kept) for fault in batch.faults] == [("unreadable url", True)]
    assert batch.listings[0].paper.abstract_url == ""
    assert read({"title": "T", "abstract": "A", "url": "https://example.org/a"}).faults == ()


def test_a_title_of_0_is_a_title() -> None:
    assert read({"title": "0", "abstract": "A"}).listings[0].paper.title == "0"


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_wrong_type_in_any_key_keeps_the_rest(name: str, odd: object) -> None:
    batch = read({"title": "First", "abstract": "A", name: odd}, {"title": "Last", "abstract": "B"})
    assert batch.listings[-1].paper.title == "Last"
    assert len(batch.listings) == 2


@pytest.mark.parametrize("body", [b"", b"\n \n", b"\x0b", b"not a list", b"[1]\n[2]", b'{"year": 1}', b"\xff\xfe{}"])
def test_what_holds_no_paper_is_a_source_error(body: bytes) -> None:
    with pytest.raises(SourceError):
        parse_list(body, "reading", DAY)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (BODY, True),
        (b'\n{"abstract": "A"}', True),
        (b'{"title": "T", "paperId": 1}', False),
        (b'{"year": 1}', False),
        (b"{\n}", False),
        (b"", False),
    ],
)
def test_a_list_is_told_by_its_first_line(body: bytes, expected: bool) -> None:
    assert is_list(body) is expected


@given(st.integers(0, len(BODY)), st.binary(max_size=9), st.integers(0, 50))
def test_whatever_comes_only_a_source_error_is_raised(at: int, new: bytes, length: int) -> None:
    try:
        batch = parse_list(BODY[:at] + new + BODY[at + length :], "reading", DAY)
    except SourceError:
        return
    assert all(one.paper.title for one in batch.listings)
