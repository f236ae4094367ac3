"""`siaga outbox`: what has not left the house, and a person's hand in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from bot.cli.data import AsJson, listed, open_store
from bot.failures import SiagaError
from bot.mailroom import Mailroom
from bot.settings import load
from bot.store.transaction import Transaction
from bot.store.undelivered import UNSENT

Ids = Annotated[list[int], typer.Argument(help="numbers as `siaga outbox list` shows them")]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help=__doc__)
    group.command("list")(list_)
    group.command()(retry)
    group.command()(park)
    app.add_typer(group, name="outbox")


def list_(
    as_json: AsJson = False,
    state: Annotated[list[str] | None, typer.Option(help=f"only these: {', '.join(UNSENT)}")] = None,
) -> None:
    """What has not left the house, newest first: pending, sending, waiting for the citizen, parked, unknown."""
    strange = [one for one in state or () if one not in UNSENT]
    if strange:
        raise SiagaError(f"--state {strange[0]} is not one of {', '.join(UNSENT)}")

    async def rows(tx: Transaction) -> list[dict[str, Any]]:
        return await outbox_rows(tx, tuple(state or UNSENT))

    listed(rows, as_json)


def retry(ids: Ids) -> None:
    """Make items due now. A filing in unknown is not: the answer says which page settles it."""
    _each(ids, lambda mailroom, item: mailroom.retry(item, None), "is due now")


def park(ids: Ids, reason: Annotated[str, typer.Option(help="why, as the admin pages show it")]) -> None:
    """Let items lie until a person wants them tried again."""
    _each(ids, lambda mailroom, item: mailroom.park(item, reason, None), "is parked")


async def outbox_rows(tx: Transaction, states: tuple[str, ...] = UNSENT) -> list[dict[str, Any]]:
    return [
        {
            "id": o.id, "lane": o.lane, "kind": o.kind, "state": o.state, "attempts": o.attempts,
            "due_at": o.due_at.isoformat(), "reason": o.reason, "channel": o.channel,
        }
        for o in await tx.undelivered.listing(states)
    ]  # fmt: skip


def _each(ids: list[int], do: Callable[[Mailroom, int], Awaitable[None]], done: str) -> None:
    """Each item by itself; one that is refused is told and the others go on. Exit code 1 when any was refused."""

    async def run() -> bool:
        store = open_store()
        mailroom = Mailroom(store, load().public_url)
        whole = True
        try:
            for item in ids:
                try:
                    await do(mailroom, item)
                except SiagaError as error:
                    typer.echo(str(error), err=True)
                    whole = False
                else:
                    typer.echo(f"{item} {done}")
        finally:
            await store.close()
        return whole

    if not asyncio.run(run()):
        raise SystemExit(1)
