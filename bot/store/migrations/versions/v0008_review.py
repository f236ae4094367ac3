"""Corrections of what the bot understood, canned replies, and what the petugas' lists are searched by."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NEW = {
    "peninjau": ["dashboard.read"],
    "operator": ["dashboard.read", "review.correct", "reports.export"],
    "petugas_112": ["dashboard.read", "review.correct"],
    "admin": ["dashboard.read", "review.correct", "review.export", "reports.export", "canned.edit"],
}
"""What the known roles may do from now on; roles of one's own making are left alone."""


def upgrade() -> None:
    _messages()
    _lists()
    op.create_table(
        "reviews",
        sa.Column("message_id", _BIG, nullable=False),
        sa.Column("conversation_id", _BIG, nullable=False),
        sa.Column("said_intent", sa.Text(), nullable=False),
        sa.Column("said_category", sa.Text(), nullable=True),
        sa.Column("said_danger", sa.Text(), nullable=True),
        sa.Column("said_kecamatan", sa.Text(), nullable=True),
        sa.Column("said_desa", sa.Text(), nullable=True),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("danger", sa.Boolean(), nullable=False),
        sa.Column("danger_type", sa.Text(), nullable=True),
        sa.Column("kecamatan", sa.Text(), nullable=True),
        sa.Column("desa", sa.Text(), nullable=True),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("user_id", _BIG, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("reviews_latest", "reviews", ["at", "message_id"], unique=False)
    op.create_index("ix_reviews_conversation_id", "reviews", ["conversation_id"], unique=False)
    op.create_table(
        "canned_replies",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("shortcut", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("shortcut"),
    )
    _permit(add=True)


def _messages() -> None:
    """What a message was understood as, beside it in columns of their own."""
    for column in (
        sa.Column("intent", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("danger", sa.Text(), nullable=True),
    ):
        op.add_column("messages", column)
    # Defaults are left out of the stored JSON.
    if op.get_bind().dialect.name == "sqlite":
        found = {name: f"json_extract(understanding, '$.{name}')" for name in ("intent", "confidence")}
        found["category"] = "json_extract(understanding, '$.category.code')"
        found["danger"] = "json_extract(understanding, '$.emergency.level')"
    else:
        found = {"intent": "understanding ->> 'intent'", "confidence": "(understanding ->> 'confidence')::float"}
        found["category"] = "understanding #>> '{category,code}'"
        found["danger"] = "understanding #>> '{emergency,level}'"
    op.execute(
        f"UPDATE messages SET intent = COALESCE({found['intent']}, 'luar_topik'), "  # noqa: S608 - constants of ours
        f"confidence = COALESCE({found['confidence']}, 0), category = {found['category']}, "
        f"danger = NULLIF({found['danger']}, 'none') WHERE understanding IS NOT NULL"
    )
    for name, columns, condition in (
        ("messages_understood", ["conversation_id", "intent", "category", "confidence"], "intent IS NOT NULL"),
        ("messages_doubtful", ["confidence", "id"], "intent IS NOT NULL"),
        ("messages_danger", ["id"], "danger IS NOT NULL"),
    ):
        _index(name, "messages", columns, condition)


def _lists() -> None:
    op.drop_index("ix_conversations_last_inbound_at", table_name="conversations")
    op.create_index("conversations_latest", "conversations", ["last_inbound_at", "id"], unique=False)
    sqlite = op.get_bind().dialect.name == "sqlite"
    waits = "waiting_for_staff = 1" if sqlite else "waiting_for_staff"
    _index("conversations_waiting", "conversations", ["last_inbound_at", "id"], waits)
    _index("conversations_held", "conversations", ["last_inbound_at", "id"], "held_by IS NOT NULL")
    op.create_index("reports_latest", "reports", ["created_at", "ticket"], unique=False)
    _index("inbox_failed", "inbox", ["conversation_id"], "error IS NOT NULL")
    _index("outbox_stuck", "outbox", ["conversation_id"], "state IN ('parked', 'unknown')")
    op.create_index("ix_deliveries_finished_at", "deliveries", ["finished_at"], unique=False)


def _index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)


def _permit(*, add: bool) -> None:
    """Give the known roles what is new, or take it from them."""
    roles = sa.table("roles", sa.column("name", sa.Text()), sa.column("permissions", sa.JSON()))
    connection = op.get_bind()
    for name, permissions in connection.execute(sa.select(roles.c.name, roles.c.permissions)).all():
        present = json.loads(permissions) if isinstance(permissions, str) else list(permissions)
        new = _NEW.get(name, [])
        kept = [p for p in present if p not in new]
        connection.execute(sa.update(roles).where(roles.c.name == name).values(permissions=kept + new if add else kept))


def downgrade() -> None:
    _permit(add=False)
    op.drop_table("canned_replies")
    op.drop_index("ix_reviews_conversation_id", table_name="reviews")
    op.drop_index("reviews_latest", table_name="reviews")
    op.drop_table("reviews")
    op.drop_index("ix_deliveries_finished_at", table_name="deliveries")
    op.drop_index("outbox_stuck", table_name="outbox")
    op.drop_index("inbox_failed", table_name="inbox")
    op.drop_index("reports_latest", table_name="reports")
    for name in ("conversations_held", "conversations_waiting", "conversations_latest"):
        op.drop_index(name, table_name="conversations")
    op.create_index("ix_conversations_last_inbound_at", "conversations", ["last_inbound_at"], unique=False)
    for name in ("messages_danger", "messages_doubtful", "messages_understood"):
        op.drop_index(name, table_name="messages")
    for column in ("danger", "confidence", "category", "intent"):
        op.drop_column("messages", column)
