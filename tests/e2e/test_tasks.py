"""The ten tasks of a petugas' day, each from the start page to its end, in a real browser against a real house."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, expect

from tests.e2e.demo_house import FIRST_CONVERSATION, INCIDENTS, LAST_CONVERSATION, PASSWORD, TICKETS, DemoHouse, phone
from tests.e2e.desk_browser import Petugas, open_context, sign_in, sit_down, write_section
from tests.e2e.processes import eventually

NUMBER = "LP-9001"
MOST_PRESSES = 6
"""No daily task may take more presses, from the start page to its end."""


@dataclass
class Desk:
    """Who works today, and what each task took."""

    house: DemoHouse
    browser: Browser
    took: dict[str, tuple[int, int, float]] = field(default_factory=dict)
    _seated: dict[str, Petugas] = field(default_factory=dict)

    def officer(self, username: str) -> Petugas:
        if username not in self._seated:
            self._seated[username] = sit_down(self.browser, self.house.url, username)
        petugas = self._seated[username]
        petugas.begins()
        return petugas

    def done(self, task: str, by: Petugas) -> None:
        assert by.presses <= MOST_PRESSES, (task, by.presses)
        assert by.complaints == []
        self.took[task] = by.presses, by.fields, by.seconds

    def leave(self) -> None:
        for petugas in self._seated.values():
            petugas.context.close()

    def asked(self, question: str) -> list[tuple[object, ...]]:
        """What the database answers, as another process reads it."""
        engine = sa.create_engine(self.house.database_url)
        with engine.connect() as connection:
            rows = [tuple(row) for row in connection.execute(sa.text(question))]
        engine.dispose()
        return rows

    @property
    def table(self) -> str:
        rows = [
            f"| {task} | {presses} | {fields} | {seconds:.1f} |\n"
            for task, (presses, fields, seconds) in self.took.items()
        ]
        return "| task | presses | fields | seconds |\n|---|---|---|---|\n" + "".join(rows)


@pytest.fixture(scope="module")
def desk(demo: DemoHouse, browser: Browser) -> Iterator[Desk]:
    at_work = Desk(demo, browser)
    yield at_work
    at_work.leave()
    if len(at_work.took) == 10:
        write_section("tasks", at_work.table)


def test_find_a_conversation(desk: Desk) -> None:
    petugas = desk.officer("operator")
    petugas.link("Percakapan")
    petugas.types(re.compile("^Cari kata"), "masjid")
    petugas.button("Cari")
    petugas.link(re.compile("lampu jalan mati"))
    expect(petugas.page.locator("#transkrip")).to_contain_text("depan masjid Al Falah")
    expect(petugas.page.get_by_role("heading", level=1)).not_to_contain_text("Siti Rahma")
    desk.done("find a conversation", petugas)


def test_correct_an_intent(desk: Desk) -> None:
    petugas = desk.officer("operator")
    petugas.link("Tinjauan")
    first = petugas.page.locator("[data-message]").first
    message = first.get_attribute("data-message")
    petugas.presses_on(first.locator('[data-aspect="maksud"]'))
    petugas.presses_on(petugas.page.locator(".pickone .option", has_text="usul"))
    expect(first.locator(".chip.corrected")).to_contain_text("usul")
    desk.done("correct an intent", petugas)
    assert desk.asked(f'SELECT intent, "right" FROM reviews WHERE message_id = {message}') == [("aspirasi", 0)]


def test_file_assisted(desk: Desk) -> None:
    petugas, ticket = desk.officer("operator"), TICKETS["queued"]
    petugas.link(re.compile("menunggu diajukan"))
    petugas.link(re.compile(ticket))
    petugas.button("Salin Isi laporan")
    petugas.types(re.compile("Nomor LAPOR!"), NUMBER)
    petugas.button("Simpan nomor")
    expect(petugas.page.get_by_role("status")).to_contain_text("Nomor LAPOR! tersimpan")
    desk.done("file assisted", petugas)
    found = desk.asked(f"SELECT state, tracking_id FROM reports WHERE ticket = '{ticket}'")
    assert found == [("submitted", NUMBER)]


def test_settle_an_unknown(desk: Desk) -> None:
    petugas, ticket = desk.officer("operator"), TICKETS["filing_unknown"]
    petugas.link(re.compile("perlu dipastikan"))
    petugas.link(re.compile(ticket))
    petugas.types(re.compile("Sudah masuk"), "LP-9002")
    petugas.button("Simpan nomor")
    expect(petugas.page.get_by_role("status")).to_contain_text("Nomor LAPOR! tersimpan")
    desk.done("settle an unknown", petugas)
    found = desk.asked(f"SELECT state, tracking_id FROM reports WHERE ticket = '{ticket}'")
    assert found == [("submitted", "LP-9002")]


def test_acknowledge_an_emergency(desk: Desk) -> None:
    petugas = desk.officer("petugas112")
    petugas.link(re.compile("kejadian 112 terbuka"))
    petugas.button("Terima")
    expect(petugas.page.get_by_role("status")).to_contain_text("tersimpan")
    expect(petugas.page.locator("article.unanswered")).to_have_count(0)
    desk.done("acknowledge an emergency", petugas)
    rows = desk.asked(f"SELECT state, acknowledged_by FROM incidents WHERE id = '{INCIDENTS[0]}'")
    assert rows == [("acknowledged", "Sari Meja 112")]


def test_take_over_and_hand_back(desk: Desk) -> None:
    citizen = open_context(desk.browser, desk.house.url).new_page()
    citizen.goto("/chat")
    citizen.get_by_label("Tulis pesan").fill("mau bicara dengan petugas")
    citizen.get_by_role("button", name="Kirim pesan").click()
    expect(citizen.locator("li.bot").first).to_be_visible()
    petugas = desk.officer("operator")
    petugas.link(re.compile("warga menunggu petugas"))
    petugas.link(re.compile("mau bicara dengan petugas"))
    petugas.button("Ambil alih dari bot")
    expect(petugas.page.get_by_role("status")).to_contain_text("Percakapan Anda pegang")
    petugas.types("Balas sebagai petugas", "Selamat pagi, ada yang bisa kami bantu?")
    petugas.button("Kirim balasan")
    expect(citizen.locator("li.bot").last).to_contain_text("ada yang bisa kami bantu")
    expect(petugas.page.locator("#keadaan")).to_contain_text("dipegang Budi Operator")
    petugas.button("Kembalikan ke bot")
    expect(petugas.page.locator("#keadaan")).to_contain_text("dipegang bot")
    desk.done("take over and hand back", petugas)
    citizen.context.close()


def test_reveal_with_a_reason(desk: Desk) -> None:
    petugas = desk.officer("operator")
    petugas.link("Percakapan")
    petugas.link(re.compile("masjid Al Falah"))
    expect(petugas.page.locator("main")).not_to_contain_text(phone(FIRST_CONVERSATION))
    petugas.presses_on(petugas.page.locator("summary", has_text="Buka nama dan nomor"))
    petugas.chooses("Alasan", "Menghubungi warga")
    petugas.button("Buka")
    expect(petugas.page.locator("main")).to_contain_text(phone(FIRST_CONVERSATION))
    desk.done("reveal with a reason", petugas)
    newest = desk.asked("SELECT action, object, reason_code FROM audit ORDER BY id DESC LIMIT 1")
    assert newest == [("reveal", f"conversation:{FIRST_CONVERSATION}", "hubungi")]


def test_export(desk: Desk) -> None:
    petugas = desk.officer("operator")
    petugas.link("Laporan")
    petugas.presses_on(petugas.page.get_by_role("link", name="Semua", exact=True))
    with petugas.page.expect_download() as download:
        petugas.button(re.compile("^Unduh"))
    rows = list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
    desk.done("export", petugas)
    assert len(rows) == len(TICKETS) + 1
    assert {row[0] for row in rows[1:]} == set(TICKETS.values())
    assert not any("Siti Rahma" in cell or phone(1) in cell for row in rows for cell in row)


def test_add_a_user(desk: Desk) -> None:
    petugas = desk.officer("admin")
    petugas.link("Kelola")
    petugas.types("Nama pengguna", "baru.saja")
    petugas.types(re.compile("^Nama yang dilihat"), "Lina Baru")
    petugas.chooses("Peran", "Operator")
    petugas.button("Tambah")
    password = petugas.page.locator("#sandi").inner_text()
    desk.done("add a user", petugas)
    other = open_context(desk.browser, desk.house.url)
    page = other.new_page()
    sign_in(page, "baru.saja", password)
    assert page.url.endswith("/admin/sandi"), "the first password is changed before anything else"
    assert password != PASSWORD
    other.close()


def test_erase_a_citizen(desk: Desk) -> None:
    petugas, number = desk.officer("admin"), LAST_CONVERSATION
    petugas.link("Percakapan")
    petugas.link(re.compile("asap tebal"))
    petugas.link("Hapus data warga ini")
    petugas.page.get_by_label("Alasan").select_option(index=1)
    petugas.fields += 1
    petugas.presses_on(petugas.page.get_by_label(re.compile("Saya sudah memastikan")))
    petugas.types(re.compile("Ketik nomor percakapan"), str(number))
    petugas.button("Hapus untuk selamanya")
    expect(petugas.page.get_by_role("status")).to_contain_text("Penghapusan data warga berjalan")
    desk.done("erase a citizen", petugas)
    query = f"SELECT count(*) FROM messages WHERE conversation_id = {number} AND text LIKE '%asap%'"
    eventually(lambda: desk.asked(query) == [(0,)], "the words are gone")
    petugas.page.goto("/admin/percakapan")
    expect(petugas.page.locator("main")).not_to_contain_text("asap tebal")
