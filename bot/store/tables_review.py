"""Tables of the petugas' own work: what they corrected, and the sentences they keep at hand."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import Base, BigId


class Review(Base):
    """A person's verdict on one message: what the bot understood (`said_*`) and what is right.

    `danger` is whether someone had to be helped at once; `said_danger` the level that the bot saw (ask, live) or None.
    `found` is how the message came before a person: doubtful, emergency, random or transcript; only `random` says
    how good the bot is with all messages.
    """

    __tablename__ = "reviews"
    __table_args__ = (sa.Index("reviews_latest", "at", "message_id"),)

    message_id: Mapped[int] = mapped_column(sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    said_intent: Mapped[str]
    said_category: Mapped[str | None]
    said_danger: Mapped[str | None]
    said_kecamatan: Mapped[str | None]
    said_desa: Mapped[str | None]
    intent: Mapped[str]
    category: Mapped[str | None]
    danger: Mapped[bool]
    danger_type: Mapped[str | None]
    kecamatan: Mapped[str | None]
    desa: Mapped[str | None]
    right: Mapped[bool]
    found: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime]


class CannedReply(Base):
    """A sentence that petugas insert by a click or by "/" and its letters."""

    __tablename__ = "canned_replies"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shortcut: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str]
    changed_at: Mapped[datetime]
