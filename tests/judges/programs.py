"""Where the judges' programs are, how they are run, and how a server is ended by whoever began it."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.judges.mails import Mail

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/lib/dovecot"))
PATIENCE = 60.0
"""Seconds a server may take until it answers."""


def needs(*programs: str, module: str = "") -> pytest.MarkDecorator:
    """Skip a judge, and say why, where a program or a node module is missing; before any mail is made for it."""
    lacking = [name for name in programs if shutil.which(name, path=PLACES) is None]
    lacking += [f"tests/judges/node_modules/{module}"] if module and not (MODULES / module).is_dir() else []
    return pytest.mark.skipif(bool(lacking), reason=f"not installed: {', '.join(lacking)} (.ci/judges installs it)")


def path_of(program: str) -> str:
    """Give the path of a program that is there."""
    found = shutil.which(program, path=PLACES)
    assert found is not None, program
    return found


def said_by(*command: str | Path, given: bytes | None = None) -> bytes:
    """Run a program that must succeed, and give what it printed."""
    ran = subprocess.run([str(word) for word in command], input=given, capture_output=True, timeout=1500)
    assert ran.returncode == 0, f"{command[0]}: {ran.stderr.decode(errors='replace')[-2000:]}"
    return ran.stdout


def told_by_node(script: str, *words: str | Path) -> Any:
    """Run one of the scripts here, and read the JSON it prints."""
    return json.loads(said_by("node", HERE / script, *words))


def written(mails: Sequence[Mail], folder: Path, form: Literal["eml", "html"]) -> list[Path]:
    """Write mails, or their HTML, into a folder, one file each."""
    for mail in mails:
        (folder / f"{mail.name}.{form}").write_bytes(mail.body if form == "eml" else mail.part("html").encode())
    return [folder / f"{mail.name}.{form}" for mail in mails]


@contextmanager
def serving(*command: str | Path, port: int, log: Path) -> Iterator[None]:
    """Run a server until the block ends; it is there when its port answers."""
    with log.open("wb") as lines:
        server = subprocess.Popen([str(word) for word in command], stdout=lines, stderr=lines)
        try:
            _wait_for(server, port, log)
            yield
        finally:
            server.terminate()
            server.wait(PATIENCE)


def _wait_for(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"{server.args!r} does not answer: {log.read_text(errors='replace')[-2000:]}")
