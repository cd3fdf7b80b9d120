"""Mailboxes that are read for what comes back: a Maildir folder, or the inbox of an IMAP server. Nothing is deleted."""

import imaplib
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from digest.mail.reports import MOST_BYTES

AT_ONCE = 500
"""Mails that one run reads; the next run reads the next."""
PATIENCE = 60.0
"""Seconds an IMAP server may take to answer."""


class MailboxError(Exception):
    """The mailbox of what comes back cannot be read."""


class Mailbox(Protocol):
    """Gives mails that nobody read yet, and is told which have been."""

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Give each unread mail with the name it is marked by; of one that is too long only the beginning."""
        ...

    def mark(self, name: str) -> None:
        """Mark a mail as read."""
        ...


class MaildirFolder:
    """A Maildir folder: what lies in `new` is read and moved to `cur`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Give the mails in `new`, the oldest name first; what another reader took meanwhile is passed over."""
        try:
            names = sorted(path.name for path in (self.folder / "new").iterdir())[:AT_ONCE]
            (self.folder / "cur").mkdir(exist_ok=True)
        except OSError as error:
            raise MailboxError(f"{self.folder} is no Maildir folder: {error.strerror}") from error
        for name in names:
            path = self.folder / "new" / name
            try:
                if stat.S_ISREG(path.lstat().st_mode):
                    with path.open("rb") as mail:
                        yield name, mail.read(MOST_BYTES)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise MailboxError(f"{path} cannot be read: {error.strerror}") from error

    def mark(self, name: str) -> None:
        """Move a mail to `cur`, as seen; another process may have done so meanwhile."""
        with suppress(FileNotFoundError):
            (self.folder / "new" / name).rename(self.folder / "cur" / f"{name.partition(':')[0]}:2,S")


class ImapInbox:
    """The inbox of an IMAP server: what is not seen is read and marked as seen.

    Parameters
    ----------
    connect : callable
        Opens a connection that is encrypted, or on this machine.
    user, password : what to log in with
    """

    def __init__(self, connect: Callable[[], imaplib.IMAP4], user: str, password: str) -> None:
        self.connect, self.user, self.password = connect, user, password
        self.box: imaplib.IMAP4 | None = None

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Give the mails that are not seen, the oldest first; the server keeps them so until they are marked."""
        try:
            with self.connect() as self.box:
                self.box.login(self.user, self.password)
                _told("SELECT", self.box.select())
                found = _told("SEARCH", self.box.uid("SEARCH", "UNSEEN"))
                for name in found[0].decode().split()[:AT_ONCE]:
                    told = _told("FETCH", self.box.uid("FETCH", name, f"(BODY.PEEK[]<0.{MOST_BYTES}>)"))
                    yield from ((name, bytes(one[1])) for one in told if isinstance(one, tuple))
        except (OSError, imaplib.IMAP4.error) as error:
            raise MailboxError(f"the IMAP server does not give the mailbox: {error}") from error

    def mark(self, name: str) -> None:
        """Mark a mail as seen."""
        assert self.box is not None, "a mail is marked while it is read"
        try:
            _told("STORE", self.box.uid("STORE", name, "+FLAGS", r"(\Seen)"))
        except (OSError, imaplib.IMAP4.error) as error:
            raise MailboxError(f"the IMAP server does not mark a mail as seen: {error}") from error


def _told(command: str, answer: tuple[str, list[Any]]) -> list[Any]:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"{command} was refused")
    return answer[1]
