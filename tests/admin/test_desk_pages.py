"""What petugas see and do: conversations, the filing queue, the 112 desk, masked until they say why."""

from __future__ import annotations

from html import escape

import pytest

from bot.failures import Rejected, TemporaryFailure
from bot.store.tables import Report
from bot.store.unit_of_work import Store
from tests.admin.world import INCIDENT, NAME, PHONE, PHOTO, PICTURE, TAKEN, TICKETS, World, post

QUEUED, UNKNOWN, FAILED, FILED = TICKETS.values()


async def test_the_start_page_counts_what_waits(world: World) -> None:
    browser = await world.sign_in("operator")
    html = (await browser.get("/admin")).text
    for words in (
        "<b>1</b> kejadian 112 terbuka",
        "1 belum diterima",
        "<b>1</b> warga menunggu petugas",
        "<b>1</b> laporan menunggu diajukan",
        "<b>1</b> laporan perlu dipastikan",
        "<b>1</b> laporan ditolak",
    ):
        assert words in html


# --- masking and opening ---


async def test_names_and_numbers_are_masked_everywhere(world: World) -> None:
    browser = await world.sign_in("admin")
    pages = [
        "/admin/percakapan",
        f"/admin/percakapan/{world.conversation}",
        f"/admin/percakapan/{world.conversation}/baris",
        "/admin/laporan",
        f"/admin/laporan/{QUEUED}",
        "/admin/112",
        "/admin/112/daftar",
        f"/admin/112/{INCIDENT}",
    ]
    for path in pages:
        html = (await browser.get(path)).text
        assert NAME not in html, path
        assert "00000011" not in html.replace("-", "").replace(" ", ""), path
    assert "S*** R***" in (await browser.get(pages[1])).text
    assert "+62 811-****-0011" in (await browser.get(pages[1])).text
    assert "+62 811-****-0011" in (await browser.get("/admin/112")).text


@pytest.mark.parametrize("thing", ["percakapan", "laporan", "112"])
async def test_opening_shows_once_and_writes_down_who_and_why(world: World, thing: str) -> None:
    key, object_ = {
        "percakapan": (str(world.conversation), f"conversation:{world.conversation}"),
        "laporan": (QUEUED, f"report:{QUEUED}"),
        "112": (INCIDENT, f"incident:{INCIDENT}"),
    }[thing]
    browser = await world.sign_in("petugas_112")
    refused = await post(browser, f"/admin/{thing}/{key}/buka", alasan="iseng")
    assert refused.status_code == 422
    assert PHONE not in refused.text
    opened = await post(browser, f"/admin/{thing}/{key}/buka", alasan="darurat")
    assert opened.status_code == 200
    assert PHONE in opened.text
    assert PHONE not in (await browser.get(f"/admin/{thing}/{key}")).text
    assert await world.audit() == [("sign_in", "session", None), ("reveal", object_, "darurat")]


# --- conversations ---


async def test_a_transcript_shows_what_was_understood_and_done(world: World) -> None:
    browser = await world.sign_in("peninjau")
    html = (await browser.get(f"/admin/percakapan/{world.conversation}")).text
    for words in ("melapor (91%)", "Lampu jalan (80%)", "Kec. Sangatta Utara", "tindakan bot: ask_photo", "Lewati"):
        assert words in html
    assert "photo:skip" not in html, "a tap is shown by its title"
    assert "&lt;b&gt;ini&lt;/b&gt;" in html
    assert "<textarea" not in html, "a peninjau cannot reply"


FILTERS = [
    ("", True),
    ("kanal=whatsapp", True),
    ("kanal=telegram", False),
    ("darurat=1", True),
    ("menunggu=1", True),
    ("dipegang=1", False),
    ("gagal=1", False),
    ("maksud=lapor", True),
    ("maksud=salam", False),
    ("yakin=95", True),
    ("yakin=50", False),
    ("kategori=lampu_jalan", True),
    ("kategori=jalan", False),
    ("dari=2026-11-24", True),
    ("dari=2026-11-25", False),
    ("sampai=2026-11-24", True),
    ("sampai=2026-11-23", False),
    ("dari=besok&yakin=x", True),
]


