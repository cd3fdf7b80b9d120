"""One paper has one key, however a source spells it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.domain.identity import arxiv_id, doi, fingerprint, paper_key

NEW, OLD = "2508.13426", "hep-th/9901001"


@pytest.mark.parametrize(
    "form",
    [
        "{}", " {} ", "arXiv:{}", "arxiv:{}", "arXiv: {}", "oai:arXiv.org:{}",
        "http://arxiv.org/abs/{}", "https://www.arxiv.org/pdf/{}", "https://export.arxiv.org/abs/{}?context=cs#x",
        "https://browse.arxiv.org/html/{}", "https://arxiv.org/format/{}", "https://arxiv.org/src/{}",
        "https://arxiv.org/e-print/{}/", "https://arxiv.org/ps/{}", "10.48550/arXiv.{}", "doi:10.48550/arxiv.{}",
        "https://doi.org/10.48550/ARXIV.{}", "https://huggingface.co/papers/{}", "https://alphaxiv.org/abs/{}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("number", [NEW, OLD])
def test_every_usual_form_gives_the_same_id(form: str, number: str) -> None:
    assert arxiv_id(form.format(number)) == (number, None)
    assert arxiv_id(form.format(f"{number}v3")) == (number, 3)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://arxiv.org/pdf/2508.13426v2.pdf", (NEW, 2)),
        ("https://arxiv.org/ps/hep-th/9901001v1.ps.gz", (OLD, 1)),
        ("math.CA/0611800", ("math/0611800", None)),
        ("HEP-TH/9901001", (OLD, None)),
        ("0704.0001", ("0704.0001", None)),
        ("1412.9999", ("1412.9999", None)),
        ("1501.00001", ("1501.00001", None)),
    ],
)
def test_suffixes_classes_and_both_schemes_are_read(text: str, found: tuple[str, int | None]) -> None:
    assert arxiv_id(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "", "abc", "0808.05394", "1501.0001", "1999.99999", "2513.00001", "2500.00001", "2508.00000", "0604.0001",
        "12508.13426", "2508.134260", "x2508.13426", "=2508.13426", "2508.13426v0", "2508.13426v01", "2508.13426v",
        "hep-th/9913001", "hep-th/9901000", "hep-th/5001001", "hep-th/990100", "https://example.org/abs/2508.13426",
        "٢٥٠٨.١٣٤٢٦", "2508.13426v" + "1" * 5_000,
    ],
)  # fmt: skip
def test_what_is_no_id_is_refused(text: str) -> None:
    assert arxiv_id(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10.1101/2026.07.15.123456", "10.1101/2026.07.15.123456"),
        ("https://doi.org/10.1000/ABC).", "10.1000/abc"),
        ("http://dx.doi.org/10.1000/x;", "10.1000/x"),
        ("doi:10.1000/x,", "10.1000/x"),
        ("10.1/x", None),
        ("11.1000/x", None),
        ("", None),
    ],
)
def test_dois_are_read_bare_and_in_lower_case(text: str, found: str | None) -> None:
    assert doi(text) == found


@given(st.text() | st.from_regex(r"\A(arXiv:)?\d{4}\.\d{4,6}(v\d*)?"))
@example(".")
def test_reading_an_identity_never_raises(text: str) -> None:
    found = arxiv_id(text)
    assert found is None or arxiv_id(found[0]) == (found[0], None)
    assert doi(text) is None or str(doi(text)).startswith("10.")
    assert len(fingerprint(text, text)) == 16


def test_the_best_known_identity_is_the_key() -> None:
    assert paper_key(arxiv=NEW, doi="10.1/2", title="T") == f"arxiv:{NEW}"
    assert paper_key(doi="10.1/2", title="T") == "doi:10.1/2"
    assert paper_key(title="Deep  Léarning!", first_author="Ann Lee") == paper_key(
        title="deep learning", first_author="A. LEE"
    )
    assert paper_key(title="Deep learning", first_author="Bo Ek") != paper_key(title="Deep learning")
