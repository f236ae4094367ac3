"""The service as a process, with everybody it talks to as processes beside it."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import POSTGRES
from tests.e2e.citizens import Petugas, TelegramCitizen, WhatsAppCitizen
from tests.e2e.demo_house import DemoHouse, demo_house
from tests.e2e.desk_browser import ARGUMENTS, CHROMIUM
from tests.e2e.processes import PASSWORD, STARTED, House, World, serving, world

_people = itertools.count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long forms run when they are asked for by `-m soak`: left out, not skipped."""
    if "soak" not in config.option.markexpr:
        long = [item for item in items if item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """A failing test shows the last lines of every process."""
    report = (yield).get_result()
    if report.failed:
        for process in STARTED:
            report.sections.append((f"log of {process.name} ({process.folder.name})", process.tail(40)))


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The stand-ins of this run."""
    with world(tmp_path_factory.mktemp("outside")) as everybody:
        yield everybody


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, outside: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`siaga serve` on each kind of database, with petugas who can sign in; its doors are open."""
    folder = tmp_path_factory.mktemp(request.param)
    url = database(request.param, folder)
    with serving(folder, url, outside) as running:
        running.open_doors()
        yield running
    drop(url)


@pytest.fixture
def telegram(house: House) -> TelegramCitizen:
    """Somebody new on Telegram."""
    number = next(_people)
    return TelegramCitizen(house.outside.telegram, 8_110_000_000 + number, f"Wargina Telegram{number}")


@pytest.fixture
def whatsapp(house: House) -> WhatsAppCitizen:
    """Somebody new on WhatsApp."""
    number = next(_people)
    return WhatsAppCitizen(house.outside.twilio, f"+6281100{number:05d}", f"Wargina Whatsapp{number}")


@pytest.fixture
def petugas112(house: House) -> Iterator[Petugas]:
    officer = Petugas(house.url, "petugas112", PASSWORD)
    yield officer
    officer.close()


def database(kind: str, folder: Path) -> str:
    """An empty database: a file in the folder, or one of our own beside the one that SIAGA_TEST_POSTGRES names."""
    if kind == "sqlite":
        return f"sqlite:///{folder}/siaga.db"
    if not POSTGRES:
        pytest.skip("no PostgreSQL: `make test` starts one on Debian, SIAGA_TEST_POSTGRES names another")
    name = f"siaga_e2e_{secrets.token_hex(4)}"
    _administer(f'CREATE DATABASE "{name}"')
    return urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{name}"))


def drop(url: str) -> None:
    """Remove a database that `database` made; a file goes with its folder."""
    if url.startswith("postgresql"):
        name = urlsplit(url).path[1:]
        # Not WITH (FORCE): that may not end the server's own vacuum, which a plain DROP sends away by itself.
        ours = f"FROM pg_stat_activity WHERE datname = '{name}' AND usename = current_user"
        _administer(f"SELECT pg_terminate_backend(pid) {ours}", f'DROP DATABASE "{name}"')


def _administer(*statements: str) -> None:
    async def do() -> None:
        connection = await asyncpg.connect(POSTGRES)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(do())


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoHouse]:
    """The house of an invented fortnight, for whoever looks at its pages."""
    with demo_house(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window. Ended with its module: while it lives no other loop can run here."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: `make test` installs it on Debian")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()
