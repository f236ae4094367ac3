"""What is due and stuck, status by one click, and filing without what LAPOR! does not take, on the pages."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bot.failures import Rejected
from bot.store.tables import Report, ReportPhoto
from bot.store.tables_lapor import ReportAtLapor
from bot.store.unit_of_work import Store
from tests.admin.world import NOW, TICKETS, World, post

QUEUED, UNKNOWN, FAILED, FILED = TICKETS.values()


async def test_deadlines_and_what_is_stuck_on_one_page(world: World, store: Store) -> None:
    async with store.write() as session:
        session.add(ReportAtLapor(
            ticket=FILED, status="Belum Terverifikasi", addressee="Dinas Perhubungan", failures=2,
            submitted_at=NOW - timedelta(days=30), checked_at=NOW, attention="status belum dikenal <b>",
        ))  # fmt: skip
    browser = await world.sign_in("peninjau")
    html = (await browser.get("/admin/tenggat")).text
    for words in (
        "<b>1</b> merah", "diteruskan paling lambat", FILED, "Dinas Perhubungan", "status belum dikenal &lt;b&gt;",
        "<b>1</b> statusnya di LAPOR! gagal dibaca", "<b>1</b> ditolak LAPOR!",
    ):  # fmt: skip
        assert words in html, words
    assert 'href="/admin/tenggat"' in (await browser.get("/admin")).text


async def test_a_status_is_one_click_in_lapors_own_names_and_names_the_new_agency(world: World, store: Store) -> None:
    async with store.write() as session:
        session.add(ReportAtLapor(ticket=FILED, status="Terverifikasi", failures=0, checked_at=NOW))
    browser = await world.sign_in("operator")
    html = (await browser.get(f"/admin/laporan/{FILED}")).text
    assert html.count('<button name="status"') == 9
    assert "Menurut LAPOR!: Terverifikasi" in html
    assert "Terakhir diperiksa 24 Nov 2026 10.05" in html
    answer = await post(browser, f"/admin/laporan/{FILED}/status", status="transferred", instansi=" Dinas PU ")
    assert answer.status_code == 303
    assert world.actions.calls == [("note_status", FILED, "transferred", None, "Petugas operator", "Dinas PU")]


async def test_what_lapor_does_not_take_is_left_out_by_a_person(world: World, store: Store) -> None:
    path = f"/admin/laporan/{QUEUED}"
    browser = await world.sign_in("operator")
    assert "Ajukan tanpa lampiran" not in (await browser.get(path)).text
    async with store.write() as session:
        await session.execute(sa.update(ReportPhoto).values(problem="LAPOR! says the file is too large (413)"))
    assert "Lampiran 1: " in (await browser.get(path)).text
    answer = await post(browser, f"{path}/tanpa-lampiran")
    assert answer.status_code == 303
    assert world.actions.calls == [("file_without", QUEUED, "Petugas operator")]
    assert ("file_without", f"report:{QUEUED}", None) in await world.audit()
    world.actions.trouble = Rejected("Laporan ini tidak punya lampiran yang ditolak.")
    assert (await post(browser, f"{path}/tanpa-lampiran")).status_code == 409


async def test_what_a_person_was_asked_to_do_is_ticked_off(world: World, store: Store) -> None:
    async with store.write() as session:
        session.add(ReportAtLapor(ticket=FILED, failures=0, attention="tindak lanjut warga belum masuk LAPOR!"))
    browser = await world.sign_in("operator")
    assert "Tindak lanjut warga belum masuk LAPOR!" in (await browser.get(f"/admin/laporan/{FILED}")).text
    await post(browser, f"/admin/laporan/{FILED}/ditangani")
    assert world.actions.calls == [("seen_to", FILED, "Petugas operator")]
    reader = await world.sign_in("peninjau")
    assert (await post(reader, f"/admin/laporan/{FILED}/ditangani")).status_code == 403


async def test_the_page_of_a_report_that_lapor_never_spoke_of(world: World, store: Store) -> None:
    async with store.write() as session:
        await session.execute(sa.update(Report).where(Report.ticket == FILED).values(tracking_id=None))
    browser = await world.sign_in("operator")
    assert "Status di LAPOR!" not in (await browser.get(f"/admin/laporan/{FILED}")).text
