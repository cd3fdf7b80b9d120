"""A Reader is somebody papers are chosen for: what was said, what it makes, and what is known to them already."""

from dataclasses import dataclass
from functools import cached_property

from digest.domain.interests import Interests
from digest.domain.profile import Stance, Topic, TopicKind
from digest.domain.subscriber import Wishes


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Whom papers are chosen for: what was said, what it makes, and the papers shown before, by row number."""

    wishes: Wishes
    interests: Interests
    seen: frozenset[int] | set[int] = frozenset()

    @cached_property
    def followed(self) -> list[Topic]:
        """The topics followed, in the order of the interests' rows."""
        return [topic for topic in self.wishes.topics if topic.stance is Stance.FOLLOW]

    @cached_property
    def has_wishes(self) -> bool:
        """Whether anything that papers here hold was named or liked; the trend alone counts else."""
        return self.interests.followed_size > 0 or any(topic.kind is not TopicKind.PHRASE for topic in self.followed)

    @cached_property
    def unwanted(self) -> list[Topic]:
        """The topics to show less of."""
        return [topic for topic in self.wishes.topics if topic.stance is Stance.LESS]
