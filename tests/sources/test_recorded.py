"""Answers the real services gave, where they lie beside the checkout: the counts are those of their manifest."""

import re
import unicodedata
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from digest.domain.listing import Batch
from digest.domain.text import REFERENCE, readable
from digest.sources.arxiv_api import parse_answer
from digest.sources.arxiv_oai import parse_records
from digest.sources.base import SourceError
from digest.sources.file import parse_any
from tests.builders import DAY, NOW

BESIDE = Path(__file__).parents[3] / "shared"
RECORDED, LISTS = BESIDE / "fixtures", BESIDE / "data" / "lists"
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers do not lie beside this checkout")

COUNTS = {
    "arxiv_api/cat_csAI_csLG_csCL_submittedDate_25.xml": (25, 0, False),
    "arxiv_api/id_0000.0000_s0_m100.xml": (0, 0, False),
    "arxiv_api/id_0808.05394_1707.08567_s0_m100.xml": (1, 0, False),
    "arxiv_api/id_0808.05394_s0_m100.xml": (0, 0, False),
    "arxiv_api/id_1605.08386_s0_m100.xml": (1, 0, False),
    "arxiv_api/id_1707.08567_s0_m100.xml": (1, 0, False),
    "arxiv_api/id_2104.12255v1_s0_m100.xml": (1, 0, False),
    "arxiv_api/id_astro-ph_0601001_s0_m100.xml": (1, 0, False),
    "arxiv_api/id_quant-ph_0201082v1_s0_m100.xml": (1, 0, False),
    "arxiv_api/q_testing_s0_m10.xml": (10, 0, False),
    "arxiv_api/q_testing_s0_m100.xml": (100, 0, False),
    "arxiv_api/q_testing_s0_m15.xml": (15, 0, False),
    "arxiv_api/q_testing_s10_m10.xml": (10, 0, False),
    "arxiv_api/q_testing_s20_m10.xml": (10, 0, False),
    "arxiv_api/q_testing_s30_m10.xml": (10, 0, False),
    "arxiv_api/q_testing_s40_m10.xml": (10, 0, False),
    "arxiv_api/q_testing_s50_m10.xml": (10, 0, False),
    "arxiv_api/q_testing_s5_m10.xml": (10, 0, False),
    "arxiv_api/q_testing_s5_m15.xml": (15, 0, False),
    "arxiv_api/q_testing_s9_m15.xml": (15, 0, False),
    "arxiv_api/q_transformer_sotawhat.xml": (5, 0, False),
    "arxiv_oai/legacy_arXivRaw_1000rec_resumptionToken.xml": (1000, 0, False),
    "arxiv_oai/legacy_arXiv_getrecord_00.xml": (1, 0, False),
    "arxiv_oai/legacy_arXiv_getrecord_01.xml": (1, 0, False),
    "arxiv_oai/legacy_arXiv_getrecord_02.xml": (1, 0, False),
    "arxiv_oai/legacy_arXiv_getrecord_03.xml": (1, 0, False),
    "arxiv_oai/legacy_arXiv_getrecord_04.xml": (1, 0, False),
    "arxiv_oai/legacy_arXiv_getrecord_05.xml": (1, 0, False),
    "arxiv_oai/legacy_arXiv_getrecord_06.xml": (1, 0, False),
    "arxiv_oai/legacy_arXiv_getrecord_07.xml": (1, 0, False),
    "arxiv_oai/legacy_arXiv_getrecord_08.xml": (1, 0, False),
    "arxiv_oai/legacy_arXiv_getrecord_09.xml": (1, 0, False),
    "arxiv_oai/legacy_arXiv_getrecord_10.xml": (1, 0, False),
    "arxiv_oai/legacy_arXiv_listrecords_cs_46.xml": (46, 0, False),
    "arxiv_oai/legacy_arXiv_listrecords_hep-ex_2017.xml": (3, 0, False),
    "arxiv_oai/legacy_arXiv_listrecords_hep-th_2017.xml": (3, 0, False),
    "arxiv_oai/legacy_arXiv_listrecords_physics_150.xml": (150, 0, False),
    "arxiv_oai/legacy_noRecordsMatch.xml": (0, 0, False),
    "arxiv_oai/legacy_oai_dc_getrecord.xml": (1, 0, False),
    "arxiv_oai/legacy_oai_dc_getrecord_utf8.xml": (1, 0, False),
    "arxiv_oai/legacy_oai_dc_listrecords_2023.xml": (3, 0, False),
    "arxiv_oai/legacy_oai_dc_record_math_0306266.xml": (1, 0, False),
    "arxiv_oai/server_arXivRaw_getrecord_6versions.xml": (1, 0, False),
    "arxiv_oai/server_arXivRaw_getrecord_withdrawn.xml": (1, 0, False),
    "arxiv_oai/server_arXivRaw_listrecords_p1_token.xml": (15, 0, False),
    "arxiv_oai/server_arXivRaw_listrecords_p2_token.xml": (15, 0, False),
    "arxiv_oai/server_arXivRaw_listrecords_single_page.xml": (2, 0, False),
    "arxiv_oai/server_arXiv_listrecords_p1_token.xml": (20, 0, False),
    "arxiv_oai/server_error_noRecordsMatch.xml": (0, 0, False),
    "arxiv_oai/sickle_generic/GetRecord.xml": (0, 1, False),
    "arxiv_oai/sickle_generic/GetRecord_utf8test.xml": (0, 1, False),
    "arxiv_oai/sickle_generic/ListRecords.xml": (0, 1, False),
    "arxiv_oai/sickle_generic/ListRecords2.xml": (0, 1, False),
    "arxiv_oai/sickle_generic/ListRecords3.xml": (0, 1, False),
    "arxiv_oai/sickle_generic/ListRecords4.xml": (0, 1, False),
    "arxiv_oai/sickle_generic/noRecordsMatch.xml": (0, 0, False),
    "arxiv_rss/recorded_atom_cs.AI_2025-08-20_7.xml": (7, 0, False),
    "arxiv_rss/recorded_atom_cs.AI_86_closed.xml": (86, 0, False),
    "arxiv_rss/recorded_atom_cs.AI_truncated.xml": (86, 0, True),
    "arxiv_rss/server_atom_new_cross_replace_replacecross.xml": (8, 0, False),
    "arxiv_rss/server_rss_empty_weekend.xml": (0, 0, False),
    "arxiv_rss/server_rss_new_cross_replace_replacecross.xml": (8, 0, False),
    "biorxiv/details_2026-07-15_3_trimmed.json": (3, 0, False),
    "huggingface/daily_papers_2026-06-12_30.json": (30, 0, False),
    "huggingface/daily_papers_2026-07-31_30.json": (30, 0, False),
    "other/iacr_eprint_rss.xml": (3, 0, False),
    "other/nber_rss.xml": (2, 0, False),
}
"""Of each recorded listing: papers, records that cannot be read, and whether it breaks off."""
LISTED = {
    "affiliation_page": (10, 10), "author_listing": (15, 0), "curated_search": (221, 0), "curated_similar": (67, 0),
    "researcher_profile": (14, 0),
}  # fmt: skip
"""Of each list: papers, and how many of them have no title."""


