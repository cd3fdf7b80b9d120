"""The mail: layouts, quiet days, pauses, and what an issue says of papers that came next and of days before it."""

import sqlalchemy as sa
from alembic import op

revision = "0005_mail"
down_revision = "0004_interests"
branch_labels = None
depends_on = None

NEW_COLUMNS = (
    *(("issues", "since"), ("issues", "missed"), ("issues", "layout")),
    *(("subscribers", "resumes_at"), ("subscribers", "quiet_days"), ("subscribers", "layout")),
)


def upgrade() -> None:
    """Apply."""
    for table in ("subscribers", "issues"):
        op.add_column(table, sa.Column("layout", sa.String(length=10), server_default="normal", nullable=False))
    op.add_column("subscribers", sa.Column("quiet_days", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("subscribers", sa.Column("resumes_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("issues", sa.Column("missed", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("issues", sa.Column("since", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take back."""
    for table, name in NEW_COLUMNS:
        op.drop_column(table, name)
