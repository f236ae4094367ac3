"""Nothing is lost and nothing done twice: two processes, stops, absent databases, moving clocks, hostile input."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text as sql

from bot import hearing
from bot.failures import TemporaryFailure
from bot.group_commit import GroupCommit
from bot.settings import ROOT
from bot.store.outbox import Lane
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store
from tests.bot.house import TestHouse, build
from tests.bot.stress import FIRE, LAMP, SOON, at_work, execute, incidents, told_112, until
from tests.conftest import POSTGRES, SECRET
from tests.doubles import text


@pytest.fixture
def house(store: Store, tmp_path: Path) -> TestHouse:
    return build(store, tmp_path)


# --- nothing twice ----------------------------------------------------------------------------------------


async def filed(house: TestHouse) -> str:
    for n, words in enumerate((LAMP, "lewati", "kirim")):
        await house.inbound.take_in([text(words, f"f{n}")])
        await house.settle((Lane.EMERGENCY, Lane.REPLY))
    async with reading(house.store) as tx:
        return (await tx.reports.listing())[0].ticket


async def state_of(house: TestHouse, ticket: str) -> str:
    async with reading(house.store) as tx:
        report = await tx.reports.get(ticket)
    assert report
    return report.state


async def test_an_answer_of_lapor_that_breaks_us_is_never_sent_again(house: TestHouse) -> None:
    house.lapor.failures = [KeyError("results")]
    ticket = await filed(house)
    for _ in range(5):
        await house.settle()
        house.clock.ahead += timedelta(hours=1)
    assert house.lapor.filed == []
    assert await state_of(house, ticket) == "filing_unknown"


async def test_what_a_petugas_filed_by_hand_is_neither_filed_nor_queued_again(house: TestHouse) -> None:
    ticket = await filed(house)
    await house.staff.file_assisted(ticket, "T7700", "Ani")
    await house.settle()
    assert house.lapor.filed == []
    assert await state_of(house, ticket) == "submitted"


async def test_a_filing_under_way_is_finished_when_the_service_stops(house: TestHouse) -> None:
    file = house.lapor.file
    begun = asyncio.Event()

    async def slowly(report: Any, attachments: list[str]) -> Any:
        begun.set()
        await asyncio.sleep(0.3)
        return await file(report, attachments)

    house.lapor.file = slowly  # type: ignore[method-assign]
    ticket = await filed(house)
    async with at_work(house.worker.run(Lane.FILING)):
        await asyncio.wait_for(begun.wait(), SOON)
    assert await state_of(house, ticket) == "submitted"


@pytest.mark.parametrize("steps", range(5))
async def test_a_stop_is_heard_though_work_comes_at_the_same_moment(house: TestHouse, steps: int) -> None:
    tasks = [asyncio.create_task(house.worker.run(Lane.REPLY)), asyncio.create_task(house.inbound.run())]
    await asyncio.sleep(0.2)
    house.worker.wake()
    house.inbound.wake()
    for _ in range(steps):
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    _, running = await asyncio.wait(tasks, timeout=SOON)
    for task in running:
        task.cancel()
    assert not running


async def test_a_row_that_another_process_read_is_not_opened_again(house: TestHouse) -> None:
    await house.inbound.take_in([text(LAMP, "1")])
    async with reading(house.store) as tx:
        [[row]] = await tx.conversations.waiting(house.clock(), 10)
    await house.settle()
    async with writing(house.store) as tx:
        await tx.conversations.mark_failed([row.id], "failed here", house.clock(), None)
    [[left]] = await execute(house.store, "SELECT count(*) FROM inbox WHERE processed_at IS NULL")
    assert left == 0


async def test_an_attempt_that_was_overtaken_undoes_nothing(store: Store, tmp_path: Path) -> None:
    slow, quick = build(store, tmp_path), build(store, tmp_path)
    go = asyncio.Event()

    async def stuck(address: str, message: Any) -> str:
        await go.wait()
        raise TemporaryFailure("too late")

    slow.channel.send = stuck  # type: ignore[method-assign]
    await slow.inbound.take_in([text(LAMP, "1")])
    reader = asyncio.create_task(slow.settle((Lane.REPLY,)))
    await asyncio.sleep(0.5)
    quick.clock.ahead += timedelta(minutes=1)
    await quick.settle()
    sent = len(quick.channel.sent)
    assert sent == 2
    go.set()
    slow.channel.send = quick.channel.send  # type: ignore[method-assign]
    await reader
    for _ in range(3):
        quick.clock.ahead += timedelta(minutes=1)
        await quick.settle()
    assert len(quick.channel.sent) == sent
    [[left]] = await execute(store, "SELECT count(*) FROM outbox WHERE state != 'done'")
    assert left == 0


async def test_a_reply_is_not_sent_again_because_the_database_stood_still(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    away_until = 0.0
    write = house.store.write

    @contextlib.asynccontextmanager
    async def writing_or_not() -> AsyncIterator[Any]:
        if time.monotonic() < away_until:
            raise TemporaryFailure("the database does not answer")
        async with write() as session:
            yield session

    send = house.channel.send

    async def sending(address: str, message: Any) -> str:
        nonlocal away_until
        away_until = away_until or time.monotonic() + 0.7
        return await send(address, message)

    monkeypatch.setattr(house.store, "write", writing_or_not)
    house.channel.send = sending  # type: ignore[method-assign]
    await house.inbound.take_in([text(LAMP, "1")])
    async with at_work(house.inbound.run(), house.worker.run(Lane.REPLY)):
        await until(lambda: len(house.channel.sent) >= 2)
        await asyncio.sleep(1.2)
    for _ in range(3):
        house.clock.ahead += timedelta(minutes=1)
        await house.settle()
    assert len(house.channel.sent) == 2


@pytest.mark.parametrize("processes", [2])
async def test_several_processes_read_every_message_once_and_in_order(
    store: Store, tmp_path: Path, processes: int
) -> None:
    stores = [Store(store.url, store.sealer) for _ in range(processes)]
    houses = [build(one, tmp_path) for one in stores]
    citizens, each = 12, 6

    async def citizen(who: int) -> None:
        for n in range(each):
            words = FIRE if (who, n) == (3, 4) else f"{LAMP} {n}"
            await houses[(who + n) % processes].inbound.take_in([text(words, f"{who}/{n}", f"c{who}")])

    loops = [house.inbound.run() for house in houses]
    loops += [house.worker.run(lane) for house in houses for lane in Lane]
    async with at_work(*loops):
        await asyncio.gather(*(citizen(who) for who in range(citizens)))
        end = time.monotonic() + 40
        while await execute(
            store,
            "SELECT 1 FROM inbox WHERE processed_at IS NULL UNION ALL "
            "SELECT 1 FROM outbox WHERE state = 'pending' AND kind = 'say'",
        ):
            assert time.monotonic() < end
            await asyncio.sleep(0.05)
    lines = await execute(
        store,
        "SELECT m.conversation_id, i.message_id FROM messages m JOIN inbox i ON i.id = m.inbox_id "
        "WHERE m.direction = 'in' ORDER BY m.conversation_id, m.id",
    )
    by_conversation: dict[int, list[str]] = {}
    for conversation, message in lines:
        by_conversation.setdefault(conversation, []).append(message)
    heard = sorted(by_conversation.values(), key=lambda messages: int(messages[0].partition("/")[0]))
    for who, messages in enumerate(heard):
        assert sorted(messages) == [f"{who}/{n}" for n in range(each)]
        if who != 3:
            assert messages == [f"{who}/{n}" for n in range(each)]
    [[errors]] = await execute(store, "SELECT count(*) FROM inbox WHERE error IS NOT NULL")
    assert errors == 0
    [[said]] = await execute(store, "SELECT count(*) FROM messages WHERE direction = 'out'")
    assert sum(len(house.channel.sent) for house in houses) == said
    assert await incidents(houses[0]) == 1
    for one in stores:
        await one.close()


async def test_desk_and_citizen_at_the_same_incident_never_wait_for_each_other(store: Store, tmp_path: Path) -> None:
    other = Store(store.url, store.sealer)
    citizens, desk = build(store, tmp_path), build(other, tmp_path)
    await citizens.hears(text(FIRE, "0"))
    async with reading(store) as tx:
        incident = (await tx.incidents.listing())[0].id

    async def speak() -> None:
        for n in range(30):
            await citizens.inbound.take_in([text(f"{FIRE} {n}", f"m{n}")])
            await citizens.inbound.drain()

    async def click() -> None:
        for n in range(30):
            await desk.staff.move_incident(incident, ("dispatched", "on_scene")[n % 2], "Budi")

    start = time.monotonic()
    await asyncio.gather(speak(), click())
    await citizens.inbound.settled()
    assert time.monotonic() - start < 20
    [[errors]] = await execute(store, "SELECT count(*) FROM inbox WHERE error IS NOT NULL")
    assert errors == 0
    await other.close()


async def test_a_reply_whose_worker_was_faster_is_not_sent_again(house: TestHouse) -> None:
    born: list[int] = []

    async def later(ids: list[int]) -> None:
        born.extend(ids)

    house.inbound._hearing._deliver = later
    await house.inbound.take_in([text(LAMP, "1")])
    await house.inbound.drain()
    await house.inbound.settled()
    house.clock.ahead += timedelta(minutes=1)
    await house.settle()
    assert len(house.channel.sent) == 2
    await house.worker.deliver(born)
    assert len(house.channel.sent) == 2


# --- databases, clocks, inputs ------------------------------------------------------------------------------


async def test_those_who_wait_for_an_absent_database_wait_together() -> None:
    async def write(items: Any) -> None:
        await asyncio.sleep(0.1)
        raise TemporaryFailure("away")

    group: GroupCommit[int] = GroupCommit(write)
    start = time.monotonic()
    results = await asyncio.gather(*(group.add(n) for n in range(30)), return_exceptions=True)
    assert all(isinstance(result, TemporaryFailure) for result in results)
    assert time.monotonic() - start < 1.5


async def test_a_clock_that_goes_back_stops_nothing(house: TestHouse) -> None:
    house.clock.ahead = timedelta(hours=5)
    await house.inbound.take_in([text(FIRE, "1")])
    house.clock.ahead = timedelta(0)
    await house.settle()
    assert told_112(house, "c1")
    assert len(house.transports["desk"].alerts) == 1


async def test_characters_that_databases_refuse_and_words_without_end(house: TestHouse) -> None:
    said = await house.hears(text("lampu jalan\0 mati \ud83d depan masjid " + "sekali " * 100_000, "1\0", "c1"))
    assert said
    [[longest]] = await execute(house.store, "SELECT max(length(text)) FROM messages WHERE direction = 'in'")
    assert longest <= 10_000


async def test_errors_of_citizens_words_are_stored_without_them(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(state: Any, event: Any) -> Any:
        raise KeyError(event.text)

    monkeypatch.setattr(hearing, "advance", broken)
    house.channel.failures = [ValueError("0811-0000-0001")]
    await house.inbound.take_in([text("nomor saya 0811-0000-0001", "1")])
    for _ in range(6):
        house.clock.ahead += timedelta(seconds=20)
        await house.settle()
    stored = await execute(
        house.store,
        "SELECT error FROM inbox UNION ALL SELECT reason FROM outbox UNION ALL SELECT detail FROM deliveries",
    )
    assert {"KeyError", "ValueError"} <= {row[0] for row in stored}
    assert not any("0811" in (row[0] or "") for row in stored)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_logs_carry_no_words_of_citizens(log_format: str) -> None:
    program = (
        "import logging, structlog\n"
        "from bot import logs\n"
        f"logs.configure('INFO', '{log_format}')\n"
        "try:\n"
        "    try:\n"
        "        {}['nomor saya 0811-' + '0000-0001']\n"
        "    except KeyError as error:\n"
        "        raise ValueError('nomor saya 0811-' + '0000-0001') from error\n"
        "except ValueError as error:\n"
        "    structlog.get_logger('a').exception('it_failed')\n"
        "    structlog.get_logger('a').error('it_failed_too', exc_info=error)\n"
        "    logging.getLogger('uvicorn.error').exception('it failed as well')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("ValueError") == 3
    assert done.stderr.count("KeyError") == 3
    assert "0811-0000-0001" not in done.stderr + done.stdout


async def test_a_deadlock_is_a_temporary_failure() -> None:
    if not POSTGRES:
        pytest.skip("no PostgreSQL: SIAGA_TEST_POSTGRES names none")
    from bot.store.sealing import Sealer

    name = "siaga_stress_deadlock"
    connection = await asyncpg.connect(POSTGRES)
    await connection.execute(f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} (id int primary key, n int)")
    await connection.execute(f"INSERT INTO {name} VALUES (1, 0), (2, 0)")
    store = Store(POSTGRES.replace("postgresql://", "postgresql+asyncpg://"), Sealer(SECRET))
    meet = asyncio.Barrier(2)

    async def crosswise(first: int, second: int) -> None:
        async with store.write() as session:
            await session.execute(sql(f"UPDATE {name} SET n = n + 1 WHERE id = {first}"))
            await meet.wait()
            await session.execute(sql(f"UPDATE {name} SET n = n + 1 WHERE id = {second}"))

    try:
        results = await asyncio.gather(crosswise(1, 2), crosswise(2, 1), return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == ["Away", "NoneType"]
    finally:
        await store.close()
        await connection.execute(f"DROP TABLE {name}")
        await connection.close()


async def test_a_database_that_is_full_or_away_is_a_temporary_failure(store: Store) -> None:
    if store.is_sqlite:
        async with store.engine.connect() as connection:
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()

        async def fill() -> None:
            async with store.write() as session:
                connection = await session.connection()
                await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
                await connection.exec_driver_sql("CREATE TABLE big AS SELECT zeroblob(10000000) AS filling")

        with pytest.raises(TemporaryFailure):
            await fill()
        return
    gone = Store(store.url.rpartition("/")[0] + "/siaga_no_such_database", store.sealer)
    with pytest.raises(TemporaryFailure):
        async with gone.read() as session:
            await session.execute(sql("SELECT 1"))
    await gone.close()
