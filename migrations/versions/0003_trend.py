"""What trend needs: the terms that rise, kept with an edition, and what is said of a model."""

import sqlalchemy as sa
from alembic import op

revision = "0003_trend"
down_revision = "0002_sources"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("editions", sa.Column("rising", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("models", sa.Column("facts", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("models", schema=None) as batch_op:
        batch_op.drop_column("facts")

    with op.batch_alter_table("editions", schema=None) as batch_op:
        batch_op.drop_column("rising")
