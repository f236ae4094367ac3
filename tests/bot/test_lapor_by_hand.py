"""Photos that LAPOR! does not take, its lists, and what a person does at LAPOR! by hand."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from bot.failures import TemporaryFailure
from bot.gateways.lapor import LaporApi
from bot.gateways.lapor_assisted import LaporAssisted
from bot.gateways.lapor_terms import SIMULATOR_IDS, load_ids
from bot.masters import MastersSync, differences
from bot.staff import Refused
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store
from tests.bot.both import LARGEST, ON_ONE_DATABASE, Both, both, lapor_address, many
from tests.bot.house import build
from tests.bot.test_house import drawn
from tests.doubles import text

__all__ = ["both", "lapor_address"]


# --- photos that LAPOR! does not take ---


async def test_a_photo_too_large_waits_for_a_person_who_files_without_it(both: Both) -> None:
    noise = Image.effect_noise((600, 600), 90).convert("RGB")
    big = io.BytesIO()
    noise.save(big, "JPEG", quality=95)
    assert len(big.getvalue()) > LARGEST
    both.house.channel.files = {"small": drawn("red"), "big": big.getvalue()}
    ticket = await both.filed(files=("small", "big"))
    assert await both.state(ticket) == "failed"
    async with reading(both.house.store) as tx:
        refused, _ = await tx.at_lapor.refused_photos(ticket)
    assert [number for number, _ in refused] == [2]
    assert "413" in refused[0][1]
    await both.house.staff.file_without(ticket, "Ani")
    await both.house.settle()
    assert await both.state(ticket) == "submitted"
    complaints = (await both.control.get("/_received")).json()["complaints"]
    filed = [c for c in complaints if ticket in c["body"]["content"]]
    assert len(filed) == 1
    assert len(str(filed[0]["body"]["attachments"]).split(",")) == 1
    assert any("tanpa 1 lampiran" in note for note in await both.notes(ticket))


@ON_ONE_DATABASE
async def test_an_upload_that_keeps_failing_may_be_left_out(both: Both) -> None:
    both.house.channel.files = {"a": drawn("red")}
    await both.script({"path": "/complaints/complaint/file", "status": 500, "times": 50})
    ticket = await both.filed(files=("a",))
    for _ in range(4):
        both.house.clock.ahead += timedelta(minutes=10)
        await both.house.settle()
    assert await both.state(ticket) == "queued"
    await both.house.staff.file_without(ticket, "Ani")
    both.house.clock.ahead += timedelta(hours=1)
    await both.house.settle()
    assert await both.state(ticket) == "submitted"


@ON_ONE_DATABASE
async def test_retry_after_is_obeyed(both: Both) -> None:
    await both.script({"path": "/complaints/complaint", "status": 429, "headers": {"Retry-After": "900"}})
    ticket = await both.filed()
    both.house.clock.ahead += timedelta(minutes=14)
    await both.house.settle()
    assert await both.state(ticket) == "filing"
    both.house.clock.ahead += timedelta(minutes=2)
    await both.house.settle()
    assert await both.state(ticket) == "submitted"


# --- lists ---


async def test_lists_are_kept_through_an_outage_and_compared_with_the_ids(both: Both) -> None:
    sync = MastersSync(both.house.store, both.lapor)
    now = datetime.now(UTC)
    changes, troubles = await sync.sync(now)
    assert troubles == {}
    assert {change.kind for change in changes} == {"institutions", "templates"}
    kept = await sync.kept()
    assert kept["institutions"]["502"] == "Dinas Perhubungan"
    assert differences(load_ids(SIMULATOR_IDS), kept) == []

    await both.script({"path": "/masters/*", "status": 500, "times": 2})
    with pytest.raises(TemporaryFailure, match="institutions"):
        await sync.work(now)
    assert await sync.kept() == kept, "what was read before stays"

    rows = [{"id": 502, "name": "Dinas Perhubungan dan Laut"}, {"id": 1, "name": "Baru"}, {"id": None}, "x"]
    await both.script({"path": "/masters/institutions/external", "body": {"results": {"data": rows}}})
    change = (await sync.sync(now))[0][0]
    assert change.renamed == {"502": ("Dinas Perhubungan", "Dinas Perhubungan dan Laut")}
    assert change.new == {"1": "Baru"}
    assert "501" in change.gone
    found = differences(load_ids(SIMULATOR_IDS), await sync.kept())
    assert any("Dinas Perhubungan dan Laut at LAPOR!" in one for one in found)
    assert any("jalan goes to 501" in one for one in found)


@ON_ONE_DATABASE
async def test_lists_whose_paths_are_given_are_read_as_well(both: Both, tmp_path: Path, lapor_address: str) -> None:
    ids = tmp_path / "ids.yml"
    paths = "paths: {categories: /masters/categories, locations: /masters/locations}\n"
    ids.write_text(SIMULATOR_IDS.read_text("utf-8") + paths, "utf-8")
    lapor = LaporApi(lapor_address, "auth", "Bearer uji", "uji", load_ids(ids), "900", "regency", timeout=5)
    sync = MastersSync(both.house.store, lapor)
    changes, troubles = await sync.sync(datetime.now(UTC))
    await lapor.close()
    assert troubles == {}
    assert {change.kind for change in changes} == {"institutions", "templates", "categories", "locations"}
    assert differences(load_ids(ids), await sync.kept()) == []


@ON_ONE_DATABASE
async def test_a_new_addressee_given_by_number_alone_is_told_by_name(both: Both) -> None:
    await MastersSync(both.house.store, both.lapor).sync(datetime.now(UTC))
    ticket = await both.filed()
    data = {"status_name": "Bukan Wewenang", "disposition_id": 505}
    path = f"/complaints/{await both.complaint(ticket)}/complaint"
    await both.script({"path": path, "body": {"results": {"data": data}}})
    assert "kepada PLN" in (await both.polled())[0]


# --- assisted ---


async def test_in_assisted_mode_a_person_adds_what_the_citizen_answers(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path, lapor=LaporAssisted())
    for n, words in enumerate(("lampu jalan mati depan masjid", "lewati", "kirim")):
        await house.hears(text(words, f"a{n}"))
    async with reading(store) as tx:
        ticket = (await tx.reports.listing())[0].ticket
    with pytest.raises(Refused, match="tidak berbentuk nomor"):
        await house.staff.file_assisted(ticket, "no 1", "Ani")
    await house.staff.file_assisted(ticket, "7700123", "Ani")
    await house.staff.note_status(ticket, "transferred", None, "Ani", "Dinas PU")
    await house.settle()
    assert "kepada Dinas PU" in house.channel.sent[-1][1].text
    await house.staff.note_status(ticket, "need_info", "Nomor tiang?", "Ani")
    await house.settle()
    await house.hears(text("tiang nomor 12", "a9"))
    async with reading(store) as tx:
        row = await tx.at_lapor.of(ticket)
        assert row is not None
        assert row.attention == "tindak lanjut warga belum masuk LAPOR!: tambahkan di sana"
        assert (row.status, row.addressee) == ("Tunda", "Dinas PU")
    sent = len(house.channel.sent)
    await house.staff.note_status(ticket, "in_progress", None, "Ani")
    await house.settle()
    assert len(house.channel.sent) == sent, "the status the citizen knows is not told again"
    assert "Terakhir diperiksa" in (await house.hears(text(ticket, "a10")))[0]


async def test_a_clock_of_the_deadlines_begins_anew_when_the_citizen_answers(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path)
    await many(store, house, 1)
    async with reading(store) as tx:
        ticket = (await tx.reports.listing())[0].ticket
    await house.staff.note_status(ticket, "need_info", "Nomor tiang?", "Ani")
    await house.settle()
    async with reading(store) as tx:
        assert (await tx.at_lapor.standing())[0].answered_at is not None
    await house.hears(text("tiang nomor 12", "d1"))
    async with writing(store) as tx:
        standing = (await tx.at_lapor.standing())[0]
    assert (standing.state, standing.answered_at) == ("in_progress", None)
