"""The tables of the 112 desk: who is on shift, what the staff group is told, and who answered a call."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import Base, BigId


class Shift(Base):
    """A petugas at the 112 desk. `seen_at` is the last sign of the open page; without one the shift ends by itself."""

    __tablename__ = "shifts"
    __table_args__ = (
        sa.Index("shifts_open", "user_id", unique=True, sqlite_where=sa.text("ended_at IS NULL"),
                 postgresql_where=sa.text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Notice(Base):
    """A word to the petugas, once per `key`; it never holds a name, a number or a citizen's words.

    `told_at`: the staff group has it. `reason`: why it could not be told the last time.
    """

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    words: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(index=True)
    told_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class CallAnswer(Base):
    """A key pressed in a call of ours, by the call's id at the provider: a second one under the same id is a replay."""

    __tablename__ = "call_answers"

    call: Mapped[str] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"))
    at: Mapped[datetime]
