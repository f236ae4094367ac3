"""Petugas at work in a browser: two presses correct a label, the keyboard does as well, sentences are at hand."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

from tests.admin.world import INCIDENT
from tests.e2e import test_pages
from tests.e2e.test_pages import Site, Window, fits, shot, sign_in, targets

chromium, site, window, pytestmark = test_pages.chromium, test_pages.site, test_pages.window, test_pages.pytestmark


def test_a_label_is_corrected_by_two_presses_and_by_keys(window: Window, site: Site) -> None:
    page = window.page
    understanding = json.dumps({"intent": "lapor", "confidence": 0.3})
    site.run(
        "INSERT INTO messages (conversation_id, direction, kind, text, data, understanding, intent, confidence, at) "
        f"VALUES (1, 'in', 'text', 'mau usul taman', '{{}}', '{understanding}', 'lapor', 0.3, '2026-11-24 02:06:00')"
    )
    sign_in(page, "operator")
    page.goto("/admin/tinjauan")
    first = page.locator("[data-message]").first
    first.locator('[data-aspect="maksud"]').click()
    fits(page)
    targets(page)
    page.locator(".pickone").get_by_role("button", name=re.compile("usul")).click()
    expect(first.locator(".chip.corrected")).to_contain_text("usul")
    expect(first.locator(".tag")).to_have_text("dikoreksi")
    expect(page.locator(".pickone")).to_have_count(0)
    assert page.url.endswith("/admin/tinjauan"), "the place was not left"
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("g")
    expect(page.locator(".pickone")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(first.locator(".chip.corrected")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("b")
    expect(page.locator("[data-message]").nth(1).locator(".tag")).to_have_text("benar")
    page.keyboard.press("l")
    page.get_by_label("Cari pilihan").fill("bengalon")
    expect(page.locator(".option:visible").first).to_contain_text("Bengalon")
    shot(page, "review-place")
    page.keyboard.press("Escape")
    expect(page.locator(".pickone")).to_have_count(0)
    assert window.complaints == []


def test_the_desk_asks_when_the_stream_does_not_get_through(window: Window, site: Site) -> None:
    page = window.page
    site.run(f"UPDATE incidents SET state = 'resolved' WHERE id = '{INCIDENT}'")
    page.route("**/admin/112/aliran", lambda route: route.abort())
    sign_in(page, "petugas_112")
    page.goto("/admin/112")
    expect(page.locator('#kejadian[data-way="poll"]')).to_be_attached(timeout=15_000)
    site.run(f"UPDATE incidents SET state = 'handed_off' WHERE id = '{INCIDENT}'")
    expect(page.locator("article.unanswered")).to_have_count(1, timeout=8000)
    expect(page.locator(".unseen")).to_contain_text("Kejadian baru: Kebakaran")
    page.locator("summary", has_text="Bicara dengan warga").click()
    page.get_by_label("Pesan kepada warga").fill("Kami menuju ke sana.")
    page.get_by_role("button", name="Kirim", exact=True).click()
    expect(page.get_by_text("Balasan dikirim.")).to_be_visible()
    assert site.actions.calls == [("reply", 1, "Kami menuju ke sana.", "Petugas petugas_112")]


def test_a_sentence_at_hand_is_inserted_and_sent_without_leaving(window: Window, site: Site) -> None:
    page = window.page
    site.run("INSERT INTO canned_replies (shortcut, text, changed_at) VALUES ('jam', 'Kami kembali pukul 07.30.', "
             "'2026-11-24 02:06:00'), ('foto', 'Mohon kirim foto.', '2026-11-24 02:06:00')")  # fmt: skip
    sign_in(page, "operator")
    page.goto("/admin/percakapan/1")
    field = page.get_by_label("Balas sebagai petugas")
    field.press_sequentially("Baik. /ja")
    expect(page.locator("[data-shortcut=foto]")).to_be_hidden()
    field.press("Enter")
    expect(field).to_have_value("Baik. Kami kembali pukul 07.30.")
    page.get_by_role("button", name="Kirim balasan").click()
    expect(page.get_by_text("Balasan dikirim.")).to_be_visible()
    expect(field).to_have_value("")
    assert site.actions.calls == [("reply", 1, "Baik. Kami kembali pukul 07.30.", "Petugas operator")]
    assert window.complaints == []
