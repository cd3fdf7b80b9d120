"""What readers say: stances and terms beside a topic, how broad and how picky an issue is, and what was liked."""

import sqlalchemy as sa
from alembic import op

revision = "0004_interests"
down_revision = "0003_trend"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "reactions",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("liked", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_reactions_paper_id"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_reactions_subscriber_id"),
        sa.PrimaryKeyConstraint("subscriber_id", "paper_id", name="pk_reactions"),
    )
    op.add_column("issues", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("subscribers", sa.Column("minutes", sa.Integer(), server_default="0", nullable=False))
    op.add_column("subscribers", sa.Column("breadth", sa.Float(), server_default="0.3", nullable=False))
    op.add_column("subscribers", sa.Column("bar", sa.Float(), server_default="0.3", nullable=False))
    op.add_column("topics", sa.Column("stance", sa.String(length=10), server_default="follow", nullable=False))
    op.add_column("topics", sa.Column("beside", sa.JSON(none_as_null=True), nullable=True))
    op.execute("UPDATE topics SET stance = 'never' WHERE never")
    with op.batch_alter_table("topics", schema=None) as batch_op:
        batch_op.drop_column("never")
    # Vectors are derived from what readers said, and are of another shape now.
    op.execute("DELETE FROM profile_vectors")


def downgrade() -> None:
    """Take back."""
    op.execute("DELETE FROM profile_vectors")
    op.add_column("topics", sa.Column("never", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE topics SET never = (stance = 'never')")
    with op.batch_alter_table("topics", schema=None) as batch_op:
        batch_op.drop_column("beside")
        batch_op.drop_column("stance")
    with op.batch_alter_table("issues", schema=None) as batch_op:
        batch_op.drop_column("note")
    with op.batch_alter_table("subscribers", schema=None) as batch_op:
        batch_op.drop_column("bar")
        batch_op.drop_column("breadth")
        batch_op.drop_column("minutes")
    op.drop_table("reactions")