async def test_conversations_are_filtered(world: World) -> None:
    browser = await world.sign_in("peninjau")
    for query, found in FILTERS:
        html = (await browser.get(f"/admin/percakapan?{query}")).text
        assert (f'href="/admin/percakapan/{world.conversation}"' in html) is found, query
        assert ("Tidak ada percakapan" in html) is not found, query


async def test_a_petugas_takes_replies_and_hands_back(world: World) -> None:
    browser = await world.sign_in("operator")
    base = f"/admin/percakapan/{world.conversation}"
    for path, form in (("ambil", {}), ("balas", {"teks": "  Selamat pagi "}), ("kembalikan", {})):
        answer = await post(browser, f"{base}/{path}", **form)
        assert answer.status_code == 303
        assert 'role="status"' in (await browser.get(answer.headers["location"])).text
    user = "Petugas operator"
    assert world.actions.calls == [
        ("take", world.conversation, user), ("reply", world.conversation, "Selamat pagi", user),
        ("hand_back", world.conversation, user),
    ]  # fmt: skip
    assert [row[0] for row in await world.audit()] == ["sign_in", "take", "reply", "hand_back"]
    assert (await post(browser, f"{base}/balas", teks=" ")).status_code == 422
    assert len(world.actions.calls) == 3


# --- reports ---


async def test_the_queue_holds_what_a_person_must_do(world: World) -> None:
    browser = await world.sign_in("operator")
    html = (await browser.get("/admin/laporan")).text
    assert [ticket in html for ticket in (QUEUED, UNKNOWN, FAILED, FILED)] == [True, True, True, False]
    assert FILED in (await browser.get("/admin/laporan?status=semua")).text
    only = (await browser.get("/admin/laporan?status=failed")).text
    assert FAILED in only
    assert QUEUED not in only


async def test_the_assisted_form_is_ready_to_copy(world: World) -> None:
    browser = await world.sign_in("operator")
    html = (await browser.get(f"/admin/laporan/{QUEUED}")).text
    assert "Lampu jalan mati" in html
    assert html.count("data-copy=") == 2
    assert f"/admin/foto/{PHOTO}?unduh=1" in html
    photo = await browser.get(f"/admin/foto/{PHOTO}?unduh=1")
    assert photo.content == PICTURE
    assert photo.headers["content-disposition"].startswith("attachment")
    assert photo.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("typed", ["LP-1234", " lp-1234 ", "#LP-1234"])
async def test_the_tracking_id_is_typed_back(world: World, typed: str) -> None:
    browser = await world.sign_in("operator")
    answer = await post(browser, f"/admin/laporan/{QUEUED}/nomor", nomor=typed)
    assert answer.status_code == 303
    assert world.actions.calls == [("file_assisted", QUEUED, "LP-1234", "Petugas operator")]
    assert ("file", f"report:{QUEUED}", None) in await world.audit()


@pytest.mark.parametrize("path", ["nomor", "pastikan"])
async def test_a_tracking_id_that_cannot_be_is_refused_and_kept_in_the_field(world: World, path: str) -> None:
    browser = await world.sign_in("operator")
    for typed in ("", "ABC", "LP 1234", "LP_1234", "A" * 33, "<script>", TAKEN):
        answer = await post(browser, f"/admin/laporan/{QUEUED}/{path}", nomor=typed)
        assert answer.status_code == 422, typed
        assert "<script>" not in answer.text
        assert (f"sudah dipakai laporan {FILED}" in answer.text) is (typed == TAKEN)
        assert f'value="{escape(typed.upper())}"' in answer.text or path == "pastikan"
    assert world.actions.calls == []


async def test_an_unknown_filing_is_settled_by_a_person(world: World) -> None:
    browser = await world.sign_in("operator")
    html = (await browser.get(f"/admin/laporan/{UNKNOWN}")).text
    assert "Belum masuk, kirim lagi" in html
    assert f"/admin/laporan/{UNKNOWN}/nomor" not in html
    assert f"/admin/laporan/{UNKNOWN}/ulang" not in html, "never repeated without looking it up"
    await post(browser, f"/admin/laporan/{UNKNOWN}/pastikan", hasil="sudah", nomor="LP-55")
    await post(browser, f"/admin/laporan/{UNKNOWN}/pastikan", hasil="belum")
    user = "Petugas operator"
    assert world.actions.calls == [("settle_unknown", UNKNOWN, "LP-55", user), ("settle_unknown", UNKNOWN, None, user)]


