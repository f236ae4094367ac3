"""`siaga user add`: sign-ins for petugas and admins."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.cli.data import open_store
from bot.failures import SiagaError
from bot.store.accounts import ROLES, Accounts, hashed

LEAST = 12
"""Characters of a password."""


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("add")(add)
    app.add_typer(group, name="user")


def add(
    username: str,
    role: Annotated[str, typer.Option(help=", ".join(ROLES))],
    name: Annotated[str, typer.Option(help="the name that colleagues and citizens see")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """Add a sign-in; the password is asked for and never shown."""
    if role not in ROLES:
        raise SiagaError(f"--role {role} is not one of {', '.join(ROLES)}")
    if len(password) < LEAST:
        raise SiagaError(f"the password needs at least {LEAST} characters")

    async def run() -> None:
        store = open_store()
        try:
            async with store.write() as session:
                accounts = Accounts(session)
                await accounts.seed_roles()
                await accounts.add_user(username, name, await hashed(password), role, datetime.now(UTC))
        finally:
            await store.close()

    asyncio.run(run())
    typer.echo(f"{username} can sign in as {role}")
