"""Text becomes what people read, whatever TeX or rubbish comes in."""

import textwrap
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from digest.domain.breaks import columns, pieces
from digest.domain.text import paragraphs, readable, readable_name, shorten, tidy, wrap

ANYTHING = (
    st.text() | st.text(st.sampled_from("\\${}^_%&#~`'\"-abτ 19\n\x00\x85")) | st.text().map("$\\frac{{{}".format)
)
LETTERS = "ab (),.:/'“”—漢字かなー、。（）「」한글 שלוםका हि\u0301\u200d\ufe0f👩👧❤🇩🇪"
MANY_SCRIPTS = (
    st.lists(st.text(st.sampled_from(LETTERS), max_size=40) | st.just("https://a.org/b"), max_size=5)
    .map("".join)
    .map(tidy)
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


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200).map(tidy), st.integers(8, 80))
def test_plain_text_is_wrapped_as_python_does(text: str, width: int) -> None:
    same = textwrap.wrap(
        text, width, initial_indent="  ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    assert wrap(text, "  ", width) == "\n".join(same)


@given(MANY_SCRIPTS, st.integers(8, 76))
def test_no_line_takes_more_columns_than_it_may_and_no_letter_is_lost_or_cut(text: str, width: int) -> None:
    lines = wrap(text, "    ", width).split("\n")
    for line in lines:
        assert columns(line) <= width or len(pieces(line[4:])) == 1
    letters = [
        [bare for one in iter_graphemes(part) if (bare := one.strip(" "))]
        for part in (text, *(line[4:] for line in lines))
    ]
    assert letters[0] == [letter for line in letters[1:] for letter in line]


def test_lines_of_wide_letters_end_and_begin_as_readers_expect() -> None:
    text = (
        "本研究では、大規模言語モデル（ＬＬＭ）を「対話」に用いた。コードはhttps://example.org/a-long-way/to/go。続く"
    )
    assert wrap(text, width=20).split("\n") == [
        "本研究では、大規模言", "語モデル（ＬＬＭ）を", "「対話」に用いた。",
        "コードは", "https://example.org/a-long-way/to/go。", "続く",
    ]  # fmt: skip
    assert max(columns(line) for line in wrap("深度学习" * 60, "    ").split("\n")) == 72


def test_text_from_right_to_left_keeps_its_order() -> None:
    assert wrap("שלום עולם טוב", width=9).split("\n") == ["שלום עולם", "טוב"]


@given(MANY_SCRIPTS, st.integers(2, 60))
def test_shortening_never_cuts_a_letter_from_its_marks_or_an_emoji_in_two(text: str, width: int) -> None:
    short = shorten(text, width).removesuffix("…")
    assert len(short) < width or short == text
    flat, ends = "", {0}
    for cluster in iter_graphemes(text):
        flat += cluster
        ends.add(len(flat))
    assert len(short) in ends


def test_a_text_without_spaces_is_cut_where_it_is_full_and_not_at_its_only_space() -> None:
    assert shorten("深度 " + "学习" * 60, 40) == "深度 " + "学习" * 18 + "…"
    assert shorten("a" * 60, 40) == "a" * 39 + "…"


@pytest.mark.parametrize("turning", ["\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2069"])
def test_no_title_turns_the_rest_of_a_line_around(turning: str) -> None:
    assert tidy(f"On {turning}faith") == readable(f"On {turning}faith") == "On faith"


def test_what_stands_unseen_inside_a_word_is_dropped_and_joiners_are_kept() -> None:
    assert tidy("\ufefftrans\u00adformer") == "transformer"
    assert tidy("e\u00ad\u0301") == "é"
    assert tidy("می\u200cخواهم 👩\u200d🔬 a\u200e") == "می\u200cخواهم 👩\u200d🔬 a\u200e"
