"""Names, numbers and words over the real service: never in its log, and after an erasure nowhere on the disk."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Iterator

import httpx
import pyotp
import pytest

from tests.bot import traces
from tests.e2e.citizens import Petugas, TelegramCitizen, WebCitizen, WhatsAppCitizen, sentence
from tests.e2e.pictures import street
from tests.e2e.processes import PASSWORD, House, eventually

_numbers = itertools.count(1)
LAMP = "lampu jalan mati dpn masjid di sangata utara"


@pytest.fixture
def admin(house: House) -> Iterator[Petugas]:
    officer = Petugas(house.url, "admin", PASSWORD)
    yield officer
    officer.close()


def test_nothing_personal_is_ever_written_to_the_log(house: House) -> None:
    """At the most talkative level, on every channel, with what goes wrong as well as what goes right."""
    secret = f"{next(_numbers):03d}"
    words = f"pagar kuning bengkok nomor {secret}"
    name, chat, number = f"Sukmawati Rahasia{secret}", 8_119_000_000 + int(secret), f"+62811009{int(secret):04d}"
    telegram = TelegramCitizen(house.outside.telegram, chat, name)
    whatsapp = WhatsAppCitizen(house.outside.twilio, number, name)
    web = WebCitizen(house.url)
    for citizen in (telegram, whatsapp, web):
        citizen.writes(f"{LAMP} {words}, saya {name}, hubungi 0811-0099-{int(secret):04d}")
        citizen.goes_on_to(sentence("option_photo_skip"))
        citizen.sends(street(int(secret)))
        citizen.is_offered("Kirim")
        citizen.writes("kirim")
        citizen.ticket()
    telegram.sends(b"this is no picture", caption=words)
    whatsapp.writes(f"tolong kebakaran di {words}")
    whatsapp.hears("112")
    refused = httpx.post(f"{house.url}/webhooks/twilio", data={"Body": words, "From": number}, trust_env=False)
    assert refused.status_code == 403
    broken = httpx.post(f"{house.url}/webhooks/telegram", content=f'{{"text": "{words}"', trust_env=False)
    assert broken.status_code in (400, 403)
    web.leaves()
    log = house.written()
    assert log.count("\n") > 3, "the service does write a log"
    digits = re.sub(r"\D", "", number)
    for personal in (name, "Sukmawati", number, digits, digits[2:], str(chat), words, "pagar kuning", PASSWORD, LAMP):
        assert personal not in log, [line for line in log.splitlines() if personal in line][:3]


def test_the_desk_erases_a_citizen_and_no_file_knows_them(
    house: House, whatsapp: WhatsAppCitizen, admin: Petugas
) -> None:
    whatsapp.name = f"Wulandari Terhapus{next(_numbers)}"
    late = f"atap seng biru di ujung gang {whatsapp.sender[-5:]}"
    whatsapp.writes(f"{LAMP}, saya {whatsapp.name}, hubungi {whatsapp.sender}")
    whatsapp.goes_on_to(sentence("option_photo_skip"))
    whatsapp.sends(street(41))
    whatsapp.is_offered("Kirim")
    whatsapp.writes("kirim")
    ticket = whatsapp.ticket()
    eventually(lambda: any(ticket in c["content"] for c in house.outside.complaints()), "the report is filed")
    whatsapp.writes(late)
    eventually(lambda: late in str(rows(house)["messages"]), "the words are written down")
    personal = [whatsapp.name, whatsapp.sender, whatsapp.sender[1:], late]
    assert all(any(p in words for words in rows(house).values()) for p in personal)

    conversation = int(house.stored(lambda tx: tx.conversations.of_address("whatsapp", whatsapp.address)) or 0)
    page = f"/admin/percakapan/{conversation}/hapus"
    assert admin.posts(page, page, alasan="diminta", ketik=str(conversation)).status_code == 422, "not by one click"
    assert admin.posts(page, page, alasan="diminta", paham="1", ketik="1234567").status_code == 422
    done = admin.posts(page, page, alasan="diminta", paham="1", ketik=str(conversation))
    assert "Penghapusan data warga berjalan" in done.text

    eventually(lambda: not traces.in_rows(rows(house), personal), "no row knows the citizen", seconds=30)
    needles = [p.encode() for p in personal]
    eventually(lambda: not traces.in_files(house.folder, needles), "no file knows the citizen", seconds=40)
    log = admin.reads(f"/admin/audit?tindakan=erase&objek=conversation:{conversation}")
    assert "Warga memintanya" in log
    assert f"conversation:{conversation}" in log
    kept = next(r for r in house.stored(lambda tx: tx.reports.listing()) if r.ticket == ticket)
    assert kept.reporter_enc is None
    assert whatsapp.sender not in kept.description


def rows(house: House) -> dict[str, str]:
    """Every row of every table, sealed columns opened."""

    async def ask() -> dict[str, str]:
        store = house.store()
        try:
            return await traces.dump(store)
        finally:
            await store.close()

    return asyncio.run(ask())


def test_a_second_factor_stands_before_the_running_service(house: House) -> None:
    """Enrolled in the pages of the real service, with an app that knows nothing but the shown key."""
    browser = httpx.Client(base_url=house.url, timeout=30, trust_env=False, follow_redirects=True)

    def send(path: str, shown_on: str, **fields: str) -> httpx.Response:
        found = re.search(r'name="csrf" value="([^"]+)"', browser.get(shown_on).text)
        assert found
        return browser.post(path, data={"csrf": found[1], **fields})

    def enter() -> httpx.Response:
        return send("/admin/masuk", "/admin/masuk", username="pengaman", password=PASSWORD, ke="")

    enter()
    assert send("/admin/pengaman/mulai", "/admin/pengaman").status_code == 200
    shown = re.search(r'class="secret">([A-Z2-7 ]+)<', browser.get("/admin/pengaman").text)
    assert shown
    app = pyotp.TOTP(shown[1].replace(" ", ""))
    codes = send("/admin/pengaman/pastikan", "/admin/pengaman", kode=app.now())
    recovery = re.search(r"<code>([A-Z2-9-]{14})</code>", codes.text)
    assert recovery, codes.text
    send("/admin/keluar", "/admin/pengaman")
    assert "Kode keamanan" in enter().text
    assert "Kode keamanan" in browser.get("/admin/percakapan").text
    assert send("/admin/kode", "/admin/kode", kode="000000").status_code == 401
    assert "kode cadangan" in send("/admin/kode", "/admin/kode", kode=recovery[1]).text
    assert "Percakapan" in browser.get("/admin/percakapan").text
    assert app.secret not in house.written()
    browser.close()
