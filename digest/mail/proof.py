"""Finds which delivery a mail that came back is about; what is not proved to be ours is about none."""

import re
from dataclasses import dataclass

from digest.domain.delivery import Kind
from digest.links import BadLink, Links, Purpose
from digest.mail import verp
from digest.mail.cards import Masthead
from digest.mail.renderer import message_id
from digest.mail.reports import Returned

OWN_ID = re.compile(rf"({'|'.join(Kind)})\.([0-9]{{1,18}})\.[0-9a-f]{{16}}@[\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A delivery that a mail is about; `is_signed` says whether a token of ours proves it.

    Without one the Message-ID names it, which whoever knows how it is made can make as well: then the mail has to name
    the reader's address too.
    """

    delivery: int
    is_signed: bool


def delivery_named(returned: Returned, links: Links, masthead: Masthead) -> Named | None:
    """Give the delivery a mail is about: by its signed address, a leave link it brings back, or its Message-ID."""
    for address in returned.addresses:
        try:
            return Named(delivery=verp.read(address, links), is_signed=True)
        except BadLink:
            continue
    for token in returned.leave_tokens:
        try:
            return Named(delivery=links.read(Purpose.LEAVE, token), is_signed=True)
        except BadLink:
            continue
    for own in filter(None, map(OWN_ID.fullmatch, returned.ids)):
        if own[0] == message_id(Kind(own[1]), int(own[2]), masthead):
            return Named(delivery=int(own[2]), is_signed=False)
    return None
