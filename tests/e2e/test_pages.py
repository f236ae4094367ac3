"""The pages in a real browser: a phone of 360 pixels and a desk of 1280. No message leaves the machine."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bot.admin.router import admin_pages
from bot.store.sealing import Sealer
from bot.store.tables import Base
from bot.store.unit_of_work import Store
from tests.admin.world import INCIDENT, NAME, PASSWORD, PHONE, PHOTO, TICKETS, RecordedActions, fill, form, name
from tests.channels.webchat_house import ChatHouse, chat_house
from tests.gateways.running import serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOTS = os.environ.get("SIAGA_SHOTS")
"""A folder for pictures of every page, when someone wants to look at them."""
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
SIZES = {"phone": {"width": 360, "height": 740}, "desk": {"width": 1280, "height": 800}}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: `make test` installs it on Debian")


@dataclass
class Site:
    url: str
    chat: ChatHouse
    actions: RecordedActions
    database: Path

    def run(self, words: str) -> None:
        """A statement in the database, as another process would write it."""
        engine = sa.create_engine(f"sqlite:///{self.database}")
        with engine.begin() as connection:
            connection.execute(sa.text(words))
        engine.dispose()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    database = tmp_path / "siaga.db"
    url = f"sqlite+aiosqlite:///{database}"
    with ThreadPoolExecutor(1) as aside:  # the browser's own loop occupies this thread
        aside.submit(lambda: asyncio.run(_fill(url))).result(60)
    store, actions = Store(url, Sealer("s" * 40)), RecordedActions()
    chat = chat_house(tmp_path / "spool")
    app = FastAPI()
    pages = admin_pages(store, actions, form, _photo, name, "http://127.0.0.1")
    app.include_router(pages.router)
    app.mount("", chat.app)
    with serving(app) as address:
        yield Site(address, chat, actions, database)
        chat.channel.closing = True
        pages.close()


async def _fill(url: str) -> None:
    store = Store(url, Sealer("s" * 40))
    async with store.engine.connect() as connection:
        connection = await connection.execution_options(siaga_writes=True)
        await connection.run_sync(Base.metadata.create_all)
        await connection.commit()
    await fill(store)
    await store.close()


async def _photo(digest: str) -> bytes:
    return picture()


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (320, 240), (120, 150, 90)).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Window:
    """A page whose complaints are remembered: an error of the script or the policy fails the test."""

    page: Page
    context: BrowserContext
    complaints: list[str]


@pytest.fixture(params=SIZES)
def window(request: pytest.FixtureRequest, chromium: Browser, site: Site) -> Iterator[Window]:
    size = SIZES[request.param]
    touch = request.param == "phone"
    context = chromium.new_context(
        viewport=size, base_url=site.url, has_touch=touch, is_mobile=touch, locale="id-ID", service_workers="block"
    )
    context.set_default_timeout(10_000)
    page, complaints = context.new_page(), []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    yield Window(page, context, complaints)
    context.close()


def fits(page: Page) -> None:
    """Nothing is wider than the screen."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


