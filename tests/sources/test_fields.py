"""Fields of opened bodies: HTML is text with signs kept, dates are read in both writings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.base import MOST_BYTES, SourceError
from digest.sources.fields import json_value, unmarked


@pytest.mark.parametrize(
    ("html", "read"),
    [
        ("no tags & 3 < 4", "no tags & 3 < 4"),
        ("<jats:title>Aim</jats:title><jats:p>We <jats:italic>do</jats:italic>.</jats:p>", "Aim\n  We do."),
        ("a<br/>b", "a\n  b"),
        ("<!-- hidden -->seen", "seen"),
        ("<style>p {}</style><p>seen</p>", "seen"),
        ("<img src='https://track.example/x.gif' onerror='evil()'>seen", "seen"),
        ("if x<y then <b>stop</b>", "if x<y then stop"),
        ("CO<sub>2</sub> &#x3bc;m", "CO_{2} μm"),
        ("<p>unclosed <i>tags", "unclosed tags"),
        ("\x00<p>\x01</p>", ""),
    ],
)
def test_html_becomes_text(html: str, read: str) -> None:
    assert unmarked(html).strip() == read


@given(st.text() | st.text("<>/&;!-pb ia\"'=\x00\n", max_size=60))
def test_reading_html_never_raises(html: str) -> None:
    unmarked(html)


def test_a_body_that_is_too_long_is_not_opened() -> None:
    with pytest.raises(SourceError, match="are the most that is read"):
        json_value(b"[" + b" " * MOST_BYTES + b"]")
