"""What a provider said of a message of ours before we knew the message's id ourselves."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import Base, BigId


class EarlyWord(Base):
    """A delivery report whose delivery is not written down yet. `state` and `verdict` as in DeliveryWord."""

    __tablename__ = "early_words"
    __table_args__ = (sa.Index("ix_early_words_reference", "reference"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reference: Mapped[str]
    state: Mapped[str]
    verdict: Mapped[str]
    reason: Mapped[str | None]
    at: Mapped[datetime]
