"""Bringing a database to the schema this code wants, and telling when it is not there."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.failures import SiagaError
from bot.store.unit_of_work import Store, translated

_FOLDER = Path(__file__).parent / "migrations"


class OldSchema(SiagaError):
    """The database's tables are not those of this version."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


async def upgrade(store: Store, to: str = "head") -> None:
    """Run all migrations up to `to`, in one transaction where the database can."""

    def run(connection: sa.Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)

    async with translated(), store.engine.connect() as connection:
        connection = await connection.execution_options(siaga_writes=True)
        await connection.run_sync(run)
        await connection.commit()


async def check(store: Store) -> None:
    """Raise OldSchema unless the database is at the newest migration."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    async with translated(), store.engine.connect() as connection:
        current = await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())
    if current != head:
        state = "is empty" if current is None else f"stands at migration {current}, this version wants {head}"
        raise OldSchema(f"the database {state}: run `siaga db upgrade` first")
