"""How the log is written: one line an event, `key=value` or JSON, with what ran; no address and no token in clear."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

RUN: ContextVar[str] = ContextVar("RUN", default="")
"""The ring that is under way, put on every line it writes."""
ADDRESS = re.compile(r"""(?:"(?:[^"\\]|\\.)+"|[^\s<>"'(),:;=\[\]\\]+)(?:@|%40)[\w.-]+\w""")
LINK = re.compile(r"(/[cfpuv]/|[?&]t=)[\w.%-]+")
TOKEN = re.compile(r"\b(\d+)\.[\w-]{16,}")
DETAIL = re.compile(r"(DETAIL: +).+")
"""Where PostgreSQL repeats the row it refused."""
PLAIN = re.compile(r"[\w.:+/…,-]+")
CHATTY = dict.fromkeys(("httpx2", "httpcore2", "alembic", "apscheduler"), logging.WARNING) | {"mail.log": logging.ERROR}
"""Who writes whole addresses, and some hold secrets, or a line for every ring; `mail.log` (aiosmtpd) warns of whatever
a stranger types."""


def discreet(words: str) -> str:
    """Take out of a line whom mail goes to, what links are signed with, and what a database was to keep.

    >>> discreet("550 no ada@readers.example; GET /u/12.cCNIlZnWVqPYfyeq7xmKuQ; read 12.cCNIlZnWVqPYfyeq7xmKuQ")
    '550 no …@…; GET /u/…; read 12.…'
    >>> discreet('GET /try?a=ada%40readers.example&t=9.tok, to "ada l"@readers.example')
    'GET /try?a=…@…&t=…, to …@…'
    """
    return DETAIL.sub(r"\1…", TOKEN.sub(r"\1.…", LINK.sub(r"\1…", ADDRESS.sub("…@…", words))))


def _discreet(value: Any) -> Any:
    """Take the same out of all words of a value."""
    if isinstance(value, dict):
        return {discreet(str(name)): _discreet(own) for name, own in value.items()}
    if isinstance(value, list | tuple):
        return [_discreet(own) for own in value]
    return value if value is None or isinstance(value, int | float) else discreet(str(value))


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
        told = {name: _discreet(value) for name, value in said.items() if value != ""}
        if self.as_json:
            return json.dumps(told, ensure_ascii=False)
        return " ".join(f"{name}={_one(value)}" for name, value in told.items())


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _one(value: Any) -> str:
    words = "; ".join(map(_words, value)) if isinstance(value, list) else _words(value)
    return words if PLAIN.fullmatch(words) else json.dumps(words, ensure_ascii=False)


def write_log(log_format: str) -> None:
    """Let every line of this process be written in a form, to standard error."""
    writes = logging.StreamHandler()
    writes.setFormatter(Line(as_json=log_format == "json"))
    logging.basicConfig(level=logging.INFO, handlers=[writes], force=True)
    for name, least in CHATTY.items():
        logging.getLogger(name).setLevel(least)
