"""How mail leaves: into a Maildir folder, or by a mail server, as the settings say."""

from digest.mail.file import Maildir
from digest.mail.smtp import Smtp
from digest.mail.transport import Transport
from digest.settings import Settings


def transport_of(settings: Settings) -> Transport:
    """Open the transport that is set."""
    if settings.transport == "maildir":
        return Maildir(settings.outbox)
    password = settings.smtp_password.get_secret_value()
    return Smtp(
        settings.smtp_host,
        settings.smtp_port,
        security=settings.smtp_security,
        login=settings.smtp_user,
        password=password,
    )
