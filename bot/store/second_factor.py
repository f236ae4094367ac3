"""The second factor: an authenticator app (RFC 6238) and recovery codes, both throttled, no code counting twice."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast

import pyotp
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.sealing import Sealer
from bot.store.tables_accounts import RecoveryCode, SecondFactor

STEP: Final = 30
"""Seconds that one code is shown."""
DRIFT: Final = 1
"""Steps that the clock of the phone may be wrong, in either direction."""
MOST_FAILURES: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)
RECOVERY_CODES: Final = 8
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that are taken for one another."""

Outcome = Literal["app", "recovery", "wrong", "locked"]


@dataclass(frozen=True, slots=True)
class FactorView:
    """What a page may show of a factor. `recovery_left` counts the unused recovery codes."""

    confirmed_at: datetime | None
    recovery_left: int


def fitting_step(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The time step of this code, later than `after` and within DRIFT of now; None when there is none."""
    present = int(now.timestamp()) // STEP
    app = pyotp.TOTP(secret, interval=STEP)
    for step in range(present - DRIFT, present + DRIFT + 1):
        if step > after and hmac.compare_digest(app.generate_otp(step).encode(), code.encode()):
            return step
    return None


class SecondFactors:
    """The factors within one transaction."""

    def __init__(self, session: AsyncSession, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer

    async def view(self, user_id: int) -> FactorView:
        """Whether this user has a factor, and how many recovery codes are left."""
        row = await self._session.get(SecondFactor, user_id)
        left = await self._session.scalar(
            sa.select(sa.func.count())
            .select_from(RecoveryCode)
            .where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
        )
        return FactorView(row.confirmed_at if row and row.secret_enc else None, int(left or 0))

    async def begin(self, user_id: int) -> str:
        """A new secret to be enrolled (base32); what counted before still counts until this one is confirmed."""
        secret = pyotp.random_base32()
        row = await self._locked(user_id)
        if row is None:
            row = SecondFactor(
                user_id=user_id, secret_enc=None, pending_enc=None, confirmed_at=None, step=0, failed=0,
                locked_until=None,
            )  # fmt: skip
            self._session.add(row)
        row.pending_enc = self._sealer.seal(secret)
        await self._session.flush()
        return secret

    async def pending(self, user_id: int) -> str | None:
        """The secret that is being enrolled."""
        row = await self._session.get(SecondFactor, user_id)
        return self._sealer.open_or_none(row.pending_enc) if row else None

    async def confirm(self, user_id: int, code: str, now: datetime) -> Outcome:
        """The app shows this code: from here on its secret counts, and the one before it no longer."""
        row = await self._locked(user_id)
        if row is None or row.pending_enc is None or not self._may_try(row, now):
            return "wrong" if row is None or row.pending_enc is None else "locked"
        step = fitting_step(self._sealer.open(row.pending_enc), _digits(code), now, 0)
        if step is None:
            return "wrong"
        row.secret_enc, row.pending_enc, row.confirmed_at, row.step = row.pending_enc, None, now, step
        row.failed, row.locked_until = 0, None
        return "app"

    async def try_code(self, user_id: int, code: str, now: datetime) -> Outcome:
        """Take a code of the app or a recovery code, once. The row is held, so guesses side by side gain nothing."""
        row = await self._locked(user_id)
        if row is None or row.secret_enc is None:
            return "wrong"
        if not self._may_try(row, now):
            return "locked"
        step = fitting_step(self._sealer.open(row.secret_enc), _digits(code), now, row.step)
        outcome: Outcome = "app" if step is not None else "wrong"
        if step is not None:
            row.step = step
        elif await self._use_recovery(user_id, code, now):
            outcome = "recovery"
        if outcome != "wrong":
            row.failed, row.locked_until = 0, None
        return outcome

    @staticmethod
    def _may_try(row: SecondFactor, now: datetime) -> bool:
        """Count the try before the code is looked at."""
        if row.locked_until and row.locked_until > now:
            return False
        row.failed = 1 if row.locked_until else row.failed + 1
        row.locked_until = now + LOCKED_FOR if row.failed >= MOST_FAILURES else None
        return True

    async def new_recovery_codes(self, user_id: int) -> list[str]:
        """Fresh recovery codes, to be shown once; all earlier ones are void."""
        codes = ["-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
                 for _ in range(RECOVERY_CODES)]  # fmt: skip
        await self._session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        self._session.add_all(
            RecoveryCode(code_hash=self._hash(user_id, code), user_id=user_id, used_at=None) for code in codes
        )
        return codes

    async def _use_recovery(self, user_id: int, code: str, now: datetime) -> bool:
        used = await self._session.execute(
            sa.update(RecoveryCode)
            .where(RecoveryCode.code_hash == self._hash(user_id, code), RecoveryCode.user_id == user_id)
            .where(RecoveryCode.used_at.is_(None))
            .values(used_at=now)
        )
        return cast("sa.CursorResult[Any]", used).rowcount == 1

    def _hash(self, user_id: int, code: str) -> str:
        plain = "".join(c for c in code.upper() if c.isalnum())
        return self._sealer.fingerprint("recovery", f"{user_id}:{plain}")

    async def remove(self, user_id: int) -> None:
        """Take the factor away; the user enrols anew where one is required."""
        await self._session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        await self._session.execute(sa.delete(SecondFactor).where(SecondFactor.user_id == user_id))

    async def who_has(self, users: Iterable[int]) -> set[int]:
        """Which of these users have a confirmed factor."""
        query = sa.select(SecondFactor.user_id).where(
            SecondFactor.user_id.in_(list(users)), SecondFactor.secret_enc.is_not(None)
        )
        return set(await self._session.scalars(query))

    async def _locked(self, user_id: int) -> SecondFactor | None:
        query = sa.select(SecondFactor).where(SecondFactor.user_id == user_id).with_for_update()
        return (await self._session.scalars(query)).one_or_none()


def _digits(code: str) -> str:
    return "".join(c for c in code if c.isascii() and c.isdigit())
