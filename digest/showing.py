"""What readers would get, and why: questions that choose from the newest edition and change nothing."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from digest.domain.message import Preview
from digest.domain.profile import Topic
from digest.domain.subscriber import Wishes
from digest.office import Office

if TYPE_CHECKING:
    from digest.actions.preview import Sample
    from digest.domain.edition import Desk
    from digest.domain.paper import Paper
    from digest.domain.trace import Trace


class Showing(Office):
    """The opened house, for those who ask what a reader would get."""

    _laid_out: "tuple[Any, Desk | None]" = (None, None)

    def desk(self) -> "Desk | None":
        """Lay out the newest edition, once for each revision."""
        from digest.store import editions

        until = self.now().date()
        with self.database.reading() as connection:
            name = editions.name_of_newest(connection, until)
            if name != self._laid_out[0]:
                self._laid_out = name, editions.lay_out(connection, until)
        return self._laid_out[1]

    def preview(self, subscriber_id: int) -> Preview:
        """Make the issue a subscriber would get now; raises LookupError if there is no such subscriber."""
        from digest.actions import preview
        from digest.store import subscribers

        with self.database.reading() as connection:
            held = subscribers.with_id(connection, subscriber_id)
            if held is None:
                raise LookupError(f"there is no subscriber {subscriber_id}")
            return preview.of_wishes(connection, held.wishes, links=self.links, now=self.now(), reader=held)

    def preview_wishes(self, wishes: Wishes) -> Preview:
        """Make the issue that wishes typed on the spot would give now."""
        from digest.actions import preview

        with self.database.reading() as connection:
            return preview.of_wishes(connection, wishes, links=self.links, now=self.now())

    def sample(self, wishes: Wishes, liked: "Sequence[Paper]" = ()) -> "Sample | None":
        """Choose what wishes and liked papers would have brought on the newest edition's day, or None without one."""
        from digest.actions import preview

        desk = self.desk()
        if desk is None:
            return None
        with self.database.reading() as connection:
            return preview.sample(connection, desk, wishes, liked, self.now())

    def beside(self, topics: Sequence[Topic]) -> Mapping[str, tuple[str, ...]]:
        """Name the terms the house puts beside each phrase that a reader follows and said nothing of."""
        from digest.actions import preview

        desk = self.desk()
        return preview.beside(desk, topics) if desk else {}

    def trace(self, address: str, typed: str, day: date | None = None) -> "Trace":
        """Explain why a paper was or was not in an issue; raises LookupError for an unknown name."""
        from digest.actions import subscribe, why

        read = subscribe.read_address(address)
        with self.database.reading() as connection:
            return why.trace(connection, read, typed, now=self.now(), day=day)
