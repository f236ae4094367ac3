"""What LAPOR! says reaches the citizen once, what the citizen answers reaches LAPOR! once, over HTTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.failures import TemporaryFailure
from bot.gateways.lapor_answers import ComplaintStatus, Followup
from bot.polling import AT_ONCE, AWAY, MOST, StatusPolling
from bot.store.tables_desk import Notice
from bot.store.tables_lapor import ReportAtLapor
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store
from tests.bot.both import HOURS_3, ON_ONE_DATABASE, Both, both, lapor_address, many
from tests.bot.house import build
from tests.doubles import button, text

__all__ = ["both", "lapor_address"]


# --- status ---


async def test_every_status_is_told_once_and_ends_where_it_must(both: Both) -> None:
    ticket = await both.filed()
    assert await both.polled() == [], "nothing new is not told"
    assert (await both.row(ticket)).checked_at
    for name, note, agency, state, words in (
        ("Terverifikasi", None, None, "verified", "diteruskan kepada"),
        ("Bukan Wewenang", "Jalan nasional", "Balai Besar Jalan", "transferred", "kepada Balai Besar Jalan"),
        ("dalam  proses", "Tim ke lokasi", None, "in_progress", "Tim ke lokasi"),
        ("Selesai", "Sudah menyala", None, "done", "Sudah benar selesai?"),
    ):
        await both.says(ticket, status_name=name, note=note, disposition_name=agency)
        said = await both.polled()
        assert len(said) == 1, (name, said)
        assert words in said[0]
        assert await both.state(ticket) == state
        assert await both.polled() == [], f"{name} was told twice"
    assert (await both.row(ticket)).poll_at is None, "what is done is not asked for any more"


@ON_ONE_DATABASE
async def test_the_other_ends(both: Both) -> None:
    ends = {"Ditolak": ("rejected", "Alasannya: di luar"), "Ditutup oleh Sistem": ("closed", "sudah ditutup"),
            "Diarsipkan": ("archived", "memperbaiki dan mengirimnya lagi")}  # fmt: skip
    for name, (state, words) in ends.items():
        ticket = await both.filed(name)
        await both.says(ticket, status_name=name, note="di luar kewenangan")
        said = await both.polled()
        assert len(said) == 1
        assert words in said[0]
        assert await both.state(ticket) == state
    said = await both.house.hears(button("shelf:take", "again", "Diarsipkan"))
    assert "lampu jalan mati depan masjid" in said[0], "what was written is there to be corrected"
    await both.house.hears(text("kirim", "again-2", "Diarsipkan"))
    async with reading(both.house.store) as tx:
        states = sorted(r.state for r in await tx.reports.listing())
    assert states == ["archived", "closed", "rejected", "submitted"]


async def test_not_really_done_follows_and_is_not_closed_by_the_same_answer(both: Both) -> None:
    ticket = await both.filed()
    await both.says(ticket, status_name="Selesai", note="Sudah menyala")
    assert "Sudah benar selesai?" in (await both.polled())[0]
    await both.house.hears(button("done:no", "n1"))
    await both.house.hears(text("masih gelap pak, belum nyala", "n2"))
    assert await both.at_lapor(ticket) == ["masih gelap pak, belum nyala"]
    assert await both.polled() == [], "LAPOR! still says Selesai, which is no news"
    assert await both.state(ticket) == "in_progress"
    await both.says(ticket, status_name="Selesai", note="Kabel sudah diganti")
    assert "Kabel sudah diganti" in (await both.polled())[0]
    assert await both.state(ticket) == "done"


async def test_an_unknown_name_is_kept_and_a_person_is_told_once(both: Both) -> None:
    ticket = await both.filed()
    await both.says(ticket, status_name="Menunggu Disposisi Ulang")
    assert await both.polled() == []
    assert await both.polled() == []
    row = await both.row(ticket)
    assert row.status == "Menunggu Disposisi Ulang"
    assert "belum dikenal" in (row.attention or "")
    assert await both.state(ticket) == "submitted"
    async with both.house.store.read() as session:
        notices = list(await session.scalars(sa.select(Notice.words).where(Notice.key.like("lapor_status/%"))))
    assert len(notices) == 1
    assert "Menunggu Disposisi Ulang" in notices[0]
    await both.house.staff.seen_to(ticket, "Ani")
    assert (await both.row(ticket)).attention is None


@ON_ONE_DATABASE
async def test_status_names_when_lapor_was_last_looked_at(both: Both) -> None:
    ticket = await both.filed()
    assert "Terakhir diperiksa" not in (await both.house.hears(text(ticket, "s1")))[0]
    await both.polled()
    assert "Terakhir diperiksa di SP4N-LAPOR!" in (await both.house.hears(text(ticket, "s2")))[0]


@ON_ONE_DATABASE
async def test_a_public_number_of_its_own_is_told_when_it_comes(both: Both) -> None:
    ticket = await both.filed()
    data = {"status_name": "Belum Terverifikasi", "tracking_id": 998877}
    await both.script(
        {"path": f"/complaints/{await both.complaint(ticket)}/complaint", "body": {"results": {"data": data}}}
    )
    assert "998877" in (await both.polled())[0]


# --- follow-ups ---


async def test_answers_over_all_pages_reach_the_citizen_once_with_the_names_of_files(both: Both) -> None:
    ticket = await both.filed()
    rows = [{"followup": f"Jawaban nomor {n}", "sender": "Dinas Perhubungan"} for n in range(1, 12)]
    rows.append({"followup": "<p>Lihat <b>surat</b>&nbsp;ini</p>", "files": [
        {"url": "https://lapor.example/berkas/surat-tugas.pdf?token=1"}, "foto%20tiang.jpg", {"id": 7},
    ]})  # fmt: skip
    for row in rows:
        await both.says(ticket, **row)
    said = await both.polled()
    assert len(said) == 12
    assert [f"Jawaban nomor {n}" in said[n - 1] for n in range(1, 12)] == [True] * 11
    assert "Dinas Perhubungan" in said[0]
    assert "Lihat surat ini" in said[11]
    assert "(3): surat-tugas.pdf, foto%20tiang.jpg, 7" in said[11]
    assert await both.polled() == []
    assert any("surat-tugas.pdf" in note for note in await both.notes(ticket))


async def test_need_info_is_answered_once_and_does_not_come_back_as_an_answer(both: Both) -> None:
    ticket = await both.filed()
    await both.says(ticket, status_name="Tunda", note="Mohon nomor tiang.")
    assert "Mohon nomor tiang." in (await both.polled())[0]
    said = await both.house.hears(text("tiang nomor 12, telepon 0811-0000-0001", "i1"))
    assert "kami teruskan ke instansi" in said[0]
    await both.house.hears(text("tiang nomor 12, telepon 0811-0000-0001", "i1"))
    assert await both.at_lapor(ticket) == ["tiang nomor 12, telepon [nomor telepon dihapus]"]
    assert await both.polled() == []
    assert await both.state(ticket) == "in_progress"


async def test_a_receipt_with_another_id_than_the_list_does_not_loop_back(both: Both) -> None:
    ticket = await both.filed()
    await both.says(ticket, status_name="Tunda", note="Mohon nomor tiang.")
    await both.polled()
    await both.house.hears(text("tiang nomor 12", "i1"))
    async with writing(both.house.store) as tx:
        (sent,) = [one for one in await tx.at_lapor.followups(ticket) if one.ours]
        sent.lapor_id = "kwitansi-7"
    assert await both.polled() == []
    async with reading(both.house.store) as tx:
        assert "kwitansi-7" not in [one.lapor_id for one in await tx.at_lapor.followups(ticket)]


async def test_a_followup_of_unknown_outcome_is_settled_when_it_is_seen(both: Both) -> None:
    ticket = await both.filed()
    await both.says(ticket, status_name="Tunda", note="Mohon nomor tiang.")
    await both.polled()
    await both.script({"path": "/complaints/followup/add", "drop": "after"})
    await both.house.hears(text("tiang nomor 12", "i1"))
    assert "belum pasti" in ((await both.row(ticket)).attention or "")
    assert await both.at_lapor(ticket) == ["tiang nomor 12"], "it had arrived, and is not sent again"
    assert await both.polled() == []
    assert (await both.row(ticket)).attention is None
    assert "tindak lanjut warga terlihat di LAPOR!" in await both.notes(ticket)


@ON_ONE_DATABASE
async def test_a_followup_that_never_arrived_stays_with_a_person(both: Both) -> None:
    ticket = await both.filed()
    await both.says(ticket, status_name="Tunda", note="Mohon nomor tiang.")
    await both.polled()
    await both.script({"path": "/complaints/followup/add", "status": 422})
    await both.house.hears(text("tiang nomor 12", "i1"))
    assert await both.at_lapor(ticket) == []
    assert "belum masuk LAPOR!" in ((await both.row(ticket)).attention or "")


# --- odd answers, and LAPOR! away ---

ODD: list[Any] = [
    "<html>login</html>", [], {}, {"results": None}, {"results": {"data": "x"}}, {"results": {"data": {}}},
    {"results": {"data": {"status_name": {"a": 1}}}}, {"results": {"data": {"status_name": ["Selesai"]}}}, 7,
]  # fmt: skip


@ON_ONE_DATABASE
async def test_an_odd_answer_is_that_reports_trouble_alone(both: Both) -> None:
    first, second = await both.filed(), await both.filed("c2")
    await both.polled()
    path = f"/complaints/{await both.complaint(first)}/complaint"
    for n, odd in enumerate(ODD):
        await both.script({"path": path, "body": odd, "times": 2})
        await both.says(second, status_name="Dalam Proses", note=f"Tahap {n}")
        said = await both.polled()
        assert len(said) == 1, odd
        assert f"Tahap {n}" in said[0]
        row = await both.row(first)
        assert row.failures >= 1, odd
        assert row.error
        await both.control.delete("/_next")
    assert await both.state(first) == "submitted"
    await both.polled()
    assert (await both.row(first)).failures == 0


@ON_ONE_DATABASE
async def test_odd_followups_do_not_keep_the_status_from_being_heard(both: Both) -> None:
    ticket = await both.filed()
    path = f"/complaints/{await both.complaint(ticket)}/followups"
    for n, odd in enumerate(({"results": {"data": None}}, {"results": {"data": {"1": {}}}}, "x", None)):
        await both.says(ticket, status_name="Dalam Proses", note=f"Tahap {n}")
        await both.script({"path": path, "status": 500} if odd is None else {"path": path, "body": odd})
        assert len(await both.polled()) == 1, odd


@ON_ONE_DATABASE
async def test_followups_in_odd_rows(both: Both) -> None:
    ticket = await both.filed()
    rows: list[Any] = [
        {"id": None, "created_at": "kemarin", "content": "Tanpa nomor", "attachments": "x"}, "bukan baris", None,
        {"id": 5, "content": None, "template_content": "Dari templat", "institution_from_name": 12},
        {"id": True, "content": ["a"]}, {},
    ]  # fmt: skip
    path = f"/complaints/{await both.complaint(ticket)}/followups"
    await both.script({"path": path, "body": {"results": {"data": rows}}, "times": 2})
    said = await both.polled()
    assert [any(words in one for one in said) for words in ("Tanpa nomor", "Dari templat")] == [True, True]
    assert len(said) == 2


class Scripted:
    """A LAPOR! that answers from a function and counts how many ask at the same time."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.asked: list[str] = []
        self.at_once = self.most = 0

    async def status(self, complaint_id: str) -> ComplaintStatus:
        self.asked.append(complaint_id)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if self.failure:
            raise self.failure
        return ComplaintStatus("Belum Terverifikasi", "submitted")

    async def followups(self, complaint_id: str) -> tuple[Followup, ...]:
        return ()


