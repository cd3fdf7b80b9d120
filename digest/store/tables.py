"""The tables of what concerns readers, and all others by their names. The migrations must end in exactly these."""

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
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from digest.store.moment import Moment
from digest.store.paper_tables import (
    editions,
    fragments,
    listings,
    metadata,
    models,
    paper_names,
    papers,
    receipts,
    signals,
    to,
)

__all__ = [
    "alarms",
    "bells",
    "bounces",
    "confirmations",
    "deliveries",
    "editions",
    "fragments",
    "issues",
    "keys",
    "listings",
    "metadata",
    "models",
    "paper_names",
    "papers",
    "profile_vectors",
    "reactions",
    "receipts",
    "shown_papers",
    "signals",
    "subscribers",
    "suppressions",
    "topics",
]

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
    Column("minutes", Integer, nullable=False, server_default="0"),
    Column("breadth", Float, nullable=False, server_default="0.3"),
    Column("bar", Float, nullable=False, server_default="0.3"),
    Column("layout", String(10), nullable=False, server_default="normal"),
    Column("quiet_days", Boolean, nullable=False, server_default=false()),
    Column("profile_revision", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
    Column("next_issue_at", Moment),
    Column("resumes_at", Moment),
    Column("covered_until", Date),
    Column("consent", JSON, nullable=False),
    Index(None, "status", "next_issue_at"),
    sqlite_autoincrement=True,
)

topics = Table(
    "topics",
    metadata,
    to("subscribers", primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("words", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("stance", String(10), nullable=False, server_default="follow"),
    Column("beside", JSON(none_as_null=True)),
)

reactions = Table(
    "reactions",
    metadata,
    to("subscribers", primary_key=True),
    to("papers", primary_key=True),
    Column("liked", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Column("told", JSON(none_as_null=True)),
)

profile_vectors = Table(
    "profile_vectors",
    metadata,
    to("subscribers", primary_key=True),
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
    to("subscribers", index=True),
    Column("asked_at", Moment, nullable=False),
    Column("wishes", JSON, nullable=False),
    Column("confirmed_at", Moment),
    sqlite_autoincrement=True,
)

issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    to("subscribers"),
    to("editions"),
    Column("period", String(10), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("address", String(320), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("key_id", Integer, nullable=False),
    Column("entries", JSON, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("layout", String(10), nullable=False, server_default="normal"),
    Column("missed", JSON, nullable=False, server_default="[]"),
    Column("since", Date),
    UniqueConstraint("subscriber_id", "period"),
    sqlite_autoincrement=True,
)

shown_papers = Table(
    "shown_papers",
    metadata,
    to("subscribers", primary_key=True),
    to("papers", primary_key=True),
    to("issues"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    to("subscribers"),
    Column("kind", String(20), nullable=False),
    Column("key", String(40), nullable=False),
    to("issues", nullable=True),
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
    Index(None, "sent_at"),
    sqlite_autoincrement=True,
)

bounces = Table(
    "bounces",
    metadata,
    Column("id", Integer, primary_key=True),
    to("subscribers", index=True),
    Column("delivery_id", Integer, ForeignKey("deliveries.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("code", String(12), nullable=False),
    Column("words", Text, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("delivery_id", "kind"),
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

alarms = Table(
    "alarms",
    metadata,
    Column("name", String(300), primary_key=True),
    Column("words", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("told_at", Moment),
    Column("over_at", Moment),
)

bells = Table(
    "bells",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("next_at", Moment, nullable=False),
    Column("holder", String(200)),
    Column("words", String(500)),
)
