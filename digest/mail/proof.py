"""Finds which delivery a mail that came back is about; what is not proved to be ours is about none."""

from digest.domain.bounce import BounceKind
from digest.links import BadLink, Links, Purpose
from digest.mail import verp
from digest.mail.reports import Returned


def proved(returned: Returned, links: Links) -> tuple[int, BounceKind] | None:
    """Give the delivery a mail is about and what it proves of it, or None.

    The signed address that only bounces of the delivery go to proves whatever the mail says. A link to leave proves
    what whoever holds it may do: a complaint with no other proof counts as a wish to leave. A Message-ID proves
    nothing: whoever knows how it is made can make it.
    """
    for address in returned.addresses:
        try:
            return verp.read(address, links), returned.kind
        except BadLink:
            continue
    if returned.kind in {BounceKind.COMPLAINT, BounceKind.UNSUBSCRIBE}:
        for token in returned.leave_tokens:
            try:
                return links.read(Purpose.LEAVE, token), BounceKind.UNSUBSCRIBE
            except BadLink:
                continue
    return None
