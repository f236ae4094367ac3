"""What the tests under stress share."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from sqlalchemy import text as sql

from bot.store.transaction import reading
from bot.store.unit_of_work import Store
from tests.bot.house import TestHouse

SOON = 3.0
"""Seconds within which someone in danger is answered here, whatever else goes on."""
LAMP = "lampu jalan mati depan masjid"
FIRE = "kebakaran di pasar"


@contextlib.asynccontextmanager
async def at_work(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """These loops run meanwhile."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(true: Callable[[], bool], seconds: float = SOON) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s"
        await asyncio.sleep(0.02)


def told(house: TestHouse, who: str) -> list[str]:
    return [message.text for address, message in house.channel.sent if address == who]


def told_112(house: TestHouse, who: str) -> bool:
    return any(words.startswith("*Telepon 112 sekarang") for words in told(house, who))


async def execute(store: Store, statement: str, **values: Any) -> list[Any]:
    async with store.write() as session:
        done = await session.execute(sql(statement), values)
        return list(done.all()) if done.returns_rows else []


async def incidents(house: TestHouse) -> int:
    async with reading(house.store) as tx:
        return len(await tx.incidents.listing())


def hang(house: TestHouse, who: str) -> None:
    """The channel never answers for this citizen."""
    send = house.channel.send

    async def sending(address: str, message: Any) -> str:
        if address == who:
            await asyncio.Event().wait()
        return await send(address, message)

    house.channel.send = sending  # type: ignore[method-assign]
