"""Answers the real services gave, where they lie beside the checkout: the counts are those of their manifest."""

from collections import Counter
from pathlib import Path

import pytest

from digest.domain.listing import Batch
from digest.sources.base import SourceError
from digest.sources.file import parse_any
from tests.builders import DAY, NOW

RECORDED = Path(__file__).parents[3] / "shared" / "fixtures"
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers do not lie beside this checkout")


def read(name: str) -> Batch:
    return parse_any((RECORDED / name).read_bytes(), observed_at=NOW, day=DAY)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("arxiv_rss/recorded_atom_cs.AI_86_closed.xml", {"new": 41, "cross": 45}),
        ("arxiv_rss/recorded_atom_cs.AI_truncated.xml", {"new": 41, "cross": 45}),
        ("arxiv_rss/recorded_atom_cs.AI_2025-08-20_7.xml", {"cross": 5, "new": 2}),
        ("arxiv_rss/server_rss_empty_weekend.xml", {}),
        ("huggingface/daily_papers_2026-06-12_30.json", {"new": 30}),
        ("huggingface/daily_papers_2026-07-31_30.json", {"new": 30}),
    ],
)
def test_recorded_days_hold_what_their_manifest_says(name: str, kinds: dict[str, int]) -> None:
    batch = read(name)
    assert Counter(one.kind.value for one in batch.listings) == kinds
    assert [fault for fault in batch.faults if not fault.kept] == []
    assert bool(batch.cut_short) == ("truncated" in name)


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_all_four_announce_types_are_told_apart(form: str) -> None:
    batch = read(f"arxiv_rss/server_{form}_new_cross_replace_replacecross.xml")
    assert {one.kind.value for one in batch.listings} == {"new", "cross", "replace", "replace-cross"}
    assert (str(batch.announced_on), batch.faults) == ("2011-02-03", ())


@pytest.mark.parametrize(
    "name", ["rss_error_bad_subject", "rss_error_bad_archive", "rss_error_version", "atom_error_bad_subject"]
)
def test_a_recorded_refusal_is_a_source_error(name: str) -> None:
    with pytest.raises(SourceError, match="arXiv refused the query"):
        read(f"arxiv_rss/server_{name}_400.xml")


@pytest.mark.parametrize("path", sorted(RECORDED.rglob("*.*")), ids=lambda path: path.name)
def test_no_recorded_answer_of_any_service_raises_anything_else(path: Path) -> None:
    try:
        batch = parse_any(path.read_bytes(), observed_at=NOW, day=DAY)
    except SourceError:
        return
    assert not [one for one in batch.listings if set("\\{}") & set(one.paper.title + "".join(one.paper.authors))]


def test_votes_code_and_hidden_authors_are_as_recorded() -> None:
    votes = read("huggingface/daily_papers_2026-06-12_30.json")
    assert sum(bool(one.paper.code_url) for one in votes.listings) == 16
    assert sum(bool(one.paper.organisation) for one in votes.listings) == 16
    upvotes = [signal.value for one in votes.listings for signal in one.signals if signal.kind.value == "upvotes"]
    assert (len(upvotes), min(upvotes) >= 0) == (30, True)
