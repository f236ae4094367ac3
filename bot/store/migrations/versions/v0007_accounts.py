"""The second factor, an audit log that nobody edits, and what retention goes by."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NEW = {"admin": ["users.manage", "audit.read", "retention.read", "citizens.erase"]}
"""What the known roles may do from now on; roles of one's own making are left alone."""
_SEALED = {"audit": "id", "audit_days": "day"}
"""Tables whose rows are only ever inserted, by their key."""


def upgrade() -> None:
    op.add_column("sessions", sa.Column("verified", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.add_column("messages", sa.Column("forgotten", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("messages_to_forget", "messages", ["at"], unique=False, sqlite_where=sa.text("forgotten = 0"),
                    postgresql_where=sa.text("NOT forgotten"))  # fmt: skip
    op.create_table(
        "second_factors",
        sa.Column("user_id", _BIG, nullable=False),
        sa.Column("secret_enc", sa.LargeBinary(), nullable=True),
        sa.Column("pending_enc", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("user_id", _BIG, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"], unique=False)
    op.create_table(
        "audit_days",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "retention_runs",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _permit(add=True)
    _forbid_changes()


def _forbid_changes() -> None:
    """The database itself refuses to change or delete what was written down."""
    if op.get_bind().dialect.name == "sqlite":
        for table, key in _SEALED.items():
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"
                )
            # REPLACE deletes the old row without asking the trigger above.
            op.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 - constants of ours
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
                f"BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$"
    )
    for table in _SEALED:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION only_added_to()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION only_added_to()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC, CURRENT_USER")


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
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_no_update")
        op.execute("DROP TRIGGER audit_no_delete")
        op.execute("DROP TRIGGER audit_no_replace")
    else:
        op.execute("DROP TRIGGER audit_no_change ON audit")
        op.execute("DROP TRIGGER audit_no_truncate ON audit")
        op.execute("GRANT UPDATE, DELETE, TRUNCATE ON audit TO CURRENT_USER")
    _permit(add=False)
    op.drop_table("retention_runs")
    op.drop_table("audit_days")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION only_added_to()")
    op.drop_index("ix_recovery_codes_user_id", table_name="recovery_codes")
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
    op.drop_index("messages_to_forget", table_name="messages")
    op.drop_column("messages", "forgotten")
    op.drop_index("ix_audit_at", table_name="audit")
    op.drop_column("sessions", "verified")
