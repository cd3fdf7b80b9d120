"""How the operator is told: by mail and by webhook, each if it is set."""

from collections.abc import Callable
from datetime import datetime

from digest.actions.watch import Tell
from digest.domain.alarm import Alarm
from digest.domain.delivery import Outcome
from digest.mail import webhook
from digest.mail.cards import Masthead
from digest.mail.mime import message_of
from digest.mail.notices import letter_for_alarm
from digest.mail.transport import Transport
from digest.settings import Settings


def ways(settings: Settings, masthead: Masthead, transport: Callable[[], Transport], now: datetime) -> dict[str, Tell]:
    """Give every way that is set, by its name; each raises where the operator does not hear."""
    told: dict[str, Tell] = {}
    if settings.operator_address:

        def by_mail(alarm: Alarm) -> None:
            carrier = transport()
            try:
                reply = carrier.send(message_of(letter_for_alarm(alarm, settings.operator_address, masthead, now)))
            finally:
                carrier.close()
            if reply.outcome is not Outcome.SENT:
                raise webhook.NotHeard(f"the mail was not taken: {reply.text}")

        told["mail"] = by_mail
    if settings.webhook_url.get_secret_value():
        told["webhook"] = lambda alarm: webhook.post(settings.webhook_url.get_secret_value(), alarm, now)
    return told
