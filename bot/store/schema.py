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

    async with translated(), store.engine.connect() as connection:
        connection = await connection.execution_options(siaga_writes=True)
        await connection.run_sync(upgrade_in, to)
        await connection.commit()


def upgrade_in(connection: sa.Connection, to: str) -> None:
    """The same within the transaction of this connection, which somebody else commits."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


async def check(store: Store) -> None:
    """Raise OldSchema unless the database is at the newest migration."""
    async with translated(), store.engine.connect() as connection:
        check_version(await connection.run_sync(version_of))


def version_of(connection: sa.Connection) -> str | None:
    """The migration that the database stands at; None when it has no tables."""
    return MigrationContext.configure(connection).get_current_revision()


def known(version: str) -> bool:
    """Whether this code has the migrations up to `version`."""
    return any(script.revision == version for script in ScriptDirectory.from_config(_config()).walk_revisions())


def check_version(current: str | None) -> None:
    """Raise OldSchema unless `current` is the newest migration."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if current != head:
        state = "is empty" if current is None else f"stands at migration {current}, this version wants {head}"
        raise OldSchema(f"the database {state}: run `siaga db upgrade` first")
