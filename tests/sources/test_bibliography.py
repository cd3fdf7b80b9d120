"""Files in which people keep papers: every kind gives the papers it holds, a broken entry costs itself and is named."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.identity import paper_key
from digest.domain.paper import Paper
from digest.sources import bibliography
from digest.sources.base import SourceError
from digest.sources.bibliography import MOST_BYTES, MOST_PAPERS, Shelf, parse_bibliography

DATA = Path(__file__).parents[1] / "data"
BIBTEX, RIS, CSL = ((DATA / name).read_bytes() for name in ("library.bib", "library.ris", "library.json"))
IDS = b"1706.03762\nhttps://arxiv.org/pdf/hep-th/9901001v2\n10.1000/Grip.7\nmilk\nhttps://dl.acm.org/doi/full/10.1145/3.4\n"
ATTENTION = "arxiv:1706.03762"


def read(written: str) -> Shelf:
    return parse_bibliography(written.encode())


def lost(shelf: Shelf) -> list[tuple[str, str]]:
    return [(fault.where, fault.reason) for fault in shelf.faults if not fault.kept]


def bibtex(count: int) -> str:
    return "".join(f"@article{{k{number},\n title = {{Study {number}}}\n}}\n" for number in range(count))


def test_bibtex_gives_exactly_its_papers() -> None:
    assert parse_bibliography(BIBTEX) == Shelf(
        papers=(
            Paper(
                key="doi:10.1000/grip_7",
                title="On Grip and Énergie: 10% of x²",
                abstract="We hold on to things. It costs $5.",
                authors=("Ann Lee", "Jörg Müller", "The Grip Collaboration"),
                authors_complete=False,
                keywords=("grip", "robots", "DNA"),
                doi="10.1000/grip_7",
                venue="Journal of X (new)",
                year=2021,
            ),
            Paper(
                key=ATTENTION,
                title="Attention Is All You Need",
                authors=("Ashish Vaswani", "Noam Shazeer"),
                categories=("cs.CL",),
                year=2017,
            ),
            Paper(key="arxiv:2101.00001", title="Letting go", authors=("Bo Ek", "Cy Ng Jr."), year=2021),
            Paper(key="arxiv:2101.00002", title='Quoted "holds" apart', authors=("Bo Ek",), year=2021),
            Paper(
                key=paper_key(title="A book", first_author="O'Neill"),
                title="A book",
                authors=("D. E. O'Neill",),
                year=1999,
            ),
        )
    )


def test_ris_gives_exactly_its_papers() -> None:
    assert parse_bibliography(RIS) == Shelf(
        papers=(
            Paper(
                key="doi:10.1000/grip.7",
                title="On grip",
                abstract="We hold on to things.",
                authors=("Ann Lee", "Cy Ng Jr."),
                keywords=("grip", "robots"),
                doi="10.1000/grip.7",
                venue="J. Grip.",
                year=2021,
            ),
            Paper(key=ATTENTION, title="Attention Is All You Need", authors=("Ashish Vaswani",)),
            Paper(
                key=paper_key(title="Unclosed before, cut after", first_author="Ek"),
                title="Unclosed before, cut after",
                authors=("Bo Ek",),
            ),
        )
    )


def test_csl_json_gives_exactly_its_papers() -> None:
    assert parse_bibliography(CSL) == Shelf(
        papers=(
            Paper(
                key="doi:10.1000/grip.7",
                title="On grip",
                abstract="We hold.",
                authors=("Ann Lee", "Vi van Gogh", "The Grip, Inc."),
                keywords=("grip", "robots"),
                doi="10.1000/grip.7",
                venue="J. Grip.",
                year=2021,
            ),
            Paper(key=ATTENTION, title="Attention Is All You Need", year=2017),
            Paper(
                key=paper_key(title="Letting go", first_author="Ek"), title="Letting go", authors=("Bo Ek",), year=2020
            ),
        )
    )


def test_a_list_of_ids_gives_its_papers_without_titles_and_names_its_rubbish() -> None:
    shelf = parse_bibliography(IDS)
    known = ["1706.03762", "hep-th/9901001", "10.1000/grip.7", "10.1145/3.4"]
    assert [paper.key for paper in shelf.papers] == [f"{'doi' if one[:3] == '10.' else 'arxiv'}:{one}" for one in known]
    assert {paper.title for paper in shelf.papers} == {""}
    assert lost(shelf) == [("line 4 (milk)", "no arXiv id or DOI in it")]


@pytest.mark.parametrize(
    "line",
    [
        "1706.03762", "arXiv:1706.03762v5", "arXiv: 1706.03762 [cs.CL]", "https://www.arxiv.org/abs/1706.03762",
        "- [Attention](https://arxiv.org/pdf/1706.03762v7.pdf), read it", "* 1706.03762  Attention Is All You Need",
        "10.48550/arXiv.1706.03762", "https://doi.org/10.48550/arXiv.1706.03762", "<https://arxiv.org/abs/1706.03762>",
        '"Attention","1706.03762"', "[1706.03762]",
    ],
)  # fmt: skip
def test_a_line_may_write_an_arxiv_id_in_any_usual_way(line: str) -> None:
    assert [paper.key for paper in read(line).papers] == [ATTENTION]


@pytest.mark.parametrize(
    ("line", "doi"),
    [
        ("doi:10.1000/A.7", "10.1000/a.7"),
        ("Lee 2021, https://doi.org/10.1000/A.7.", "10.1000/a.7"),
        ("https://link.springer.com/content/pdf/10.1007/s00-1.pdf", "10.1007/s00-1"),
        ("https://onlinelibrary.wiley.com/doi/abs/10.1002/x.5?a=b", "10.1002/x.5"),
        ("https://journals.plos.org/plosone/article?id=10.1371/journal.pone.0000001", "10.1371/journal.pone.0000001"),
        ("https://www.nature.com/articles/s41586-021-03819-2#Sec1", "10.1038/s41586-021-03819-2"),
        ("https://www.biorxiv.org/content/10.1101/2020.03.22.002386v3.full", "10.1101/2020.03.22.002386"),
        ("10.1002/(SICI)1097(90)4:6<39::AID-ASI1>3.0.CO;2-9", "10.1002/(sici)1097(90)4:6<39::aid-asi1>3.0.co;2-9"),
    ],
)  # fmt: skip
def test_a_line_may_write_a_doi_in_any_usual_way(line: str, doi: str) -> None:
    assert [paper.key for paper in read(line).papers] == [f"doi:{doi}"]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ("eprint={1706.03762}, eprinttype={arxiv}, doi={10.1000/7}", ATTENTION),
        ("eprint={9901001}, archivePrefix={hep-th}", "arxiv:hep-th/9901001"),
        ("eprint={1706.03762}, eprinttype={pubmed}, doi={10.1000/7}", "doi:10.1000/7"),
        ("doi={10.48550/arXiv.1706.03762}", ATTENTION),
        ("url={https://arxiv.org/abs/1706.03762v2}", ATTENTION),
        ("howpublished={\\url{https://arxiv.org/abs/1706.03762}}", ATTENTION),
        ("note={arXiv:1706.03762 [cs]}", ATTENTION),
        ("note={Comment: overlaps with arXiv:1610.02915}, doi={10.1000/7}", "doi:10.1000/7"),
        ("journal={CoRR}, volume={abs/1706.03762}", ATTENTION),
        ("doi={https://doi.org/10.1000/A{\\_}7}", "doi:10.1000/a_7"),
        ("url={https://dl.acm.org/doi/10.1145/3.4}", "doi:10.1145/3.4"),
        ("year={2020}", paper_key(title="T one", first_author="Ek")),
    ],
)
def test_an_arxiv_id_is_the_key_else_the_doi_else_title_and_first_author(fields: str, key: str) -> None:
    assert [one.key for one in read(f"@misc{{k, title={{T one}}, author={{Ek, Bo}}, {fields}}}").papers] == [key]


def test_an_identifier_without_a_title_is_a_paper() -> None:
    assert read("@misc{k, eprint={1706.03762}, archiveprefix={arXiv}}").papers == (Paper(key=ATTENTION, title=""),)


@pytest.mark.parametrize(
    "broken",
    [
        "@article{bad, title={Never closed, year=2021}", '@article{bad, title="Never closed, year=2021}',
        "@article{bad, title={Two}, and so on}", "@article{bad", "@article{bad, title=}", "@article{bad, year={2020}}",
    ],
)  # fmt: skip
def test_a_broken_bibtex_entry_in_the_middle_costs_itself_and_is_named(broken: str) -> None:
    shelf = read(f"@misc{{a,\n title={{One}}}}\n{broken}\n@misc{{c, title={{Three}}}}\n@misc{{d, title={{Four}}}}\n")
    assert [paper.title for paper in shelf.papers] == ["One", "Three", "Four"]
    assert [where for where, _ in lost(shelf)] == ["entry bad, line 3"]


def test_an_entry_cut_off_at_the_end_of_the_file_is_named() -> None:
    shelf = read("@misc{a, title={One}}\n@misc{b, title={Tw")
    assert [paper.title for paper in shelf.papers] == ["One"]
    assert lost(shelf) == [("entry b, line 2", "its braces or quotes do not close")]


def test_a_forgotten_comma_loses_nothing() -> None:
    [paper] = read('@misc{a,\n title={One}\n author={Ek, Bo} year = 2020\n journal = "J" }').papers
    assert (paper.title, paper.authors, paper.year, paper.venue) == ("One", ("Bo Ek",), 2020, "J")


def test_two_works_under_one_citation_key_are_both_kept() -> None:
    assert [one.title for one in read("@misc{k, title={One}}\n@misc{k, title={Two}}").papers] == ["One", "Two"]


def test_macros_that_hold_macros_never_grow_without_end() -> None:
    doubled = "".join(f"@string{{m{number + 1} = m{number} # m{number}}}\n" for number in range(60))
    [paper] = read(f'@string{{m0 = "x"}}\n{doubled}@misc{{k, title = {{One}}, journal = m60}}').papers
    assert set(paper.venue) == {"x"}
    assert len(paper.venue) <= 300


def test_a_broken_csl_item_costs_itself_and_is_named() -> None:
    author = [{"family": "Ek", "given": "Bo"}, {"family": "Ng", "given": "Cy"}]
    items = [json.dumps({"id": f"k{number}", "title": f"Study {number}", "author": author}) for number in range(4)]
    items[1] = items[1].replace('"title":', '"title"')
    shelf = read("[\n" + ",\n".join(items) + "\n]")
    assert [paper.title for paper in shelf.papers] == ["Study 0", "Study 2", "Study 3"]
    assert lost(shelf) == [("entry 2", "broken JSON at line 3")]


def test_csl_items_may_stand_in_an_object() -> None:
    assert [one.title for one in read('{"items": [{"title": "One"}, {"title": "Two"}]}').papers] == ["One", "Two"]
    assert [one.title for one in read('{"id": "k", "title": "One"}').papers] == ["One"]


def test_a_ris_record_without_title_and_identifier_is_named() -> None:
    shelf = read("TY  - JOUR\nAU  - Ek, Bo\nER  - \nTY  - JOUR\nTI  - Two\nER  - \n")
    assert [paper.title for paper in shelf.papers] == ["Two"]
    assert lost(shelf) == [("record 1, line 1", "neither a title nor an arXiv id or DOI")]


def test_a_paper_listed_twice_stands_once_with_all_that_is_told_of_it() -> None:
    twice = "@misc{a, eprint={1706.03762}}\n@misc{b, title={Attention}, url={https://arxiv.org/abs/1706.03762}}"
    shelf = read(twice)
    assert shelf.papers == (Paper(key=ATTENTION, title="Attention"),)
    assert [(one.where, one.reason, one.kept) for one in shelf.faults] == [("entry b, line 2", "listed twice", True)]


@pytest.mark.parametrize("body", [BIBTEX, RIS, CSL, IDS], ids=["bibtex", "ris", "csl", "ids"])
def test_line_ends_and_marks_change_nothing(body: bytes) -> None:
    expected = parse_bibliography(body)
    written = body.decode()
    assert parse_bibliography(body.replace(b"\n", b"\r\n")) == expected
    assert parse_bibliography(b"\xef\xbb\xbf" + body) == expected
    assert parse_bibliography(written.encode("utf-16")) == expected


def test_letters_that_are_not_utf8_are_read_as_windows_writes_them_and_only_on_their_lines() -> None:
    body = b"@misc{a, title={Caf\xe9 \x96 one}}\n" + "@misc{b, title={Über}}".encode()
    assert [paper.title for paper in parse_bibliography(body).papers] == ["Café – one", "Über"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"), (b"\xef\xbb\xbf \n", "empty"), (b"milk\neggs", "line 1 \\(milk\\): no arXiv id or DOI in it"),
        (b"%PDF-1.7\n\x00\x01", "no text"), (b"<!DOCTYPE html><p>1706.03762", "web page"),
        (b"<?xml version='1.0'?>", "XML"), (b"[]", "there is no entry in it"), (b"[1]", "no arXiv id or DOI in it"),
        (b"[{}, 1]", "entry 1: neither a title"), (b"@comment{x}", "there is no entry in it"),
        (b"x" * (MOST_BYTES + 1), "8,000,001 bytes; 8,000,000 are the most"),
    ],
)  # fmt: skip
def test_what_holds_no_paper_is_a_source_error_that_says_why(body: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        parse_bibliography(body)


def test_three_thousand_papers_are_all_read() -> None:
    shelf = read(bibtex(3_000))
    assert (len(shelf.papers), shelf.faults) == (3_000, ())


def test_what_is_beyond_the_most_papers_is_counted_in_one_fault() -> None:
    shelf = read("\n".join(f"2101.{number:05d}" for number in range(1, MOST_PAPERS + 13)))
    assert len(shelf.papers) == MOST_PAPERS
    assert lost(shelf) == [("further on", "12 more were not read; 5,000 papers are the most")]


def test_endless_rubbish_is_named_to_a_point_and_then_counted() -> None:
    shelf = read("1706.03762\n" + "milk\n" * 30_000)
    assert len(shelf.faults) == bibliography.MOST_FAULTS + 2
    assert lost(shelf)[-2:] == [
        ("further on", "18,999 more are odd or cannot be read"),
        ("further on", "10,001 more were not read; 20,000 entries are the most"),
    ]


def test_more_tex_than_can_be_converted_is_taken_off_and_said() -> None:
    heavy = "".join(f"@misc{{k{number}, title={{Study {number} of {'$x_1$ ' * 300}}}}}\n" for number in range(200))
    shelf = read(heavy)
    assert len(shelf.papers) == 200
    assert shelf.papers[-1].title.startswith("Study 199 of x_1 x_1")
    assert [fault.kept for fault in shelf.faults] == [True]
    assert "too much TeX" in shelf.faults[0].reason


def test_five_megabytes_of_bibtex_are_read_in_seconds() -> None:
    entry = (
        '@article{k%d,\n title = {{Study} %d of {\\"o} in $x^2$},\n'
        " author = {M{\\\"u}ller, J{\\'e}r{\\^o}me and Lee, Ann},\n"
        " abstract = {" + "many words of models " * 60 + "},\n doi = {10.1000/x.%d},\n}\n"
    )
    body = "".join(entry % (number, number, number) for number in range(3_600)).encode()
    started = time.process_time()
    shelf = parse_bibliography(body)
    assert len(body) > 5_000_000
    assert (len(shelf.papers), shelf.faults) == (3_600, ())
    assert shelf.papers[-1].authors == ("Jérôme Müller", "Ann Lee")
    assert time.process_time() - started < 30


@given(st.binary(max_size=200) | st.text('@a{}(),="# \\\n%$[]:TYER-10./', max_size=80).map(str.encode))
def test_of_whatever_bytes_only_a_source_error_is_raised(body: bytes) -> None:
    try:
        shelf = parse_bibliography(body)
    except SourceError:
        return
    assert shelf.papers


@given(st.sampled_from([BIBTEX, RIS, CSL, IDS]), st.data())
def test_of_damaged_files_only_a_source_error_is_raised(body: bytes, draw: st.DataObject) -> None:
    at, length = draw.draw(st.integers(0, len(body))), draw.draw(st.integers(0, 50))
    new = draw.draw(
        st.binary(max_size=9) | st.sampled_from([b"{", b"}", b'"', b"@a{", b"\\", b"\n@", b"[", b"\xed\xa0\x80"])
    )
    try:
        shelf = parse_bibliography(body[:at] + new + body[at + length :])
    except SourceError:
        return
    keys = [paper.key for paper in shelf.papers]
    assert len(set(keys)) == len(keys)
    assert all(paper.title or not paper.key.startswith("title:") for paper in shelf.papers)
    assert "".join(keys).encode()


@given(st.recursive(st.none() | st.integers() | st.text(max_size=9), lambda one: st.lists(one, max_size=3)))
def test_a_wrong_type_in_any_key_of_csl_keeps_the_title(odd: object) -> None:
    keys = ("abstract", "author", "issued", "DOI", "URL", "note", "number", "keyword", "container-title", "id")
    item = {"title": "One"} | dict.fromkeys(keys, odd) | {"editor": [odd, {"family": odd}], "DOI": None}
    assert [paper.title for paper in read(json.dumps([item, {"title": "Two"}])).papers][-1] == "Two"
