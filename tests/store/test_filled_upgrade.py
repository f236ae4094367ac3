"""A database that has been in use comes up to the newest tables whole, and goes back down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import command

from bot.store import schema
from bot.store.sealing import Sealer
from bot.store.unit_of_work import Store

EARLIER = "0002"
NAMED = {"roles": "admin", "reports": "KS-260101-AAAA", "incidents": "kejadian-1", "media": "ab" * 32}
"""The keys that are words, by table."""


def value(table: sa.Table, column: sa.Column[Any]) -> Any:
    """Something that fits: every table gets one row, and every reference leads to it."""
    for key in column.foreign_keys:
        return NAMED.get(key.column.table.name, 1)
    match column.type:
        case sa.JSON():
            return {"intent": "lapor", "confidence": 0.9} if column.name == "understanding" else ["home"]
        case sa.Boolean():
            return False
        case sa.Integer():
            return 1
        case sa.DateTime():
            return datetime(2026, 1, 1, tzinfo=UTC)
        case sa.LargeBinary():
            return b"sealed"
        case sa.Float():
            return 1.0
    return NAMED.get(table.name, "satu") if column.primary_key else column.name


def tables(connection: sa.Connection) -> list[sa.Table]:
    found = sa.MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def fill(connection: sa.Connection) -> None:
    for table in tables(connection):
        connection.execute(sa.insert(table), {c.name: value(table, c) for c in table.columns})


def rows(connection: sa.Connection) -> dict[str, dict[str, Any]]:
    return {
        table.name: dict(row) for table in tables(connection) for row in connection.execute(sa.select(table)).mappings()
    }


def down(connection: sa.Connection) -> None:
    config = schema._config()
    config.attributes["connection"] = connection
    command.downgrade(config, EARLIER)


async def test_nothing_is_lost_on_the_way_up_or_down(database_url: str) -> None:
    store = Store(database_url, Sealer("rahasia" * 8))
    await schema.upgrade(store, EARLIER)

    async def within(do: Any) -> Any:
        async with store.engine.connect() as connection:
            connection = await connection.execution_options(siaga_writes=True)
            found = await connection.run_sync(do)
            await connection.commit()
            return found

    await within(fill)
    before = await within(rows)
    assert before["deliveries"]["outbox_id"] == before["outbox"]["id"]
    await schema.upgrade(store)
    await schema.check(store)
    after = await within(rows)
    assert (after["messages"]["intent"], after["messages"]["confidence"]) == ("lapor", 0.9)
    for name in before.keys() - {"roles"}:
        assert {key: after[name][key] for key in before[name]} == before[name], name
    await within(down)
    again = await within(rows)
    assert {name: again[name] for name in before.keys() - {"roles"}} == {
        name: before[name] for name in before.keys() - {"roles"}
    }
    await store.close()
