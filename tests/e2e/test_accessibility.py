"""Every page by axe at two sizes, by keyboard alone, and by its weight. The pages are those of the router's table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from scripts import role_routes
from tests.e2e.demo_house import INCIDENTS, LAST_CONVERSATION, TICKETS, DemoHouse
from tests.e2e.desk_browser import DESK, PHONE, Petugas, open_context, overflow, sit_down, watch, write_section

AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MOST_BYTES: Final = 150_000
LEAST_FILES: Final = 3
"""The page, its stylesheet and a script: fewer would mean that something came from the cache."""
PAGES: Final[dict[str, tuple[str, ...]]] = {
    "/admin": ("/admin",),
    "/admin/112": ("/admin/112",),
    "/admin/112/semua": ("/admin/112/semua", "/admin/112/semua?keadaan=open&jenis=kebakaran"),
    "/admin/112/{id}": tuple(f"/admin/112/{id_}" for id_ in INCIDENTS[:2]),
    "/admin/audit": ("/admin/audit",),
    "/admin/balasan": ("/admin/balasan",),
    "/admin/dasbor": ("/admin/dasbor", "/admin/dasbor?hari=90"),
    "/admin/dasbor/jawaban": ("/admin/dasbor/jawaban",),
    "/admin/kiriman": ("/admin/kiriman",),
    "/admin/laporan": ("/admin/laporan", "/admin/laporan?status=semua&umur=3"),
    "/admin/laporan/{ticket}": tuple(
        f"/admin/laporan/{TICKETS[state]}" for state in ("queued", "filing_unknown", "failed", "in_progress")
    ),
    "/admin/pengaman": ("/admin/pengaman",),
    "/admin/pengguna": ("/admin/pengguna",),
    "/admin/pengguna/{id}": ("/admin/pengguna/1", "/admin/pengguna/2"),
    "/admin/peran": ("/admin/peran",),
    "/admin/percakapan": ("/admin/percakapan", "/admin/percakapan?kata=tidak%20ada%20kata%20ini"),
    "/admin/percakapan/{id}": ("/admin/percakapan/1", "/admin/percakapan/7"),
    "/admin/percakapan/{id}/hapus": (f"/admin/percakapan/{LAST_CONVERSATION}/hapus",),
    "/admin/retensi": ("/admin/retensi",),
    "/admin/sandi": ("/admin/sandi",),
    "/admin/tenggat": ("/admin/tenggat",),
    "/admin/tinjauan": ("/admin/tinjauan", "/admin/tinjauan?cara=darurat", "/admin/tinjauan?cara=acak"),
    "/admin/tinjauan/hasil": ("/admin/tinjauan/hasil",),
    "/admin/tinjauan/ketepatan": ("/admin/tinjauan/ketepatan",),
    "/admin/tinjauan/{message}": ("/admin/tinjauan/1?apa=maksud&dari=ragu", "/admin/tinjauan/1?apa=lokasi&dari=ragu"),
}
"""Each page's addresses in the demonstration's house, as an admin sees them."""
BEFORE: Final = ("/admin/masuk", "/admin/kode")
"""Pages of whoever is not in yet; they have tests of their own below."""
PARTS: Final = (
    "/admin/112/aliran", "/admin/112/daftar", "/admin/percakapan/{id}/aliran", "/admin/percakapan/{id}/baris",
    "/admin/foto/{hash}", "/admin/static/{name}",
)  # fmt: skip
"""Streams, parts of a page, pictures and files."""


@dataclass
class Looking:
    """What was found on each page: address -> violations and overflow at each width, and bytes of a first visit."""

    petugas: Petugas
    rows: dict[str, list[str]] = field(default_factory=dict)

    def look(self, page: Page, label: str, transferred: int) -> None:
        """Look at the page that is open, at both sizes."""
        found = self.rows.setdefault(label, [])
        for size in (DESK, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            wide, wrong = overflow(page), violations(page)
            found.append(f"{len(wrong)} | {wide}")
            assert wrong == [], (label, size["width"], wrong)
            assert wide <= 0, (label, size["width"], wide)
        found.append(f"{transferred / 1000:.1f}")
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        assert 0 < transferred <= MOST_BYTES, (label, transferred)

    @property
    def table(self) -> str:
        head = "| page | axe at 1280 | too wide | axe at 360 | too wide | kB |\n|---|---|---|---|---|---|\n"
        return head + "".join(f"| `{label}` | {' | '.join(cells)} |\n" for label, cells in self.rows.items())


@pytest.fixture(scope="module")
def looking(demo: DemoHouse, browser: Browser) -> Iterator[Looking]:
    admin = sit_down(browser, demo.url, "admin")
    found = Looking(admin)
    yield found
    admin.context.close()
    if set(found.rows) >= {a for addresses in PAGES.values() for a in addresses}:
        write_section("axe", found.table)


def violations(page: Page) -> list[Any]:
    """What axe finds: the rule, and where."""
    page.evaluate(AXE)
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(options)", options)
    return [(v["id"], [node["target"] for node in v["nodes"]][:4]) for v in found["violations"]]


def weigh(page: Page, address: str) -> int:
    """Open a page as on a first visit and count what came over the line, photos and streams apart."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    requests: list[Request] = []

    def finished(request: Request) -> None:
        if request.resource_type in ("document", "stylesheet", "script"):
            requests.append(request)

    page.on("requestfinished", finished)
    answer = page.goto(address, wait_until="load")
    page.remove_listener("requestfinished", finished)
    line.detach()
    assert answer is not None
    assert answer.ok, (address, answer.status)
    sizes = [request.sizes() for request in requests]
    assert len(sizes) >= LEAST_FILES, (address, [request.url for request in requests])
    assert all(size["responseBodySize"] > 0 for size in sizes), (address, "from the cache")
    return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)


