"""The people behind the admin web: sign-ins, roles, sessions and the throttle."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final, Literal

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.failures import Rejected
from bot.store.audit import Audits
from bot.store.tables import Role, Session, User
from bot.store.tables_accounts import SecondFactor

Permission = Literal[
    "home", "conversations.read", "conversations.hold", "reports.read", "reports.file", "incidents.read",
    "incidents.move", "personal.reveal", "dashboard.read", "review.correct", "review.export", "reports.export",
    "canned.edit", "users.manage", "audit.read", "retention.read", "citizens.erase",
    "outbox.manage",
]  # fmt: skip

_READS: Final[tuple[Permission, ...]] = (
    "home", "conversations.read", "reports.read", "incidents.read", "dashboard.read",
)  # fmt: skip

ROLES: Final[Mapping[str, tuple[Permission, ...]]] = {
    "peninjau": _READS,
    "operator": (
        *_READS, "conversations.hold", "reports.file", "personal.reveal", "review.correct", "reports.export",
    ),
    "petugas_112": (*_READS, "conversations.hold", "incidents.move", "personal.reveal", "review.correct"),
    "admin": (
        *_READS, "conversations.hold", "reports.file", "incidents.move", "personal.reveal", "review.correct",
        "review.export", "reports.export", "canned.edit", "users.manage", "audit.read", "retention.read",
        "citizens.erase", "outbox.manage",
    ),
}  # fmt: skip
"""What a fresh database knows; afterwards the table `roles` decides."""

FACTOR_ROLES: Final = frozenset({"admin", "petugas_112"})
"""Who signs in with a second factor where the settings require one."""
DEMO_PASSWORD: Final = "siaga-kutim-demo"  # noqa: S105 - shown to everybody
"""Of the demonstration alone; everywhere else it is changed at the first sign-in."""
MOST_FAILURES: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)
SESSION_LASTS: Final = timedelta(hours=12)
SHORTEST_PASSWORD: Final = 12

_HASHER: Final = PasswordHasher()
# Each hash takes 64 MiB for its while; two at a time on a small machine.
_HASHING: Final = ThreadPoolExecutor(2, "passwords")


@dataclass(frozen=True, slots=True)
class Officer:
    """A signed-in petugas or admin. `csrf` belongs to this session and to every form shown in it.

    `factor`: the user has a second factor; `verified`: it was given in this session.
    """

    id: int
    username: str
    shown_name: str
    role: str
    permissions: frozenset[str]
    csrf: str
    must_change: bool
    factor: bool = False
    verified: bool = False

    def may(self, permission: str) -> bool:
        return permission in self.permissions


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that may be tried, with the hash to check; both None for a name nobody has."""

    user_id: int | None
    password_hash: str | None


@cache
def _nobodys_hash() -> str:
    """The hash of what nobody knows: an unknown name costs as much time as a known one."""
    return _HASHER.hash(secrets.token_hex(16))


async def password_fits(password_hash: str | None, password: str) -> bool:
    """Check a password, off the event loop. False for no hash at all, and for one that cannot be read."""

    def check() -> bool:
        try:
            return _HASHER.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False

    return await asyncio.get_running_loop().run_in_executor(_HASHING, check)


