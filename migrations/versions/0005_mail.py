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
NEW_WISHES = ("layout", "quiet_days")


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
    # The code before knows two kinds of mail, and no end of a pause by which it could wake a reader.
    op.execute("DELETE FROM deliveries WHERE kind NOT IN ('issue', 'confirmation')")
    op.execute(
        "UPDATE subscribers SET status = 'active', next_issue_at = resumes_at "
        "WHERE status = 'paused' AND resumes_at IS NOT NULL"
    )
    _forget_new_wishes()
    for table, name in NEW_COLUMNS:
        op.drop_column(table, name)


def _forget_new_wishes() -> None:
    """Drop from what waits to be confirmed the wishes that the code before cannot read."""
    asked = sa.table("confirmations", sa.column("id", sa.Integer()), sa.column("wishes", sa.JSON()))
    for number, wishes in op.get_bind().execute(sa.select(asked.c.id, asked.c.wishes)).all():
        kept = {name: wish for name, wish in wishes.items() if name not in NEW_WISHES}
        op.get_bind().execute(asked.update().where(asked.c.id == number).values(wishes=kept))
