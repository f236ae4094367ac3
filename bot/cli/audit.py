"""`siaga audit verify`: whether the audit is still what was written down."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import typer

from bot.cli.data import open_store
from bot.store.audit import Audits, Verdict


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="The record of who did what.")
    group.callback()(lambda: None)
    group.command("verify")(verify)
    app.add_typer(group, name="audit")


def verify() -> None:
    """Compute the seal of every day anew; exit 1 and the first day that does not match when one does not."""

    async def run() -> Verdict:
        store = open_store()
        try:
            async with store.read() as session:
                return await Audits(session).verify(store.sealer, datetime.now(UTC))
        finally:
            await store.close()

    verdict = asyncio.run(run())
    if verdict.wrong is None:
        typer.echo(f"{verdict.days} sealed days match")
        return
    typer.echo(f"{verdict.wrong} does not match: {verdict.why}", err=True)
    raise SystemExit(1)