async def test_a_refused_report_shows_why_and_is_sent_again(world: World) -> None:
    browser = await world.sign_in("operator")
    assert "kategori salah" in (await browser.get(f"/admin/laporan/{FAILED}")).text
    await post(browser, f"/admin/laporan/{FAILED}/ulang")
    assert world.actions.calls == [("retry_filing", FAILED, "Petugas operator")]


async def test_the_status_at_lapor_is_noted_by_its_own_names(world: World) -> None:
    browser = await world.sign_in("operator")
    assert "Bukan Wewenang" in (await browser.get(f"/admin/laporan/{FILED}")).text
    assert "Status di LAPOR!" not in (await browser.get(f"/admin/laporan/{QUEUED}")).text
    await post(browser, f"/admin/laporan/{FILED}/status", status="in_progress", catatan=" Sudah dicek ")
    assert world.actions.calls == [("note_status", FILED, "in_progress", "Sudah dicek", "Petugas operator", None)]
    assert (await post(browser, f"/admin/laporan/{FILED}/status", status="queued")).status_code == 422


async def test_what_does_not_fit_is_told_in_the_services_words(world: World) -> None:
    browser = await world.sign_in("operator")
    world.actions.trouble = Rejected("Laporan ini baru saja diajukan orang lain.")
    answer = await post(browser, f"/admin/laporan/{QUEUED}/nomor", nomor="LP-1234")
    assert answer.status_code == 409
    assert "diajukan orang lain" in answer.text
    assert 'value="LP-1234"' in answer.text
    world.actions.trouble = TemporaryFailure("the database does not answer")
    answer = await post(browser, f"/admin/laporan/{QUEUED}/nomor", nomor="LP-1234")
    assert answer.status_code == 503
    assert "database" not in answer.text
    world.actions.trouble = RuntimeError("nobody thought of this")
    answer = await post(browser, f"/admin/laporan/{QUEUED}/nomor", nomor="LP-1234")
    assert answer.status_code == 500
    assert "sudah dicatat" in answer.text
    assert "nobody" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_hidden_reporter_stays_hidden(world: World, store: Store) -> None:
    async with store.write() as session:
        report = await session.get_one(Report, QUEUED)
        report.anonymity, report.reporter_enc, report.phone_enc = "anonim", None, None
    browser = await world.sign_in("operator")
    html = (await browser.get(f"/admin/laporan/{QUEUED}")).text
    assert "disembunyikan (anonim)" in html
    assert "/buka" not in html


# --- 112 ---


async def test_the_desk_shows_words_place_time_and_the_next_step(world: World) -> None:
    browser = await world.sign_in("petugas_112")
    for path in ("/admin/112", "/admin/112/daftar"):
        html = (await browser.get(path)).text
        for words in (
            "Kebakaran",
            "rumah terbakar",
            "dekat pasar, Kec. Sangatta Utara",
            "data-since=",
            "Terima",
            'data-unanswered="1"',
        ):
            assert words in html
        assert "Selesai" not in html, "first someone answers for it"
    assert "<html" not in (await browser.get("/admin/112/daftar")).text


async def test_only_the_next_step_is_taken(world: World, store: Store) -> None:
    browser = await world.sign_in("petugas_112")
    answer = await post(browser, f"/admin/112/{INCIDENT}/keadaan", keadaan="resolved")
    assert answer.headers["location"] == "/admin/112?ok=sudah"
    assert world.actions.calls == []
    answer = await post(browser, f"/admin/112/{INCIDENT}/keadaan", keadaan="acknowledged")
    assert answer.headers["location"] == "/admin/112?ok=kejadian"
    assert world.actions.calls == [("move_incident", INCIDENT, "acknowledged", "Petugas petugas_112")]
    assert ("incident_acknowledged", f"incident:{INCIDENT}", None) in await world.audit()


async def test_an_operator_sees_the_desk_but_does_not_move_incidents(world: World) -> None:
    browser = await world.sign_in("operator")
    assert "Terima" not in (await browser.get("/admin/112")).text
    assert (await post(browser, f"/admin/112/{INCIDENT}/keadaan", keadaan="acknowledged")).status_code == 403
    assert world.actions.calls == []
