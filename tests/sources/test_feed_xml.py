"""Any feed: papers are known by what identifier stands anywhere in an entry; HTML becomes text and nothing else."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.identity import paper_key
from digest.domain.listing import Batch, ListingKind
from digest.sources.base import SourceError
from digest.sources.feed_xml import Feed, parse_feed
from tests.builders import DAY, NOW
from tests.sources.hosts import in_turn

DATA = Path(__file__).parents[1] / "data"
RSS, RDF, ATOM = ((DATA / f"journal.{form}").read_bytes() for form in ("rss", "rdf", "atom"))


def read(body: bytes) -> Batch:
    return parse_feed(body, "journal", NOW)


def test_rss_is_read_with_its_identifiers() -> None:
    first, second, third = read(RSS).listings
    assert (first.paper.key, first.paper.title) == ("doi:10.1000/grip.7", "Grip & hold")
    assert (first.paper.authors, first.paper.categories) == (("Ann Lee", "Bo Ek"), ("Robots",))
    assert first.paper.page_url == "https://journal.example/1"
    assert (second.paper.key, second.paper.authors) == ("arxiv:2603.00001", ("Cy Ho",))
    assert third.paper.key == paper_key(title="Of no name")
    assert {(one.source, one.kind) for one in (first, second, third)} == {("journal", ListingKind.NEW)}


def test_html_becomes_text_and_a_sign_stays_a_sign() -> None:
    first, second, _ = read(RSS).listings
    assert first.paper.abstract == "We hold things & more."
    assert second.paper.abstract == "Where x < y holds."


def test_an_entry_without_a_day_takes_the_day_it_was_read_on_and_is_counted() -> None:
    batch = read(RSS)
    assert [one.listed_on for one in batch.listings] == [DAY] * 3
    assert [(fault.reason, fault.kept) for fault in batch.faults] == [("no day of its own", True)] * 2
    assert batch.announced_on is None


def test_rdf_and_atom_are_read() -> None:
    [rdf], [atom] = read(RDF).listings, read(ATOM).listings
    assert (rdf.paper.key, rdf.paper.authors) == ("doi:10.1000/grip.7", ("Ann Lee", "Bo Ek", "Cy Ho"))
    assert (atom.paper.key, atom.paper.title) == ("doi:10.64898/2026.03.13.000001", "Grip & hold")
    assert (atom.paper.authors, atom.paper.abstract, atom.listed_on) == (
        ("Ann Lee", "Bo Ek"),
        "We hold.",
        date(2026, 3, 16),
    )


def test_one_bad_entry_is_named_and_the_rest_goes_on() -> None:
    batch = read(RSS.replace(b"<title>Of no name</title>", b"<title>&lt;b&gt; &lt;/b&gt;</title>"))
    assert [fault.reason for fault in batch.faults if not fault.kept] == ["no title"]
    assert len(batch.listings) == 2


def test_a_truncated_feed_keeps_what_was_whole_and_says_so() -> None:
    batch = read(RSS[:-60])
    assert (len(batch.listings), "breaks off" in batch.cut_short) == (2, True)


@pytest.mark.parametrize(
    "body", [b"", b"<html/>", b"{}", b"<!DOCTYPE rss [<!ENTITY a 'b'>]>" + RSS.partition(b"?>")[2]]
)
def test_what_is_no_feed_is_a_source_error(body: bytes) -> None:
    with pytest.raises(SourceError):
        read(body)


@given(
    st.sampled_from([RSS, RDF, ATOM]),
    st.integers(0, 1_300),
    st.binary(max_size=9) | st.sampled_from([b"<item>", b"</entry>", b"&lt;!--", b"&lt;title&gt;", b"&#0;"]),
    st.integers(0, 60),
)
def test_whatever_comes_only_a_source_error_is_raised(body: bytes, at: int, new: bytes, length: int) -> None:
    try:
        batch = read(body[:at] + new + body[at + length :])
    except SourceError:
        return
    assert all(one.paper.title for one in batch.listings)


def test_a_feed_is_read_over_http_whatever_it_is_written_in() -> None:
    for body in (RSS, (DATA / "journal.json").read_bytes()):
        host = in_turn(body)
        [batch] = Feed(host.fetcher, "grip", "https://journal.example/feed").batches(DAY, NOW)
        assert (batch.source, batch.listings[0].paper.key) == ("grip", "doi:10.1000/grip.7")
        assert host.asked == ["https://journal.example/feed"]
