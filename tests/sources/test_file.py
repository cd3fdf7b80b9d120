"""Recorded answers: told apart by how they begin; whatever a file holds, nothing but SourceError comes out."""

from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.sources.arxiv_feed import parse_day_feed
from digest.sources.base import MOST_BYTES, SourceError
from digest.sources.file import FileSource, parse_any
from digest.sources.huggingface import parse_daily_papers
from tests.builders import DAY, NOW

DATA = Path(__file__).parents[1] / "data"
FORMATS = {
    "arxiv.rss": ("arxiv", 4), "arxiv.atom": ("arxiv", 1), "daily_papers.json": ("huggingface", 2),
    "arxiv_api.xml": ("arxiv", 2), "oai_raw.xml": ("arxiv", 2), "oai_arxiv.xml": ("arxiv", 3),
    "preprints.json": ("biorxiv", 2), "journal.rss": ("journal", 3), "journal.rdf": ("journal", 1),
    "journal.atom": ("journal", 1), "journal.json": ("journal", 2), "reading.jsonl": ("reading", 4),
}  # fmt: skip
SHAPES = [(DATA / name).read_bytes() for name in FORMATS]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    body = draw(st.sampled_from(SHAPES))
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(body))), draw(st.integers(0, 60))
        new = draw(st.binary(max_size=12) | st.sampled_from([b"<a>", b"</item>", b"[[", b'"', b"&#0;", b"\\ud800"]))
        body = body[:at] + new + body[at + length :]
    return body


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary() | st.binary().map(b"<rss".__add__) | st.binary().map(b"[".__add__) | mutated())
def test_whatever_comes_only_a_source_error_is_raised(body: bytes) -> None:
    try:
        batch = parse_any(body, observed_at=NOW, day=DAY)
    except SourceError:
        return
    for listing in batch.listings:
        assert listing.paper.title
        assert listing.paper.key
        repr(listing).encode()
    assert len({one.paper.key for one in batch.listings}) == len(batch.listings)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary() | st.binary().map(b"<rss".__add__) | st.binary().map(b"[".__add__) | mutated())
def test_the_parsers_of_the_daily_lists_raise_only_a_source_error_whatever_they_are_given(body: bytes) -> None:
    for parse in (parse_day_feed, partial(parse_daily_papers, observed_at=NOW, day=DAY)):
        with suppress(SourceError):
            parse(body)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_told_by_its_bytes(name: str) -> None:
    [batch] = FileSource(DATA / name).batches(DAY, NOW)
    assert (batch.source, len(batch.listings)) == FORMATS[name]


@pytest.mark.parametrize("name", FORMATS)
def test_a_listing_without_a_day_of_its_own_is_of_the_day_asked(name: str) -> None:
    [batch] = FileSource(DATA / name).batches(DAY, NOW)
    assert all(one.listed_on <= DAY for one in batch.listings)


@pytest.mark.parametrize(
    "body", [b'{"papers": []}', b'[{"id": 1}]', b'{"paperId": "x", "title": "T"}', b"plain", b"<a/>"]
)
def test_a_file_of_no_known_format_is_a_source_error(body: bytes) -> None:
    with pytest.raises(SourceError):
        parse_any(body, observed_at=NOW, day=DAY)


def test_a_refusal_of_the_api_is_a_source_error() -> None:
    refused = (
        (DATA / "arxiv_api.xml").read_bytes().replace(b"http://arxiv.org/abs/2603", b"http://arxiv.org/api/errors#2603")
    )
    with pytest.raises(SourceError, match="refused the query"):
        parse_any(refused, observed_at=NOW, day=DAY)


def test_a_file_that_cannot_be_read_is_a_source_error(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as opened:
        opened.truncate(MOST_BYTES + 1)
    for path in (tmp_path / "missing", tmp_path, large):
        with pytest.raises(SourceError, match=path.name):
            list(FileSource(path).batches(DAY, NOW))
