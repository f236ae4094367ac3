"""What LAPOR! said of a report, and when it was asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reports_at_lapor",
        sa.Column("ticket", sa.Text(), sa.ForeignKey("reports.ticket"), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("log", sa.Text(), nullable=True),
        sa.Column("addressee", sa.Text(), nullable=True),
        sa.Column("checked_at", _MOMENT, nullable=True),
        sa.Column("poll_at", _MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("attention", sa.Text(), nullable=True),
        sa.Column("submitted_at", _MOMENT, nullable=True),
        sa.Column("forwarded_at", _MOMENT, nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("ticket"),
    )
    op.create_index("ix_reports_at_lapor_poll_at", "reports_at_lapor", ["poll_at"])
    op.create_table(
        "lapor_followups",
        sa.Column("id", _BIG_ID, nullable=False),
        sa.Column("ticket", sa.Text(), sa.ForeignKey("reports.ticket"), nullable=False),
        sa.Column("lapor_id", sa.Text(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ticket", "lapor_id"),
    )
    op.create_index("ix_lapor_followups_ticket", "lapor_followups", ["ticket"])
    op.create_table(
        "lapor_masters",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lapor_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("synced_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "lapor_id"),
    )
    op.add_column("report_photos", sa.Column("problem", sa.Text(), nullable=True))
    op.add_column("report_photos", sa.Column("left_out_by", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("report_photos", "left_out_by")
    op.drop_column("report_photos", "problem")
    op.drop_table("lapor_masters")
    op.drop_table("lapor_followups")
    op.drop_table("reports_at_lapor")
