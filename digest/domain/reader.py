"""A Reader is somebody papers are chosen for: what was said, what it makes, and what is known to them already."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from digest.domain.cadence import Frequency
from digest.domain.edition import DAILY_WINDOW, WINDOW
from digest.domain.interests import Interests
from digest.domain.profile import Stance, Topic, TopicKind
from digest.domain.subscriber import Wishes


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Whom papers are chosen for.

    Attributes
    ----------
    wishes, interests : what was said, and what it makes
    seen : the papers shown before, by row number
    reach : how far back papers reach, if it is not what the cadence says
    """

    wishes: Wishes
    interests: Interests
    seen: frozenset[int] | set[int] = frozenset()
    reach: timedelta | None = None

    @property
    def window(self) -> timedelta:
        """How far back papers reach."""
        return self.reach or (WINDOW if self.wishes.cadence.frequency is Frequency.WEEKLY else DAILY_WINDOW)

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