async def hashed(password: str) -> str:
    """The argon2id hash of a new password, off the event loop. Raises Rejected when it is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise Rejected(f"Kata sandi harus sekurangnya {SHORTEST_PASSWORD} huruf.")
    return await asyncio.get_running_loop().run_in_executor(_HASHING, _HASHER.hash, password)


class Accounts:
    """Users and sessions within one transaction. No password is hashed or checked in here."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # --- users and roles ---

    async def seed_roles(self) -> None:
        """Put the roles of ROLES in, and leave alone those that are there."""
        known = set(await self._session.scalars(sa.select(Role.name)))
        self._session.add_all(
            Role(name=name, permissions=list(permissions)) for name, permissions in ROLES.items() if name not in known
        )
        await self._session.flush()

    async def add_user(
        self, username: str, shown_name: str, password_hash: str, role: str, now: datetime, *, must_change: bool = False
    ) -> int:
        """Add a sign-in and return its id. Raises Rejected for a taken or empty name and for an unknown role."""
        username = username.strip().lower()
        if not username or not shown_name.strip():
            raise Rejected("Nama pengguna dan nama yang ditampilkan harus diisi.")
        if await self._session.get(Role, role) is None:
            raise Rejected(f"Tidak ada peran {role!r}.")
        if await self._session.scalar(sa.select(User.id).where(User.username == username)):
            raise Rejected(f"Nama pengguna {username!r} sudah dipakai.")
        user = User(
            username=username, shown_name=shown_name.strip(), password_hash=password_hash, role=role,
            must_change=must_change, active=True, failed=0, locked_until=None, created_at=now,
        )  # fmt: skip
        self._session.add(user)
        await self._session.flush()
        return user.id

    async def password_hash_of(self, user_id: int) -> str:
        return (await self._session.get_one(User, user_id)).password_hash

    async def set_password(self, user_id: int, password_hash: str, *, must_change: bool = False) -> None:
        """Change the password and end every session of this user."""
        await self._session.execute(
            sa.update(User)
            .where(User.id == user_id)
            .values(password_hash=password_hash, must_change=must_change, failed=0, locked_until=None)
        )
        await self.end_sessions(user_id)

    async def end_sessions(self, user_id: int) -> None:
        """Sign this user out everywhere."""
        await self._session.execute(sa.delete(Session).where(Session.user_id == user_id))

    async def demand_change(self, user_id: int) -> None:
        """The password is known to others: it must be changed before anything else."""
        await self._session.execute(sa.update(User).where(User.id == user_id).values(must_change=True))

    # --- signing in ---

    async def begin_attempt(self, username: str, now: datetime) -> Attempt | None:
        """Count the attempt before the password is looked at; None while the account is locked.

        Counted first, so that guesses sent side by side gain nothing.
        """
        query = sa.select(User).where(User.username == username.strip().lower(), User.active).with_for_update()
        user = (await self._session.scalars(query)).one_or_none()
        if user is None:
            return Attempt(None, None)
        if user.locked_until and user.locked_until > now:
            return None
        failed = 1 if user.locked_until else user.failed + 1
        user.failed, user.locked_until = failed, now + LOCKED_FOR if failed >= MOST_FAILURES else None
        return Attempt(user.id, user.password_hash)

    async def open_session(self, user_id: int, now: datetime) -> str:
        """The attempt was right: forget the failures and return the new session's cookie value."""
        await self._session.execute(sa.update(User).where(User.id == user_id).values(failed=0, locked_until=None))
        await self._session.execute(sa.delete(Session).where(Session.expires_at <= now))
        cookie = secrets.token_urlsafe(32)
        self._session.add(
            Session(
                id_hash=_digest(cookie), user_id=user_id, csrf=secrets.token_urlsafe(24), verified=False,
                created_at=now, expires_at=now + SESSION_LASTS,
            )
        )  # fmt: skip
        return cookie

    async def officer_of(self, cookie: str, now: datetime) -> Officer | None:
        """Whose session this is; None when it is unknown, ended, or its user no longer active."""
        query = (
            sa.select(Session.csrf, Session.verified, User, Role.permissions, SecondFactor.secret_enc.is_not(None))
            .join(User, User.id == Session.user_id)
            .join(Role, Role.name == User.role)
            .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
            .where(Session.id_hash == _digest(cookie), Session.expires_at > now, User.active)
        )
        row = (await self._session.execute(query)).one_or_none()
        if row is None:
            return None
        csrf, verified, user, permissions, factor = row
        return Officer(
            user.id, user.username, user.shown_name, user.role, frozenset(map(str, permissions)), csrf,
            user.must_change, bool(factor), verified,
        )  # fmt: skip

    async def verify_session(self, cookie: str) -> str:
        """The second factor was given in this session. Returns its new cookie value; the one before opens nothing."""
        new = secrets.token_urlsafe(32)
        await self._session.execute(
            sa.update(Session).where(Session.id_hash == _digest(cookie)).values(id_hash=_digest(new), verified=True)
        )
        return new

    async def close_session(self, cookie: str) -> None:
        await self._session.execute(sa.delete(Session).where(Session.id_hash == _digest(cookie)))

    # --- audit ---

    def audit(self, user_id: int | None, action: str, object_: str, now: datetime, reason: str | None = None) -> None:
        """Write down who did what to which id. Never pass a name, a number or words."""
        Audits(self._session).write(user_id, action, object_, now, reason)


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
