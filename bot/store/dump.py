"""Every table as plain values, and back: the part of a back-up that knows the database. Either kind into either.

A row is a JSON object of its columns; what JSON cannot say is tagged: `~t` a moment (ISO, UTC), `~b` bytes (base64),
`~j` a JSON column's own value.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from bot.failures import SiagaError
from bot.store import schema
from bot.store.tables import Outbox, Session
from bot.store.transaction import Transaction
from bot.store.unit_of_work import Store, translated

_AT_A_TIME: Final = 500
_VERSION: Final = "alembic_version"

Row = dict[str, Any]


class NotEmpty(SiagaError):
    """A back-up is only ever restored into an empty database."""


class Snapshot:
    """All tables as they stood at one moment, whatever is written meanwhile."""

    def __init__(self, connection: AsyncConnection, version: str, tables: Sequence[sa.Table]) -> None:
        self._connection = connection
        self._tables = {table.name: table for table in tables}
        self.version = version
        """The migration that the tables stand at."""

    @property
    def tables(self) -> list[str]:
        """Their names, each after those it refers to."""
        return list(self._tables)

    async def rows(self, table: str) -> AsyncIterator[Row]:
        """The rows of a table as JSON values, in the order of their keys."""
        rows = self._tables[table]
        found = await self._connection.stream(sa.select(rows).order_by(*rows.primary_key.columns))
        async for row in found.yield_per(_AT_A_TIME).mappings():
            yield {name: _tagged(value) for name, value in row.items()}


@asynccontextmanager
async def snapshot(store: Store) -> AsyncIterator[Snapshot]:
    """Read everything as of now. Raises OldSchema on a database of another version."""
    async with translated(), store.engine.connect() as connection:
        if not store.is_sqlite:
            connection = await connection.execution_options(isolation_level="REPEATABLE READ")
        # The first statement fixes the moment: on both kinds of database everything later sees the same.
        version = await connection.run_sync(schema.version_of)
        schema.check_version(version)
        yield Snapshot(connection, str(version), await connection.run_sync(_reflected))


@asynccontextmanager
async def restoring(store: Store, version: str, tables: Mapping[str, Iterable[Row]]) -> AsyncIterator[Transaction]:
    """Fill an empty database with these tables of `version` and bring it to ours; what the block does belongs to it.

    One transaction: when anything fails, the database stays empty. Raises NotEmpty.
    """
    async with translated(), store.engine.connect() as connection:
        connection = await connection.execution_options(siaga_writes=True)
        await connection.run_sync(_check_empty, version)
        await connection.run_sync(schema.upgrade_in, version)
        await connection.run_sync(_load, tables)
        await connection.run_sync(schema.upgrade_in, "head")
        async with AsyncSession(connection, expire_on_commit=False) as session:
            yield Transaction(session, store.sealer)
            await session.flush()
            await connection.commit()


async def doubtful(session: AsyncSession, reason: str) -> list[int]:
    """Mark as unknown whatever was on its way to LAPOR! when the back-up was made; the ids of these items."""
    found = await session.scalars(
        sa.update(Outbox)
        .where(Outbox.kind.in_(("file", "follow")), Outbox.state.in_(("pending", "sending")))
        .values(state="unknown", reason=reason)
        .returning(Outbox.id)
    )
    return sorted(found)


async def forget_sessions(session: AsyncSession) -> None:
    """Nobody is signed in any more."""
    await session.execute(sa.delete(Session))


def _check_empty(connection: sa.Connection, version: str) -> None:
    there = schema.version_of(connection)
    tables = _reflected(connection)
    filled = [table.name for table in tables if connection.execute(sa.select(table).limit(1)).first() is not None]
    if filled:
        raise NotEmpty(f"the database is not empty: the table {filled[0]} has rows; restore into a new one")
    if there not in (None, version):
        raise NotEmpty(
            f"the database has tables of migration {there}, the back-up is of {version}: restore into one without any"
        )


def _reflected(connection: sa.Connection) -> list[sa.Table]:
    """The tables as they are, which may be those of an older version; each after those it refers to."""
    found = sa.MetaData()
    found.reflect(connection)
    for table in found.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.JSON):
                column.type.none_as_null = True
    return [table for table in found.sorted_tables if table.name != _VERSION]


def _load(connection: sa.Connection, tables: Mapping[str, Iterable[Row]]) -> None:
    for table in _reflected(connection):
        for some in _portions(tables.get(table.name, ())):
            connection.execute(sa.insert(table), some)
        keys = list(table.primary_key.columns)
        if connection.dialect.name == "postgresql" and len(keys) == 1 and isinstance(keys[0].type, sa.Integer):
            # The next row gets a number of its own.
            highest = sa.select(sa.func.max(keys[0])).scalar_subquery()
            sequence = sa.func.pg_get_serial_sequence(table.name, keys[0].name)
            connection.execute(sa.select(sa.func.setval(sequence, highest)).where(highest.is_not(None)))


def _portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    portion: list[Row] = []
    for row in rows:
        portion.append({name: _untagged(value) for name, value in row.items()})
        if len(portion) == _AT_A_TIME:
            yield portion
            portion = []
    if portion:
        yield portion


def _tagged(value: Any) -> Any:
    match value:
        case datetime():
            # SQLite keeps no zone: what is stored is UTC.
            return {"~t": (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()}
        case bytes() | memoryview():
            return {"~b": base64.b64encode(bytes(value)).decode()}
        case dict() | list():
            return {"~j": value}
        case _:
            return value


def _untagged(value: Any) -> Any:
    match value:
        case {"~t": str(moment)}:
            return datetime.fromisoformat(moment)
        case {"~b": str(content)}:
            return base64.b64decode(content)
        case {"~j": content}:
            return content
        case _:
            return value
