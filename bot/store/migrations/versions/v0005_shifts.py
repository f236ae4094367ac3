"""Shifts at the 112 desk, and what is kept of staff notices and of incidents of one event."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("incidents") as incidents:
        incidents.add_column(sa.Column("over", sa.Text(), nullable=True))
        incidents.add_column(sa.Column("rounds", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("conversations") as conversations:
        conversations.add_column(sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index("incidents_alike", "incidents", ["type", "created_at"], unique=False)
    op.create_table(
        "shifts",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("user_id", _BIG, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("shifts_open", "shifts", ["user_id"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_table(
        "notices",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_notices_made_at", "notices", ["made_at"], unique=False)
    op.create_table(
        "call_answers",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"]),
        sa.PrimaryKeyConstraint("call"),
    )


def downgrade() -> None:
    op.drop_table("call_answers")
    op.drop_index("ix_notices_made_at", table_name="notices")
    op.drop_table("notices")
    op.drop_index("shifts_open", table_name="shifts")
    op.drop_table("shifts")
    op.drop_index("incidents_alike", table_name="incidents")
    op.drop_column("conversations", "waiting_since")
    op.drop_column("incidents", "rounds")
    op.drop_column("incidents", "over")
