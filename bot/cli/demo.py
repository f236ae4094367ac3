"""`siaga demo`: from nothing to a service with web chat, admin pages and a LAPOR! simulator, on SQLite."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
import uvicorn

from bot import logs
from bot.failures import Rejected
from bot.settings import Settings, load
from bot.store import schema
from bot.store.accounts import DEMO_PASSWORD, Accounts, hashed
from bot.store.sealing import Sealer
from bot.store.unit_of_work import Store

FOLDER: Final = Path("var/demo")
USERS: Final = (
    ("admin", "admin", "Admin Demo"), ("petugas", "operator", "Petugas Demo"),
    ("petugas112", "petugas_112", "Petugas 112"),
    ("peninjau", "peninjau", "Peninjau Demo"),
)  # fmt: skip
PASSWORD: Final = DEMO_PASSWORD
Port = Annotated[int, typer.Option(min=1, max=65535)]


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(port: Port = 8000, lapor_port: Port = 8090) -> None:
    """Start everything for a first look; Ctrl-C ends it, and the next start goes on with what was there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    settings = _settings(port, lapor_port)
    logs.configure("WARNING", "console")
    # By default SIGTERM ends this process on the spot and leaves the simulator behind.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with (FOLDER / "lapor.log").open("ab") as log:
        command = [sys.executable, "-m", "bot", "simulator", "lapor", "--port", str(lapor_port)]
        state = ["--state", str(FOLDER / "lapor.jsonl")]
        simulator = subprocess.Popen([*command, *state], stdout=log, stderr=log)  # noqa: S603 - our own command
    try:
        asyncio.run(_prepare(settings))
        _wait_for(f"http://127.0.0.1:{lapor_port}/_received")
        typer.echo(_welcome(port, lapor_port))
        uvicorn.run(
            "bot.web:create_app",
            factory=True,
            host="127.0.0.1",
            port=port,
            access_log=False,
            log_level="warning",
            log_config=None,
        )
    finally:
        simulator.terminate()
        simulator.wait(10)


def _settings(port: int, lapor_port: int) -> Settings:
    """The demonstration's own settings; they go into the environment for the service to read."""
    key = FOLDER / "secret_key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(32))
    os.environ.update({
        "SIAGA_SECRET_KEY": key.read_text(),
        "SIAGA_DATABASE_URL": f"sqlite:///{FOLDER}/siaga.db",
        "SIAGA_MEDIA_DIR": str(FOLDER / "media"),
        "SIAGA_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SIAGA_SECOND_FACTOR": os.environ.get("SIAGA_SECOND_FACTOR", "optional"),
        "SIAGA_DEMO": "true",
        "SIAGA_LAPOR_MODE": "api",
        "SIAGA_LAPOR_URL": f"http://127.0.0.1:{lapor_port}",
        "SIAGA_LAPOR_AUTH_VALUE": "demo",
        "SIAGA_LAPOR_TOKEN": "demo",
        "SIAGA_LAPOR_USER_ID": "1",
        "SIAGA_LOG_LEVEL": os.environ.get("SIAGA_LOG_LEVEL", "WARNING"),
    })  # fmt: skip
    return load()


async def _prepare(settings: Settings) -> None:
    """Schema and demonstration sign-ins, each only where missing."""
    store = Store(settings.database_url, Sealer(settings.secret_key.get_secret_value()))
    try:
        await schema.upgrade(store)
        async with store.write() as session:
            accounts = Accounts(session)
            await accounts.seed_roles()
            for username, role, name in USERS:
                with contextlib.suppress(Rejected):
                    await accounts.add_user(username, name, await hashed(PASSWORD), role, datetime.now(UTC))
    finally:
        await store.close()


def _wait_for(url: str, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.1)
    typer.echo(f"the LAPOR! simulator does not answer; {FOLDER}/lapor.log says why", err=True)


def _welcome(port: int, lapor_port: int) -> str:
    return f"""
  Kutim Siaga berjalan di komputer ini.

  Warga    http://127.0.0.1:{port}/chat
           ketik:  lampu jalan mati depan masjid di sangatta utara sudah 2 minggu
           lalu:   tolong kebakaran di pasar bengalon
  Petugas  http://127.0.0.1:{port}/admin
           masuk:  admin (atau petugas, petugas112, peninjau)  sandi: {PASSWORD}
  LAPOR!   http://127.0.0.1:{lapor_port}/_received   (simulator, bukan LAPOR! yang asli)

  Ctrl-C menghentikan semuanya.
"""