# --- every page ---


def test_every_page_of_the_router_is_looked_at() -> None:
    pages = {path for method, path in role_routes.committed() if method == "GET"}
    assert pages == {*PAGES, *BEFORE, *PARTS}, "a page without an address here, or an address without a page"


@pytest.mark.parametrize("route", PAGES)
def test_a_page_is_for_everybody(looking: Looking, route: str) -> None:
    page = looking.petugas.page
    for address in PAGES[route]:
        weight = weigh(page, address)
        assert page.locator("h1").count() == 1, address
        assert page.title().endswith("· Kutim Siaga"), page.title()
        looking.look(page, address, weight)
    assert looking.petugas.complaints == []


def test_pages_before_the_sign_in_and_those_that_say_no(looking: Looking, demo: DemoHouse, browser: Browser) -> None:
    outside = open_context(browser, demo.url)
    page = outside.new_page()
    looking.look(page, "/admin/masuk", weigh(page, "/admin/masuk"))
    page.get_by_label("Nama pengguna").fill("admin")
    page.get_by_label("Kata sandi").fill("keliru sama sekali")
    page.get_by_role("button", name="Masuk").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    outside.close()
    coded = sit_down(browser, demo.url, "berkode")
    assert "/admin/kode" in coded.page.url
    looking.look(coded.page, "/admin/kode", weigh(coded.page, "/admin/kode"))
    coded.context.close()
    own = looking.petugas.page
    own.goto("/admin/laporan/KS-000000-XXXX")
    expect(own.get_by_text("tidak ada")).to_be_visible()
    assert violations(own) == []
    # The browser itself says that the answer was a 404, which it was.
    looking.petugas.complaints.clear()


def test_the_chat_is_for_everybody(looking: Looking, demo: DemoHouse, browser: Browser) -> None:
    citizen = open_context(browser, demo.url)
    page, complaints = citizen.new_page(), list[str]()
    watch(page, complaints)
    weight = weigh(page, "/chat")
    page.get_by_label("Tulis pesan").fill("lampu jalan mati di sangatta utara")
    page.get_by_role("button", name="Kirim pesan").click()
    expect(page.locator("li.bot .chip").first).to_be_visible()
    looking.look(page, "/chat", weight)
    assert complaints == []
    citizen.close()


def test_other_roles_see_pages_that_are_for_everybody(demo: DemoHouse, browser: Browser) -> None:
    """The desk with its buttons, and the review of somebody who may only read."""
    for username, addresses in (("petugas112", ["/admin/112"]), ("peninjau", ["/admin/tinjauan", "/admin/laporan"])):
        officer = sit_down(browser, demo.url, username, PHONE, has_touch=True, is_mobile=True)
        for address in addresses:
            officer.page.goto(address)
            assert violations(officer.page) == [], (username, address)
            assert overflow(officer.page) <= 0, (username, address)
        officer.context.close()


# --- by keyboard alone ---