def shot(page: Page, label: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{label}-{page.viewport_size['width']}.png", full_page=True)  # type: ignore[index]


def targets(page: Page) -> None:
    """Everything to press is at least 44 px high (the browser may round down)."""
    small: list[Any] = page.evaluate(
        """[...document.querySelectorAll("button, summary, .call, .tool, nav a")].filter(e => e.offsetParent)
        .map(e => [e.textContent.trim(), e.getBoundingClientRect().height]).filter(([, h]) => h < 43.5)"""
    )
    assert small == []


# --- the chat ---


def test_a_citizen_writes_taps_and_sends_a_photo(window: Window, site: Site) -> None:
    page = window.page
    page.goto("/chat")
    assert page.get_by_role("link", name="Telepon 112").get_attribute("href") == "tel:112"
    fits(page)
    targets(page)
    shot(page, "chat-first")
    page.get_by_label("Tulis pesan").fill("lampu jalan mati <b>gelap</b>")
    page.get_by_role("button", name="Kirim pesan").click()
    mine = page.locator("li.mine").first
    expect(mine).to_contain_text("lampu jalan mati <b>gelap</b>")
    expect(mine.locator(".meta")).to_contain_text("terkirim")
    answer = page.locator("li.bot").first
    expect(answer.locator("strong")).to_have_text("fotonya")
    chips = answer.locator(".chip")
    expect(chips).to_have_count(2)
    targets(page)
    chips.first.click()
    expect(chips.first).to_be_disabled()
    expect(chips.last).to_be_disabled()
    expect(page.locator("li.bot").last).to_contain_text("Dipilih: photo:skip.")
    expect(page.locator("li.mine").last).to_contain_text("Lewati")
    page.locator("#files").set_input_files([{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture()}] * 2)
    expect(page.locator("#chosen img")).to_have_count(2)
    page.get_by_role("button", name="Hapus foto 1").click()
    expect(page.locator("#chosen img")).to_have_count(1)
    shot(page, "chat-photo")
    page.get_by_role("button", name="Kirim pesan").click()
    expect(page.locator("li.bot").last).to_contain_text("Foto diterima: 1.")
    expect(page.locator("li.mine img")).to_have_count(1)
    page.get_by_label("Tulis pesan").fill("kebakaran dekat pasar")
    page.get_by_role("button", name="Kirim pesan").click()
    urgent = page.locator("li.urgent")
    expect(urgent.locator("strong")).to_have_text("Telepon 112 sekarang (gratis).")
    expect(urgent).to_be_in_viewport(ratio=0.9)
    assert urgent.locator("a.dial").get_attribute("href") == "tel:112"
    fits(page)
    shot(page, "chat-talk")
    page.reload()
    expect(page.locator("li.bot")).to_have_count(4)
    expect(page.locator("li.mine")).to_have_count(4)
    expect(page.locator("li.mine").nth(1)).to_contain_text("Lewati")
    assert window.complaints == []


def test_the_pin_is_sent_or_told_in_words(window: Window, site: Site) -> None:
    page = window.page
    window.context.grant_permissions(["geolocation"])
    window.context.set_geolocation({"latitude": 0.5, "longitude": 117.5})
    page.goto("/chat")
    page.get_by_role("button", name="Lokasi").click()
    expect(page.locator("li.bot")).to_contain_text("Lokasi diterima.")
    assert site.chat.taken[0].pin == (0.5, 117.5)
    window.context.clear_permissions()
    page.get_by_role("button", name="Lokasi").click()
    expect(page.locator("#hint")).to_contain_text("Tulis saja tempatnya")
    assert window.complaints == []


def test_what_is_written_without_a_network_is_sent_later_and_once(window: Window, site: Site) -> None:
    page = window.page
    page.goto("/chat")
    page.get_by_label("Tulis pesan").fill("pertama")
    page.get_by_role("button", name="Kirim pesan").click()
    expect(page.locator("li.bot")).to_have_count(1)
    window.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    for words in ("kedua", "ketiga"):
        page.get_by_label("Tulis pesan").fill(words)
        page.get_by_role("button", name="Kirim pesan").click()
    expect(page.locator("li.mine").last.locator(".bad")).to_have_text("gagal")
    expect(page.get_by_role("button", name="Ulangi").first).to_be_visible()
    shot(page, "chat-offline")
    window.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    expect(page.locator("li.bot")).to_have_count(3)
    expect(page.locator("li.mine")).to_have_count(3)
    expect(page.locator(".bad")).to_have_count(0)
    assert [m.text for m in site.chat.taken] == ["pertama", "kedua", "ketiga"]


def test_a_message_that_could_not_be_kept_says_so_and_goes_by_a_tap(window: Window, site: Site) -> None:
    page = window.page
    site.chat.broken = True
    page.goto("/chat")
    page.get_by_role("button", name="Mau lapor").click()
    expect(page.locator("li.mine .meta")).to_contain_text("Bila ada bahaya, telepon 112.")
    site.chat.broken = False
    page.get_by_role("button", name="Ulangi").click()
    expect(page.locator("li.mine .meta")).to_contain_text("terkirim")
    assert [m.text for m in site.chat.taken] == ["Mau lapor"]


def test_two_open_pages_show_the_same_talk(window: Window, site: Site) -> None:
    first, second = window.page, window.context.new_page()
    first.goto("/chat")
    expect(first.locator("#welcome")).to_be_visible()
    second.goto("/chat")
    first.get_by_label("Tulis pesan").fill("halo")
    first.get_by_role("button", name="Kirim pesan").click()
    for page in (first, second):
        expect(page.locator("li.mine")).to_have_count(1)
        expect(page.locator("li.bot")).to_have_count(1)


# --- the admin pages ---


def sign_in(page: Page, username: str) -> None:
    page.goto("/admin")
    page.get_by_label("Nama pengguna").fill(username)
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url("**/admin")


def test_every_admin_page_fits_and_obeys_its_policy(window: Window) -> None:
    page = window.page
    page.goto("/admin/masuk")
    shot(page, "admin-masuk")
    targets(page)
    sign_in(page, "admin")
    pages = {"awal": "/admin", "percakapan": "/admin/percakapan", "satu-percakapan": "/admin/percakapan/1",
             "laporan": "/admin/laporan", "formulir": f"/admin/laporan/{TICKETS['queued']}",
             "pastikan": f"/admin/laporan/{TICKETS['filing_unknown']}", "gagal": f"/admin/laporan/{TICKETS['failed']}",
             "masuk-lapor": f"/admin/laporan/{TICKETS['submitted']}", "112": "/admin/112",
             "kejadian": f"/admin/112/{INCIDENT}", "semua-kejadian": "/admin/112/semua",
             "tinjauan": "/admin/tinjauan", "satu-pesan": "/admin/tinjauan/1?apa=lokasi", "dasbor": "/admin/dasbor",
             "ketepatan": "/admin/tinjauan/ketepatan", "hasil": "/admin/tinjauan/hasil",
             "jawaban": "/admin/dasbor/jawaban", "balasan": "/admin/balasan", "sandi": "/admin/sandi"}  # fmt: skip
    for label, path in pages.items():
        page.goto(path)
        fits(page)
        targets(page)
        shot(page, f"admin-{label}")
        assert NAME not in page.content()
    assert window.complaints == []


def test_the_desk_rings_for_a_new_incident_and_it_is_acknowledged(window: Window, site: Site) -> None:
    page = window.page
    site.run(f"UPDATE incidents SET state = 'resolved' WHERE id = '{INCIDENT}'")
    sign_in(page, "petugas_112")
    page.goto("/admin/112")
    expect(page.locator("article.incident")).to_have_count(0)
    page.get_by_role("button", name="Mulai jaga").click()
    expect(page.get_by_role("button", name="Sedang jaga")).to_be_visible()
    rang = int(page.locator("html").get_attribute("data-rang") or 0)
    site.run(f"UPDATE incidents SET state = 'handed_off' WHERE id = '{INCIDENT}'")
    expect(page.locator("article.unanswered")).to_have_count(1, timeout=8000)
    assert int(page.locator("html").get_attribute("data-rang") or 0) > rang
    assert page.title().startswith("(1) ")
    expect(page.locator(".since")).to_have_text(re.compile("detik|menit|jam|hari"))
    fits(page)
    shot(page, "desk-new")
    page.get_by_role("button", name="Terima").click()
    expect(page.get_by_role("status")).to_contain_text("tersimpan")
    assert site.actions.calls == [("move_incident", INCIDENT, "acknowledged", "Petugas petugas_112")]
    page.get_by_role("button", name="Buka nomor").click()
    expect(page.locator(f'a[href="tel:{PHONE}"]')).to_be_visible()
    assert window.complaints == []


def test_the_form_is_copied_and_the_number_typed_back(window: Window, site: Site) -> None:
    page = window.page
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, "operator")
    page.get_by_role("link", name=re.compile("menunggu diajukan")).click()
    page.get_by_role("link", name=re.compile(TICKETS["queued"])).click()
    page.get_by_role("button", name="Salin Isi laporan").click()
    expect(page.get_by_role("button", name="Salin Isi laporan")).to_have_text("Tersalin")
    assert page.evaluate("navigator.clipboard.readText()") == f"Gelap.\nTiket {TICKETS['queued']}"
    with page.expect_download() as download:
        page.get_by_role("link", name="Unduh foto 1").click()
    assert download.value.suggested_filename == f"{PHOTO[:16]}.jpg"
    page.get_by_label("Nomor LAPOR!").fill("lp-900")
    page.get_by_role("button", name="Simpan nomor").click()
    expect(page.get_by_role("status")).to_contain_text("tersimpan")
    assert site.actions.calls == [("file_assisted", TICKETS["queued"], "LP-900", "Petugas operator")]
    assert window.complaints == []


def test_a_transcript_grows_while_a_petugas_types(window: Window, site: Site) -> None:
    page = window.page
    sign_in(page, "operator")
    page.goto("/admin/percakapan/1")
    lines = page.locator("#transkrip > li")
    expect(lines).to_have_count(4)
    page.get_by_label("Balas sebagai petugas").fill("Selamat pagi")
    site.run(
        "INSERT INTO messages (conversation_id, direction, kind, text, data, at) "
        "VALUES (1, 'in', 'text', 'masih gelap', '{}', '2026-11-24 02:06:00')"
    )
    expect(lines).to_have_count(5, timeout=8000)
    expect(page.get_by_label("Balas sebagai petugas")).to_have_value("Selamat pagi")
    page.get_by_role("button", name="Kirim balasan").click()
    expect(page.get_by_role("status")).to_contain_text("Balasan dikirim.")
    assert site.actions.calls == [("reply", 1, "Selamat pagi", "Petugas operator")]
