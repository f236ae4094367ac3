"""`siaga backup` and `siaga restore`: one file out, one file in."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.backup import Summary, Tell, back_up
from bot.backup import restore as bring_back
from bot.cli.data import open_store
from bot.erasure_ledger import ErasureLedger, ErasuresOutside
from bot.failures import SiagaError
from bot.media import MediaFolder
from bot.settings import load
from bot.store.unit_of_work import Store

File = Annotated[Path, typer.Argument(help="where the back-up is")]


def add_to(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)


def backup(file: File) -> None:
    """Write everything into one file while the service runs on; the file appears whole or not at all."""
    settings = load()

    async def do(store: Store) -> Summary:
        # The ledger first: it must never know less than the back-up beside it.
        await ErasuresOutside(store, ErasureLedger(settings.erasures_file, store.sealer)).work(datetime.now(UTC))
        return await back_up(store, settings.media_dir, file, _line())

    done = _with_store(do)
    typer.echo(f"{file}: {done.rows} rows of {done.tables} tables, {done.files} files, {done.size} bytes")
    typer.echo(f"keep {settings.erasures_file} beside it: it names who was erased since")


def restore(
    file: File,
    erasures: Annotated[
        Path | None, typer.Option(help="the ledger of erased citizens; default SIAGA_ERASURES_FILE")
    ] = None,
    no_erasures: Annotated[
        bool, typer.Option("--no-erasures", help="there is no ledger: nobody was erased since the back-up")
    ] = False,
) -> None:
    """Read a back-up into an empty database, and erase again whoever was erased since it was made."""
    settings = load()
    path = erasures or settings.erasures_file
    if not path.is_file() and not no_erasures:
        raise SiagaError(
            f"there is no ledger of erasures at {path}: give it with --erasures, "
            "or say --no-erasures when nobody was erased since the back-up"
        )

    async def do(store: Store) -> Summary:
        erased = ErasureLedger(path, store.sealer).read()
        media = MediaFolder(settings.media_dir)
        return await bring_back(store, media, file, erased, datetime.now(UTC), _line())

    done = _with_store(do)
    typer.echo(f"restored {done.rows} rows of {done.tables} tables and {done.files} files")
    typer.echo(f"erased again: {done.erased} citizens")


def _with_store(do: Callable[[Store], Awaitable[Summary]]) -> Summary:
    async def run() -> Summary:
        store = open_store()
        try:
            return await do(store)
        finally:
            await store.close()

    return asyncio.run(run())


def _line() -> Tell:
    """One line that changes, on a terminal; elsewhere a line for each step."""
    shows = sys.stderr.isatty()

    def tell(words: str) -> None:
        typer.echo(f"\r\033[K{words}" if shows else words, err=True, nl=not shows)

    return tell
