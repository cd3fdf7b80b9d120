"""What comes back of deliveries; who holds a bell and what it is rung for; an index for what was sent since."""

import sqlalchemy as sa
from alembic import op

revision = "0006_delivery"
down_revision = "0005_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "bounces",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_bounces_delivery_id"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_bounces_subscriber_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bounces"),
        sa.UniqueConstraint("delivery_id", "kind", name="uq_bounces_delivery_id_kind"),
    )
    op.create_index("ix_bounces_subscriber_id", "bounces", ["subscriber_id"], unique=False)
    op.add_column("bells", sa.Column("holder", sa.String(length=200), nullable=True))
    op.add_column("bells", sa.Column("words", sa.String(length=500), nullable=True))
    op.create_index("ix_deliveries_sent_at", "deliveries", ["sent_at"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_deliveries_sent_at", "deliveries")
    op.drop_column("bells", "words")
    op.drop_column("bells", "holder")
    op.drop_table("bounces")
