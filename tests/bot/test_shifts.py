"""A shift lasts as long as the desk's page is open, and a desk with somebody at it is waited for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.gateways.ladder import Rung, load_ladder
from bot.rungs import told_now
from bot.store.accounts import Accounts
from bot.store.shifts import at_the_desk
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store
from tests.bot.house import build
from tests.doubles import text

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
"""Nine in the morning, WITA."""


async def officer(store: Store, name: str = "Ani", now: datetime = NOW) -> int:
    async with store.write() as session:
        accounts = Accounts(session)
        await accounts.seed_roles()
        return await accounts.add_user(name.lower(), name, "x", "petugas_112", now)


async def on_shift(store: Store, now: datetime) -> list[str]:
    async with reading(store) as tx:
        return [person.name for person in await tx.shifts.now(now)]


async def test_a_shift_ends_two_minutes_after_the_page_was_last_seen(store: Store) -> None:
    ani = await officer(store)
    await at_the_desk(store, ani, NOW)
    assert await on_shift(store, NOW) == [], "an open page alone is no shift"
    async with writing(store) as tx:
        await tx.shifts.start(ani, NOW)
    for seconds in range(0, 300, 10):
        await at_the_desk(store, ani, NOW + timedelta(seconds=seconds))
    assert await on_shift(store, NOW + timedelta(seconds=300)) == ["Ani"]
    last = NOW + timedelta(seconds=280)
    assert await on_shift(store, last + timedelta(seconds=141)) == []
    # A laptop that wakes up again does not sit at the desk.
    await at_the_desk(store, ani, last + timedelta(seconds=150))
    assert await on_shift(store, last + timedelta(seconds=150)) == []
    later = last + timedelta(seconds=200)
    async with writing(store) as tx:
        await tx.shifts.start(ani, later)
        await tx.shifts.start(ani, later)
    assert await on_shift(store, later) == ["Ani"]
    async with writing(store) as tx:
        await tx.shifts.end(ani, later)
    assert await on_shift(store, later) == []


async def test_a_manned_desk_is_waited_for(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path, (Rung("desk", "meja", 60), Rung("telegram_group", "grup", 60)))
    ani = await officer(store, now=house.clock())
    async with writing(store) as tx:
        await tx.shifts.start(ani, house.clock())
    await house.hears(text("kebakaran", "1"))
    assert house.transports["telegram_group"].alerts == []
    house.clock.ahead += timedelta(seconds=61)
    await house.settle()
    assert len(house.transports["telegram_group"].alerts) == 1


def test_the_doctor_says_who_would_be_told(tmp_path: Path) -> None:
    file = tmp_path / "tangga.yml"
    file.write_text(
        "people:\n  Ani: {to: +62 811-0000-0001, hours: 07:30-16:00}\n  Budi: +62 811-0000-0002\n"
        "groups:\n  piket: [Ani, Budi]\nladder:\n"
        "  - {transport: desk, name: Meja 112, seconds: 45}\n"
        "  - {transport: call, name: Telepon, to: piket, seconds: 60}\n"
        "  - {transport: sms, name: SMS, to: Ani, seconds: 0}\n",
        encoding="utf-8",
    )
    ladder = load_ladder(file)
    assert told_now(ladder, NOW, ["Cici"]) == [
        "1. Meja 112 (desk): Cici, 45 s to answer",
        "2. Telepon (call): Ani (...0001), Budi (...0002), 60 s to answer",
        "3. SMS (sms): Ani (...0001), 0 s to answer",
    ]
    assert told_now(ladder, NOW + timedelta(hours=12), []) == [
        "1. Meja 112 (desk): nobody on shift, the next entry is told at once",
        "2. Telepon (call): Budi (...0002), 60 s to answer",
        "3. SMS (sms): off duty now, passed over",
    ]
