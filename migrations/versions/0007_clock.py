"""The clock: which process holds a bell."""

import sqlalchemy as sa
from alembic import op

revision = "0007_clock"
down_revision = "0006_bounces"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("bells", sa.Column("holder", sa.String(length=200), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("bells", "holder")