async def test_reports_are_read_spread_over_the_pause_and_few_at_once(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path)
    await many(store, house, 100)
    lapor = Scripted()
    polling = StatusPolling(store, lapor, HOURS_3, lambda: None, house.clock)
    begun = house.clock()
    await polling.work(begun)
    async with store.read() as session:
        moments = sorted(m for m in await session.scalars(sa.select(ReportAtLapor.poll_at)) if m)
    assert len(moments) == 100
    assert max(moments) <= begun + HOURS_3
    quarters = [sum(begun + HOURS_3 * n / 4 <= m < begun + HOURS_3 * (n + 1) / 4 for m in moments) for n in range(4)]
    assert all(count > 8 for count in quarters), quarters
    house.clock.ahead += HOURS_3
    assert await polling.work(house.clock()) == f"{MOST} of {MOST} reports read, 0 with trouble", "no burst"
    assert lapor.most <= AT_ONCE
    await polling.work(house.clock())
    assert len(set(lapor.asked)) == 2 * MOST


async def test_when_lapor_is_away_the_rest_is_left_and_our_own_errors_stop_no_other(
    store: Store, tmp_path: Path
) -> None:
    house = build(store, tmp_path)
    await many(store, house, 10)
    lapor = Scripted(TemporaryFailure("LAPOR! gave no answer"))
    polling = StatusPolling(store, lapor, HOURS_3, lambda: None, house.clock)
    await polling.work(house.clock())
    house.clock.ahead += HOURS_3
    now = house.clock()
    await polling.work(now)
    assert len(lapor.asked) == AWAY
    async with store.read() as session:
        failed = list(await session.scalars(sa.select(ReportAtLapor).where(ReportAtLapor.failures > 0)))
    assert len(failed) == AWAY
    for row in failed:
        assert row.poll_at is not None
        assert timedelta(minutes=53) < row.poll_at - now < timedelta(minutes=67), "an hour after an error"
    lapor.failure = KeyError("nobody thought of this")
    assert await polling.work(now) == "7 of 7 reports read, 7 with trouble"
