"""What readers say: stances and terms beside a topic, how broad and how picky an issue is, and what was liked."""

import sqlalchemy as sa
from alembic import op

revision = "0004_interests"
down_revision = "0003_trend"
branch_labels = None
depends_on = None

NEW_COLUMNS = (
    *(("topics", "beside"), ("topics", "stance"), ("issues", "note")),
    *(("subscribers", "bar"), ("subscribers", "breadth"), ("subscribers", "minutes")),
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "reactions",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("liked", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_reactions_paper_id"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_reactions_subscriber_id"),
        sa.PrimaryKeyConstraint("subscriber_id", "paper_id", name="pk_reactions"),
    )
    op.add_column("issues", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("subscribers", sa.Column("minutes", sa.Integer(), server_default="0", nullable=False))
    op.add_column("subscribers", sa.Column("breadth", sa.Float(), server_default="0.3", nullable=False))
    op.add_column("subscribers", sa.Column("bar", sa.Float(), server_default="0.3", nullable=False))
    # Whoever reads already goes on getting the issues they know: nothing new is left out.
    op.execute("UPDATE subscribers SET breadth = 0, bar = 0")
    op.add_column("topics", sa.Column("stance", sa.String(length=10), server_default="follow", nullable=False))
    op.add_column("topics", sa.Column("beside", sa.JSON(none_as_null=True), nullable=True))
    op.execute("UPDATE topics SET stance = 'never' WHERE never")
    op.drop_column("topics", "never")
    # Vectors are derived from what readers said, and are of another shape now.
    op.execute("DELETE FROM profile_vectors")


def downgrade() -> None:
    """Take back."""
    op.execute("DELETE FROM profile_vectors")
    op.add_column("topics", sa.Column("never", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE topics SET never = (stance = 'never')")
    for table, name in NEW_COLUMNS:
        op.drop_column(table, name)
    op.drop_table("reactions")
