"""`siaga user`: sign-ins for petugas and admins, for the first one and for when nobody can sign in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer

from bot.cli.data import AsJson, open_store
from bot.failures import SiagaError
from bot.store.accounts import ROLES, SHORTEST_PASSWORD, Accounts, hashed
from bot.store.audit import Audits
from bot.store.second_factor import SecondFactors
from bot.store.transaction import Transaction, writing
from bot.store.users import Users, UserView, one_time_password

Done = TypeVar("Done")


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Sign-ins of petugas and admins.")
    commands: dict[str, Callable[..., None]] = {"add": add, "list": listing, "disable": disable, "reset": reset}
    for command, function in commands.items():
        group.command(command)(function)
    app.add_typer(group, name="user")


def _changed(change: Callable[[Transaction], Awaitable[Done]]) -> Done:
    """One transaction on the configured database."""

    async def run() -> Done:
        store = open_store()
        try:
            async with writing(store) as tx:
                return await change(tx)
        finally:
            await store.close()

    return asyncio.run(run())


def add(
    username: str,
    role: Annotated[str, typer.Option(help=", ".join(ROLES))],
    name: Annotated[str, typer.Option(help="the name that colleagues and citizens see")],
    password: Annotated[str | None, typer.Option(help="without it, a one-time password is made and shown")] = None,
) -> None:
    """Add a sign-in. Whatever its first password is, it must be changed at the first sign-in."""
    if role not in ROLES:
        raise SiagaError(f"--role {role} is not one of {', '.join(ROLES)}")
    if password is not None and len(password) < SHORTEST_PASSWORD:
        raise SiagaError(f"the password needs at least {SHORTEST_PASSWORD} characters")
    first = password or one_time_password()

    async def change(tx: Transaction) -> None:
        accounts, now = Accounts(tx.session), datetime.now(UTC)
        await accounts.seed_roles()
        user_id = await accounts.add_user(username, name, await hashed(first), role, now, must_change=True)
        Audits(tx.session).write(None, "user_added", f"user:{user_id}", now, role)

    _changed(change)
    typer.echo(f"{username} can sign in as {role}")
    if password is None:
        typer.echo(f"one-time password: {first}")


def listing(as_json: AsJson = False) -> None:
    """Everybody who can or could sign in."""

    async def ask(tx: Transaction) -> list[UserView]:
        return await Users(tx.session).listing(datetime.now(UTC))

    for user in _changed(ask):
        row = {
            "username": user.username, "name": user.shown_name, "role": user.role, "active": user.active,
            "must_change": user.must_change, "second_factor": user.factor, "sessions": user.sessions,
        }  # fmt: skip
        typer.echo(json.dumps(row, ensure_ascii=False) if as_json else "  ".join(f"{k}={v}" for k, v in row.items()))


def disable(username: str) -> None:
    """Take the sign-in away and end every session; what was done stays in the audit."""

    async def change(tx: Transaction) -> None:
        user_id = await Users(tx.session).of_name(username)
        await Users(tx.session).set_active(user_id, active=False)
        Audits(tx.session).write(None, "user_disabled", f"user:{user_id}", datetime.now(UTC))

    _changed(change)
    typer.echo(f"{username} can no longer sign in")


def reset(
    username: str,
    second_factor: Annotated[bool, typer.Option("--second-factor", help="take the second factor away as well")] = False,
) -> None:
    """Let someone in again: a one-time password, shown once, and the sign-in active and unlocked."""
    password = one_time_password()

    async def change(tx: Transaction) -> None:
        user_id, now = await Users(tx.session).of_name(username), datetime.now(UTC)
        await Users(tx.session).set_active(user_id, active=True)
        await Accounts(tx.session).set_password(user_id, await hashed(password), must_change=True)
        Audits(tx.session).write(None, "password_reset", f"user:{user_id}", now)
        if second_factor:
            await SecondFactors(tx.session, tx.sealer).remove(user_id)
            Audits(tx.session).write(None, "factor_reset", f"user:{user_id}", now)

    _changed(change)
    typer.echo(f"{username}: one-time password: {password}")
