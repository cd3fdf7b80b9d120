"""Whose turn it is: a host is asked at its own pace, by all processes together, and let alone while it refuses."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock

from digest.sources.base import SourceError

ARXIV_SECONDS = 3.0
OTHER_SECONDS = 1.0
LONGEST_QUEUE = 600.0
PATIENCE = 4
"""Refusals in a row after which a host is let alone."""
LONGEST_WAIT = 120.0
"""Seconds a run waits for a host that asks for patience; for a longer wish it ends, and the wish is kept."""
FIRST_PAUSE, LONGEST_PAUSE, LONGEST_WISH = 300.0, 6 * 3600.0, 24 * 3600.0


class TryAgain(Exception):  # noqa: N818 - it says what the caller may do.
    """The host could not be reached or stumbled; `after` is how long it asks to wait in seconds, 0 if it said nothing.

    `status` and `body` are those of its answer, 0 and empty if there was none.
    """

    def __init__(self, message: str, *, after: float = 0.0, status: int = 0, body: bytes = b"") -> None:
        super().__init__(message)
        self.after, self.status, self.body = after, status, body


class TurnedAway(TryAgain):
    """The host was reached and will not be asked now: too many requests, or too busy."""


class Turns:
    """Gives turns, one at a time per host; arXiv's three doors count as one host.

    A turn that ends in `TurnedAway` is a refusal. From the fourth in a row on, or at once if the host wishes more than
    two minutes, it is not asked for

        pause = max(wish, 5 min x 2 ** (refusals - 4)),   6 h at most, or 24 h by its own wish

    by any process that shares the folder; a turn that ends well forgets the refusals. arXiv's doors refuse together
    with 429, since its limit is one for all, and each for itself with 503.

    Parameters
    ----------
    folder : Path
        Where the locks, the moments of the last requests and the refusals are kept.
    clock, sleep : callables
        Seconds since the epoch, and waiting for seconds.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self.folder, self.clock, self.sleep = folder, clock, sleep
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def __call__(self, host: str) -> Iterator[None]:
        """Wait until the host may be asked, and hold the turn while it is.

        Raises
        ------
        SourceError
            If the host refused and the pause it is given is not over: until when.
        """
        is_arxiv = host == "arxiv.org" or host.endswith(".arxiv.org")
        name, interval = ("arxiv.org", ARXIV_SECONDS) if is_arxiv else (host or "nowhere", OTHER_SECONDS)
        last = self._file(name, "last")
        with FileLock(self._file(name, "lock"), timeout=LONGEST_QUEUE):
            for refusing in {name, host}:
                self._check(refusing)
            passed = self.clock() - (last.stat().st_mtime if last.exists() else 0.0)
            if 0 <= passed < interval:
                self.sleep(interval - passed)
            try:
                yield
                for answering in {name, host}:
                    self._file(answering, "refused").unlink(missing_ok=True)
            except TurnedAway as refusal:
                self._keep(name if refusal.status == 429 else host, refusal)
                raise
            finally:
                last.touch()
                os.utime(last, (self.clock(), self.clock()))

    def _check(self, name: str) -> None:
        times, until, status = self._refusals(name)
        if 0 < until - self.clock() <= LONGEST_WISH:
            moment = f"{datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M} UTC"
            refused = f"it refused {times} times in a row" if times > 1 else "it asked for that"
            raise SourceError(f"{name} is not asked before {moment}: {refused} (status {status})", status=status)

    def _keep(self, name: str, refusal: TurnedAway) -> None:
        times = min(self._refusals(name)[0] + 1, 100)
        pause = min(FIRST_PAUSE * 2.0 ** (times - PATIENCE), LONGEST_PAUSE) if times >= PATIENCE else 0.0
        if refusal.after > LONGEST_WAIT:
            pause = max(pause, min(refusal.after, LONGEST_WISH))
        kept = {"times": times, "until": self.clock() + pause, "status": refusal.status}
        part = self._file(name, "part")
        part.write_text(json.dumps(kept), "utf-8")
        part.replace(self._file(name, "refused"))

    def _refusals(self, name: str) -> tuple[int, float, int]:
        try:
            kept = json.loads(self._file(name, "refused").read_text("utf-8"))
            return int(kept["times"]), float(kept["until"]), int(kept["status"])
        except (OSError, ValueError, TypeError, KeyError):
            return 0, 0.0, 0

    def _file(self, name: str, kind: str) -> Path:
        return self.folder / f"{quote(name, safe='')}.{kind}"
