"""arXiv's day feed: every good item comes in whatever stands beside it, and nothing but SourceError comes out."""

from datetime import date
from pathlib import Path

import pytest

from digest.domain.listing import Batch, ListingKind, Verdict, verdict_of
from digest.sources.arxiv_feed import parse_day_feed
from digest.sources.base import SourceError
from tests.builders import DAY

DATA = Path(__file__).parents[1] / "data"
RSS, ATOM = (DATA / "arxiv.rss").read_bytes(), (DATA / "arxiv.atom").read_bytes()
DOCTYPE = b'<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def with_first(old: bytes, new: bytes) -> Batch:
    assert old in RSS
    return parse_day_feed(RSS.replace(old, new, 1))


def verdict(batch: Batch) -> Verdict:
    return verdict_of(batch, DAY)[0]


def faults(batch: Batch) -> list[tuple[str, bool]]:
    return [(fault.reason, fault.kept) for fault in batch.faults]


def test_announce_types_are_kept_apart() -> None:
    batch = parse_day_feed(RSS)
    assert [(one.paper.arxiv_id, one.kind) for one in batch.listings] == [
        ("2603.00001", ListingKind.NEW),
        ("2602.00002", ListingKind.CROSS),
        ("2501.00003", ListingKind.REPLACE),
        ("hep-th/9901001", ListingKind.REPLACE_CROSS),
    ]
    assert {one.listed_on for one in batch.listings} == {DAY}
    assert {one.paper.published_on for one in batch.listings} == {None}, "the feed does not say when a paper was new"
    assert (batch.announced_on, batch.faults, verdict(batch)) == (DAY, (), Verdict.COMPLETE)


@pytest.mark.parametrize("body", [RSS, ATOM])
def test_rss_and_atom_say_the_same_in_unicode(body: bytes) -> None:
    paper = parse_day_feed(body).listings[0].paper
    assert paper.title == "A gripper that is 50% softer for x² on τ-tasks"
    assert paper.abstract == "We build a soft gripper.\nIt costs $5 & holds <1 kg."
    assert paper.authors == ("Jörg Kraß", "Bo Ek")
    assert (paper.categories, paper.field) == (("cs.RO", "cs.AI"), "cs.RO")


def test_a_truncated_answer_keeps_what_was_whole_and_says_so() -> None:
    for cut in range(RSS.index(b"</item>") + 7, len(RSS) - 10, 97):
        batch = parse_day_feed(RSS[:cut])
        assert len(batch.listings) == RSS[:cut].count(b"</item>")
        assert "breaks off" in batch.cut_short
        assert verdict(batch) is Verdict.PARTIAL


def test_a_title_of_0_is_right_and_not_reported() -> None:
    batch = with_first(b"A word from the neighbours", b"0")
    assert (batch.listings[1].paper.title, batch.faults) == ("0", ())


def test_an_over_long_title_is_kept_whole_and_counted() -> None:
    batch = with_first(b"A word from the neighbours", b"long " * 7_200)
    assert len(batch.listings[1].paper.title) == 35_999
    assert faults(batch) == [("over-long title", True)]
    assert verdict(batch) is Verdict.COMPLETE


def test_the_same_paper_twice_is_held_once_and_counted() -> None:
    batch = with_first(b"oai:arXiv.org:2602.00002v2", b"oai:arXiv.org:2603.00001v2")
    assert [one.paper.arxiv_id for one in batch.listings] == ["2603.00001", "2501.00003", "hep-th/9901001"]
    assert faults(batch) == [("listed twice", True)]


def test_a_paper_without_abstract_is_kept_and_counted() -> None:
    batch = with_first(b"Listed here too.", b"")
    assert (len(batch.listings), faults(batch)) == (4, [("no abstract", True)])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"oai:arXiv.org:2602.00002v2", b"oai:arXiv.org:2602.2v2", "no arXiv id"),
        (b"<title>A word from the neighbours</title>", b"<title> \n </title>", "no title"),
        (b"<title>A word from the neighbours</title>", b"", "no title"),
        (b"announce_type>cross<", b"announce_type>odd<", "unknown announce type 'odd'"),
        (b"announce_type>cross<", b"announce_type><", "unknown announce type ''"),
    ],
)
def test_one_bad_item_is_named_and_the_rest_goes_on(old: bytes, new: bytes, reason: str) -> None:
    batch = with_first(old, new)
    assert (len(batch.listings), faults(batch)) == (3, [(reason, False)])
    assert batch.faults[0].where.startswith("item 2 (")
    assert verdict(batch) is Verdict.PARTIAL


@pytest.mark.parametrize(
    "day", [b"", b"soon", b"Mon, 1 Jan 99999999999 00:00:00 +0000", b"Tue, 31 Feb 2026 00:00:00 Z"]
)
def test_an_impossible_day_is_a_fault_of_its_item(day: bytes) -> None:
    whole = b"<pubDate>Tue, 17 Mar 2026 00:00:00 -0400</pubDate>\n      <arxiv:announce_type>cross"
    batch = with_first(whole, b"<pubDate>" + day + b"</pubDate><arxiv:announce_type>cross")
    assert (len(batch.listings), faults(batch)) == (3, [("no announcement day", False)])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"Rate exceeded.", "no feed"),
        (b"<!DOCTYPE html><html><body>Bot check</body></html>", "no feed"),
        (b"<html><body>Down</body></html>", "no feed"),
        (b'[{"paper": {}}]', "no feed"),
        (DOCTYPE + RSS, "no feed"),
        (b"<?xml version='1.0'?><!-- " + b"x" * 5_000 + b" -->" + DOCTYPE + RSS.partition(b"?>")[2], "no feed"),
        (RSS.replace(b"cs.CL, cs.RO updates", b"Feed error for query: cs.XX"), "refused the query"),
    ],
)
def test_what_is_no_feed_is_a_source_error(body: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        parse_day_feed(body)


def test_an_entity_is_never_expanded() -> None:
    hidden = b"<?xml version='1.0'?><!-- " + b"x" * 200_000 + b" -->" + DOCTYPE
    body = hidden + RSS.partition(b"?>")[2].replace(b"Cy Ho", b"Cy &b;")
    titles = [one.paper.title + "".join(one.paper.authors) for one in parse_day_feed(body).listings]
    assert not [title for title in titles if "aaaa" in title]


@pytest.mark.parametrize(
    ("day", "empty", "silence", "expected"),
    [
        (date(2026, 3, 18), False, "", Verdict.STALE),
        (DAY, False, "", Verdict.COMPLETE),
        (DAY, True, "", Verdict.STALE),
        (DAY, True, "no announcement on a holiday", Verdict.NOTHING),
        (date(2026, 3, 18), True, "", Verdict.STALE),
    ],
)
def test_a_stale_and_an_empty_day_are_told_apart(day: date, empty: bool, silence: str, expected: Verdict) -> None:
    items = RSS[RSS.index(b"<item>") : RSS.rindex(b"</item>") + 7]
    batch = parse_day_feed(RSS.replace(items, b"") if empty else RSS)
    assert verdict_of(batch, day, silence)[0] is expected
