"""How the log is written: one line an event, `key=value` or JSON, with what ran; no address and no token in clear."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

RUN: ContextVar[str] = ContextVar("RUN", default="")
"""The ring that is under way, put on every line it writes."""
ADDRESS = re.compile(r"[^\s<>\"'(),:;=\[\]\\]+@[\w.-]+\w")
LINK = re.compile(r"(/[cfpuv]/)[\w.-]+")
TOKEN = re.compile(r"\b(\d+)\.[\w-]{16,}")
PLAIN = re.compile(r"[\w.:+/…,-]+")
CHATTY = ("httpx2", "httpcore2", "alembic", "apscheduler")
"""Who writes whole addresses, and some hold secrets, or a line for every ring."""


def discreet(words: str) -> str:
    """Take out of a line whom mail goes to and what links are signed with.

    >>> discreet("550 no ada@readers.example; GET /u/12.cCNIlZnWVqPYfyeq7xmKuQ; read 12.cCNIlZnWVqPYfyeq7xmKuQ")
    '550 no …@…; GET /u/…; read 12.…'
    """
    return TOKEN.sub(r"\1.…", LINK.sub(r"\1…", ADDRESS.sub("…@…", words)))


class Line(logging.Formatter):
    """Writes an event as one line; what it says beside its words comes as `extra={"said": {...}}`.

    Parameters
    ----------
    as_json : bool
        Whether the line is JSON, or `key=value` pairs.

    Examples
    --------
    >>> event = logging.LogRecord("digest.scheduler", logging.INFO, "", 0, "deliver", (), None)
    >>> event.created, event.said = 0.0, {"sent": 3, "skipped": {"failed: 550": 1}}
    >>> print(Line().format(event))
    at=1970-01-01T00:00:00.000Z level=info from=digest.scheduler event=deliver sent=3 skipped="{\\"failed: 550\\": 1}"
    """

    def __init__(self, *, as_json: bool = False) -> None:
        super().__init__()
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Give the line of an event."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said = {"at": at, "level": record.levelname.lower(), "from": record.name, "run": RUN.get()}
        said |= {"event": record.getMessage()} | getattr(record, "said", {})
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        told = {name: value for name, value in said.items() if value != ""}
        if self.as_json:
            return discreet(json.dumps(told, ensure_ascii=False, default=str))
        return " ".join(f"{name}={_one(value)}" for name, value in told.items())


def _one(value: Any) -> str:
    words = discreet(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
    return words if PLAIN.fullmatch(words) else json.dumps(words, ensure_ascii=False)


def write_log(log_format: str) -> None:
    """Let every line of this process be written in a form, to standard error."""
    writes = logging.StreamHandler()
    writes.setFormatter(Line(as_json=log_format == "json"))
    logging.basicConfig(level=logging.INFO, handlers=[writes], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
