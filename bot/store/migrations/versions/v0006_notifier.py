"""Why a message was not delivered, and what waits for the citizen's next contact."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("state = 'waiting'")
_NEW = "outbox.manage"


def upgrade() -> None:
    # Not in a batch: that would make the table anew on SQLite, where deliveries refer to it.
    op.add_column("outbox", sa.Column("by_template", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("outbox", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "outbox_waiting", "outbox", ["conversation_id"], unique=False, sqlite_where=_WAITING, postgresql_where=_WAITING
    )
    op.create_table(
        "early_words",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_early_words_reference", "early_words", ["reference"], unique=False)
    _permit(add=True)


def _permit(*, add: bool) -> None:
    """Give the admin of a database that has roles what is new, or take it away."""
    roles = sa.table("roles", sa.column("name", sa.Text()), sa.column("permissions", sa.JSON()))
    connection = op.get_bind()
    for (permissions,) in connection.execute(sa.select(roles.c.permissions).where(roles.c.name == "admin")).all():
        present = json.loads(permissions) if isinstance(permissions, str) else list(permissions)
        kept = [p for p in present if p != _NEW]
        connection.execute(
            sa.update(roles).where(roles.c.name == "admin").values(permissions=[*kept, _NEW] if add else kept)
        )


def downgrade() -> None:
    _permit(add=False)
    op.drop_index("ix_early_words_reference", table_name="early_words")
    op.drop_table("early_words")
    op.drop_index("outbox_waiting", table_name="outbox")
    op.drop_column("outbox", "expires_at")
    op.drop_column("outbox", "by_template")
