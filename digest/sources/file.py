"""Recorded answers from files: the same formats as over HTTP, told apart by how they begin."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from digest.domain.listing import Batch
from digest.sources.arxiv_feed import parse_day_feed
from digest.sources.base import MOST_BYTES, SourceError
from digest.sources.huggingface import parse_daily_papers


class FileSource:
    """One file holding an answer of a source that was recorded earlier."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name

    def batches(self, day: date, observed_at: datetime) -> Iterator[Batch]:
        """Give the file's one batch; raises SourceError if it cannot be read or is of no known format."""
        yield parse_any(self._body(), observed_at=observed_at, day=day)

    def _body(self) -> bytes:
        try:
            size = self.path.stat().st_size
            if size > MOST_BYTES:
                raise SourceError(f"{self.path} holds {size:,} bytes; {MOST_BYTES:,} are the most that is read")
            return self.path.read_bytes()
        except OSError as error:
            raise SourceError(f"{self.path} cannot be read: {error.strerror}") from error


def parse_any(body: bytes, *, observed_at: datetime, day: date) -> Batch:
    """Tell the format by its first character and parse it."""
    start = body[:400].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"[", b"{")):
        return parse_daily_papers(body, observed_at=observed_at, day=day)
    return parse_day_feed(body)
