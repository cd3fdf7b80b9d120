"""What readers liked and disliked, at the doors: each call reads its link, or an address, and runs one action."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from digest.links import Purpose
from digest.office import Office
from digest.sources.base import SourceError
from digest.sources.bibliography import Shelf, parse_bibliography

if TYPE_CHECKING:
    from digest.actions.like import LikeReport, Moved
    from digest.domain.paper import Paper
    from digest.domain.profile import Reaction
    from digest.domain.subscriber import Subscriber

__all__ = ["Liking", "Shelf", "SourceError"]


class Liking(Office):
    """The opened house, for those who say what they like."""

    def shelf(self, body: bytes) -> Shelf:
        """Read the papers of a BibTeX, RIS or CSL-JSON file or a list of ids; raises SourceError if it is none."""
        return parse_bibliography(body)

    def shelf_of_stranger(self, body: bytes) -> Shelf:
        """Read as `shelf` does what somebody names at sign-up; raises Refused as well if these are too many."""
        from digest.actions.subscribe import tastes_of_stranger

        shelf = self.shelf(body)
        tastes_of_stranger(shelf.papers)
        return shelf

    def said_of(self, token: str, paper_id: int) -> "tuple[Paper, bool | None]":
        """Give a paper, and whether the reader liked or disliked it; raises BadLink, and LookupError."""
        from digest.store import reactions, told

        reader = self.reader(Purpose.FEEDBACK, token)
        with self.database.reading() as connection:
            if not reactions.may_be_shown(connection, reader.id, paper_id):
                raise LookupError(f"there is no paper {paper_id}")
            said = {one.paper_id: one.liked for one in reactions.of(connection, [reader.id]).get(reader.id, ())}
            return told.shown_to(connection, reader.id, [paper_id])[paper_id], said.get(paper_id)

    def react(self, token: str, paper_id: int, liked: bool | None) -> "Moved":
        """Keep one click, or take it back with None; raises BadLink, Refused, and LookupError for no such paper."""
        from digest.actions.like import react

        reader = self.reader(Purpose.FEEDBACK, token)
        return react(self.database, reader, paper_id, liked, now=self.now(), desk=self.desk())

    def like_papers(self, token: str, body: bytes, liked: bool = True) -> "LikeReport":
        """Keep the papers of a file or list as liked, or disliked; raises BadLink and SourceError."""
        return self._like(self.reader(Purpose.PREFERENCES, token), body, liked)

    def like(self, address: str, body: bytes, liked: bool = True) -> "LikeReport":
        """Do as `like_papers` on the operator's word; raises SourceError, Refused, and LookupError for no reader."""
        return self._like(self.with_address(address), body, liked)

    def forget_reactions(self, token: str) -> int:
        """Forget all a reader liked and disliked, and tell it; gives how many papers that were. Raises BadLink."""
        return self._forget(self.reader(Purpose.PREFERENCES, token), self.links.key_id)

    def forget(self, address: str) -> int:
        """Forget it all on the operator's word, unsaid; raises Refused, and LookupError for no such reader."""
        return self._forget(self.with_address(address))

    def reactions(self, token: str) -> "Sequence[tuple[Reaction, Paper]]":
        """Give what a reader liked and disliked, newest first; raises BadLink."""
        from digest.store import reactions, told

        reader = self.reader(Purpose.PREFERENCES, token)
        with self.database.reading() as connection:
            said = reactions.of(connection, [reader.id]).get(reader.id, [])
            held = told.shown_to(connection, reader.id, [one.paper_id for one in said])
        return [(one, held[one.paper_id]) for one in reversed(said)]

    def liked_keys(self) -> "Mapping[int, Mapping[str, Sequence[str]]]":
        """Give the keys of all papers `liked` and `disliked`, by subscriber, oldest first."""
        from digest.store import reactions

        with self.database.reading() as connection:
            return reactions.every_key(connection)

    def _like(self, reader: "Subscriber", body: bytes, liked: bool) -> "LikeReport":
        from digest.actions.like import like

        shelf = self.shelf(body)
        return like(self.database, reader, shelf.papers, liked=liked, now=self.now(), faults=shelf.faults)

    def _forget(self, reader: "Subscriber", key_id: int | None = None) -> int:
        from digest.actions.like import forget

        return forget(self.database, reader, now=self.now(), key_id=key_id)
