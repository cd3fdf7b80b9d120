"""opendkim, Mail::DKIM and dkimpy verify what the house signs, and none of them what was changed after."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from digest.mail.dkim import Key
from tests.judges.mails import Mail
from tests.judges.programs import HERE, needs, path_of, said_by
from tests.signing import beliefs, keys, records, signed

HAS_PERL = shutil.which("perl") is not None
HAS_MAIL_DKIM = HAS_PERL and subprocess.run(["perl", "-MMail::DKIM", "-e1"], capture_output=True).returncode == 0
by_mail_dkim = pytest.mark.skipif(not HAS_MAIL_DKIM, reason="not installed: Mail::DKIM (.ci/judges installs it)")
EACH = pytest.mark.parametrize("key", keys(), ids=lambda key: str(key.kind))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file of the records, in the form that opendkim reads."""
    path = tmp_path_factory.mktemp("dkim") / "records"
    path.write_text("".join(f"{name} {''.join(strings)}\n" for name, strings in records().items()))
    return path


@pytest.fixture(scope="module")
def bodies(every_mail: list[Mail]) -> Mapping[str, bytes]:
    """Give the bytes of every mail by its name."""
    return {mail.name: mail.body for mail in every_mail}


def changed(body: bytes) -> bytes:
    """Change one letter of the text, as a relay would that adds a line to it."""
    head, mark, text = body.rpartition(b"\r\n\r\n")
    return head + mark + b"A" + text


def written(bodies: Mapping[str, bytes], folder: Path) -> list[Path]:
    for name, body in bodies.items():
        (folder / f"{name}.eml").write_bytes(body)
    return [folder / f"{name}.eml" for name in bodies]


def test_dkimpy_believes_every_mail_and_none_that_was_changed(bodies: Mapping[str, bytes]) -> None:
    for name, body in bodies.items():
        assert beliefs(signed(body)) == [True, True], name
        assert beliefs(changed(signed(body))) == [False, False], name


@needs("opendkim")
@EACH
def test_opendkim_believes_every_mail_and_none_that_was_changed(
    key: Key, bodies: Mapping[str, bytes], told: Path, tmp_path: Path
) -> None:
    configuration = tmp_path / "opendkim.conf"
    configuration.write_text(f"TestPublicKeys {told}\nSyslog no\n")
    for name, body in bodies.items():
        for whole, end in ((signed(body, key), "succeeded"), (changed(signed(body, key)), "failed")):
            [path] = written({name: whole}, tmp_path)
            said = said_by(path_of("opendkim"), "-x", configuration, "-v", "-t", path).decode()
            assert f"(s={key.selector}" in said, (name, said)
            assert f") {end}" in said, (name, said)


@by_mail_dkim
def test_mail_dkim_believes_rsa_in_every_mail_and_in_none_that_was_changed(
    bodies: Mapping[str, bytes], told: Path, tmp_path: Path
) -> None:
    both = {name: signed(body) for name, body in bodies.items()}
    both |= {f"{name}-changed": changed(signed(body)) for name, body in bodies.items()}
    lines = said_by("perl", HERE / "maildkim.pl", told, *written(both, tmp_path)).decode().splitlines()
    rows = [line.split("\t") for line in lines]
    results = {(Path(path).stem, algorithm): result for path, algorithm, result in rows}
    assert {name: results[name, "rsa-sha256"] for name in both} == {
        name: "fail" if name.endswith("-changed") else "pass" for name in both
    }
