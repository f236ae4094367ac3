"""A petugas at a browser: signed in once, with every press counted and every complaint of the page remembered."""

from __future__ import annotations

import os
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Locator, Page

from tests.e2e.demo_house import PASSWORD
from tests.e2e.processes import ROOT

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS: Final = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
DESK: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 360, "height": 740}
WRITES: Final = bool(os.environ.get("SIAGA_WRITE_DOCS"))
"""Whether this run writes its tables into docs/pages.md; otherwise it only checks."""
DOCUMENT: Final = ROOT / "docs" / "pages.md"


@dataclass
class Petugas:
    """A signed-in officer with a page of their own. `presses` are clicks, `fields` what was typed or chosen."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    presses: int = 0
    fields: int = 0
    began: float = 0.0

    def begins(self, address: str = "/admin") -> None:
        """Stand at the start of a task, with nothing counted."""
        self.page.goto(address)
        self.presses = self.fields = 0
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def presses_on(self, target: Locator) -> None:
        self.presses += 1
        target.click()

    def link(self, name: str | re.Pattern[str]) -> None:
        self.presses_on(self.page.get_by_role("link", name=name).first)

    def button(self, name: str | re.Pattern[str]) -> None:
        self.presses_on(self.page.get_by_role("button", name=name).first)

    def types(self, label: str | re.Pattern[str], words: str) -> None:
        self.fields += 1
        self.page.get_by_label(label).first.fill(words)

    def chooses(self, label: str | re.Pattern[str], option: str) -> None:
        self.fields += 1
        self.page.get_by_label(label).first.select_option(label=option)


def open_context(browser: Browser, url: str, size: dict[str, int] = DESK, **more: Any) -> BrowserContext:
    """A browser of its own, without any cookie."""
    context = browser.new_context(viewport=size, base_url=url, locale="id-ID", service_workers="block", **more)  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    return context


def sit_down(browser: Browser, url: str, username: str, size: dict[str, int] = DESK, **more: Any) -> Petugas:
    """Open a browser and sign in."""
    context = open_context(browser, url, size, **more)
    petugas = Petugas(context, context.new_page())
    watch(petugas.page, petugas.complaints)
    sign_in(petugas.page, username)
    return petugas


def watch(page: Page, complaints: list[str]) -> None:
    """Remember what the browser complains about: an error of a script, or of the security policy."""
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))


def sign_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.goto("/admin/masuk")
    page.get_by_label("Nama pengguna").fill(username)
    page.get_by_label("Kata sandi").fill(password)
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url(re.compile(r"/admin(/kode|/sandi)?($|\?)"))


def overflow(page: Page) -> int:
    """By how many pixels something is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def write_section(name: str, text: str, document: Path = DOCUMENT) -> None:
    """Put a table between its two marks in docs/pages.md, when this run was asked to write."""
    if not WRITES:
        return
    before, begin, rest = document.read_text("utf-8").partition(f"<!-- begin {name} -->\n")
    _, end, after = rest.partition(f"<!-- end {name} -->")
    assert end, f"{document.name} has no place for {name}"
    document.write_text(f"{before}{begin}{text}{end}{after}", "utf-8")
