"""Names come out whole, whatever stands beside, between and behind them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.authors import Authors, members_of, names_in, read_authors, turned


@pytest.mark.parametrize(
    ("raw", "names", "affiliation"),
    [
        ("Ann Lee and Bo Ek", ("Ann Lee", "Bo Ek"), ""),
        ("A. Lee, B. Ek, and C. Ho", ("A. Lee", "B. Ek", "C. Ho"), ""),
        (r"Jean-Claude L\'eon (LGS), Kre\v{s}o Zadro", ("Jean-Claude Léon", "Krešo Zadro"), "LGS"),
        ("A. Lee (1), B. Ek (1 and 2) ((1) U. of A, (2) B Lab)", ("A. Lee", "B. Ek"), "U. of A; B Lab"),
        ("A. Lee (1) (2)((1)A Lab, B (2)C Lab; D)", ("A. Lee",), "A Lab, B; C Lab; D"),
        ("J. Heras and S. Chaty (AIM/CEA Saclay)", ("J. Heras", "S. Chaty"), "AIM/CEA Saclay"),
        ("Isaac Chappell II and S. James Gates Jr", ("Isaac Chappell II", "S. James Gates Jr"), ""),
        ("Bo Ng, Jr., Ann Lee", ("Bo Ng Jr.", "Ann Lee"), ""),
        ("S. Aoki, H. Fukaya, for the JLQCD Collaboration", ("S. Aoki", "H. Fukaya", "JLQCD Collaboration"), ""),
        ("AMS Collaboration: Luisa Arruda", ("AMS Collaboration", "Luisa Arruda"), ""),
        ("Ferdinand Andersen, Andy Bland", ("Ferdinand Andersen", "Andy Bland"), ""),
        ("Ann Lee (A Lab", ("Ann Lee",), ""),
        ("", (), ""),
    ],
)
def test_submitters_authors_are_read(raw: str, names: tuple[str, ...], affiliation: str) -> None:
    assert read_authors(raw) == Authors(names=names, affiliation=affiliation)


@pytest.mark.parametrize(
    "raw", ["A. Lee, B. Ek, et al", "A. Lee, B. Ek et al.", "A. Lee, B. Ek (C: 136 additional authors not shown)"]
)
def test_authors_that_are_not_all_say_so(raw: str) -> None:
    found = read_authors(raw)
    assert (found.names, found.complete) == (("A. Lee", "B. Ek"), False)


@pytest.mark.parametrize(
    ("raws", "names"),
    [
        (["Lee, Ann", "Ek, Bo, Jr."], ("Ann Lee", "Bo Ek Jr.")),
        (["Ann Lee", "Bo Ek"], ("Ann Lee", "Bo Ek")),
        (["Lee, A.; Ek, B. O."], ("A. Lee", "B. O. Ek")),
        (["Ann Lee, Bo Ek, Cy Ho"], ("Ann Lee", "Bo Ek", "Cy Ho")),
        (["Ann Lee, Bo Ek"], ("Ann Lee", "Bo Ek")),
        (["Lee, Ann"], ("Ann Lee",)),
        (["Ann Lee and Bo Ek"], ("Ann Lee", "Bo Ek")),
        ([" ", ""], ()),
    ],
)
def test_names_of_unknown_writing_are_read(raws: list[str], names: tuple[str, ...]) -> None:
    assert names_in(raws).names == names


@given(st.text(max_size=60) | st.text("(),;:and1 A.\\{'", max_size=40))
def test_reading_names_never_raises_and_gives_no_empty_name(raw: str) -> None:
    for found in (*read_authors(raw).names, *names_in([raw]).names, *members_of(raw)):
        assert any(letter.isalpha() for letter in found)
    turned(raw)
