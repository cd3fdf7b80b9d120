"""What comes back, at the doors: mailboxes are read, and an address that was given up is released."""

import imaplib
import logging
import ssl
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from digest.actions.report import stay_silent
from digest.office import Office

if TYPE_CHECKING:
    from digest.actions.report import Advance, ReceiveReport
    from digest.mail.mailbox import Mailbox
    from digest.store.bounces import Against

log = logging.getLogger(__name__)


class Receiving(Office):
    """The opened house, for what comes back."""

    def receive(self, maildir: Path | None = None, *, advance: "Advance" = stay_silent) -> "ReceiveReport":
        """Read the mailboxes that are set, or one Maildir folder, and act on what came back."""
        from digest.actions.receive import receive
        from digest.mail.mailbox import MaildirFolder

        mailboxes = [MaildirFolder(maildir)] if maildir else self._mailboxes()
        report = receive(self.database, mailboxes, links=self.links, now=self.now(), seconds=monotonic, advance=advance)
        self.meter.returned(report.kinds)
        return report

    def take_in(self, raw: bytes, recipient: str = "") -> bool:
        """Act on one mail that came back, sent to `recipient` if that is known; False where the database is away."""
        from sqlalchemy.exc import SQLAlchemyError

        from digest.actions.receive import take_in
        from digest.actions.report import ReceiveReport

        report = ReceiveReport(read=1)
        try:
            take_in(self.database, raw, report, links=self.links, now=self.now(), recipient=recipient)
        except SQLAlchemyError:  # Also TimeoutError, where all connections of the pool are in use.
            log.exception("what came back could not be kept: the database is away or busy")
            return False
        self.meter.returned(report.kinds)
        log.info("receive", extra={"said": {key: value for key, value in report.to_json().items() if value}})
        return True

    def against(self, address: str) -> "Against":
        """Say what speaks against an address, and change nothing; raises Refused if it is none."""
        from digest.actions import subscribe
        from digest.store import bounces

        with self.database.reading() as connection:
            return bounces.against(connection, subscribe.read_address(address), self.now())

    def release(self, address: str) -> "Against":
        """Take back that an address is never written to; gives what it was for. Raises Refused and LookupError."""
        from digest.actions import receive, subscribe

        with self.database.writing() as connection:
            return receive.release(connection, subscribe.read_address(address), self.now())

    def _mailboxes(self) -> "list[Mailbox]":
        from digest.mail.mailbox import PATIENCE, ImapInbox, MaildirFolder

        said = self.settings
        mailboxes: list[Mailbox] = [MaildirFolder(Path(said.bounce_maildir))] if said.bounce_maildir else []
        if said.bounce_imap_host:
            context = ssl.create_default_context()
            connect = partial(imaplib.IMAP4_SSL, *said.bounce_imap, ssl_context=context, timeout=PATIENCE)
            password = said.bounce_imap_password.get_secret_value()
            mailboxes.append(ImapInbox(connect, said.bounce_imap_user, password))
        return mailboxes
