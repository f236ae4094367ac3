"""The slow, the many and the poisonous hold nobody up, least of all those in danger."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import hearing
from bot.failures import TemporaryFailure
from bot.gateways.ladder import Rung
from bot.store.outbox import Lane
from bot.store.unit_of_work import Store
from flows.engine import advance
from flows.model import Tick
from tests.bot.house import TestHouse, build
from tests.bot.stress import FIRE, LAMP, at_work, execute, hang, incidents, told, told_112, until
from tests.doubles import photo, text


@pytest.fixture
def house(store: Store, tmp_path: Path) -> TestHouse:
    return build(store, tmp_path)


# --- the slow do not hold up the endangered --------------------------------------------------------------


async def test_a_channel_that_hangs_for_one_citizen_delays_no_other(house: TestHouse) -> None:
    hang(house, "c1")
    async with at_work(house.inbound.run()):
        await house.inbound.take_in([text(LAMP, "1", "c1")])
        await asyncio.sleep(0.3)
        await house.inbound.take_in([text(FIRE, "2", "c2")])
        await until(lambda: told_112(house, "c2"))


async def test_a_photo_that_does_not_come_holds_back_no_cry_behind_it(house: TestHouse) -> None:
    async def fetch(media: Any, most: int) -> bytes:
        await asyncio.sleep(60)
        return b""

    house.channel.fetch = fetch  # type: ignore[method-assign]
    async with at_work(house.inbound.run()):
        await house.inbound.take_in([photo("a", "1")])
        await asyncio.sleep(0.3)
        await house.inbound.take_in([text(FIRE, "2")])
        await until(lambda: told_112(house, "c1"))


async def test_a_photo_taken_in_with_the_cry_holds_it_back_no_more(house: TestHouse) -> None:
    async def fetch(media: Any, most: int) -> bytes:
        await asyncio.sleep(60)
        return b""

    house.channel.fetch = fetch  # type: ignore[method-assign]
    async with at_work(house.inbound.run()):
        await house.inbound.take_in([photo("a", "1"), text(FIRE, "2")])
        await until(lambda: told_112(house, "c1"))


async def test_a_flood_of_photos_is_fetched_a_few_at_a_time(house: TestHouse) -> None:
    under_way, most_at_once = 0, 0

    async def fetch(media: Any, most: int) -> bytes:
        nonlocal under_way, most_at_once
        under_way += 1
        most_at_once = max(most_at_once, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return b"no picture"

    house.channel.fetch = fetch  # type: ignore[method-assign]
    await house.inbound.take_in([photo("a", f"{n}", f"c{n}") for n in range(60)])
    await house.settle()
    assert {address for address, _ in house.channel.sent} == {f"c{n}" for n in range(60)}
    assert most_at_once <= 10, "each may hold 20 MB"


async def test_a_thousand_messages_of_one_citizen_delay_no_other(house: TestHouse) -> None:
    await house.inbound.take_in([text(LAMP, f"{n}", "c1") for n in range(1000)])
    await house.inbound.take_in([text(LAMP, "other", "c2")])
    await house.inbound.drain()
    await house.inbound.settled()
    assert told(house, "c2")


async def test_a_cry_behind_ones_own_thousand_messages_is_heard_first(house: TestHouse) -> None:
    await house.inbound.take_in([text(LAMP, f"{n}", "c1") for n in range(1000)])
    await house.inbound.take_in([text(FIRE, "cry", "c1")])
    await house.inbound.drain()
    await house.inbound.settled()
    assert told_112(house, "c1")


async def test_a_crowd_whose_messages_fail_keeps_nobody_else_from_being_read(house: TestHouse) -> None:
    await house.inbound.take_in([text("ini meledak", f"{n}", f"c{n}") for n in range(250)])
    for _ in range(12):
        await house.inbound.drain()
    await house.inbound.take_in([text(LAMP, "good", "good")])
    await house.inbound.drain()
    await house.inbound.settled()
    assert told(house, "good")


async def test_a_rung_that_hangs_delays_no_other_incident(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path, (Rung("webhook", "sistem", 60), Rung("desk", "meja", 60)))
    webhook = house.transports["webhook"]
    alert, first = webhook.alert, True

    async def hanging(*told_of: Any) -> str:
        nonlocal first
        if first:
            first = False
            await asyncio.Event().wait()
        return await alert(*told_of)

    webhook.alert = hanging  # type: ignore[method-assign]
    async with at_work(house.inbound.run(), house.worker.run(Lane.EMERGENCY)):
        await house.inbound.take_in([text(FIRE, "1", "c1")])
        await asyncio.sleep(0.5)
        await house.inbound.take_in([text(FIRE, "2", "c2")])
        await until(lambda: len(webhook.alerts) == 1)


async def test_after_a_kill_the_citizen_hears_112_though_the_rung_hangs(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path, (Rung("webhook", "sistem", 60),))

    async def hanging(told_of: Any) -> str:
        await asyncio.Event().wait()
        return ""

    async def killed(ids: list[int]) -> None: ...

    house.transports["webhook"].alert = hanging  # type: ignore[method-assign]
    house.inbound._hearing._deliver = killed
    await house.inbound.take_in([text(FIRE, "1")])
    await house.inbound.drain()
    house.clock.ahead += timedelta(minutes=1)
    async with at_work(house.worker.run(Lane.EMERGENCY)):
        await until(lambda: told_112(house, "c1"))


async def test_the_first_words_stay_the_first_when_sending_them_fails_once(house: TestHouse) -> None:
    house.channel.failures = [TemporaryFailure("down")]
    await house.hears(text(FIRE, "1"))
    house.clock.ahead += timedelta(seconds=20)
    await house.settle()
    assert told(house, "c1")[0].startswith("*Telepon 112 sekarang")


# --- poison -----------------------------------------------------------------------------------------------


async def test_a_message_that_breaks_the_house_takes_no_cry_behind_it_along(house: TestHouse) -> None:
    await house.inbound.take_in([text("ini meledak", "1"), text(FIRE, "2")])
    await house.settle()
    assert told_112(house, "c1")
    assert await incidents(house) == 1


async def test_only_the_message_that_breaks_the_house_is_given_up(house: TestHouse) -> None:
    await house.inbound.take_in([text("ini meledak", "1"), text(LAMP, "2"), text("lewati", "3")])
    for _ in range(6):
        house.clock.ahead += timedelta(seconds=20)
        await house.settle()
    errors = await execute(house.store, "SELECT message_id FROM inbox WHERE error IS NOT NULL")
    assert [row[0] for row in errors] == ["1"]
    assert any("Kirim" in button.title for _, m in house.channel.sent for button in m.buttons), "the summary came"


async def test_danger_is_told_though_the_conversation_cannot_be_read(house: TestHouse) -> None:
    await house.hears(text(LAMP, "1"))
    broken = house.store.sealer.seal_json({"v": 99})
    await execute(house.store, "UPDATE conversations SET state_enc = :broken", broken=broken)
    await house.hears(text(FIRE, "2"))
    assert told_112(house, "c1")
    assert await incidents(house) == 1
    assert len(house.transports["desk"].alerts) == 1
    [[wanted]] = await execute(house.store, "SELECT waiting_for_staff FROM conversations")
    assert wanted, "a person has to look"


async def test_a_row_sealed_with_another_key_stops_nobody(house: TestHouse) -> None:
    await house.inbound.take_in([text(LAMP, "1", "c1"), text(LAMP, "2", "c2")])
    await execute(house.store, "UPDATE inbox SET payload_enc = :junk WHERE message_id = '1'", junk=b"junk")
    await house.settle()
    assert told(house, "c2")


async def test_an_item_sealed_with_another_key_stops_no_lane(house: TestHouse) -> None:
    async def later(ids: list[int]) -> None: ...

    house.inbound._hearing._deliver = later
    await house.inbound.take_in([text(FIRE, "1", "c1"), text(FIRE, "2", "c2")])
    await house.inbound.drain()
    await execute(
        house.store,
        "UPDATE outbox SET payload_enc = :junk "
        "WHERE conversation_id = (SELECT conversation_id FROM inbox WHERE message_id = '1')",
        junk=b"junk",
    )
    house.clock.ahead += timedelta(minutes=1)
    await house.settle()
    assert told_112(house, "c2")
    assert len(house.transports["desk"].alerts) == 1
    [[parked]] = await execute(
        house.store, "SELECT count(*) FROM outbox WHERE state = 'parked' AND reason LIKE '%SECRET_KEY%'"
    )
    assert parked


async def test_a_channel_that_was_switched_off_stops_nobody(house: TestHouse) -> None:
    await house.hears(text(LAMP, "1", "c1"))
    for table in ("contacts", "conversations"):
        await execute(house.store, f"UPDATE {table} SET channel = 'telegram'")
    house.clock.ahead += timedelta(minutes=31)
    for _ in range(6):
        house.clock.ahead += timedelta(seconds=20)
        await house.inbound.take_in([text(LAMP, f"{house.clock.ahead}", "c2")])
        await house.settle()
    assert told(house, "c2")
    [[left]] = await execute(house.store, "SELECT count(*) FROM inbox WHERE processed_at IS NULL")
    assert left == 0


async def test_a_clock_that_breaks_the_dialogue_bothers_no_citizen(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.hears(text(LAMP, "1"))
    before = len(house.channel.sent)

    def broken(state: Any, event: Any) -> Any:
        if isinstance(event, Tick):
            raise RuntimeError("broken clock")
        return advance(state, event)

    monkeypatch.setattr(hearing, "advance", broken)
    house.clock.ahead += timedelta(minutes=31)
    for _ in range(40):
        house.clock.ahead += timedelta(minutes=1)
        await house.settle()
    assert len(house.channel.sent) == before
    [[ticks]] = await execute(house.store, "SELECT count(*) FROM inbox WHERE source = 'clock'")
    assert ticks == 1


async def test_a_person_once_called_stays_called(house: TestHouse) -> None:
    await house.inbound.take_in([text("ini meledak", "1")])
    for _ in range(6):
        house.clock.ahead += timedelta(seconds=20)
        await house.settle()
    await house.hears(text(LAMP, "2"))
    [[wanted]] = await execute(house.store, "SELECT waiting_for_staff FROM conversations")
    assert wanted


async def test_a_reply_that_breaks_the_channel_is_parked_and_lets_the_next_pass(house: TestHouse) -> None:
    house.channel.failures = [ValueError("a bug")] * 5
    await house.hears(text(LAMP, "1"))
    for _ in range(8):
        house.clock.ahead += timedelta(minutes=3)
        await house.settle()
    assert told(house, "c1"), "the second bubble of the answer"
    assert await house.hears(text("lewati", "2"))


async def test_an_alert_that_breaks_its_transport_gives_way_to_the_next_rung(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path, (Rung("webhook", "sistem", 60), Rung("desk", "meja", 60)))
    house.transports["webhook"].failures = [ValueError("a bug")] * 99
    await house.hears(text(FIRE, "1"))
    for _ in range(4):
        house.clock.ahead += timedelta(seconds=6)
        await house.settle()
    assert len(house.transports["desk"].alerts) == 1


async def test_a_ladder_made_shorter_is_climbed_on(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path, (Rung("desk", "meja", 60), Rung("telegram_group", "grup", 60)))
    await house.hears(text(FIRE, "1"))
    shorter = build(store, tmp_path, (Rung("webhook", "sistem", 60),))
    for _ in range(4):
        shorter.clock.ahead += timedelta(seconds=61)
        await shorter.settle()
    assert shorter.transports["webhook"].alerts


async def test_updates_are_not_repeated_for_hours_because_one_transport_is_away(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path, (Rung("telegram_group", "grup", 600), Rung("webhook", "sistem", 600)))
    await house.hears(text(FIRE, "1"))
    house.transports["webhook"].failures = [TemporaryFailure("down")] * 999
    await house.hears(text("depan masjid", "2"))
    for _ in range(30):
        house.clock.ahead += timedelta(seconds=16)
        await house.settle()
    assert 2 <= len(house.transports["telegram_group"].alerts) <= 4


async def test_a_torrent_of_words_in_danger_is_told_once_in_full(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path, (Rung("telegram_group", "grup", 600),))
    await house.hears(text(FIRE, "0"))
    await house.inbound.take_in([text(f"{FIRE} rumah nomor {n}", f"{n}") for n in range(1, 20)])
    await house.settle()
    alerts = house.transports["telegram_group"].alerts
    assert len(alerts) <= 4
    assert "rumah nomor 19" in alerts[-1].words
