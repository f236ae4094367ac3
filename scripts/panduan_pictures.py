"""Takes the pictures of docs/panduan-petugas.md from a house with invented data.

`python -m scripts.panduan_pictures` starts the house of tests/e2e/demo_house.py, opens its pages in Chromium and
writes one PNG a step into docs/img/panduan, each at most 120 kB. With `--all FOLDER` every page is taken as well, at
both widths, to be looked at.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.demo_house import INCIDENTS, LAST_CONVERSATION, TICKETS, DemoHouse, demo_house
from tests.e2e.desk_browser import ARGUMENTS, CHROMIUM, PHONE, sit_down

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "img" / "panduan"
MOST_BYTES: Final = 120_000
SIZE: Final = {"width": 900, "height": 620}
TALL: Final = {"width": 360, "height": 900}
SIZES: Final = (SIZE, PHONE)
_COLOURS: Final = (128, 64, 32)
EVERY: Final = (
    "/admin", "/admin/112", "/admin/112/semua", f"/admin/112/{INCIDENTS[1]}", "/admin/audit", "/admin/balasan",
    "/admin/dasbor", "/admin/dasbor/jawaban", "/admin/kiriman", "/admin/laporan", "/admin/laporan?status=semua",
    f"/admin/laporan/{TICKETS['queued']}", f"/admin/laporan/{TICKETS['in_progress']}", "/admin/pengaman",
    "/admin/pengguna", "/admin/pengguna/2", "/admin/peran", "/admin/percakapan", "/admin/percakapan/1",
    f"/admin/percakapan/{LAST_CONVERSATION}/hapus", "/admin/retensi", "/admin/sandi", "/admin/tenggat",
    "/admin/tinjauan", "/admin/tinjauan/hasil", "/admin/tinjauan/ketepatan", "/admin/tinjauan/1?apa=lokasi&dari=ragu",
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_house(Path(folder)) as house,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        if "--all" in arguments:
            _everything(house, browser, Path(arguments[arguments.index("--all") + 1]))
        _steps(house, browser)
        browser.close()
    return 0


def _steps(house: DemoHouse, browser: Browser) -> None:
    """One picture a step of the guide."""
    outside = browser.new_page(base_url=house.url, viewport=SIZE, locale="id-ID")  # type: ignore[arg-type]
    outside.goto("/admin/masuk")
    outside.get_by_label("Nama pengguna").fill("operator")
    keep(outside, "masuk")
    outside.close()
    operator = sit_down(browser, house.url, "operator", SIZE)
    take = _taker(operator.page)
    take("awal", "/admin")
    take("cari-percakapan", "/admin/percakapan", lambda p: p.get_by_label(re.compile("^Cari kata")).fill("masjid"))
    take("percakapan", "/admin/percakapan/1")
    take("buka-nomor", "/admin/percakapan/1", lambda p: p.locator("summary", has_text="Buka nama").click())
    take("tinjauan", "/admin/tinjauan", _open_label)
    take("antrean", "/admin/laporan")
    take("formulir", f"/admin/laporan/{TICKETS['queued']}")
    take("nomor-lapor", f"/admin/laporan/{TICKETS['queued']}", lambda p: _to(p, "Sudah diajukan?"))
    take("pastikan", f"/admin/laporan/{TICKETS['filing_unknown']}")
    take("ambil-alih", "/admin/percakapan/2", lambda p: _to(p, re.compile("Balas sebagai petugas")))
    take("unduh", "/admin/laporan?status=semua", lambda p: _to(p, "Unduh sebagai tabel (CSV)"))
    operator.context.close()
    desk = sit_down(browser, house.url, "petugas112", TALL, has_touch=True, is_mobile=True)
    take = _taker(desk.page)
    take("meja-112", "/admin/112")
    desk.context.close()
    admin = sit_down(browser, house.url, "admin", SIZE)
    take = _taker(admin.page)
    take("dasbor", "/admin/dasbor")
    take("tambah-pengguna", "/admin/pengguna", lambda p: _to(p, "Tambah pengguna"))
    take("hapus-warga", f"/admin/percakapan/{LAST_CONVERSATION}/hapus")
    admin.context.close()


def _taker(page: Page) -> Callable[..., None]:
    def take(name: str, address: str, first: Callable[[Page], object] | None = None) -> None:
        page.goto(address)
        if first:
            first(page)
        keep(page, name)

    return take


def _open_label(page: Page) -> None:
    page.locator('[data-message] [data-aspect="maksud"]').first.click()
    page.locator(".pickone").wait_for()


def _to(page: Page, words: str | re.Pattern[str]) -> None:
    page.get_by_text(words).first.evaluate("e => e.scrollIntoView({block: 'center'})")


def keep(page: Page, name: str) -> None:
    """What the window shows, with so few colours that it weighs little."""
    page.evaluate("Promise.all([...document.images].map(i => (i.loading = 'eager', i.decode().catch(() => null))))")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in _COLOURS:
        out = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            (FOLDER / f"{name}.png").write_bytes(out.getvalue())
            return
    raise SystemExit(f"{name}.png would weigh {out.tell()} bytes: more than {MOST_BYTES}")


def _everything(house: DemoHouse, browser: Browser, folder: Path) -> None:
    """Every page at both widths, as long as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    admin = sit_down(browser, house.url, "admin", SIZE)
    for size in SIZES:
        admin.page.set_viewport_size(size)  # type: ignore[arg-type]
        for number, address in enumerate(EVERY):
            admin.page.goto(address)
            name = re.sub(r"[^a-z0-9]+", "-", address.lower()).strip("-")
            admin.page.screenshot(path=folder / f"{number:02d}-{name}-{size['width']}.png", full_page=True)
    admin.context.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
