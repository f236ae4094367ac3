"""What petugas are told without asking: once each, whatever fails on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.failures import TemporaryFailure, UnknownOutcome
from bot.notices import StaffNotices, notify_staff
from bot.office import Office
from bot.settings import DATA
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store
from tests.bot.house import build
from tests.doubles import text

OFFICE = Office.load(DATA / "office_hours.yml")
TUESDAY = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
"""11.00 WITA, the office is open."""


class Group:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.failures: list[Exception] = []

    async def notice(self, text: str) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.told.append(text)
        return str(len(self.told))


async def test_a_notice_is_told_once_per_key(store: Store) -> None:
    group = Group()
    duty = StaffNotices(store, group, OFFICE)
    async with writing(store) as tx:
        assert await notify_staff(tx, "ringkasan/2026-11-24", "Dua laporan jatuh tempo hari ini.", TUESDAY)
    async with writing(store) as tx:
        assert not await notify_staff(tx, "ringkasan/2026-11-24", "Dua laporan jatuh tempo hari ini.", TUESDAY)
    assert await duty.work(TUESDAY) == "0 new notices, 1 told"
    assert await duty.work(TUESDAY) == "0 new notices, 0 told"
    assert group.told == ["Kabar untuk petugas:\n- Dua laporan jatuh tempo hari ini."]


async def test_a_group_that_does_not_answer_is_told_later(store: Store) -> None:
    group = Group()
    duty = StaffNotices(store, group, OFFICE)
    group.failures = [TemporaryFailure("Telegram does not answer")]
    async with writing(store) as tx:
        await notify_staff(tx, "uji/1", "Kabar satu.", TUESDAY)
    with pytest.raises(TemporaryFailure, match="Telegram does not answer"):
        await duty.work(TUESDAY)
    async with reading(store) as tx:
        assert [n.reason for n in await tx.notices.latest(TUESDAY)] == ["Telegram does not answer"]
    await duty.work(TUESDAY + timedelta(minutes=1))
    assert group.told == ["Kabar untuk petugas:\n- Kabar satu."]


async def test_without_a_group_the_start_page_has_it(store: Store) -> None:
    async with writing(store) as tx:
        await notify_staff(tx, "uji/1", "Kabar satu.", TUESDAY)
    assert await StaffNotices(store, None, OFFICE).work(TUESDAY) == "0 new notices, 0 told"
    async with reading(store) as tx:
        assert [n.words for n in await tx.notices.latest(TUESDAY)] == ["Kabar satu."]
        assert await tx.notices.latest(TUESDAY + timedelta(hours=25)) == []


async def test_a_citizen_waiting_for_two_minutes_is_told_once(store: Store, tmp_path: Path) -> None:
    house, group = build(store, tmp_path), Group()
    duty = StaffNotices(store, group, OFFICE)
    await house.hears(text("petugas", "m1"))
    await duty.work(house.clock())
    assert group.told == []
    house.clock.ahead = timedelta(minutes=2, seconds=1)
    await duty.work(house.clock())
    await duty.work(house.clock())
    assert len(group.told) == 1
    assert "menunggu petugas lebih dari 2 menit" in group.told[0]
    # Taken and handed back, a new wish for a person is a new wait.
    async with reading(store) as tx:
        conversation = await tx.conversations.of_address("webchat", "c1")
    assert conversation
    await house.staff.take(conversation, "Petugas")
    await house.staff.hand_back(conversation, "Petugas")
    await house.settle()
    await house.hears(text("petugas", "m2"))
    house.clock.ahead = timedelta(minutes=5)
    await duty.work(house.clock())
    assert len(group.told) == 2


async def test_filings_that_wait_or_are_unknown_are_told(store: Store, tmp_path: Path) -> None:
    house, group = build(store, tmp_path), Group()
    duty = StaffNotices(store, group, OFFICE)
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    await house.hears(text("lewati", "2"))
    house.lapor.failures = [UnknownOutcome("no answer")]
    await house.hears(text("kirim", "3"))
    async with writing(store) as tx:
        ticket = (await tx.reports.listing())[0].ticket
    await duty.work(house.clock())
    assert [f"Laporan {ticket} perlu dipastikan" in told for told in group.told] == [True]

    async with writing(store) as tx:
        await tx.reports.move(ticket, "queued", "siaga", TUESDAY)
    early, late = TUESDAY + timedelta(minutes=50), TUESDAY + timedelta(minutes=61)
    await duty.work(early)
    assert len(group.told) == 1
    await duty.work(late)
    await duty.work(late)
    assert len(group.told) == 2
    assert f"Laporan {ticket} menunggu diajukan lebih dari 60 menit" in group.told[1]


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2026-11-24T03:00", "2026-11-24T04:30", 1.5),
        ("2026-11-23T22:00", "2026-11-24T01:00", 1.0),
        ("2026-11-20T06:30", "2026-11-23T00:30", 1.0),
        ("2026-11-21T00:00", "2026-11-22T20:00", 0.0),
        ("2026-11-24T04:00", "2026-11-24T03:00", 0.0),
    ],
)
def test_office_time_leaves_out_nights_and_weekends(since: str, until: str, hours: float) -> None:
    """Times are UTC; the office is open from 8 to 16 WITA, on Fridays to 15."""
    first, last = (datetime.fromisoformat(f"{moment}+00:00") for moment in (since, until))
    assert OFFICE.open_for(first, last) == timedelta(hours=hours)
