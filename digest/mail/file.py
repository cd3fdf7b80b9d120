"""Transports that keep mail here: as files in a folder, named by Message-ID and never there twice, or on stdout."""

import os
import re
from pathlib import Path
from typing import BinaryIO

from digest.domain.delivery import Outcome, Reply
from digest.domain.message import Message
from digest.mail.transport import TransportDown


class Folder:
    """Writes messages into a folder as `<Message-ID>.eml`, by way of another where drafts lie until they are whole."""

    def __init__(self, folder: Path, drafts: Path | None = None, *others: Path) -> None:
        self.folder, self.drafts = folder, drafts or folder / ".drafts"
        self.needed = (self.folder, self.drafts, *others)

    def open(self) -> None:
        """Make whatever folder is missing; raises TransportDown where it cannot be made."""
        try:
            for needed in self.needed:
                needed.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TransportDown(f"{self.folder} cannot be made: {error.strerror}", for_all=True) from error

    def send(self, message: Message) -> Reply:
        """Write one message: whole or not at all."""
        name = re.sub(r"[^\w.@-]", "_", message.id) + ".eml"
        draft = self.drafts / f"{os.getpid()}.{name}"
        try:
            draft.write_bytes(message.body)
            draft.replace(self.folder / name)
        except OSError as error:
            return Reply(outcome=Outcome.LATER, text=f"{self.folder}: {error.strerror}")
        return Reply(outcome=Outcome.SENT, text=f"{self.folder}/{name}")

    def close(self) -> None:
        """Nothing is open."""


class Maildir(Folder):
    """A folder that mail programs open: what was not seen yet lies in `new`, drafts in `tmp`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "new", folder / "tmp", folder / "cur")


class Stdout:
    """Writes messages one after the other, as an mbox; no line of a message begins with "From "."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out

    def open(self) -> None:
        """It was opened by others."""

    def send(self, message: Message) -> Reply:
        """Write one message; its first line is the one by which an mbox knows where a message begins."""
        begins = f"From {message.sender} Thu Jan  1 00:00:00 1970\n".encode()
        try:
            self.out.write(begins + message.body.replace(b"\r\n", b"\n") + b"\n")
            self.out.flush()
        except OSError as error:
            raise TransportDown(f"stdout takes nothing any more: {error.strerror}", for_all=True) from error
        return Reply(outcome=Outcome.SENT, text="written to stdout")

    def close(self) -> None:
        """It stays open for others."""
