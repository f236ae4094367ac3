"""`siaga serve`, `siaga worker`, `siaga doctor`: running the house."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import Annotated

import structlog
import typer
import uvicorn

from bot import logs
from bot.app import House, build
from bot.channels.whatsapp import WhatsAppChannel
from bot.failures import SiagaError
from bot.rungs import told_now
from bot.settings import load
from bot.store import schema
from bot.store.outbox import Lane
from bot.store.transaction import reading

log = structlog.get_logger(__name__)

Port = Annotated[int, typer.Option(min=0, max=65535)]


def add_to(app: typer.Typer) -> None:
    app.command()(serve)
    app.command()(worker)
    app.command()(doctor)


def serve(
    host: str = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, max=16, help="processes that deliver; above 1 needs PostgreSQL")] = 1,
) -> None:
    """Webhooks, web chat, admin and outbox workers in one service."""  # fmt: skip
    settings = load()
    logs.configure(settings.log_level, settings.log_format)
    if workers > 1 and settings.database_url.startswith("sqlite"):
        raise SiagaError("--workers above 1 needs PostgreSQL in SIAGA_DATABASE_URL: SQLite has one writer")
    asyncio.run(_check_schema())
    # One process hears and reads, so that web chat and order stay simple; the others only bring things out.
    command = [sys.executable, "-m", "bot", "worker"]
    others = [subprocess.Popen(command) for _ in range(workers - 1)]  # noqa: S603 - our own command
    try:
        uvicorn.run(
            "bot.web:create_app", factory=True, host=host, port=port, access_log=False, log_level="warning",
            log_config=None, proxy_headers=True, timeout_graceful_shutdown=10,
        )  # fmt: skip
    finally:
        for other in others:
            other.terminate()
        for other in others:
            other.wait(15)


async def _check_schema() -> None:
    """Before anything listens: settings that fit together, and a database of this version."""
    house = build(load())
    try:
        await schema.check(house.store)
    finally:
        await house.store.close()


def worker(
    lane: Annotated[
        list[str] | None, typer.Option(help="emergency, reply, notification, filing; all when absent")
    ] = None,
) -> None:
    """Outbox workers alone, for a second process or machine."""
    settings = load()
    logs.configure(settings.log_level, settings.log_format)
    names = {member.name.lower(): member for member in Lane}
    unknown = [name for name in lane or () if name not in names]
    if unknown:
        raise SiagaError(f"--lane {unknown[0]} is not one of {', '.join(names)}")
    lanes = tuple(names[name] for name in lane) if lane else tuple(Lane)
    asyncio.run(_work(lanes))


async def _work(lanes: tuple[Lane, ...]) -> None:
    house = build(load(), polls=False)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    house.worker.not_for = ("webchat", "console")
    await house.start(lanes, reads=False)
    log.info("worker_started", lanes=[lane.name.lower() for lane in lanes])
    try:
        await stop.wait()
    finally:
        await house.stop()


async def _ladder_now(house: House) -> list[str]:
    """Who would be told of an emergency at this moment."""
    now = datetime.now(UTC)
    try:
        async with reading(house.store) as tx:
            at_the_desk = [person.name for person in await tx.shifts.now(now)]
    except Exception:
        # What is wrong with the database has its own line.
        at_the_desk = []
    return told_now(house.ladder, now, at_the_desk)


def doctor(
    create_templates: Annotated[
        bool, typer.Option(help="create the missing WhatsApp button templates at Twilio")
    ] = False,
) -> None:
    """Settings and reachability, a plain verdict a line."""
    settings = load()
    logs.configure("ERROR", settings.log_format)
    if create_templates:
        asyncio.run(_create_templates())
        return
    healthy = asyncio.run(_examine())
    raise SystemExit(0 if healthy else 1)


async def _create_templates() -> None:
    """Print the lines that belong into .env."""
    house = build(load())
    whatsapp = house.channels.get("whatsapp")
    if not isinstance(whatsapp, WhatsAppChannel):
        raise SiagaError("--create-templates needs SIAGA_TWILIO_ACCOUNT_SID and the rest of its group")
    try:
        await whatsapp.start()
        for name, sid in (await whatsapp.create_templates()).items():
            typer.echo(f"SIAGA_TWILIO_TEMPLATE_{name.upper()}={sid}")
    finally:
        await whatsapp.close()
        await house.store.close()


async def _examine() -> bool:
    house = build(load())
    verdicts: list[tuple[bool, str]] = []
    try:
        await schema.check(house.store)
        verdicts.append((True, "database: answers, and its schema is of this version"))
    except SiagaError as error:
        verdicts.append((False, f"database: {error}"))
    except OSError as error:
        verdicts.append((False, f"database: cannot be reached ({error})"))
    trouble = getattr(house.understander, "trouble", None)
    verdicts.append((trouble is None, f"understanding: {trouble or 'the model is loaded'}"))
    folder = house.settings.media_dir
    folder.mkdir(parents=True, exist_ok=True)
    writable = os.access(folder, os.W_OK)
    verdicts.append((writable, f"media folder {folder}: {'can be written' if writable else 'cannot be written'}"))
    for name in ("telegram", "whatsapp"):
        verdicts.append((True, f"{name}: {'configured' if name in house.channels else 'off (no settings)'}"))
    verdicts.append((True, f"LAPOR!: {house.settings.lapor_mode}"))
    verdicts += [(True, f"112 ladder now: {line}") for line in await _ladder_now(house)]
    await house.store.close()
    for good, words in verdicts:
        typer.echo(f"{'ok   ' if good else 'FAULT'}  {words}")
    return all(good for good, _ in verdicts)
