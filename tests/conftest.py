"""What every test may use. In CI nothing may be skipped: a skip there is a failure."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import logs
from bot.store import schema
from bot.store.sealing import Sealer
from bot.store.unit_of_work import Store

logs.configure("ERROR", "console")
SECRET = "a-secret-key-of-the-tests-alone-0123456789"


def _own_database() -> str | None:
    """The test database; where tests run side by side, one for each worker."""
    given, worker = os.environ.get("SIAGA_TEST_POSTGRES"), os.environ.get("PYTEST_XDIST_WORKER")
    return f"{given}_{worker}" if given and worker else given


POSTGRES = _own_database()


async def _anew(name: str, template: str | None = "template0") -> None:
    """The database `name` as a copy of another, whatever was there before; without another, gone."""
    import asyncpg

    connection = await asyncpg.connect(os.environ["SIAGA_TEST_POSTGRES"])
    try:
        # Not WITH (FORCE): that may not end the server's own vacuum, which a plain DROP sends away by itself.
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                 " WHERE datname = $1 AND usename = current_user", name)  # fmt: skip
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
        if template:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        await connection.close()


def pytest_configure(config: pytest.Config) -> None:
    if POSTGRES and os.environ.get("PYTEST_XDIST_WORKER"):
        asyncio.run(_anew(POSTGRES.rpartition("/")[2]))


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
    import asyncpg

    async def clear() -> None:
        connection = await asyncpg.connect(POSTGRES)
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.close()

    asyncio.run(clear())
    return _with_driver(POSTGRES or "")


def _with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+asyncpg://")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema and nothing in it: copied, it spares each test the migrations."""
    path = tmp_path_factory.mktemp("migrated") / "siaga.db"

    async def migrate() -> None:
        store = Store(f"sqlite+aiosqlite:///{path}", Sealer(SECRET))
        await schema.upgrade(store)
        await store.close()

    asyncio.run(migrate())
    return path


_TEMPLATES: list[str] = []


async def _template() -> str:
    """The same on PostgreSQL: the name of a database to be copied, made once in each process."""
    assert POSTGRES
    name = f"{POSTGRES.rpartition('/')[2]}_template"
    if not _TEMPLATES:
        await _anew(name)
        store = Store(f"{_with_driver(POSTGRES)}_template", Sealer(SECRET))
        await schema.upgrade(store)
        await store.close()
        _TEMPLATES.append(name)
    return name


@pytest.fixture
async def store(database_url: str, migrated: Path) -> AsyncIterator[Store]:
    """A migrated database."""
    url = database_url
    if url.startswith("sqlite"):
        shutil.copyfile(migrated, url.removeprefix("sqlite+aiosqlite:///"))
    else:
        url += "_copy"
        await _anew(url.rpartition("/")[2], await _template())
    store = Store(url, Sealer(SECRET))
    yield store
    await store.close()
