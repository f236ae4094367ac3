"""From a citizen's message to what leaves the house, over a real database of each kind."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from bot.failures import Rejected, TemporaryFailure, UnknownOutcome
from bot.gateways.ladder import Rung
from bot.staff import Refused
from bot.store.outbox import Lane
from bot.store.transaction import reading
from bot.store.unit_of_work import Store
from tests.bot.house import TestHouse, build
from tests.doubles import button, photo, text


@pytest.fixture
def house(store: Store, tmp_path: Path) -> TestHouse:
    return build(store, tmp_path)


def drawn(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()


async def filed(house: TestHouse) -> str:
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    await house.hears(text("lewati", "2"))
    await house.hears(text("kirim", "3"))
    async with reading(house.store) as tx:
        return (await tx.reports.listing())[0].ticket


async def test_a_report_from_the_first_message_to_the_tracking_id(house: TestHouse) -> None:
    house.channel.files = {"a": drawn("red"), "b": drawn("blue")}
    first = await house.hears(text("lampu jalan mati depan masjid", "1"))
    assert len(first) == 2
    house.clock.ahead += timedelta(seconds=0)
    await house.inbound.take_in([photo("a", "2", album="g"), photo("b", "3", album="g")])
    house.clock.ahead += timedelta(seconds=2)
    await house.settle()
    assert len(house.channel.sent) == 3
    said = await house.hears(button("send", "4"))
    assert len(house.lapor.filed) == 1
    report, attachments = house.lapor.filed[0]
    assert report.ticket in said[0]
    assert any("T1" in words for words in said), "the tracking ID is told"
    assert attachments == ["1", "2"]
    assert report.agency == "Dinas Perhubungan"


async def test_a_message_delivered_twice_is_read_once(house: TestHouse) -> None:
    first = await house.hears(text("lampu jalan mati depan masjid", "1"))
    assert first
    assert await house.hears(text("lampu jalan mati depan masjid", "1")) == []


async def test_an_emergency_reaches_the_desk_in_the_step_that_heard_it(house: TestHouse) -> None:
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    said = await house.hears(text("kebakaran di pasar", "2"))
    assert said[0].startswith("*Telepon 112 sekarang (gratis)*")
    async with reading(house.store) as tx:
        incident = (await tx.incidents.listing())[0]
    assert incident.type == "kebakaran"
    assert house.transports["desk"].alerts[0].words == "kebakaran di pasar"


async def test_the_ladder_climbs_until_a_person_acknowledges(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path, (Rung("webhook", "sistem", 60), Rung("telegram_group", "grup", 60)))
    await house.hears(text("kebakaran", "1"))
    assert not house.transports["telegram_group"].alerts
    house.clock.ahead += timedelta(seconds=61)
    before = len(house.channel.sent)
    await house.settle()
    assert len(house.transports["telegram_group"].alerts) == 1
    assert "112" in house.channel.sent[before][1].text, "the citizen is told again to call"
    async with reading(store) as tx:
        incident = (await tx.incidents.listing())[0]
    assert await house.staff.move_incident(incident.id, "acknowledged", "Budi")
    await house.settle()
    assert "Budi" in house.channel.sent[-1][1].text
    assert not await house.staff.move_incident(incident.id, "acknowledged", "Ani"), "only the first acknowledges"
    house.clock.ahead += timedelta(hours=1)
    await house.settle()
    assert len(house.transports["webhook"].alerts) == 1


async def test_a_broken_rung_gives_way_to_the_next(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path, (Rung("webhook", "sistem", 60), Rung("desk", "meja", 60)))
    house.transports["webhook"].failures = [TemporaryFailure("down")] * 9
    await house.hears(text("kebakaran", "1"))
    for _ in range(3):
        house.clock.ahead += timedelta(seconds=6)
        await house.settle()
    assert len(house.transports["desk"].alerts) == 1


async def test_a_reply_that_fails_is_tried_again_and_keeps_its_order(house: TestHouse) -> None:
    house.channel.failures = [TemporaryFailure("down")]
    assert await house.hears(text("lampu jalan mati depan masjid", "1")) == []
    house.clock.ahead += timedelta(seconds=5)
    await house.settle()
    assert len(house.channel.sent) == 2
    assert "ketik" in house.channel.sent[0][1].text.lower() or "otomatis" in house.channel.sent[0][1].text


async def test_a_refused_reply_is_parked_with_its_reason(house: TestHouse) -> None:
    house.channel.failures = [Rejected("blocked by the user")]
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    async with reading(house.store) as tx:
        parked = await tx.undelivered.listing(("parked",))
    assert [p.reason for p in parked] == ["blocked by the user"]


async def test_an_unanswered_filing_is_never_repeated(house: TestHouse) -> None:
    house.lapor.failures = [UnknownOutcome("no answer")]
    ticket = await filed(house)
    house.clock.ahead += timedelta(days=2)
    await house.settle()
    assert house.lapor.filed == []
    async with reading(house.store) as tx:
        assert (await tx.reports.listing())[0].state == "filing_unknown"
    await house.staff.settle_unknown(ticket, None, "Ani")
    await house.settle()
    assert len(house.lapor.filed) == 1


async def test_a_filing_cut_off_while_sending_becomes_unknown(house: TestHouse) -> None:
    cut = asyncio.CancelledError()
    house.lapor.failures = [cut]  # type: ignore[list-item]
    with pytest.raises(asyncio.CancelledError):
        await filed(house)
    house.clock.ahead += timedelta(minutes=10)
    await house.worker._settle_cut_off()
    await house.settle()
    assert house.lapor.filed == []
    async with reading(house.store) as tx:
        assert (await tx.reports.listing())[0].state == "filing_unknown"


async def test_lapor_down_is_tried_again(house: TestHouse) -> None:
    house.lapor.failures = [TemporaryFailure("503")]
    await filed(house)
    assert house.lapor.filed == []
    house.clock.ahead += timedelta(minutes=1)
    await house.settle()
    assert len(house.lapor.filed) == 1


async def test_a_refused_filing_waits_for_a_person_who_may_file_it_again(house: TestHouse) -> None:
    house.lapor.failures = [Rejected("kategori tidak dikenal")]
    ticket = await filed(house)
    async with reading(house.store) as tx:
        report = (await tx.reports.listing())[0]
    assert (report.state, report.note) == ("failed", "kategori tidak dikenal")
    await house.staff.retry_filing(ticket, "Ani")
    await house.settle()
    assert len(house.lapor.filed) == 1
    with pytest.raises(Refused):
        await house.staff.retry_filing(ticket, "Ani")


async def test_a_text_that_breaks_the_house_is_given_up_with_a_word_and_others_go_on(house: TestHouse) -> None:
    await house.inbound.take_in([text("ini meledak", "1", "c1"), text("lampu jalan mati depan masjid", "2", "c2")])
    for _ in range(6):
        house.clock.ahead += timedelta(seconds=20)
        await house.settle()
    assert {address for address, _ in house.channel.sent} == {"c1", "c2"}
    assert "112" in next(m.text for a, m in house.channel.sent if a == "c1")


async def test_a_held_conversation_is_silent_but_danger_is_not(house: TestHouse) -> None:
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    async with reading(house.store) as tx:
        conversation = await tx.conversations.of_address("webchat", "c1")
    assert conversation
    await house.staff.reply(conversation, "Selamat pagi, saya Ani.", "Ani")
    await house.settle()
    assert house.channel.sent[-1][1].text == "Selamat pagi, saya Ani."
    assert await house.hears(text("masih mati pak", "2")) == []
    assert (await house.hears(text("kebakaran", "3")))[0].startswith("*Telepon 112")
    await house.staff.hand_back(conversation, "Ani")
    await house.settle()
    assert await house.hears(text("lampu depan masjid", "4"))


async def test_broken_photos_get_a_clear_answer_and_the_talk_goes_on(house: TestHouse) -> None:
    house.channel.files = {"a": b"this is no picture"}
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    said = await house.hears(photo("a", "2"))
    assert len(said) == 2
    assert await house.hears(text("lewati", "3"))


async def test_silence_is_reminded_once_and_closed_after_23_hours(house: TestHouse) -> None:
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    house.clock.ahead += timedelta(minutes=31)
    before = len(house.channel.sent)
    await house.settle()
    assert len(house.channel.sent) == before + 2
    house.clock.ahead += timedelta(hours=1)
    await house.settle()
    assert len(house.channel.sent) == before + 2
    house.clock.ahead += timedelta(hours=22)
    await house.settle()
    assert len(house.channel.sent) == before + 3


async def test_two_tickets_that_clash_are_both_kept(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(["00" * 16] * 9 + [f"{n:016x}" * 2 for n in range(1, 500, 7)])
    monkeypatch.setattr("bot.store.conversations.secrets.token_hex", lambda n: next(numbers))
    for who in ("c1", "c2"):
        # The second citizen is shown the first one's report, and makes one of their own all the same.
        for n, words in enumerate(("lampu jalan mati depan masjid", "lewati", "laporan baru", "kirim")):
            await house.hears(text(words, f"{who}{n}", who))
    for _ in range(3):
        house.clock.ahead += timedelta(seconds=10)
        await house.settle()
    assert len({r.ticket for r, _ in house.lapor.filed}) == 2


async def test_lanes_are_worked_apart(house: TestHouse) -> None:
    await house.inbound.take_in([text("kebakaran", "1")])
    await house.inbound.drain()
    assert await house.worker.work(Lane.FILING) == 0
    assert await house.worker.work(Lane.EMERGENCY) == 1
