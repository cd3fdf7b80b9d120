"""What comes back is read as its server meant it, and believed of a delivery only with proof."""

from base64 import encodebytes
from email.header import decode_header
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.bounce import BounceKind
from digest.mail import reports
from digest.mail.proof import proved
from digest.mail.reports import LONGEST_HEADER, MOST_BYTES, read_returned
from tests.returning import FOLDER, LINKS, SAMPLES, Sample

NAMES = [sample.name for sample in SAMPLES]


@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_a_mail_that_came_back_is_read_as_its_server_meant_it(sample: Sample, line_end: bytes) -> None:
    read = read_returned(sample.raw().replace(b"\n", line_end))
    assert (read.kind, read.code) == (sample.kind, sample.code), read


@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
def test_a_mail_names_a_delivery_only_with_proof(sample: Sample) -> None:
    read = read_returned(sample.raw())
    kinds = {"verp": BounceKind(sample.kind), "leave": BounceKind.UNSUBSCRIBE}
    assert proved(read, LINKS) == (None if sample.named_by == "nothing" else (7, kinds[sample.named_by]))


def test_a_long_header_is_cut_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []

    def counted(value: str) -> list[tuple[bytes | str, str | None]]:
        decoded.append(len(value))
        return decode_header(value)

    monkeypatch.setattr(reports, "decode_header", counted)
    word = b"=?utf-8?q?unsubscribe?=\n "
    assert read_returned(b"Subject: " + word * 80_000 + b"\n\n").kind == "none"
    assert 0 < max(decoded) <= LONGEST_HEADER


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("unsubscribe", "unsubscribe"),
        ("RE: re: Unsubscribe ", "unsubscribe"),
        ("=?utf-8?q?unsubscribe?=", "unsubscribe"),
        ("Re: Why users unsubscribe, a study", "none"),
        ("please do not unsubscribe me", "none"),
    ],
)
def test_only_the_whole_subject_is_a_wish_to_leave(subject: str, kind: str) -> None:
    assert read_returned(f"To: bounce@digest.example\nSubject: {subject}\n\n".encode()).kind == kind


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


@pytest.mark.parametrize("recipient", ["jörg@größe.example", r"j\x{F6}rg@gr\x{F6}\x{DF}e.example", "jörg"])
@pytest.mark.parametrize("is_encoded", [False, True])
def test_a_report_on_an_address_beyond_ascii_is_read_as_any_other(recipient: str, is_encoded: bool) -> None:
    raw = next(sample for sample in SAMPLES if sample.name == "postfix-global").raw()
    before, kind, after = raw.partition(b"Content-Type: message/global-delivery-status\n")
    fields, end, original = after.partition(b"\n--4XyZ01")
    for was in (b"utf-8; gone@readers.example", b"rfc822;gone@readers.example"):
        assert was in fields
        fields = fields.replace(was, f"utf-8;{recipient}".encode())
    if is_encoded:
        fields = b"Content-Transfer-Encoding: base64\n\n" + encodebytes(fields.lstrip())
    assert read_returned(before + kind + fields + end + original) == read_returned(raw)


def test_of_what_is_too_long_the_beginning_is_read() -> None:
    raw = next(sample for sample in SAMPLES if sample.name == "postfix-user-unknown").raw()
    assert read_returned(raw + b"x" * MOST_BYTES) == read_returned(raw)


def test_what_is_nested_deep_is_of_no_kind() -> None:
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))
    read = read_returned(deep)
    assert (read.kind, read.words) == ("none", "mails in mails, more than in any report")


@given(st.binary(max_size=400), st.sampled_from(NAMES), st.integers(0, 4000), st.integers(0, 400))
def test_no_bytes_raise(noise: bytes, name: str, at: int, cut: int) -> None:
    raw = Path(FOLDER / f"{name}.eml").read_bytes()
    read = read_returned(raw[:at] + noise + raw[at + cut :])
    assert proved(read, LINKS) is None
