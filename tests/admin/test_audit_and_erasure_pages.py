"""The pages to read the audit and retention by, and the page on which a citizen is erased."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.store.audit import PAGE, Audits
from bot.store.retention import Retentions
from bot.store.unit_of_work import Store
from tests.admin.world import NAME, NOW, PHONE, TICKETS, World, post, token_of


async def test_the_audit_is_filtered_paged_and_holds_ids_alone(world: World, store: Store) -> None:
    admin = await world.sign_in("admin")
    await post(admin, f"/admin/percakapan/{world.conversation}/buka", alasan="hubungi")
    async with store.write() as session:
        for n in range(PAGE + 5):
            Audits(session).write(None, "status", f"report:KS-{n:03d}", NOW - timedelta(days=3), None)

    def shown(html: str) -> int:
        return len(re.findall('class="plainrow"', html))

    first = (await admin.get("/admin/audit")).text
    second = (await admin.get("/admin/audit?hal=1")).text
    assert (shown(first), "Berikutnya" in first) == (PAGE, True)
    assert (shown(second), "Berikutnya" in second) == (7, False)
    for query, rows in (
        ("tindakan=reveal", 1), ("objek=report:KS-00", 10), ("objek=report:%25", 0), ("pengguna=4", 2),
        ("dari=2026-11-24", 2), ("sampai=2026-11-23", PAGE), ("dari=x&pengguna=y", PAGE),
        (f"objek=conversation:{world.conversation}&tindakan=reveal&pengguna=4", 1),
    ):  # fmt: skip
        assert shown((await admin.get(f"/admin/audit?{query}")).text) == rows, query
    revealed = (await admin.get("/admin/audit?tindakan=reveal")).text
    assert "Menghubungi warga" in revealed
    assert f'href="/admin/percakapan/{world.conversation}"' in revealed
    for personal in (NAME, PHONE, "lampu mati"):
        assert personal not in first
    main = first.partition("<main")[2]
    assert 'method="post"' not in main, "nothing can be changed here"


async def test_erasing_takes_a_reason_and_a_second_thought(world: World) -> None:
    admin = await world.sign_in("admin")
    path = f"/admin/percakapan/{world.conversation}/hapus"
    page = await admin.get(path)
    assert TICKETS["queued"] in page.text, "what stays is named"
    assert "masih terbuka" in page.text, "and that an incident is open"
    assert NAME not in page.text
    token, right = token_of(page), {"alasan": "diminta", "paham": "1", "ketik": str(world.conversation)}
    for missing in right:
        answer = await admin.post(path, data={"csrf": token, **right, missing: ""})
        assert answer.status_code == 422, missing
    assert world.actions.calls == []
    done = await admin.post(path, data={"csrf": token, **right})
    assert done.headers["location"] == "/admin/percakapan?ok=dihapus"
    assert world.actions.calls == [("erase", world.conversation)]
    assert ("erase", f"conversation:{world.conversation}", "diminta") in await world.audit()
    assert (await admin.get("/admin/percakapan/999/hapus")).status_code == 404
    assert (await (await world.sign_in("operator")).get(path)).status_code == 403


async def test_what_retention_did_is_told_in_words(world: World, store: Store) -> None:
    admin = await world.sign_in("admin")
    assert "Belum pernah berjalan" in (await admin.get("/admin/retensi")).text
    async with store.write() as session:
        retentions = Retentions(session, store.sealer)
        retentions.record(NOW, 1200, {"transcripts": 12345, "drafts": 0}, dry_run=False)
        retentions.record(NOW, 3, {"drafts": 0}, dry_run=True)
    page = (await admin.get("/admin/retensi")).text
    assert "12.345 pesan percakapan" in page
    assert "draf laporan" not in page
    assert "Uji coba tanpa menghapus" in page
    assert "tidak ada yang perlu dihapus" in page
