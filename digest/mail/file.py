"""A Maildir as transport: every message a file, named by its Message-ID, so that one sent again is not there twice."""

import os
import re
from pathlib import Path

from digest.domain.delivery import Outcome, Reply
from digest.domain.message import Message


class Maildir:
    """Writes messages into a Maildir folder as `new/<Message-ID>.eml`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def send(self, message: Message) -> Reply:
        """Write one message: whole or not at all."""
        name = re.sub(r"[^\w.@-]", "_", message.id) + ".eml"
        draft = self.folder / "tmp" / f"{os.getpid()}.{name}"
        try:
            draft.write_bytes(message.body)
            draft.replace(self.folder / "new" / name)
        except OSError as error:
            return Reply(outcome=Outcome.LATER, text=f"{self.folder}: {error.strerror}")
        return Reply(outcome=Outcome.SENT, text=f"{self.folder}/new/{name}")

    def close(self) -> None:
        """Nothing is open."""
