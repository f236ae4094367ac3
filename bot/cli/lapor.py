"""`siaga lapor masters`, `siaga lapor summary`: LAPOR!'s lists against the file of ids, and what does not get on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot import logs
from bot.app import lapor_gateway
from bot.cli.data import open_store
from bot.failures import SiagaError
from bot.gateways.lapor import LaporApi
from bot.gateways.lapor_terms import SIMULATOR_IDS, load_ids
from bot.lapor_duties import watch_of
from bot.masters import MastersSync, differences
from bot.settings import load
from bot.store import schema
from bot.store.lapor import ListChange
from bot.store.transaction import reading

_MOST_SHOWN = 20


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="LAPOR!'s lists, and what does not get on there.")
    group.command()(masters)
    group.command()(summary)
    app.add_typer(group, name="lapor")


def masters(
    kept: Annotated[bool, typer.Option("--kept", help="compare with the kept lists, without asking LAPOR!")] = False,
) -> None:
    """Read LAPOR!'s lists now and show what differs from SIAGA_LAPOR_IDS; exit 1 when something does."""
    settings = load()
    if settings.lapor_mode != "api":
        raise SiagaError("`siaga lapor masters` needs SIAGA_LAPOR_MODE=api: in assisted mode LAPOR! is not called")
    logs.configure("ERROR", settings.log_format)
    found, sound = asyncio.run(_masters(kept))
    ids = load_ids(settings.lapor_ids or SIMULATOR_IDS)
    faults = differences(ids, found)
    for fault in faults:
        typer.echo(f"DIFFERS  {fault}")
    if not faults:
        typer.echo(f"{ids.source} agrees with LAPOR!'s lists: {', '.join(k for k, v in found.items() if v) or 'none'}")
    raise SystemExit(0 if sound and not faults else 1)


async def _masters(kept: bool) -> tuple[dict[str, dict[str, str]], bool]:
    settings, store = load(), open_store()
    lapor, _ = lapor_gateway(settings)
    assert isinstance(lapor, LaporApi)
    sync = MastersSync(store, lapor)
    troubles: dict[str, str] = {}
    try:
        await schema.check(store)
        if not kept:
            changes, troubles = await sync.sync(datetime.now(UTC))
            for change in changes:
                _show(change)
            for kind, words in troubles.items():
                typer.echo(f"FAULT    {kind} could not be read, the kept list stays: {words}")
        async with reading(store) as tx:
            for kind, at in (await tx.at_lapor.read_at()).items():
                typer.echo(f"kept     {kind}, read {at:%Y-%m-%d %H:%M} UTC")
        return await sync.kept(), not troubles
    finally:
        await lapor.close()
        await store.close()


def _show(change: ListChange) -> None:
    typer.echo(f"read     {change.rows} {change.kind}")
    lines = [f"new      {change.kind}: {i} {name}" for i, name in change.new.items()]
    if len(lines) == change.rows:
        lines = []  # The first time everything is new.
    lines += [f"gone     {change.kind}: {i} {name}" for i, name in change.gone.items()]
    lines += [f"renamed  {change.kind}: {i} {was} -> {name}" for i, (was, name) in change.renamed.items()]
    for line in lines[:_MOST_SHOWN]:
        typer.echo(line)
    if len(lines) > _MOST_SHOWN:
        typer.echo(f"         and {len(lines) - _MOST_SHOWN} more")


def summary() -> None:
    """What the morning summary would say now."""

    async def run() -> str:
        watch, store = watch_of(load()), open_store()
        try:
            await schema.check(store)
            async with reading(store) as tx:
                found = await watch.overview(tx.at_lapor, datetime.now(UTC))
        finally:
            await store.close()
        return found.sentence(watch.queued_for.total_seconds() / 3600) or "Tidak ada laporan yang tertahan."

    typer.echo(asyncio.run(run()))
