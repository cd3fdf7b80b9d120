"""The tables of what concerns papers: listings, signals, receipts, models, editions."""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
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


def to(table: str, **options: Any) -> Column[int]:
    """Give a column that points to a row of another table."""
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
    Column("doi", Text, nullable=False, server_default=""),
    Column("comment", Text, nullable=False, server_default=""),
    Column("affiliation", Text, nullable=False, server_default=""),
    Column("work_type", Text, nullable=False, server_default=""),
    Column("venue", Text, nullable=False, server_default=""),
    Column("year", Integer),
    Column("authors_complete", Boolean, nullable=False, server_default=true()),
    Column("withdrawn", Boolean, nullable=False, server_default=false()),
    Column("text_source", String(40), nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

paper_names = Table(
    "paper_names",
    metadata,
    Column("name", String(300), primary_key=True),
    to("papers", index=True),
)

listings = Table(
    "listings",
    metadata,
    to("papers", primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("listed_on", Date, primary_key=True),
    Column("kind", String(20), nullable=False),
    Index(None, "listed_on"),
)

signals = Table(
    "signals",
    metadata,
    to("papers", primary_key=True),
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
    Column("part", String(300), nullable=False, server_default=""),
    Column("remedy", Text, nullable=False, server_default=""),
    Column("before", Integer),
    Column("first_id", String(300), nullable=False, server_default=""),
    Column("last_id", String(300), nullable=False, server_default=""),
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
    Column("facts", JSON, nullable=False, server_default="{}"),
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
    Column("rising", JSON, nullable=False, server_default="[]"),
    UniqueConstraint("day", "revision"),
)
