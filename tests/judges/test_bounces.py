"""Two programs that read bounces for others, Sisimai and Mailman's flufl.bounce, mean what we mean."""

import imaplib
import json
import smtplib
import subprocess
from functools import partial
from pathlib import Path

import pytest

from digest.mail.mailbox import ImapInbox
from tests.judges.programs import HERE, needs, said_by
from tests.judges.test_decoders import dovecot
from tests.returning import READER, SAMPLES

__all__ = ["dovecot"]
REPORTS = [sample for sample in SAMPLES if sample.is_report]
MEANS = {
    "hard": {"userunknown", "hostunknown", "filtered"},
    "soft": {"mailboxfull", "expired"},
    "policy": {"blocked", "mesgtoobig", "securityerror", "spamdetected", "policyviolation"},
    "complaint": {"feedback"},
}
"""What Sisimai calls our kinds; `filtered` is its word for an address that is refused without a reason."""
WE_WAIT_LONGER = {"postfix-host-not-found": "hostunknown", "exchange-online-access-denied": "filtered"}
WE_WAIT_LONGER["exim-unrouteable"] = "hostunknown"
"""A name server or a directory may be wrong for a day: we call these soft, and four or five of them in a row decide."""
NOT_KNOWN_TO_FLUFL = {"postfix-global"}
"""The form of RFC 6533."""
SYSTEM_PYTHON = "/usr/bin/python3"


def runs(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except OSError:
        return False


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, Path]:
    """Give every report as a file."""
    for sample in REPORTS:
        (tmp_path / f"{sample.name}.eml").write_bytes(sample.raw())
    return {sample.name: tmp_path / f"{sample.name}.eml" for sample in REPORTS}


@pytest.mark.skipif(not runs("perl", "-MSisimai", "-MJSON", "-e1"), reason="not installed: Sisimai (.ci/judges)")
def test_sisimai_means_what_we_mean(paths: dict[str, Path]) -> None:
    said = json.loads(said_by("perl", HERE / "sisimai.pl", *paths.values()))
    for sample in REPORTS:
        read = said[str(paths[sample.name])]
        reasons = {one["reason"] for one in read}
        if sample.kind in MEANS:
            wanted = {WE_WAIT_LONGER[sample.name]} if sample.name in WE_WAIT_LONGER else MEANS[sample.kind]
            assert len(read) == 1, sample.name
            assert reasons <= wanted, sample.name
        if sample.code:
            assert {one["code"] for one in read} == {sample.code}, sample.name


@pytest.mark.skipif(
    not runs(SYSTEM_PYTHON, "-c", "import flufl.bounce"), reason="not installed: flufl.bounce (.ci/judges)"
)
def test_flufl_bounce_finds_the_addresses_that_failed(paths: dict[str, Path]) -> None:
    said = json.loads(said_by(SYSTEM_PYTHON, HERE / "flufl_bounce.py", *paths.values()))
    for sample in REPORTS:
        permanent = said[str(paths[sample.name])]["permanent"]
        is_failed = sample.kind in {"hard", "soft", "policy"} and sample.name not in NOT_KNOWN_TO_FLUFL
        named = "ada@elsewhere.example" if sample.name == "guessed-id-of-another-reader" else READER
        assert permanent == ([named] if is_failed else []), sample.name


@needs("dovecot", "lmtp", "imap")
def test_an_imap_inbox_gives_what_was_put_in_once(dovecot: tuple[int, int]) -> None:
    into, out = dovecot
    put = [sample.raw().replace(b"\n", b"\r\n") for sample in (REPORTS[0], REPORTS[-1])]
    for raw in put:
        with smtplib.LMTP("127.0.0.1", into) as server:
            server.sendmail("", ["bounce@digest.example.org"], raw)

    def read(*, marks: bool) -> list[bytes]:
        inbox = ImapInbox(partial(imaplib.IMAP4, "127.0.0.1", out), "bounce@digest.example.org", "any")
        found = []
        for name, raw in inbox.unread():
            found.append(raw)
            if marks:
                inbox.mark(name)
        return found

    for marks, count in ((False, 2), (True, 2), (True, 0)):
        found = read(marks=marks)
        assert len(found) == count
        for raw, sent in zip(found, put, strict=False):  # Heads differ: Dovecot writes a Return-Path of its own.
            assert raw.partition(b"\r\n\r\n")[2] == sent.partition(b"\r\n\r\n")[2]
