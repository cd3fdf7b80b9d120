"""Text becomes what people read, whatever TeX or rubbish comes in."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.text import paragraphs, readable, readable_name, shorten, tidy, wrap

ANYTHING = (
    st.text() | st.text(st.sampled_from("\\${}^_%&#~`'\"-abτ 19\n\x00\x85")) | st.text().map("$\\frac{{{}".format)
)
PLAIN = st.text(st.characters(blacklist_characters="\\${}~`\n", blacklist_categories=["Cc", "Cs"]))


@pytest.mark.parametrize(
    ("tex", "read"),
    [
        ("100% of runs are 50% faster", "100% of runs are 50% faster"),
        (r"accuracy of 91\% at \$3 \& less", "accuracy of 91% at $3 & less"),
        ("It costs $5 and $10; R&D pays", "It costs $5 and $10; R&D pays"),
        (r"\textit{Fast} from $1,000 to $2,000", "Fast from $1,000 to $2,000"),
        ("$τ$-bench", "τ-bench"),
        (r"$\mu$Param, $\tau^{2}$-bench", "μParam, τ²-bench"),
        ("$x^2$ and $a_{ij}$ and $10^{-3}$", "x² and a_(ij) and 10⁻³"),
        ("below $0.1$ at $n=5$", "below 0.1 at n=5"),
        (r"\textit{Slow} \textbf{and} \emph{steady}", "Slow and steady"),
        (r"Na\"ive G{\"o}del, Erd\H{o}s, \v{S}, {\o}", "Naïve Gödel, Erdős, Š, ø"),
        (r"as shown \cite{foo} by \citep{a,b} us", "as shown by us"),
        ("{G}raph {N}eural {BERT}", "Graph Neural BERT"),
        (r"an unclosed \textbf{brace and $ sign", "an unclosed brace and $ sign"),
        ("one--two --- three", "one–two — three"),
        ("0", "0"),
        ("", ""),
        ("扩散模型 的 $\\alpha$", "扩散模型 的 α"),
        ("~50 GPUs, H~2 T, z ~ 2 and (~5 h)", "~50 GPUs, H~2 T, z ~ 2 and (~5 h)"),
        ("Fig.~2 of Lee et al.~[3], 5~GHz", "Fig. 2 of Lee et al. [3], 5 GHz"),
        (r"$\Gamma$$\sim$1.8 costs $5 and $x^2$", "Γ∼1.8 costs $5 and x²"),
        (r"$\ell_p$-bodies, $\gamma_m \simeq 2$", "ℓₚ-bodies, γₘ ≃2"),
        (r"$\CC^n$, $\PGL_n$, $\mathbb\R^n$, $\bigcup\ca =X$", "CCⁿ, PGLₙ, ℝⁿ, ⋃ca =X"),
        (r"\method achieves it; \ourname{} too; \red{so}", "method achieves it; ourname too; so"),
        (r"\texttt{Qwen-2} in \mbox{a box}", "Qwen-2 in a box"),
        (r"we show that \alpha is small", "we show that α is small"),
        (r"of order $\α,~0<\α<1$ by Leli\èvre and Barth\\'elemy", "of order α, 0<α<1 by Lelièvre and Barthélemy"),
        (r"at https://a.org/~me/x_1%20 or \url{https://b.org/~z}", "at https://a.org/~me/x_1%20 or https://b.org/~z"),
        (
            r"code\footnote{at https://a.org} and \href{https://b.org}{here}",
            "code (at https://a.org) and here (https://b.org)",
        ),
        (r"up to 1^{+1.39}_{-0.59} of it, 10^{-3} \& more", "up to 1^(+1.39)_(-0.59) of it, 10⁻³ & more"),
        (r"$\mathcal{O}(n \log n)$ in $\|x\|$, 20\% and $10\%$", "𝒪(n log n) in ‖x‖, 20% and 10%"),
        (r"{\bf Aim} and \begin{x}y\end{x}", "Aim and y"),
    ],
)
def test_tex_becomes_what_people_read(tex: str, read: str) -> None:
    assert readable(tex) == read


@pytest.mark.parametrize(
    ("tex", "name"),
    [(r"J\"org Kra{\ss}", "Jörg Kraß"), ("O'Neil  Ng", "O'Neil Ng"), (r"Fran\c{c}ois {\L}uk", "François Łuk")],
)
def test_names_are_read_with_their_accents(tex: str, name: str) -> None:
    assert readable_name(tex) == name


@given(ANYTHING)
def test_readable_never_raises_and_never_gives_control_characters(raw: str) -> None:
    for given_back in (readable(raw), readable_name(raw)):
        controls = [c for c in given_back if unicodedata.category(c) in {"Cc", "Cs"} and c != "\n"]
        assert controls == []


@given(PLAIN)
def test_plain_text_is_read_once_and_for_all(raw: str) -> None:
    once = readable(raw)
    assert readable(once) == once == unicodedata.normalize("NFC", once)


@given(st.text(), st.integers(2, 80))
def test_shortened_text_is_never_too_long_and_begins_as_before(raw: str, width: int) -> None:
    short = shorten(raw, width)
    assert len(short) <= width
    assert " ".join(raw.split()).startswith(short.removesuffix("…"))


def test_paragraphs_are_kept_and_wrapping_is_not() -> None:
    assert paragraphs("One\nline.\n  Two.") == "One line.\nTwo."
    assert readable("One $x$\nline.\n\nTwo.") == "One x line.\nTwo."
    assert tidy("e\u0301 \u00a0\u2028x\ud800") == "é x"
    assert wrap("see https://example.org/" + "a" * 90, "  ").splitlines() == [
        "  see",
        "  https://example.org/" + "a" * 90,
    ]


def test_mathematics_over_two_lines_is_one_piece() -> None:
    assert readable("a ratio $G_M^p\n  (Q^2)$ of it") == "a ratio G_M^p (Q²) of it"
