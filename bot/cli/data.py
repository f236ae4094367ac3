"""`siaga db`, `siaga reports`, `siaga incidents`, `siaga boundaries`: what is stored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import logs
from bot.failures import SiagaError
from bot.settings import DATA, load
from bot.store import schema
from bot.store.sealing import Sealer
from bot.store.transaction import Transaction, reading
from bot.store.unit_of_work import Store
from nlu.pins import import_boundaries
from nlu.places import Gazetteer

AsJson = Annotated[bool, typer.Option("--json", help="one JSON object a line")]


def add_to(app: typer.Typer) -> None:
    for name, commands in (
        ("db", {"upgrade": upgrade}),
        ("reports", {"list": reports}),
        ("incidents", {"list": incidents}),
        ("boundaries", {"import": boundaries}),
    ):
        group = typer.Typer(no_args_is_help=True)
        # Typer makes a lone command the group itself; a callback keeps `siaga db upgrade` two words.
        group.callback()(lambda: None)
        for command, function in commands.items():
            group.command(command)(function)
        app.add_typer(group, name=name)


def open_store() -> Store:
    settings = load()
    logs.configure("WARNING", settings.log_format)
    return Store(settings.database_url, Sealer(settings.secret_key.get_secret_value()))


def upgrade() -> None:
    """Bring the database to this version's schema."""

    async def run() -> None:
        store = open_store()
        try:
            await schema.upgrade(store)
        finally:
            await store.close()

    asyncio.run(run())
    typer.echo("the database is up to date")


def listed(rows: Callable[[Transaction], Awaitable[list[dict[str, Any]]]], as_json: bool) -> None:
    async def run() -> list[dict[str, Any]]:
        store = open_store()
        try:
            async with reading(store) as tx:
                return await rows(tx)
        finally:
            await store.close()

    for row in asyncio.run(run()):
        if as_json:
            typer.echo(json.dumps(row, ensure_ascii=False, default=str))
        else:
            typer.echo("  ".join(f"{name}={value}" for name, value in row.items() if value not in (None, "", [])))


def reports(as_json: AsJson = False) -> None:
    """Every report, newest first."""
    listed(report_rows, as_json)


def incidents(as_json: AsJson = False) -> None:
    """Every incident with its timeline, newest first."""
    listed(incident_rows, as_json)


async def report_rows(tx: Transaction) -> list[dict[str, Any]]:
    rows = []
    for r in await tx.reports.listing():
        _, address = await tx.conversations.address(r.conversation_id)
        rows.append({
            "ticket": r.ticket, "state": r.state, "channel": r.channel, "from": address or None, "category": r.category,
            "classification": r.classification,
            "place": {
                "kecamatan": r.kecamatan, "desa": r.desa, "detail": r.place_detail, "uncertain": r.place_uncertain,
            },
            "description": r.description, "date": r.incident_date, "photos": len(await tx.reports.photos(r.ticket)),
            "anonymity": r.anonymity, "tracking_id": r.tracking_id,
        })  # fmt: skip
    return rows


async def incident_rows(tx: Transaction) -> list[dict[str, Any]]:
    rows = []
    for i in await tx.incidents.listing():
        steps = [{"what": s.what, "who": s.who, "at": s.at.isoformat()} for s in await tx.incidents.steps(i.id)]
        place = {"kecamatan": i.kecamatan, "desa": i.desa, "detail": i.place_detail, "lat": i.lat, "lon": i.lon}
        _, address = await tx.conversations.address(i.conversation_id)
        rows.append({
            "id": i.id, "type": i.type, "level": i.level, "state": i.state, "from": address or None, "words": i.words,
            "place": place, "phone": tx.sealer.open_or_none(i.phone_enc), "duplicate_of": i.duplicate_of,
            "steps": steps,
        })  # fmt: skip
    return rows


def boundaries(file: Path) -> None:
    """Load desa outlines (GeoJSON with the property `kode`) for exact pins."""
    target = load().boundaries or DATA.parent / "var" / "boundaries.geojson"
    try:
        count = import_boundaries(file, target, Gazetteer.load(DATA / "places"))
    except (OSError, ValueError) as error:
        raise SiagaError(f"{file} cannot be imported: {error}") from None
    typer.echo(f"{count} outlines written to {target}; set SIAGA_BOUNDARIES={target} and restart")
