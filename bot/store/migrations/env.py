"""Runs the migrations over the connection that bot.store.schema hands over."""

from __future__ import annotations

from alembic import context

from bot.store import tables_accounts, tables_desk, tables_lapor, tables_notifier, tables_review  # noqa: F401 - their tables belong to the metadata
from bot.store.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
