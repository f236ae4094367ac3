"""Looking for a citizen everywhere: every row of every table, sealed columns opened, and the bytes of every file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.store.sealing import Sealer, WrongKey
from bot.store.tables import Base
from bot.store.unit_of_work import Store


async def dump(store: Store) -> dict[str, str]:
    """Everything the database holds, in words, by table."""
    held: dict[str, str] = {}
    async with store.read() as session:
        for table in Base.metadata.sorted_tables:
            rows = await session.execute(sa.select(table))
            held[table.name] = "\n".join(str([_opened(store.sealer, value) for value in row]) for row in rows)
    return held


def _opened(sealer: Sealer, value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return sealer.open(value)
    except WrongKey:
        return value


async def sealed(store: Store) -> list[bytes]:
    """Every sealed value there is, as it lies on the disk."""
    found: list[bytes] = []
    async with store.read() as session:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if column.name.endswith("_enc")]
            for row in await session.execute(sa.select(*columns)) if columns else ():
                found += [bytes(value) for value in row if value]
    return found


def in_files(folder: Path, needles: Sequence[bytes]) -> list[str]:
    """Which files below this folder hold one of these byte strings."""
    return [
        f"{path.relative_to(folder)}: {needle!r}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for content in [_bytes(path)]
        for needle in needles
        if needle in content
    ]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def in_rows(held: dict[str, str], needles: Sequence[str]) -> list[str]:
    """Which tables hold one of these."""
    return [f"{table}: {needle}" for table, words in held.items() for needle in needles if needle in words]
