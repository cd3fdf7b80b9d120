"""The post room: makes the mail of a delivery, an issue or a notice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from digest.domain.delivery import Delivery
from digest.domain.issue import Issue
from digest.domain.message import Message
from digest.links import Links
from digest.mail import verp
from digest.mail.cards import Masthead
from digest.mail.mime import Letter, message_of
from digest.mail.notices import letter_for_notice
from digest.mail.renderer import letter_for_issue

Pages = tuple[dict[str, Any], dict[str, Any]]
"""Frames by name, and cards by hash."""


@dataclass(frozen=True, kw_only=True)
class PostRoom:
    """What is needed to make mails: links, the masthead of letters, and the name this process holds claims under.

    With a `bounce_address` each mail comes back to an address of its own; without, to the sender.
    """

    links: Links
    masthead: Masthead
    holder: str
    bounce_address: str = ""

    def issue(self, delivery: Delivery, issue: Issue, pages: Pages) -> Message:
        """Make the mail that brings an issue."""
        return self._enveloped(letter_for_issue(issue, delivery.id, *pages, self.links), delivery)

    def notice(self, delivery: Delivery, letter: Mapping[str, Any]) -> Message:
        """Make the mail of another kind, from what its row tells."""
        return self._enveloped(
            letter_for_notice(delivery.kind, delivery.id, letter, self.masthead, self.links), delivery
        )

    def _enveloped(self, letter: Letter, delivery: Delivery) -> Message:
        return verp.returning_to(message_of(letter), self.bounce_address, delivery.id, self.links)
