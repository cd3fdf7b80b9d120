"""Recorded answers: told apart by how they begin; whatever a file holds, nothing but SourceError comes out."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.sources.base import MOST_BYTES, SourceError
from digest.sources.file import FileSource, parse_any
from tests.builders import DAY, NOW

DATA = Path(__file__).parents[1] / "data"
SHAPES = [(DATA / name).read_bytes() for name in ("arxiv.rss", "arxiv.atom", "daily_papers.json")]


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
        assert listing.paper.arxiv_id
        repr(listing).encode()
    assert len({one.paper.key for one in batch.listings}) == len(batch.listings)


@pytest.mark.parametrize(("name", "source"), [("arxiv.rss", "arxiv"), ("daily_papers.json", "huggingface")])
def test_a_file_is_told_by_how_it_begins(name: str, source: str) -> None:
    [batch] = FileSource(DATA / name).batches(DAY, NOW)
    assert (batch.source, len(batch.listings) > 0) == (source, True)


def test_a_file_that_cannot_be_read_is_a_source_error(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as opened:
        opened.truncate(MOST_BYTES + 1)
    for path in (tmp_path / "missing", tmp_path, large):
        with pytest.raises(SourceError, match=path.name):
            list(FileSource(path).batches(DAY, NOW))
