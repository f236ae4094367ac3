"""The desk shows who is on shift; the two buttons begin and end it."""

from __future__ import annotations

from datetime import timedelta

from bot.store.transaction import writing
from tests.admin.world import INCIDENT, World, post

EMPTY = "Belum ada yang jaga"


async def test_a_shift_is_begun_seen_and_ended(world: World) -> None:
    browser = await world.sign_in("petugas_112")
    assert EMPTY in (await browser.get("/admin/112")).text
    assert (await post(browser, "/admin/112/jaga")).headers["location"] == "/admin/112?ok=jaga"
    for _ in range(10):
        world.clock.now += timedelta(seconds=90)
        assert "Selesai jaga" in (await browser.get("/admin/112/daftar")).text, "an open page keeps it"
    other = await world.sign_in("operator")
    shown = (await other.get("/admin/112")).text
    assert "Petugas petugas_112" in shown
    assert "Selesai jaga" not in shown, "nobody ends another's shift"
    assert (await post(other, "/admin/112/jaga")).status_code == 403
    await post(browser, "/admin/112/selesai-jaga")
    assert EMPTY in (await browser.get("/admin/112")).text
    actions = [row[0] for row in await world.audit()]
    assert "shift_begun" in actions
    assert "shift_ended" in actions


async def test_a_caller_is_separated_by_a_person(world: World) -> None:
    browser = await world.sign_in("petugas_112")
    assert "Pisahkan" not in (await browser.get(f"/admin/112/{INCIDENT}")).text
    await post(browser, f"/admin/112/{INCIDENT}/pisah")
    assert ("separate_incident", INCIDENT, "Petugas petugas_112") in world.actions.calls


async def test_notices_stand_on_the_start_page(world: World) -> None:
    async with writing(world.store) as tx:
        await tx.notices.add("uji/1", "Laporan KS-261124-BBBB perlu dipastikan.", world.clock.now)
    browser = await world.sign_in("operator")
    assert "KS-261124-BBBB perlu dipastikan" in (await browser.get("/admin")).text
