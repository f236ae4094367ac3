"""Support for another's report, the ledger of erasures, and an index for the search of duplicates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("reports") as reports:
        reports.add_column(sa.Column("supporters", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("reports_alike", "reports", ["category", "created_at"], unique=False)
    op.create_table(
        "report_supports",
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["reports.ticket"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.PrimaryKeyConstraint("ticket", "conversation_id"),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_erasures_fingerprint", "erasures", ["fingerprint"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_erasures_fingerprint", table_name="erasures")
    op.drop_table("erasures")
    op.drop_table("report_supports")
    op.drop_index("reports_alike", table_name="reports")
    with op.batch_alter_table("reports") as reports:
        reports.drop_column("supporters")