@cache
def read(name: str) -> Batch:
    return parse_any((RECORDED / name).read_bytes(), observed_at=NOW, day=DAY, name=name)


@pytest.mark.parametrize("name", COUNTS)
def test_every_recorded_listing_holds_what_its_manifest_says(name: str) -> None:
    batch = read(name)
    lost = [fault for fault in batch.faults if not fault.kept]
    assert (len(batch.listings), len(lost), bool(batch.cut_short)) == COUNTS[name]


@pytest.mark.parametrize("name", [name for name in COUNTS if name.endswith(".xml")])
def test_every_record_of_an_answer_is_a_listing_or_a_named_fault(name: str) -> None:
    batch = read(name)
    whole = re.findall(rb"</(?:item|entry|record)>", (RECORDED / name).read_bytes())
    gone = [fault for fault in batch.faults if not fault.kept or fault.reason == "deleted at the source"]
    assert len(batch.listings) + len(gone) == len(whole)


@pytest.mark.parametrize("path", sorted(RECORDED.rglob("*.*")), ids=lambda path: path.name)
def test_what_is_no_listing_is_a_source_error_and_nothing_else(path: Path) -> None:
    name = str(path.relative_to(RECORDED))
    if name not in COUNTS:
        with pytest.raises(SourceError):
            read(name)
        return
    shown = [one.paper.title + "".join(one.paper.authors) for one in read(name).listings]
    assert not [text for text in shown if re.search(r"[\\$]|\{(?![^{}]*[,…])", text)]


@pytest.mark.parametrize("name", LISTED)
def test_every_list_is_read_whole(name: str) -> None:
    path = LISTS / f"{name}.jsonl"
    batch = parse_any(path.read_bytes(), observed_at=NOW, day=DAY, name=path.name)
    untitled = [fault for fault in batch.faults if fault.reason == "no title"]
    assert (batch.source, len(batch.listings), len(untitled)) == (name, *LISTED[name])
    assert len(untitled) == len(batch.faults), "nothing else is odd about them"
    assert {one.listed_on for one in batch.listings} == {DAY}


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("arxiv_rss/recorded_atom_cs.AI_86_closed.xml", {"new": 41, "cross": 45}),
        ("arxiv_rss/recorded_atom_cs.AI_truncated.xml", {"new": 41, "cross": 45}),
        ("arxiv_rss/recorded_atom_cs.AI_2025-08-20_7.xml", {"cross": 5, "new": 2}),
        ("arxiv_oai/server_arXivRaw_getrecord_6versions.xml", {"replace": 1}),
        ("biorxiv/details_2026-07-15_3_trimmed.json", {"new": 2, "replace": 1}),
    ],
)
def test_kinds_are_told_apart(name: str, kinds: dict[str, int]) -> None:
    assert Counter(one.kind.value for one in read(name).listings) == kinds


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


