"""What readers would get, and why: questions that choose from the newest edition and change nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from digest.domain.message import Preview
from digest.domain.profile import Stance, Topic, TopicKind
from digest.domain.subscriber import Refused, Wishes
from digest.office import Office

if TYPE_CHECKING:
    from digest.actions.preview import Sample
    from digest.domain.edition import Desk
    from digest.domain.paper import Paper
    from digest.domain.trace import Trace

MOST_SOUGHT = 10
"""People, places and phrases never to show that a stranger's sample may name: every paper is read for each."""


class Showing(Office):
    """The opened house, for those who ask what a reader would get."""

    def preview(self, subscriber_id: int) -> Preview:
        """Make the issue a subscriber would get now; raises LookupError if there is no such subscriber."""
        from digest.actions import preview
        from digest.store import subscribers

        desk = self.desk()
        with self.database.reading() as connection:
            held = subscribers.with_id(connection, subscriber_id)
            if held is None:
                raise LookupError(f"there is no subscriber {subscriber_id}")
            return preview.of_wishes(connection, desk, held.wishes, links=self.links, now=self.now(), reader=held)

    def preview_wishes(self, wishes: Wishes) -> Preview:
        """Make the issue that wishes typed on the spot would give now."""
        from digest.actions import preview

        desk = self.desk()
        with self.database.reading() as connection:
            return preview.of_wishes(connection, desk, wishes, links=self.links, now=self.now())

    def sample(self, wishes: Wishes, liked: "Sequence[Paper]" = ()) -> "Sample | None":
        """Choose what wishes and liked papers would have brought on the newest edition's day, or None without one.

        Raises Refused if the topics would take too long to look for.
        """
        from digest.actions import preview

        if (count := sum(map(_is_sought, wishes.topics))) > MOST_SOUGHT:
            named = f"Before signing up, name at most {MOST_SOUGHT} people, places and phrases never to show"
            raise Refused(f"{named}, not {count}: every paper is read for each of them. Signing up takes them all.")
        desk = self.desk()
        if desk is None:
            return None
        with self.database.reading() as connection:
            return preview.sample(connection, _forgetful(desk), wishes, liked, self.now())

    def beside(self, topics: Sequence[Topic]) -> Mapping[str, tuple[str, ...]]:
        """Name the terms the house puts beside each phrase that a reader follows and said nothing of."""
        from digest.actions import preview

        desk = self.desk()
        return preview.beside(desk, topics) if desk else {}

    def unknown(self, topics: Sequence[Topic]) -> Sequence[str]:
        """Name the phrases followed that bring no paper: none of their words is one that papers here are weighed by."""
        desk = self.desk()
        phrases = [one for one in topics if one.stance is Stance.FOLLOW and one.kind is TopicKind.PHRASE]
        return [one.words for one in phrases if desk and not desk.background.row_of(one, desk.vectoriser).nnz]

    def trace(self, address: str, typed: str, day: date | None = None) -> "Trace":
        """Explain why a paper was or was not in an issue; raises LookupError for an unknown name."""
        from digest.actions import subscribe, why

        read = subscribe.read_address(address)
        with self.database.reading() as connection:
            return why.trace(connection, read, typed, now=self.now(), day=day)


def _is_sought(topic: Topic) -> bool:
    return topic.is_rule or (topic.stance is Stance.NEVER and topic.kind is TopicKind.PHRASE)


def _forgetful(desk: "Desk") -> "Desk":
    """Give a desk that has what is worked out for all readers, and keeps nothing of a stranger's topics."""
    shared = [name for name, value in vars(type(desk)).items() if isinstance(value, cached_property)]
    fresh = replace(desk, _members={}, _words={})
    vars(fresh).update({name: getattr(desk, name) for name in shared})
    return fresh
