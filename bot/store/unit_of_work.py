"""One transaction at a time, committed here and nowhere else.

SQLite has one writer: a write transaction begins with BEGIN IMMEDIATE, because a deferred one that turns into
a writer under two connections fails with "database is locked" without waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from bot.failures import TemporaryFailure
from bot.store.sealing import Sealer

PATIENCE: Final = 10
"""Seconds that a lock or an answer is waited for: less than Twilio waits for us."""
_TEMPORARY: Final = ("08", "28", "3D", "40001", "40P01", "53", "55P03", "57", "58")
"""PostgreSQL's codes (or their classes) of what is not our statement's fault: connection, sign-in, missing database,
serialization, deadlock, resources such as a full disk, a lock not to be had, a shutdown, the machine itself."""


class Away(TemporaryFailure):
    """The database is out of reach, full or busy."""


class Store:
    """The database: sessions for reading, sessions for writing, and the sealer both need."""

    def __init__(self, url: str, sealer: Sealer) -> None:
        self.url = url
        self.sealer = sealer
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _engine(url, self.is_sqlite)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        # One writer at a time within the process spares SQLite the busy wait between our own tasks.
        self._writing = asyncio.Lock() if self.is_sqlite else None
        self.trouble: str | None = None
        """Why the latest write failed; None once one has succeeded. A full disk still lets us read."""

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that changes nothing."""
        async with translated(), self._sessions() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed when the block ends, rolled back when it raises.

        Raises TemporaryFailure when the database cannot be reached.
        """
        try:
            async with self._written() as session:
                yield session
        except Away as error:
            self.trouble = str(error)
            raise
        self.trouble = None

    @asynccontextmanager
    async def _written(self) -> AsyncIterator[AsyncSession]:
        if self._writing is None:
            async with translated(), self._sessions.begin() as session:
                yield session
        else:
            async with self._writing, translated(), self._sessions() as session:
                connection = await session.connection(execution_options={"siaga_writes": True})
                assert connection is not None
                try:
                    yield session
                    await session.commit()
                except BaseException:
                    await session.rollback()
                    raise

    async def scrub(self) -> bool:
        """Let nothing that was deleted lie about in SQLite's log of changes; False when somebody is still reading it.

        Within the file itself deleted rows are overwritten at once (secure_delete). PostgreSQL's autovacuum reuses
        what was deleted; its log of changes is the operator's.
        """
        if not self.is_sqlite or self._writing is None:
            return True
        async with self._writing, translated(), self.engine.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            # Others must not wait long behind this: who cannot have it now comes back later.
            await raw.execute("PRAGMA busy_timeout=500")
            try:
                async with raw.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
                    row = await cursor.fetchone()
            finally:
                await raw.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
        return bool(row is not None and row[0] == 0)

    async def close(self) -> None:
        await self.engine.dispose()


def _engine(url: str, is_sqlite: bool) -> AsyncEngine:
    if not is_sqlite:
        # A process that stands still inside a transaction must not hold the others' conversations for ever.
        settings = {"lock_timeout": f"{PATIENCE}s", "idle_in_transaction_session_timeout": f"{3 * PATIENCE}s"}
        return create_async_engine(
            url, pool_size=16, max_overflow=4, pool_pre_ping=True, pool_recycle=1800, pool_timeout=PATIENCE,
            hide_parameters=True,
            connect_args={"timeout": PATIENCE, "command_timeout": 3 * PATIENCE, "server_settings": settings},
        )  # fmt: skip
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    # Parameters are citizens' words and names: errors must not carry them into the log.
    engine = create_async_engine(
        url, pool_size=12, pool_timeout=PATIENCE, connect_args={"timeout": PATIENCE}, hide_parameters=True
    )

    @sa.event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # Transactions are opened by the "begin" hook below, never by the driver.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            f"busy_timeout={PATIENCE * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("siaga_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """A database out of reach, full or busy is a temporary failure, told in one sentence."""
    try:
        yield
    except (OperationalError, PoolTimeout) as error:
        reason = getattr(error, "orig", "no connection is free")
        raise Away(f"the database does not answer: {reason}") from error
    except OSError as error:
        raise Away(f"the database cannot be reached: {type(error).__name__} {error}") from error
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise Away(f"the database connection broke: {type(error.orig).__name__}") from error
        # While connecting, asyncpg's errors come bare; later ones come wrapped.
        code = getattr(getattr(error, "orig", error), "sqlstate", None)
        if isinstance(code, str) and code.startswith(_TEMPORARY):
            reason = str(getattr(error, "orig", error)).partition("\n")[0]
            raise Away(f"the database cannot do it now: {reason} (code {code})") from error
        raise
