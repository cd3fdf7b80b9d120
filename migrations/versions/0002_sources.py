"""What trustworthy collecting needs: names of papers, more facts, fuller receipts, alarms."""

import sqlalchemy as sa
from alembic import op

revision = "0002_sources"
down_revision = "0001_initial"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "alarms",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_alarms"),
    )
    op.create_table(
        "paper_names",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_paper_names_paper_id"),
        sa.PrimaryKeyConstraint("name", name="pk_paper_names"),
    )
    with op.batch_alter_table("paper_names", schema=None) as batch_op:
        batch_op.create_index("ix_paper_names_paper_id", ["paper_id"], unique=False)

    op.add_column("papers", sa.Column("doi", sa.Text(), server_default="", nullable=False))
    op.add_column("papers", sa.Column("comment", sa.Text(), server_default="", nullable=False))
    op.add_column("papers", sa.Column("affiliation", sa.Text(), server_default="", nullable=False))
    op.add_column("papers", sa.Column("work_type", sa.Text(), server_default="", nullable=False))
    op.add_column("papers", sa.Column("venue", sa.Text(), server_default="", nullable=False))
    op.add_column("papers", sa.Column("year", sa.Integer(), nullable=True))
    op.add_column("papers", sa.Column("authors_complete", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("papers", sa.Column("withdrawn", sa.Boolean(), server_default=sa.false(), nullable=False))

    op.add_column("receipts", sa.Column("part", sa.String(length=300), server_default="", nullable=False))
    op.add_column("receipts", sa.Column("remedy", sa.Text(), server_default="", nullable=False))
    op.add_column("receipts", sa.Column("before", sa.Integer(), nullable=True))
    op.add_column("receipts", sa.Column("first_id", sa.String(length=300), server_default="", nullable=False))
    op.add_column("receipts", sa.Column("last_id", sa.String(length=300), server_default="", nullable=False))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.drop_column("last_id")
        batch_op.drop_column("first_id")
        batch_op.drop_column("before")
        batch_op.drop_column("remedy")
        batch_op.drop_column("part")

    with op.batch_alter_table("papers", schema=None) as batch_op:
        batch_op.drop_column("withdrawn")
        batch_op.drop_column("authors_complete")
        batch_op.drop_column("year")
        batch_op.drop_column("venue")
        batch_op.drop_column("work_type")
        batch_op.drop_column("affiliation")
        batch_op.drop_column("comment")
        batch_op.drop_column("doi")

    with op.batch_alter_table("paper_names", schema=None) as batch_op:
        batch_op.drop_index("ix_paper_names_paper_id")

    op.drop_table("paper_names")
    op.drop_table("alarms")
