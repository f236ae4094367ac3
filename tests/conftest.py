"""What every test may use. In CI nothing may be skipped: a skip there is a failure."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import logs
from bot.store import schema
from bot.store.sealing import Sealer
from bot.store.unit_of_work import Store

logs.configure("ERROR", "console")
POSTGRES = os.environ.get("SIAGA_TEST_POSTGRES")
SECRET = "a-secret-key-of-the-tests-alone-0123456789"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("SIAGA_NOTHING_SKIPPED"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where nothing may be: {report.longrepr}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/siaga.db"
    if not POSTGRES:
        pytest.skip("no PostgreSQL: `make test` starts one on Debian, SIAGA_TEST_POSTGRES names another")
    return empty_postgres()


def empty_postgres() -> str:
    """The test database with an empty public schema."""
    import asyncio

    import asyncpg

    async def clear() -> None:
        connection = await asyncpg.connect(POSTGRES)
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.close()

    asyncio.run(clear())
    return POSTGRES.replace("postgresql://", "postgresql+asyncpg://") if POSTGRES else ""


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A migrated database."""
    store = Store(database_url, Sealer(SECRET))
    await schema.upgrade(store)
    yield store
    await store.close()
