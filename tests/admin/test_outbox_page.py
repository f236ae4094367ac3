"""What has not left the house, as an admin sees it: the list, trying again and holding back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bot.store.outbox import Lane
from bot.store.tables import Message, Outbox
from bot.store.transaction import writing
from bot.store.unit_of_work import Store
from tests.admin.world import World, post

REASON = "WhatsApp menerima pesan bebas hanya dalam 24 jam"


async def put(store: Store, kind: str, state: str, payload: dict[str, Any], conversation: int) -> int:
    """An item in this state; its number."""
    now = datetime.now(UTC)
    async with writing(store) as tx:
        row = tx.outbox.row(Lane.REPLY, kind, f"{kind}/{state}", conversation, payload, now, now)
        await tx.outbox.add_all([{**row, "state": state, "reason": REASON}])
        found = await tx.session.scalar(sa.select(Outbox.id).where(Outbox.kind == kind, Outbox.state == state))
    assert found
    return found


async def state_of(store: Store, item: int) -> tuple[str, str | None]:
    async with store.read() as session:
        row = (await session.execute(sa.select(Outbox.state, Outbox.reason).where(Outbox.id == item))).one()
    return row[0], row[1]


async def test_an_admin_sees_the_reason_and_sends_again(world: World, store: Store) -> None:
    browser = await world.sign_in("admin")
    waiting = await put(store, "say", "waiting", {}, world.conversation)
    parked = await put(store, "say", "parked", {}, world.conversation)
    unknown = await put(store, "file", "unknown", {"ticket": "KS-261124-AAAA"}, world.conversation)
    page = (await browser.get("/admin/kiriman")).text
    assert page.count(REASON) == 3
    assert "menunggu warga menulis lagi" in page
    assert f"/admin/kiriman/{unknown}/kirim" not in page
    only = (await browser.get("/admin/kiriman?keadaan=parked")).text
    assert f"k{parked}" in only
    assert f"k{waiting}" not in only

    assert (await post(browser, f"/admin/kiriman/{parked}/kirim")).status_code == 303
    assert await state_of(store, parked) == ("pending", None)
    answer = await post(browser, f"/admin/kiriman/{unknown}/kirim")
    assert answer.status_code == 409
    assert "/admin/laporan/KS-261124-AAAA" in answer.text
    assert (await state_of(store, unknown))[0] == "unknown"
    assert (await post(browser, f"/admin/kiriman/{waiting}/tahan", alasan="nomor salah")).status_code == 303
    assert await state_of(store, waiting) == ("parked", "nomor salah")
    audited = [row[:2] for row in await world.audit()]
    assert ("outbox_retry", f"outbox:{parked}") in audited
    assert ("outbox_park", f"outbox:{waiting}") in audited
    assert ("outbox_retry", f"outbox:{unknown}") not in audited


async def test_the_transcript_says_why_a_line_did_not_arrive(world: World, store: Store) -> None:
    item = await put(store, "say", "waiting", {}, world.conversation)
    async with store.write() as session:
        session.add(Message(
            conversation_id=world.conversation, outbox_id=item, direction="out", kind="text", text="Kabar.", data={},
            at=datetime.now(UTC),
        ))  # fmt: skip
    browser = await world.sign_in("admin")
    page = (await browser.get(f"/admin/percakapan/{world.conversation}")).text
    assert f"Belum terkirim, dikirim saat warga menulis lagi: {REASON}" in page
