"""The tables of LAPOR!'s side: where each report stands there, what was written on it, and LAPOR!'s own lists."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables import Base, BigId


class ReportAtLapor(Base):
    """What LAPOR! said of a report, and when it was asked.

    `status` is LAPOR!'s own name, kept raw, `log` a digest of its last log entry; `addressee` is who holds the
    report there. `checked_at`: LAPOR! was last looked at, by the service or a petugas; `poll_at`: it is asked again.
    `failures` in a row, `error` the last one's words. `attention`: what a person must do, one Indonesian sentence.
    `submitted_at`, `forwarded_at` and `answered_at` (the agency's last word) are what the deadlines count from.
    """

    __tablename__ = "reports_at_lapor"

    ticket: Mapped[str] = mapped_column(sa.ForeignKey("reports.ticket"), primary_key=True)
    status: Mapped[str | None]
    log: Mapped[str | None]
    addressee: Mapped[str | None]
    checked_at: Mapped[datetime | None]
    poll_at: Mapped[datetime | None] = mapped_column(index=True)
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None]
    attention: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    forwarded_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


class LaporFollowup(Base):
    """One follow-up on a report that is known here: theirs was told to the citizen, ours was sent.

    `lapor_id` is LAPOR!'s id, or `outbox/<id>` of ours as long as that is not known. `digest` recognises the words;
    the words themselves stand in the report's history.
    """

    __tablename__ = "lapor_followups"
    __table_args__ = (sa.UniqueConstraint("ticket", "lapor_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket: Mapped[str] = mapped_column(sa.ForeignKey("reports.ticket"), index=True)
    lapor_id: Mapped[str]
    ours: Mapped[bool]
    digest: Mapped[str]
    at: Mapped[datetime]


class LaporMaster(Base):
    """A row of one of LAPOR!'s lists: `kind` institutions, templates, categories or locations."""

    __tablename__ = "lapor_masters"

    kind: Mapped[str] = mapped_column(primary_key=True)
    lapor_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    synced_at: Mapped[datetime]
