"""The tables around the accounts: second factors, the seals of the audit, and what retention did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import Base, BigId


class SecondFactor(Base):
    """A user's authenticator app. `pending_enc` is a secret being enrolled, `secret_enc` the one that counts.

    `step` is the time step of the last code that was taken, so that no code counts twice.
    """

    __tablename__ = "second_factors"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), primary_key=True)
    secret_enc: Mapped[bytes | None]
    pending_enc: Mapped[bytes | None]
    confirmed_at: Mapped[datetime | None]
    step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    failed: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code for the day on which the phone is lost, as a keyed hash; it counts once."""

    __tablename__ = "recovery_codes"

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    used_at: Mapped[datetime | None]


class AuditDay(Base):
    """The seal of one WITA day of the audit (`day` is YYYY-MM-DD), chained to the day before. Only ever inserted."""

    __tablename__ = "audit_days"

    day: Mapped[str] = mapped_column(primary_key=True)
    rows: Mapped[int]
    previous: Mapped[str]
    digest: Mapped[str]
    sealed_at: Mapped[datetime]


class RetentionRun(Base):
    """One run of retention: what was removed, or would have been, by kind."""

    __tablename__ = "retention_runs"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    dry_run: Mapped[bool]
    milliseconds: Mapped[int]
    counts: Mapped[dict[str, Any]]
