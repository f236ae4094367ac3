"""Keeping the sign-ins: who there is, with which role, and every change that someone else makes to one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.failures import Rejected
from bot.store.tables import Role, Session, User
from bot.store.tables_accounts import SecondFactor

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another."""


@dataclass(frozen=True, slots=True)
class UserView:
    """One sign-in as others may see it. `sessions` are those that have not run out."""

    id: int
    username: str
    shown_name: str
    role: str
    active: bool
    must_change: bool
    factor: bool
    locked_until: datetime | None
    created_at: datetime
    sessions: int


def one_time_password() -> str:
    """A first password to be told and then changed: 16 letters and digits in groups, 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


class Users:
    """The sign-ins within one transaction. Whoever calls writes the audit row."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def listing(self, now: datetime) -> list[UserView]:
        """Everybody by username, those who may no longer sign in last."""
        return await self._views(now, sa.true())

    async def view(self, user_id: int, now: datetime) -> UserView | None:
        found = await self._views(now, User.id == user_id)
        return found[0] if found else None

    async def _views(self, now: datetime, condition: sa.ColumnElement[bool]) -> list[UserView]:
        open_ = (
            sa.select(sa.func.count())
            .select_from(Session)
            .where(Session.user_id == User.id, Session.expires_at > now)
            .scalar_subquery()
        )
        query = (
            sa.select(User, SecondFactor.secret_enc.is_not(None), open_)
            .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
            .where(condition)
            .order_by(User.active.desc(), User.username)
        )
        return [
            UserView(
                u.id, u.username, u.shown_name, u.role, u.active, u.must_change, bool(factor), u.locked_until,
                u.created_at, int(sessions),
            )
            for u, factor, sessions in await self._session.execute(query)
        ]  # fmt: skip

    async def of_name(self, username: str) -> int:
        """The id of this sign-in. Raises Rejected."""
        found = await self._session.scalar(sa.select(User.id).where(User.username == username.strip().lower()))
        if found is None:
            raise Rejected(f"Tidak ada pengguna {username!r}.")
        return int(found)

    async def set_role(self, user_id: int, role: str) -> None:
        """Give another role. Raises Rejected for an unknown one, and when nobody could manage users any more."""
        if await self._session.get(Role, role) is None:
            raise Rejected(f"Tidak ada peran {role!r}.")
        user = await self._locked(user_id)
        if "users.manage" not in await self._permissions(role):
            await self._leave_one(user)
        user.role = role

    async def set_active(self, user_id: int, *, active: bool) -> None:
        """Let this user sign in, or no longer: then every session ends. Raises Rejected for the last of the admins."""
        user = await self._locked(user_id)
        if not active:
            await self._leave_one(user)
            await self._session.execute(sa.delete(Session).where(Session.user_id == user_id))
        user.active = active

    async def _leave_one(self, user: User) -> None:
        """Raises Rejected when this is the only one who can manage users."""
        if not user.active or "users.manage" not in await self._permissions(user.role):
            return
        others = await self._session.execute(
            sa.select(User.id, Role.permissions)
            .join(Role, Role.name == User.role)
            .where(User.active, User.id != user.id)
            .with_for_update(of=User)
        )
        if not any("users.manage" in permissions for _, permissions in others):
            raise Rejected("Ini satu-satunya admin yang aktif. Tambahkan admin lain dahulu.")

    async def _permissions(self, role: str) -> list[str]:
        found = await self._session.get(Role, role)
        return list(map(str, found.permissions)) if found else []

    async def roles(self) -> dict[str, list[str]]:
        """Every role with what it may."""
        rows = await self._session.scalars(sa.select(Role).order_by(Role.name))
        return {role.name: list(map(str, role.permissions)) for role in rows}

    async def _locked(self, user_id: int) -> User:
        query = sa.select(User).where(User.id == user_id).with_for_update()
        user = (await self._session.scalars(query)).one_or_none()
        if user is None:
            raise Rejected("Pengguna ini tidak ada.")
        return user
