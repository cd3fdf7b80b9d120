"""The readers of the tests: ten people nobody is, with unlike tastes and zones."""

from datetime import timedelta

from digest.domain.cadence import Cadence
from digest.domain.profile import Stance, read_topics
from digest.domain.subscriber import Status, Subscriber, Wishes
from digest.store import subscribers
from digest.store.database import Database
from tests.builders import NOW

TASTES: dict[str, tuple[str, list[str], list[str]]] = {
    "ada": ("Europe/Berlin", ["robot manipulation", "embodied agents", "cs.RO"], []),
    "bela": ("America/New_York", ["reinforcement learning", "reasoning language models"], []),
    "chen": ("Asia/Shanghai", ["video generation", "diffusion models", "image editing"], []),
    "dara": ("UTC", ["benchmark evaluation", "software engineering agents", "code generation"], ["video"]),
    "emre": ("Europe/Istanbul", ["multimodal vision-language models", "document understanding"], []),
    "fay": ("Australia/Lord_Howe", ["speech recognition", "audio and music"], []),
    "gita": ("Asia/Kolkata", ["medical imaging", "clinical language models", "health"], []),
    "hugo": ("America/Sao_Paulo", ["retrieval augmented generation", "long context memory"], []),
    "ines": ("Europe/Lisbon", ["safety and alignment", "privacy", "hallucination"], []),
    "jun": ("Asia/Tokyo", ["cluster algebras", "quantum mechanics", "math.CO", "training efficiency"], []),
}


def address_of(name: str) -> str:
    """Give the address of one of the cast."""
    return f"{name}@readers.example"


def wishes_of(name: str) -> Wishes:
    """Give what one of the cast wants."""
    zone, topics, never = TASTES[name]
    followed = read_topics(topics) + read_topics(never, stance=Stance.NEVER)
    return Wishes(topics=followed, cadence=Cadence(zone=zone), bar=0)


def joined(
    database: Database, name: str, *, wishes: Wishes | None = None, status: Status = Status.ACTIVE
) -> Subscriber:
    """Let one of the cast join before the tests' morning, and give its row."""
    own, before = wishes or wishes_of(name), NOW - timedelta(days=1)
    with database.writing() as connection:
        number = subscribers.add(connection, address_of(name), own, now=before, status=status, consent={})
        found = subscribers.with_id(connection, number or 0)
    assert found is not None
    return found
