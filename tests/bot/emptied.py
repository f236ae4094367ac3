"""A database that is migrated once for a module and emptied for each of its tests: migrating is what takes time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from bot.store import schema
from bot.store.sealing import Sealer
from bot.store.tables import Base
from bot.store.unit_of_work import Store
from tests.conftest import POSTGRES, SECRET, empty_postgres

KEPT = ("audit", "audit_days")
"""Their rows cannot be deleted."""


def migrated(kind: str, folder: str) -> str:
    """The address of an empty database of this kind at the newest migration."""
    if kind == "postgresql" and not POSTGRES:
        pytest.skip("no PostgreSQL: `make test` starts one on Debian, SIAGA_TEST_POSTGRES names another")
    url = f"sqlite+aiosqlite:///{folder}/siaga.db" if kind == "sqlite" else empty_postgres()

    async def upgrade() -> None:
        store = Store(url, Sealer(SECRET))
        await schema.upgrade(store)
        await store.close()

    asyncio.run(upgrade())
    return url


@asynccontextmanager
async def emptied(url: str) -> AsyncIterator[Store]:
    """The database without rows, those of the audit apart; numbers go on from where they were."""
    store = Store(url, Sealer(SECRET))
    async with store.engine.connect() as connection:
        version = await connection.run_sync(schema.version_of)
    if version is None:
        # A test needed it without tables.
        await schema.upgrade(store)
    async with store.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name not in KEPT:
                await session.execute(sa.delete(table))
    yield store
    await store.close()