def test_votes_code_and_hidden_authors_are_as_recorded() -> None:
    votes = read("huggingface/daily_papers_2026-06-12_30.json")
    assert sum(bool(one.paper.code_url) for one in votes.listings) == 16
    assert sum(bool(one.paper.organisation) for one in votes.listings) == 16
    upvotes = [signal.value for one in votes.listings for signal in one.signals if signal.kind.value == "upvotes"]
    assert (len(upvotes), min(upvotes) >= 0) == (30, True)


def test_the_hundred_of_the_api_have_their_dois_and_journals() -> None:
    answer = parse_answer((RECORDED / "arxiv_api/q_testing_s0_m100.xml").read_bytes())
    assert len(answer.papers) == 100
    assert answer.total > 100
    assert sum(bool(paper.doi) for paper in answer.papers) == 32
    assert sum(bool(paper.venue) for paper in answer.papers) == 18
    assert all(paper.published_on and paper.categories and paper.authors for paper in answer.papers)


def test_pages_of_one_recorded_query_agree_where_they_overlap() -> None:
    whole = parse_answer((RECORDED / "arxiv_api/q_testing_s0_m100.xml").read_bytes()).papers
    for path in sorted((RECORDED / "arxiv_api").glob("q_testing_s*_m1[05].xml")):
        page = parse_answer(path.read_bytes())
        assert page.papers == whole[page.start : page.start + len(page.papers)]


def test_special_entries_of_the_api_are_as_recorded() -> None:
    def only(name: str) -> Batch:
        return read(f"arxiv_api/id_{name}_s0_m100.xml")

    assert len(only("1707.08567").listings[0].paper.authors) == 34, "their manifest says 33; the answer names 34"
    assert only("2104.12255v1").listings[0].paper.title == "0"
    old = only("astro-ph_0601001").listings[0].paper
    assert (old.arxiv_id, old.published_on) == ("astro-ph/0601001", date(2006, 1, 2))
    assert old.affiliation.startswith("Ohio State; CfA")
    with pytest.raises(SourceError, match="incorrect id format for abc"):
        only("abc")


@pytest.mark.parametrize(
    ("name", "has_token", "size"),
    [
        ("legacy_arXivRaw_1000rec_resumptionToken", True, 907_096),
        ("server_arXivRaw_listrecords_p1_token", True, None),
        ("server_arXivRaw_listrecords_single_page", False, None),
        ("legacy_noRecordsMatch", False, None),
    ],
)
def test_recorded_pages_tell_whether_there_are_more(name: str, has_token: bool, size: int | None) -> None:
    page = parse_records((RECORDED / f"arxiv_oai/{name}.xml").read_bytes())
    assert (bool(page.token), page.complete_size) == (has_token, size)


def test_recorded_withdrawals_are_marked() -> None:
    withdrawn = read("arxiv_oai/server_arXivRaw_getrecord_withdrawn.xml").listings[0].paper
    assert (withdrawn.key, withdrawn.withdrawn) == ("arxiv:cond-mat/0703772", True)
    history = read("arxiv_oai/server_arXivRaw_getrecord_6versions.xml").listings[0].paper
    assert not history.withdrawn


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (0, ("Planck Collaboration", "Jieci Wang")),
        (1, ("Teresa Maria Montaruli", "IceCube Collaboration")),
        (4, ("Keck Array", "BICEP2 Collaborations", "P. Ade")),
        (6, ("E. Bufanda", "D. Hollowood", "DES Collaboration")),
        (8, ("Super-Kamiokande Collaboration", "K. Abe")),
    ],
)
def test_recorded_collaborations_are_authors(number: int, names: tuple[str, ...]) -> None:
    paper = read(f"arxiv_oai/legacy_arXiv_getrecord_{number:02}.xml").listings[0].paper
    assert paper.authors[: len(names)] == names


def letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", unicodedata.normalize("NFKD", text).lower())


@pytest.mark.parametrize("folder", ["arxiv_api", "arxiv_oai", "arxiv_rss", "other"])
def test_no_word_of_a_recorded_text_is_lost(folder: str) -> None:
    lost = []
    for path in sorted((RECORDED / folder).glob("*.xml")):
        tree = etree.parse(path, etree.XMLParser(recover=True))
        for element in tree.iter("{*}title", "{*}abstract", "{*}summary", "{*}description"):
            raw = "".join(element.itertext())  # type: ignore[arg-type]
            plain = re.sub(r"\\[A-Za-z]+\*?", " ", REFERENCE.sub(" ", raw))
            accented = re.sub(r"\\+['\"`^~=.]|[{}$]|\\(?=[^\x00-\x7f])", "", plain)
            shown = letters(readable(raw))
            lost += [word for word in re.findall(r"[^\W\d_]{4,}", accented) if letters(word) not in shown]
    assert lost == []
