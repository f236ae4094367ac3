"""Lists are paged by key and filtered; every number of the dashboard is the count of the list behind it."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import pytest

from bot.admin.exports import HEAD, harmless
from bot.catalogue import standard
from bot.store.ledger import labels
from bot.store.listing import PAGE, Lists
from bot.store.tables import (
    Contact,
    Conversation,
    Delivery,
    Inbox,
    Incident,
    Message,
    Outbox,
    Report,
    ReportStep,
)  # fmt: skip
from bot.store.tables_review import Review
from bot.store.unit_of_work import Store
from bot.store.views import Filter, ReportFilter
from tests.admin.world import NAME, NOW, PHONE, TICKETS, World, post

FORMULA = '=HYPERLINK("http://contoh.id")'


async def crowd(store: Store, count: int, *, same_moment: bool = False) -> list[int]:
    """Conversations, one a minute, each with one understood message; their ids, the latest first."""
    ids = []
    async with store.write() as session:
        for n in range(count):
            at = NOW - timedelta(minutes=0 if same_moment else n)
            contact = Contact(
                channel="telegram", address_hash=f"crowd-{n}", address_enc=b"", name_enc=None, phone_enc=None,
                created_at=at,
            )  # fmt: skip
            session.add(contact)
            await session.flush()
            conversation = Conversation(
                contact_id=contact.id, channel="telegram", state_enc=b"", held_by=None, created_at=at,
                last_inbound_at=at,
            )  # fmt: skip
            session.add(conversation)
            await session.flush()
            understanding = {"intent": "salam" if n % 2 else "lapor", "confidence": n / count}
            session.add(
                Message(
                    conversation_id=conversation.id, direction="in", kind="text", text=f"pesan ke-{n} 100%_", data={},
                    understanding=understanding, at=at, **labels(understanding),
                )
            )  # fmt: skip
            ids.append(conversation.id)
    return ids


def report(ticket: str, at: datetime, **more: object) -> Report:
    given: dict[str, object] = {
        "conversation_id": 1, "channel": "whatsapp", "state": "submitted", "category": "jalan",
        "classification": "pengaduan", "kecamatan": None, "desa": None, "place_detail": None, "place_uncertain": True,
        "lat": None, "lon": None, "description": "rusak", "incident_date": "2026-11-01", "anonymity": "none",
        "reporter_enc": None, "phone_enc": None, "agency": None, "complaint_id": None, "tracking_id": None,
        "note": None, "created_at": at, "changed_at": at,
    }  # fmt: skip
    return Report(**{**given, "ticket": ticket, **more})


@pytest.mark.parametrize("same_moment", [False, True])
async def test_pages_by_key_hold_everything_once(world: World, store: Store, same_moment: bool) -> None:
    expected = await crowd(store, 2 * PAGE + 7, same_moment=same_moment)
    seen: list[int] = []
    after: str | None = None
    pages = 0
    async with store.read() as session:
        while pages == 0 or after:
            part = await Lists(session, store.sealer).conversations(Filter(channel="telegram"), after)
            seen += [row.id for row in part.rows]
            after, pages = part.after, pages + 1
        count = await Lists(session, store.sealer).count_conversations(Filter(channel="telegram"))
    assert seen == (sorted(expected, reverse=True) if same_moment else expected)
    assert (pages, count) == (3, len(expected))


async def test_reports_are_paged_both_ways(world: World, store: Store) -> None:
    async with store.write() as session:
        session.add_all(report(f"KS-261101-{n:04}", NOW - timedelta(days=20, minutes=n // 3)) for n in range(PAGE + 5))
    for newest in (False, True):
        wanted = ReportFilter(category="jalan", newest=newest)
        async with store.read() as session:
            lists = Lists(session, store.sealer)
            first = await lists.reports(wanted)
            second = await lists.reports(wanted, first.after)
        tickets = [r.ticket for r in (*first.rows, *second.rows)]
        assert len(tickets) == len(set(tickets)) == PAGE + 5
        moments = [r.created_at for r in (*first.rows, *second.rows)]
        assert moments == sorted(moments, reverse=newest)


async def test_a_key_that_nobody_made_is_harmless(world: World) -> None:
    browser = await world.sign_in("peninjau")
    for key in ("", "x", "1.", ".1", "9" * 30 + ".1", "1.<script>", "-1.1", "5.5.5", "9999999999999999.1", "1.a\nb"):
        for path in ("/admin/percakapan", "/admin/laporan", "/admin/112/semua", "/admin/tinjauan/hasil"):
            answer = await browser.get(path, params={"setelah": key, "status": "semua"})
            assert answer.status_code == 200, (path, key)
            assert "<script>" not in answer.text
    assert (await browser.get("/admin/percakapan?kata=a%00b")).status_code == 400


async def test_words_are_found_as_they_are_and_numbers_only_by_who_may(world: World, store: Store) -> None:
    await crowd(store, 3)
    operator, reader = await world.sign_in("operator"), await world.sign_in("peninjau")
    answer = await post(operator, "/admin/percakapan/cari", cari="KE-2 100%_")
    html = (await operator.get(answer.headers["location"])).text
    assert 'data-count="1"' in html, "percent and underscore are letters, not patterns"
    by_phone = await post(operator, "/admin/percakapan/cari", cari="0811-0000-0011")
    assert by_phone.headers["location"] == f"/admin/percakapan/{world.conversation}"
    assert (await post(reader, "/admin/percakapan/cari", cari="0811-0000-0011")).status_code == 403
    assert (await reader.get("/admin/percakapan?kata=081100000011")).status_code == 403
    by_ticket = await post(reader, "/admin/percakapan/cari", cari=TICKETS["queued"].lower())
    assert by_ticket.headers["location"] == f"/admin/laporan/{TICKETS['queued']}"
    by_tracking = await post(reader, "/admin/percakapan/cari", cari="lp-7788")
    assert by_tracking.headers["location"] == f"/admin/laporan/{TICKETS['submitted']}"
    assert (await post(operator, "/admin/percakapan/cari", cari="0811-0000-0099")).status_code == 404


async def test_failed_deliveries_and_dangers_are_filters(world: World, store: Store) -> None:
    browser = await world.sign_in("peninjau")
    link = f'href="/admin/percakapan/{world.conversation}"'
    for query in ("gagal=1", "darurat=live", "darurat=ask"):
        assert link not in (await browser.get(f"/admin/percakapan?{query}")).text
    danger = {"intent": "darurat", "confidence": 0.9, "emergency": {"level": "live", "type": "banjir"}}
    async with store.write() as session:
        session.add(
            Message(
                conversation_id=world.conversation, direction="in", kind="text", text="banjir", data={}, at=NOW,
                understanding=danger, **labels(danger),
            )
        )  # fmt: skip
        session.add(
            Outbox(
                lane=1, kind="say", key="9/0", conversation_id=world.conversation, payload_enc=b"", state="parked",
                due_at=NOW, created_at=NOW, reason="diblokir",
            )
        )  # fmt: skip
    for query, found in (("gagal=1", True), ("darurat=live", True), ("darurat=ask", False)):
        assert (link in (await browser.get(f"/admin/percakapan?{query}")).text) is found, query


# --- the table ---


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf"), "spreadsheets know UTF-8 by this mark"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_reports_leave_as_a_table_masked_and_harmless(world: World, store: Store) -> None:
    async with store.write() as session:
        words = f"{FORMULA} dari {NAME}, {PHONE}"
        session.add(
            report("KS-261101-ZZZZ", NOW, description=words, place_detail="+cmd", reporter_enc=store.sealer.seal(NAME))
        )
        session.add_all(report(f"KS-261102-{n:04}", NOW - timedelta(days=1)) for n in range(600))
    browser = await world.sign_in("operator")
    answer = await post(browser, "/admin/laporan/ekspor?status=semua&kategori=jalan")
    rows = rows_of(answer)
    assert tuple(rows[0]) == HEAD
    assert len(rows) == len({row["Tiket"] for row in rows}) == 601
    one = next(row for row in rows if row["Tiket"] == "KS-261101-ZZZZ")
    assert one["Isi laporan"].startswith("'=")
    assert one["Keterangan lokasi"] == "'+cmd"
    assert NAME not in answer.text
    assert "00000011" not in answer.text
    assert one["Pelapor"] == "S*** R***"
    refused = await post(browser, "/admin/laporan/ekspor?status=semua&kategori=jalan", alasan="iseng")
    assert refused.status_code == 422
    opened = rows_of(await post(browser, "/admin/laporan/ekspor?status=semua&kata=ZZZZ", alasan="periksa"))
    assert [row["Pelapor"] for row in opened] == [NAME]
    audit = await world.audit()
    assert ("export", "reports", None) in audit
    assert ("export_open", "reports", "periksa") in audit


async def test_a_hidden_reporter_is_in_no_table(world: World, store: Store) -> None:
    async with store.write() as session:
        session.add(report("KS-261101-AAAZ", NOW, anonymity="anonim"))
    browser = await world.sign_in("admin")
    [row] = rows_of(await post(browser, "/admin/laporan/ekspor?status=semua&kata=AAAZ", alasan="periksa"))
    assert (row["Pelapor"], row["Telepon"], row["Kerahasiaan"]) == ("", "", "anonim")


@pytest.mark.parametrize("cell", ["=1+1", "+62 811", "-2+3", "@SUM(A1)", "\t=1", "  =1", "%0A", "|x"])
def test_what_a_spreadsheet_would_run_is_words(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "jalan = rusak", "-0.51234", "117.5", "KS-261101-AAAA"])
def test_what_is_harmless_stays(cell: str) -> None:
    assert harmless(cell) == cell


# --- the dashboard ---


async def a_month(store: Store) -> None:
    """Reports, incidents, verdicts and answers in and around the last 30 days."""
    codes = list(standard().kecamatan)
    async with store.write() as session:
        for n in range(40):
            at = NOW - timedelta(days=n, hours=n % 5)
            ticket, state = f"KS-2611-{n:04}", ("queued", "submitted", "done", "need_info", "failed")[n % 5]
            where = codes[n % 3] if n % 4 else None
            session.add(report(ticket, at, state=state, category=("jalan", "sampah")[n % 2], kecamatan=where,
                               agency=("Dinas A", None, "Dinas & B")[n % 3]))  # fmt: skip
            await session.flush()
            session.add(ReportStep(ticket=ticket, state=state, who="siaga", note=None, at=at))
            if n % 6 == 0:
                session.add(
                    Incident(
                        id=f"IN-{n}", conversation_id=1, channel="whatsapp", version=1, level="live", words="tolong",
                        type=("banjir", "medis")[n % 4 // 2], state="resolved", kecamatan=where, desa=None,
                        outside=False, photos=[], created_at=at, changed_at=at,
                    )
                )  # fmt: skip
        for n in range(6):
            at = NOW - timedelta(days=n * 8)
            inbox = Inbox(
                source="whatsapp", message_id=f"w{n}", conversation_id=1, payload_enc=b"", token="", received_at=at,
                ready_at=at, processed_at=at,
            )  # fmt: skip
            session.add(inbox)
            await session.flush()
            message = Message(
                conversation_id=1, inbox_id=inbox.id, direction="in", kind="text", text="x", data={}, at=at,
                understanding={}, **labels({}),
            )  # fmt: skip
            bubbles = [
                Outbox(lane=1, kind="say", key=f"{inbox.id}/{k}", conversation_id=1, payload_enc=b"", state="done",
                       due_at=at, created_at=at) for k in range(2)
            ]  # fmt: skip
            session.add_all([message, *bubbles])
            await session.flush()
            session.add_all(
                Delivery(outbox_id=bubble.id, attempt=1, started_at=at, finished_at=at + timedelta(seconds=n + k * 50),
                         outcome="done") for k, bubble in enumerate(bubbles)
            )  # fmt: skip
            session.add(
                Review(
                    message_id=message.id, conversation_id=1, said_intent="luar_topik", intent="salam", danger=False,
                    right=n % 2 == 0, found="random", at=at,
                )
            )  # fmt: skip


COUNTED = re.compile(r'<a href="([^"]+)"[^>]*data-count="(\d+)"')


@pytest.mark.parametrize("query", ["?hari=90", "?dari=2026-11-01&sampai=2026-11-10"])
async def test_every_number_is_the_count_of_the_list_behind_it(world: World, store: Store, query: str) -> None:
    await a_month(store)
    browser = await world.sign_in("admin")
    html = (await browser.get(f"/admin/dasbor{query}")).text
    links = [(unescape(to), int(count)) for to, count in COUNTED.findall(html)]
    assert len(links) > 20
    assert sum(count > 0 for _, count in links) > 8
    for to, count in sorted(set(links)):
        page = await browser.get(to)
        assert page.status_code == 200, to
        found = re.search(r'id="jumlah" data-count="(\d+)"', page.text)
        assert found, to
        assert int(found[1]) == count, to


async def test_the_dashboard_counts_days_shares_and_seconds(world: World, store: Store) -> None:
    await a_month(store)
    browser = await world.sign_in("peninjau")
    html = (await browser.get("/admin/dasbor?hari=30")).text
    # 30 of the 40 days and the four reports of the world itself.
    assert re.search(r"<b>34</b> laporan", html)
    assert "perlu dilengkapi" in html
    assert "24 Nov 2026: 5 laporan" in html
    assert "separuhnya dalam 2,0 detik" in html or "separuhnya dalam 1,0 detik" in html
    assert "Dinas &amp; B" in html
    assert "Peta laporan" not in html, "no outlines were imported: the table stands alone"
    slow = (await browser.get("/admin/dasbor/jawaban?hari=90")).text
    assert 'data-count="6"' in slow
    assert slow.index("5,0 detik") < slow.index("4,0 detik")


async def test_heavy_counting_is_done_once_a_minute(world: World, store: Store) -> None:
    browser = await world.sign_in("peninjau")
    before = (await browser.get("/admin/dasbor")).text
    async with store.write() as session:
        session.add(report("KS-261124-NEWW", NOW))
    assert (await browser.get("/admin/dasbor")).text == before
    world.clock.now += timedelta(seconds=61)
    assert "<b>5</b> laporan" in (await browser.get("/admin/dasbor")).text


async def test_days_are_those_of_wita(world: World, store: Store) -> None:
    async with store.write() as session:
        # Half past midnight of the 20th in WITA is still the 19th in UTC.
        session.add(report("KS-261120-NITE", datetime(2026, 11, 19, 16, 30, tzinfo=UTC)))
    browser = await world.sign_in("peninjau")
    html = (await browser.get("/admin/dasbor?dari=2026-11-19&sampai=2026-11-20")).text
    assert "20 Nov 2026: 1 laporan" in html
    assert "19 Nov 2026: 0 laporan" in html


async def test_a_report_with_a_point_shows_where_and_what_is_alike(world: World, store: Store) -> None:
    async with store.write() as session:
        queued = await session.get_one(Report, TICKETS["queued"])
        queued.lat, queued.lon = 0.5379, 117.5555
        session.add(report("KS-261101-NEAR", NOW, category="lampu_jalan", lat=0.5389, lon=117.5565))
        session.add(report("KS-261101-FARR", NOW, category="lampu_jalan", lat=0.6, lon=117.5555))
        session.add(report("KS-261101-ELSE", NOW, category="sampah", lat=0.5379, lon=117.5555))
    browser = await world.sign_in("peninjau")
    html = (await browser.get(f"/admin/laporan/{TICKETS['queued']}")).text
    assert 'aria-label="Peta titik laporan' in html
    assert "KS-261101-NEAR" in html
    assert "KS-261101-FARR" not in html
    assert "KS-261101-ELSE" not in html
    assert "Peta titik" not in (await browser.get(f"/admin/laporan/{TICKETS['failed']}")).text


# --- sentences at hand ---


async def test_an_admin_keeps_the_sentences_and_petugas_have_them_at_hand(world: World) -> None:
    admin = await world.sign_in("admin")
    saved = await post(admin, "/admin/balasan", singkatan="/Jam", isi="Kami kembali pukul 07.30 WITA. <3")
    assert saved.headers["location"] == "/admin/balasan?ok=balasan-disimpan"
    for given, why in (({"singkatan": "jam", "isi": "x"}, "sudah dipakai"), ({"singkatan": "a b", "isi": "x"}, "huruf"),
                       ({"singkatan": "b", "isi": " "}, "harus diisi")):  # fmt: skip
        answer = await post(admin, "/admin/balasan", **given)
        assert answer.status_code == 422
        assert why in answer.text
    await post(admin, "/admin/balasan", id="1", singkatan="pulang", isi="Sampai jumpa.")
    operator = await world.sign_in("operator")
    html = (await operator.get(f"/admin/percakapan/{world.conversation}")).text
    assert 'data-shortcut="pulang"' in html
    assert 'data-insert="Sampai jumpa."' in html
    assert (await post(operator, "/admin/balasan", singkatan="x", isi="y")).status_code == 403
    await post(admin, "/admin/balasan/1/hapus")
    assert "pulang" not in (await operator.get("/admin/balasan")).text
    assert ("canned_removed", "canned:1", None) in await world.audit()


# --- weight ---


async def test_a_long_talk_stays_light_and_no_two_answers_have_the_same_size(world: World, store: Store) -> None:
    understanding = {"intent": "lapor", "confidence": 0.9, "category": {"code": "jalan", "confidence": 0.8}}
    async with store.write() as session:
        session.add_all(
            Message(
                conversation_id=world.conversation, direction="in", kind="text", text=f"{n} {hash(str(n))} " * 6,
                data={}, at=NOW, understanding=understanding, **labels(understanding),
            ) for n in range(300)
        )  # fmt: skip
    browser = await world.sign_in("operator")
    sizes = set()
    for _ in range(4):
        async with browser.stream("GET", f"/admin/percakapan/{world.conversation}") as answer:
            assert answer.headers["content-encoding"] == "gzip"
            sizes.add(int(answer.headers["content-length"]))
            await answer.aread()
            assert answer.text.count("data-message=") == 300
    scripts = 0
    for part in set(re.findall(r'(?:href|src)="(/admin/static/[^"]+)"', answer.text)):
        async with browser.stream("GET", unescape(part)) as static:
            scripts += int(static.headers["content-length"])
    assert max(sizes) + scripts < 150_000, "with an empty cache"
    assert len(sizes) > 1, "the size betrays no token"
