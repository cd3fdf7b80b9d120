"""Houses served by processes of their own, which choose their port themselves."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

ROOT = Path(__file__).parents[1]
QUIET = {"ARXIV_CATEGORIES": "", "HUGGINGFACE": "false"}
"""No source is asked."""
PORT = re.compile(r"^Serving .* on 127\.0\.0\.1:([0-9]+)", re.M)
PATIENCE_SECONDS = 60


class Process:
    """A house served by a process of its own; its log goes into a file.

    Parameters
    ----------
    folder : where it runs
    log : the name of the log's file
    settings : by their names, in capitals or not
    """

    def __init__(self, folder: Path, log: str, **settings: str) -> None:
        self.log, told = folder / log, {name.upper(): own for name, own in settings.items()}
        env = os.environ | {f"DIGEST_{name}": own for name, own in (QUIET | told).items()}
        with self.log.open("w") as lines:
            self.running = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "digest", "serve", "--port", "0"],
                env=env | {"PYTHONPATH": str(ROOT)}, cwd=folder, stdout=lines, stderr=lines,
            )  # fmt: skip

    def wait_for(self, holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until something holds."""
        until = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < until, self.log.read_text()
            assert self.running.poll() is None, self.log.read_text()
            time.sleep(0.05)

    def answer(self, path: str) -> httpx2.Response:
        """Ask for a page."""
        found = PORT.search(self.log.read_text())
        if found is None:
            raise httpx2.ConnectError("it does not listen yet")
        return httpx2.get(f"http://127.0.0.1:{found[1]}{path}", trust_env=False)

    def is_ready(self) -> bool:
        """Whether it answers and says that it is ready."""
        try:
            return self.answer("/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """End it, and give the exit status."""
        self.running.send_signal(by)
        return self.running.wait(PATIENCE_SECONDS)


@contextmanager
def serving(folder: Path, log: str = "serve.log", **settings: str) -> Iterator[Process]:
    """Serve until the test is over."""
    database_url, outbox = f"sqlite:///{folder / 'digest.sqlite3'}", str(folder / "outbox")
    process = Process(folder, log, **({"database_url": database_url, "outbox": outbox} | settings))
    try:
        process.wait_for(process.is_ready)
        yield process
    finally:
        process.running.kill()
        process.running.wait()
