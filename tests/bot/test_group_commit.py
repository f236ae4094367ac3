"""Items of concurrent callers share a transaction; none fails for another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.group_commit import GroupCommit


async def test_those_who_come_while_one_writes_share_the_next() -> None:
    batches: list[list[int]] = []

    async def write(items: Sequence[int]) -> None:
        batches.append(list(items))
        await asyncio.sleep(0.01)

    group = GroupCommit(write)
    await asyncio.gather(*(group.add(n) for n in range(20)))
    assert batches[0] == [0] or len(batches) <= 2
    assert sorted(n for batch in batches for n in batch) == list(range(20))
    assert len(batches) <= 2


async def test_one_bad_item_fails_alone() -> None:
    written: list[int] = []

    async def write(items: Sequence[int]) -> None:
        if 3 in items:
            raise ValueError("three")
        written.extend(items)

    group = GroupCommit(write)
    results = await asyncio.gather(*(group.add(n) for n in range(6)), return_exceptions=True)
    assert [type(r) for r in results] == [type(None)] * 3 + [ValueError] + [type(None)] * 2
    assert sorted(written) == [0, 1, 2, 4, 5]


async def test_a_caller_who_is_cancelled_takes_nobody_with_them() -> None:
    written: list[int] = []
    go = asyncio.Event()

    async def write(items: Sequence[int]) -> None:
        await go.wait()
        written.extend(items)

    group = GroupCommit(write)
    first, second = asyncio.create_task(group.add(1)), asyncio.create_task(group.add(2))
    await asyncio.sleep(0)
    first.cancel()
    go.set()
    await second
    assert first.cancelled() or first.cancelling()
    assert written == [1, 2]