FOCUS: Final = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const seen = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0;
  if (!e.dataset.walk) e.dataset.walk = String(document.querySelectorAll("[data-walk]").length);
  return {
    name: (e.getAttribute("aria-label") || e.labels?.[0]?.innerText || e.innerText || e.name || "").trim(),
    outlined, seen, id: e.dataset.walk,
  };
}"""


def walk(page: Page, most: int = 150) -> list[str]:
    """Tab through the whole page; the names of what was reached, in order. Fails on a trap or an unseen focus."""
    reached: list[str] = []
    seen: set[str] = set()
    for _ in range(most):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus is None or (focus["id"] in seen and focus["id"] == "0"):
            return reached
        assert focus["id"] not in seen, f"the focus is caught at {focus['name']!r} on {page.url}"
        seen.add(focus["id"])
        assert focus["outlined"], f"no outline on {focus['name']!r} on {page.url}"
        assert focus["seen"], f"{focus['name']!r} is out of sight on {page.url}"
        reached.append(focus["name"])
    raise AssertionError(f"the focus never left {page.url}: {reached[-5:]}")


def tab_to(page: Page, name: re.Pattern[str], most: int = 120) -> None:
    """Tab until something of this name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus and name.search(focus["name"]):
            return
    raise AssertionError(f"{name.pattern} is not reached by keyboard on {page.url}")


def test_signing_in_by_keyboard(demo: DemoHouse, browser: Browser) -> None:
    context = open_context(browser, demo.url)
    page = context.new_page()
    page.goto("/admin/masuk")
    assert page.evaluate("document.activeElement.name") == "username", "the first field waits for its words"
    page.keyboard.type("operator")
    page.keyboard.press("Tab")
    page.keyboard.type("siaga-kutim-demo")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_url("**/admin")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["name"] == "Langsung ke isi"
    page.keyboard.press("Enter")
    assert page.url.endswith("#isi")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null"), "the skip link skips the menu"
    context.close()


def test_reviewing_by_keyboard(demo: DemoHouse, browser: Browser) -> None:
    officer = sit_down(browser, demo.url, "operator")
    page = officer.page
    page.goto("/admin/tinjauan")
    reached = walk(page)
    assert reached[0] == "Langsung ke isi"
    assert {"112", "Percakapan", "Laporan", "Tinjauan", "Keluar", "Paling ragu", "Benar semua"} <= set(reached)
    page.goto("/admin/tinjauan")
    tab_to(page, re.compile("^maksud"))
    page.keyboard.press("Enter")
    expect(page.locator(".pickone")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".pickone")).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('[data-message]') !== null"), "the focus comes back"
    before = page.locator("[data-message] .tag.green").count()
    tab_to(page, re.compile("^Benar semua"))
    page.keyboard.press("Space")
    expect(page.locator("[data-message] .tag.green")).to_have_count(before + 1)
    assert officer.complaints == []
    officer.context.close()


def test_the_desk_by_keyboard(demo: DemoHouse, browser: Browser) -> None:
    officer = sit_down(browser, demo.url, "petugas112")
    page = officer.page
    page.goto("/admin/112")
    reached = walk(page)
    assert reached.index("Mulai jaga") < reached.index("Buka nomor"), reached
    page.goto("/admin/112")
    tab_to(page, re.compile("^Mulai jaga"))
    page.keyboard.press("Space")
    expect(page.locator("#jaga")).to_have_attribute("aria-pressed", "true")
    tab_to(page, re.compile("^Bicara dengan warga"))
    page.keyboard.press("Enter")
    tab_to(page, re.compile("^Pesan kepada warga"))
    page.keyboard.type("Tim kami menuju ke sana.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Balasan dikirim.")).to_be_visible()
    page.get_by_role("button", name="Selesai jaga").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Jaga selesai")
    officer.context.close()


def test_nothing_moves_for_whoever_wants_stillness(demo: DemoHouse, browser: Browser) -> None:
    officer = sit_down(browser, demo.url, "petugas112", reduced_motion="reduce")
    for address in ("/admin/112", "/admin/tinjauan", "/chat"):
        officer.page.goto(address)
        moving = officer.page.evaluate(
            """[...document.querySelectorAll("*")].filter(e => {
              const s = getComputedStyle(e);
              return parseFloat(s.animationDuration) > 0.01 || parseFloat(s.transitionDuration) > 0.01
                || s.scrollBehavior === "smooth";
            }).map(e => e.tagName + "." + e.className)"""
        )
        assert moving == [], address
    officer.context.close()
