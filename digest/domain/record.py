"""A Record: what the ledger tells the operator of one delivery."""

from dataclasses import dataclass
from datetime import datetime

from digest.domain.delivery import Kind, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One delivery, with the address of its reader; only what is queued has a moment at which it is tried next."""

    number: int
    reader: str
    kind: Kind
    key: str
    state: State
    tries: int
    reply: str
    created_at: datetime
    sent_at: datetime | None
    next_attempt_at: datetime | None
    sha256: str
