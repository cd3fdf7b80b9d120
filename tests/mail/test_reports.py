"""What comes back is read as its server meant it, and believed of a delivery only with proof."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.proof import delivery_named
from digest.mail.reports import MOST_BYTES, read_returned
from tests.builders import masthead
from tests.returning import FOLDER, LINKS, READER, SAMPLES, Sample

NAMES = [sample.name for sample in SAMPLES]


@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_a_mail_that_came_back_is_read_as_its_server_meant_it(sample: Sample, line_end: bytes) -> None:
    read = read_returned(sample.raw().replace(b"\n", line_end))
    assert (read.kind, read.code) == (sample.kind, sample.code), read


@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
def test_a_mail_names_a_delivery_only_with_proof(sample: Sample) -> None:
    read = read_returned(sample.raw())
    named = delivery_named(read, LINKS, masthead())
    if sample.named_by == "nothing":
        assert named is None
        return
    assert named is not None
    assert (named.delivery, named.is_signed) == (7, sample.named_by in {"verp", "leave"})
    if sample.named_by in {"id", "stranger"}:
        assert (READER in read.readers) is (sample.named_by == "id")


def test_every_sample_is_expected_and_there_are_forty_of_servers() -> None:
    assert {path.stem for path in FOLDER.glob("*.eml")} == set(NAMES)
    assert sum(sample.is_report for sample in SAMPLES) >= 40


def test_a_mail_inside_a_mail_is_no_report() -> None:
    inner = next(sample for sample in SAMPLES if sample.name == "postfix-user-unknown").raw().decode()
    raw = f"From: ann@readers.example\nTo: papers@digest.example\nContent-Type: message/rfc822\n\n{inner}"
    assert read_returned(raw.encode()).kind == "none"


def test_words_in_another_script_and_control_characters_keep_their_code() -> None:
    raw = next(sample for sample in SAMPLES if sample.name == "postfix-global").raw()
    read = read_returned(raw.replace(b"user unknown", "не\0известен".encode() + b"\xff"))
    assert (read.kind, read.code, read.words) == ("hard", "5.1.1", "550 5.1.1 <gone@readers.example>: неизвестен�")


def test_what_is_too_long_or_broken_is_of_no_kind_and_never_raises() -> None:
    long = b"Subject: unsubscribe\n\n" + b"x" * MOST_BYTES
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))
    for raw in (long, deep):
        assert read_returned(raw).kind == "none"
        assert read_returned(raw).words


@given(st.binary(max_size=400), st.sampled_from(NAMES), st.integers(0, 4000), st.integers(0, 400))
def test_no_bytes_raise(noise: bytes, name: str, at: int, cut: int) -> None:
    raw = Path(FOLDER / f"{name}.eml").read_bytes()
    read = read_returned(raw[:at] + noise + raw[at + cut :])
    assert delivery_named(read, LINKS, masthead()) is None
