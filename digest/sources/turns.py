"""Whose turn it is: a host is asked at its own pace, by all processes of this machine together."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

ARXIV_SECONDS = 3.0
OTHER_SECONDS = 1.0
LONGEST_QUEUE = 600.0


class Turns:
    """Gives turns, one at a time per host; arXiv's three doors count as one host.

    Parameters
    ----------
    folder : Path
        Where the locks and the moments of the last requests are kept.
    clock, sleep : callables
        Seconds since the epoch, and waiting for seconds.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self.folder, self.clock, self.sleep = folder, clock, sleep
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def __call__(self, host: str) -> Iterator[None]:
        """Wait until the host may be asked, and hold the turn while it is."""
        is_arxiv = host == "arxiv.org" or host.endswith(".arxiv.org")
        name, interval = ("arxiv.org", ARXIV_SECONDS) if is_arxiv else (host or "nowhere", OTHER_SECONDS)
        last = self.folder / f"{name}.last"
        with FileLock(self.folder / f"{name}.lock", timeout=LONGEST_QUEUE):
            passed = self.clock() - (last.stat().st_mtime if last.exists() else 0.0)
            if 0 <= passed < interval:
                self.sleep(interval - passed)
            try:
                yield
            finally:
                last.touch()
                os.utime(last, (self.clock(), self.clock()))
