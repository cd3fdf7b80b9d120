"""The tables. The migrations must end in exactly these; a test compares the two."""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from digest.store.moment import Moment

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
# A number is never given out twice: links and Message-IDs are made of it (SQLite would reuse the highest).
metadata = MetaData(naming_convention=NAMES)


def _to(table: str, **options: Any) -> Column[int]:
    options = {"nullable": False} | options
    return Column(f"{table.rstrip('s')}_id", Integer, ForeignKey(f"{table}.id"), **options)


papers = Table(
    "papers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("abstract", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("published_on", Date),
    Column("organisation", Text, nullable=False),
    Column("keywords", JSON, nullable=False),
    Column("code_url", Text, nullable=False),
    Column("project_url", Text, nullable=False),
    Column("discussion_url", Text, nullable=False),
    Column("page_url", Text, nullable=False),
    Column("text_source", String(40), nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

listings = Table(
    "listings",
    metadata,
    _to("papers", primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("listed_on", Date, primary_key=True),
    Column("kind", String(20), nullable=False),
    Index(None, "listed_on"),
)

signals = Table(
    "signals",
    metadata,
    _to("papers", primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("observed_at", Moment, primary_key=True),
    Column("value", Integer, nullable=False),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(300), nullable=False),
    Column("day", Date, nullable=False),
    Column("observed_at", Moment, nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("expected", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("skipped", JSON, nullable=False),
    Index(None, "day"),
)

models = Table(
    "models",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("learnt_from", Integer, nullable=False),
    Column("arrays", LargeBinary, nullable=False),
)

fragments = Table(
    "fragments",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("body", JSON, nullable=False),
)

editions = Table(
    "editions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("day", Date, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("vectoriser", Integer, ForeignKey("models.id"), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("candidates", JSON, nullable=False),
    Column("vectors", LargeBinary, nullable=False),
    Column("frames", JSON, nullable=False),
    UniqueConstraint("day", "revision"),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", String(320), nullable=False),
    Column("address_key", String(320), nullable=False, unique=True),
    Column("status", String(20), nullable=False),
    Column("frequency", String(20), nullable=False),
    Column("hour", Integer, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("length", Integer, nullable=False),
    Column("trend_weight", Float, nullable=False),
    Column("profile_revision", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
    Column("next_issue_at", Moment),
    Column("covered_until", Date),
    Column("consent", JSON, nullable=False),
    Index(None, "status", "next_issue_at"),
    sqlite_autoincrement=True,
)

topics = Table(
    "topics",
    metadata,
    _to("subscribers", primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("words", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("never", Boolean, nullable=False),
)

profile_vectors = Table(
    "profile_vectors",
    metadata,
    _to("subscribers", primary_key=True),
    Column("profile_revision", Integer, nullable=False),
    Column("vectoriser", Integer, nullable=False),
    Column("starts", LargeBinary, nullable=False),
    Column("indices", LargeBinary, nullable=False),
    Column("weights", LargeBinary, nullable=False),
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("id", Integer, primary_key=True),
    _to("subscribers", index=True),
    Column("asked_at", Moment, nullable=False),
    Column("wishes", JSON, nullable=False),
    Column("confirmed_at", Moment),
    sqlite_autoincrement=True,
)

issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    _to("subscribers"),
    _to("editions"),
    Column("period", String(10), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("address", String(320), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("key_id", Integer, nullable=False),
    Column("entries", JSON, nullable=False),
    UniqueConstraint("subscriber_id", "period"),
    sqlite_autoincrement=True,
)

shown_papers = Table(
    "shown_papers",
    metadata,
    _to("subscribers", primary_key=True),
    _to("papers", primary_key=True),
    _to("issues"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    _to("subscribers"),
    Column("kind", String(20), nullable=False),
    Column("key", String(40), nullable=False),
    _to("issues", nullable=True),
    Column("letter", JSON),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("next_attempt_at", Moment),
    Column("holder", String(200)),
    Column("held_until", Moment),
    Column("handed_over_at", Moment),
    Column("reply", Text, nullable=False),
    Column("message_sha256", String(64), nullable=False),
    Column("sent_at", Moment),
    UniqueConstraint("subscriber_id", "kind", "key"),
    Index(None, "state", "next_attempt_at"),
    sqlite_autoincrement=True,
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_key", String(320), primary_key=True),
    Column("reason", String(20), nullable=False),
    Column("since", Moment, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("secret", String(400), nullable=False),
    Column("created_at", Moment, nullable=False),
)

bells = Table(
    "bells",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("next_at", Moment, nullable=False),
)
