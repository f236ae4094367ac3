"""Many small writes, one transaction: whoever comes while another writes shares the next one.

On SQLite every transaction is a wait for the disk; under a burst this is the difference between fifty of them and
one. A caller returns only when its own item is safely written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from bot.failures import TemporaryFailure

T = TypeVar("T")

MOST: Final = 200
"""Items of one transaction: the last to come must not wait for a writing without end."""


class GroupCommit(Generic[T]):
    """Collects items of concurrent callers and hands them to `write` together."""

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def add(self, item: T) -> None:
        """Write this item, perhaps with others. Raises what its writing raised; an item never fails for another."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._writer is None:
            # A task of its own: a caller who is cancelled takes nobody's write with them.
            self._writer = asyncio.create_task(self._write_waiting())
        await future

    async def _write_waiting(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._write_all(together)
        finally:
            self._writer = None

    async def _write_all(self, together: list[tuple[T, asyncio.Future[None]]]) -> None:
        error = await self._try(together)
        if error is not None and len(together) > 1:
            away: Exception | None = None
            for one in together:
                # Where the database is away for one it is away for all: nobody waits for every other's patience.
                error = away or await self._try([one])
                if isinstance(error, TemporaryFailure):
                    away = error
                _settle([one], error)
        else:
            _settle(together, error)

    async def _try(self, together: list[tuple[T, asyncio.Future[None]]]) -> Exception | None:
        try:
            await self._write([item for item, _ in together])
        except Exception as error:
            return error
        except BaseException:
            for _, future in together:
                future.cancel()
            raise
        return None


def _settle(together: Sequence[tuple[T, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, future in together:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
