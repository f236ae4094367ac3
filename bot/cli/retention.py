"""`siaga retention run`: removing what was kept long enough, or counting it first."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.cli.data import open_store
from bot.media import MediaFolder
from bot.retention import Retention
from bot.settings import load


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="How long things are kept.")
    group.callback()(lambda: None)
    group.command("run")(run)
    app.add_typer(group, name="retention")


def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only count what would be removed")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="the counts as one JSON object")] = False,
) -> None:
    """Remove what is past its period (RETENTION_*), kind by kind; the service does the same every night."""
    settings = load()

    async def do() -> dict[str, int]:
        store = open_store()
        try:
            retention = Retention(store, MediaFolder(settings.media_dir), settings.periods)
            return await retention.run(datetime.now(UTC), dry_run=dry_run)
        finally:
            await store.close()

    counts = asyncio.run(do())
    if as_json:
        typer.echo(json.dumps({"dry_run": dry_run, **counts}))
        return
    did = "would go" if dry_run else "gone"
    for kind, count in counts.items():
        typer.echo(f"{kind:<12} {count:>8} {did}")
