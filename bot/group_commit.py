"""Many small writes, one transaction: whoever comes while another writes shares the next one.

On SQLite every transaction is a wait for the disk; under a burst this is the difference between fifty of them and
one. A caller returns only when its own item is safely written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


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
                together, self._waiting = self._waiting, []
                await self._write_all(together)
        finally:
            self._writer = None

    async def _write_all(self, together: list[tuple[T, asyncio.Future[None]]]) -> None:
        try:
            await self._write([item for item, _ in together])
        except Exception as error:
            if len(together) > 1:
                for one in together:
                    await self._write_all([one])
            elif not together[0][1].done():
                together[0][1].set_exception(error)
        except BaseException:
            for _, future in together:
                future.cancel()
            raise
        for _, future in together:
            if not future.done():
                future.set_result(None)
