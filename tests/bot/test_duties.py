"""Recurring work: once by one process, again after a failure, made up after an outage."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta

from bot.duties import AGAIN, CLAIM, DailyAt, Duties, Duty, Every
from bot.failures import TemporaryFailure
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store

START = datetime(2026, 11, 10, 0, 30, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


async def _entered(store: Store, duties: list[Duty], clock: Clock) -> Duties:
    async with writing(store) as tx:
        await tx.duties.enter({d.name: d.rhythm.first(clock.now) for d in duties})
    return Duties(store, duties, clock)


async def test_two_processes_do_it_once(store: Store) -> None:
    clock, runs = Clock(), []

    async def work(now: datetime) -> str:
        runs.append(now)
        await asyncio.sleep(0.05)
        return "counted"

    duty = Duty("count", Every(timedelta(hours=1)), work)
    one, two = await _entered(store, [duty], clock), Duties(store, [duty], clock)
    done = await asyncio.gather(one.do_due(), two.do_due())
    assert sorted(map(len, done)) == [0, 1]
    assert runs == [START]
    clock.now += timedelta(minutes=50)
    assert await one.do_due() == []
    clock.now += timedelta(minutes=17)
    assert await two.do_due() == ["count"]


async def test_a_failure_is_told_and_tried_again(store: Store) -> None:
    clock = Clock()
    failing = [True]

    async def work(now: datetime) -> str:
        if failing.pop():
            raise TemporaryFailure("LAPOR! does not answer")
        return "asked"

    duties = await _entered(store, [Duty("ask", Every(timedelta(hours=3)), work)], clock)
    await duties.do_due()
    async with reading(store) as tx:
        (row,) = await tx.duties.listing()
    assert (row.outcome, row.told, row.due_at) == ("failed", "LAPOR! does not answer", START + AGAIN)
    failing.append(False)
    clock.now += AGAIN
    await duties.do_due()
    async with reading(store) as tx:
        (row,) = await tx.duties.listing()
    assert (row.outcome, row.told) == ("done", "asked")


async def test_a_run_that_died_is_taken_up_when_its_claim_ends(store: Store) -> None:
    clock = Clock()

    async def dies(now: datetime) -> str:
        raise asyncio.CancelledError

    async def works(now: datetime) -> str:
        return "done"

    dying = await _entered(store, [Duty("d", Every(timedelta(hours=1)), dies)], clock)
    task = asyncio.create_task(dying.do_due())
    await asyncio.wait([task])
    assert task.cancelled()
    heir = Duties(store, [Duty("d", Every(timedelta(hours=1)), works)], clock)
    assert await heir.do_due() == []
    clock.now += CLAIM
    assert await heir.do_due() == ["d"]


def test_daily_means_wita() -> None:
    seven = DailyAt(time(7, 30))
    before = datetime(2026, 11, 9, 23, 0, tzinfo=UTC)
    assert seven.first(before) == datetime(2026, 11, 9, 23, 30, tzinfo=UTC)
    assert seven.after(datetime(2026, 11, 9, 23, 30, tzinfo=UTC)) == datetime(2026, 11, 10, 23, 30, tzinfo=UTC)


def test_every_never_keeps_step() -> None:
    pauses = {Every(timedelta(hours=3)).after(START) - START for _ in range(20)}
    assert len(pauses) > 1
    assert all(timedelta(hours=2.7) <= pause <= timedelta(hours=3.3) for pause in pauses)


async def test_a_slow_duty_holds_up_no_other_and_is_cut_off(store: Store) -> None:
    clock, done = Clock(), asyncio.Event()

    async def hangs(now: datetime) -> str:
        await asyncio.Event().wait()
        return "never"

    async def quick(now: datetime) -> str:
        done.set()
        return "told"

    every = Every(timedelta(hours=1))
    duties = Duties(
        store, [Duty("a", every, hangs, timedelta(seconds=0.5)), Duty("b", every, quick)], clock
    )  # fmt: skip
    running = asyncio.create_task(duties.run())
    async with asyncio.timeout(10):
        await done.wait()
        while True:
            async with reading(store) as tx:
                rows = {row.name: row.outcome for row in await tx.duties.listing()}
            if rows == {"a": "failed", "b": "done"}:
                break
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
