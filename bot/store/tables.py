"""The tables. Column names are what operators see; personal identifiers are encrypted, never plain.

`*_enc` holds ciphertext, `address_hash` a keyed hash to look a contact up by. Times are stored in UTC.
Order of the outbox within a conversation is its `id`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware datetime, stored as UTC on every database."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a timezone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: sa.JSON, list[Any]: sa.JSON, str: sa.Text}


def table_of(entity: type[Base]) -> sa.Table:
    """The bare table: many rows are written to it in one statement, past the objects."""
    return cast(sa.Table, entity.__table__)


def _only(condition: str) -> dict[str, Any]:
    """An index of the rows that fit this condition alone."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


class Contact(Base):
    """A citizen at one channel."""

    __tablename__ = "contacts"
    __table_args__ = (sa.UniqueConstraint("channel", "address_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str]
    address_hash: Mapped[str]
    address_enc: Mapped[bytes]
    name_enc: Mapped[bytes | None]
    phone_enc: Mapped[bytes | None]
    created_at: Mapped[datetime]


class Conversation(Base):
    """One per contact. `state_enc` is flows.codec's JSON, encrypted; `wake_at` when the dialogue wants a Tick."""

    __tablename__ = "conversations"
    __table_args__ = (
        sa.Index("conversations_latest", "last_inbound_at", "id"),
        sa.Index("conversations_waiting", "last_inbound_at", "id", sqlite_where=sa.text("waiting_for_staff = 1"),
                 postgresql_where=sa.text("waiting_for_staff")),
        sa.Index("conversations_held", "last_inbound_at", "id", **_only("held_by IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contacts.id"), unique=True)
    channel: Mapped[str]
    state_enc: Mapped[bytes]
    wake_at: Mapped[datetime | None] = mapped_column(index=True)
    waiting_for_staff: Mapped[bool] = mapped_column(default=False)
    waiting_since: Mapped[datetime | None]
    held_by: Mapped[str | None]
    created_at: Mapped[datetime]
    last_inbound_at: Mapped[datetime]


class Inbox(Base):
    """Everything that happens to a conversation, taken in once. `source` is a channel, or system / staff.

    `token` is the randomness the dialogue may use, drawn at acceptance so that a repeated step is the same.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        sa.UniqueConstraint("source", "message_id"),
        sa.Index("inbox_failed", "conversation_id", **_only("error IS NOT NULL")),
        sa.Index("inbox_open", "conversation_id", "id", **_only("processed_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source: Mapped[str]
    message_id: Mapped[str]
    conversation_id: Mapped[int] = mapped_column(sa.ForeignKey("conversations.id"))
    payload_enc: Mapped[bytes]
    token: Mapped[str]
    album: Mapped[str | None]
    received_at: Mapped[datetime]
    ready_at: Mapped[datetime]
    processed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]


class Message(Base):
    """The transcript: what was said by whom, and what the bot understood. `direction`: in, out, staff.

    `intent`, `category`, `confidence` and `danger` (ask, live) repeat the understanding, to be searched by.
    `forgotten`: retention took the words and left the labels.
    """

    __tablename__ = "messages"
    __table_args__ = (
        sa.Index("messages_understood", "conversation_id", "intent", "category", "confidence",
                 **_only("intent IS NOT NULL")),
        sa.Index("messages_doubtful", "confidence", "id", **_only("intent IS NOT NULL")),
        sa.Index("messages_to_forget", "at", sqlite_where=sa.text("forgotten = 0"),
                 postgresql_where=sa.text("NOT forgotten")),
        sa.Index("messages_danger", "id", **_only("danger IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    inbox_id: Mapped[int | None] = mapped_column(BigId)
    outbox_id: Mapped[int | None] = mapped_column(BigId)
    direction: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]
    data: Mapped[dict[str, Any]]
    understanding: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    intent: Mapped[str | None]
    category: Mapped[str | None]
    confidence: Mapped[float | None]
    danger: Mapped[str | None]
    forgotten: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    at: Mapped[datetime]


class Media(Base):
    """A stored file; its bytes lie under MEDIA_DIR by hash."""

    __tablename__ = "media"

    hash: Mapped[str] = mapped_column(primary_key=True)
    content_type: Mapped[str]
    size: Mapped[int]
    created_at: Mapped[datetime]


class Report(Base):
    """A filed report and its way to LAPOR!. `supporters`: other citizens who said that it is theirs as well."""

    __tablename__ = "reports"
    __table_args__ = (
        sa.Index("reports_alike", "category", "created_at"), sa.Index("reports_latest", "created_at", "ticket"),
    )  # fmt: skip

    ticket: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    category: Mapped[str]
    classification: Mapped[str]
    kecamatan: Mapped[str | None]
    desa: Mapped[str | None]
    place_detail: Mapped[str | None]
    place_uncertain: Mapped[bool]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    description: Mapped[str]
    incident_date: Mapped[str]
    anonymity: Mapped[str]
    reporter_enc: Mapped[bytes | None]
    phone_enc: Mapped[bytes | None]
    agency: Mapped[str | None]
    complaint_id: Mapped[str | None]
    tracking_id: Mapped[str | None]
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    supporters: Mapped[int] = mapped_column(default=0, server_default="0")


class ReportSupport(Base):
    """One citizen's support for another's report."""

    __tablename__ = "report_supports"

    ticket: Mapped[str] = mapped_column(sa.ForeignKey("reports.ticket"), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(sa.ForeignKey("conversations.id"), primary_key=True)
    at: Mapped[datetime]


class ReportPhoto(Base):
    """A photo, video or document of a report; `upload_id` is LAPOR!'s id once uploaded.

    `problem`: why LAPOR! did not take it the last time. `left_out_by`: the petugas who had the report filed without it.
    """

    __tablename__ = "report_photos"

    ticket: Mapped[str] = mapped_column(sa.ForeignKey("reports.ticket"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(sa.ForeignKey("media.hash"))
    upload_id: Mapped[str | None]
    problem: Mapped[str | None]
    left_out_by: Mapped[str | None]


class ReportStep(Base):
    """The report's history, one line a change. `who` is a user's name or the system's."""

    __tablename__ = "report_steps"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket: Mapped[str] = mapped_column(sa.ForeignKey("reports.ticket"), index=True)
    state: Mapped[str]
    who: Mapped[str]
    note: Mapped[str | None]
    at: Mapped[datetime]


class Incident(Base):
    """Someone in danger. `version` grows with every change that is told to the desk.

    `duplicate_of`: the first incident about the same event. `over`: the citizen has since called it `safe` or a
    `joke`; only a person closes it. `rounds`: how often the whole ladder was climbed in vain.
    """

    __tablename__ = "incidents"
    __table_args__ = (sa.Index("incidents_alike", "type", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(sa.ForeignKey("conversations.id"), index=True)
    channel: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    type: Mapped[str]
    level: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    words: Mapped[str]
    kecamatan: Mapped[str | None]
    desa: Mapped[str | None]
    place_detail: Mapped[str | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    outside: Mapped[bool]
    victims: Mapped[str | None]
    phone_enc: Mapped[bytes | None]
    photos: Mapped[list[Any]]
    duplicate_of: Mapped[str | None]
    over: Mapped[str | None]
    rounds: Mapped[int] = mapped_column(default=0, server_default="0")
    acknowledged_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    acknowledged_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class IncidentStep(Base):
    """The incident's timeline: raised, each rung of the ladder, updates, acknowledgement, and who did it."""

    __tablename__ = "incident_steps"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    incident_id: Mapped[str] = mapped_column(sa.ForeignKey("incidents.id"), index=True)
    what: Mapped[str]
    who: Mapped[str]
    note: Mapped[str | None]
    at: Mapped[datetime]


class Outbox(Base):
    """Work that leaves the house. `state`: pending, sending, done, waiting (for the citizen's next contact), parked (a
    person), unknown (a person).

    Claimed by moving `due_at` to now + lease. `sending` is only used for filing, where a repeat would be wrong.
    `by_template`: the provider said that free text is not allowed any more. From `expires_at` on it is not sent.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.UniqueConstraint("kind", "key"),
        sa.Index("outbox_due", "lane", "due_at", **_only("state IN ('pending', 'sending')")),
        sa.Index("outbox_order", "conversation_id", "id", **_only("state = 'pending'")),
        sa.Index("outbox_stuck", "conversation_id", **_only("state IN ('parked', 'unknown')")),
        sa.Index("outbox_waiting", "conversation_id", **_only("state = 'waiting'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    lane: Mapped[int]
    kind: Mapped[str]
    key: Mapped[str]
    conversation_id: Mapped[int] = mapped_column(sa.ForeignKey("conversations.id"))
    payload_enc: Mapped[bytes]
    state: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    reason: Mapped[str | None]
    by_template: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    expires_at: Mapped[datetime | None]


class Delivery(Base):
    """One attempt at an outbox item. `outcome`: done, temporary, rejected, unknown."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    outbox_id: Mapped[int] = mapped_column(sa.ForeignKey("outbox.id"), index=True)
    attempt: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str]
    reference: Mapped[str | None] = mapped_column(index=True)
    detail: Mapped[str | None]


class Role(Base):
    """What a sign-in may do; `permissions` is a list of names checked on every admin view."""

    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(primary_key=True)
    permissions: Mapped[list[Any]]


class User(Base):
    """A petugas or admin."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    shown_name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str] = mapped_column(sa.ForeignKey("roles.name"))
    must_change: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    failed: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Session(Base):
    """A signed-in browser; only the hash of its cookie is stored. `verified`: the second factor was given as well."""

    __tablename__ = "sessions"

    id_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    csrf: Mapped[str]
    verified: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Audit(Base):
    """Who did what to which id; never names, numbers or words. Rows are only ever inserted."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[int | None]
    action: Mapped[str]
    object: Mapped[str]
    reason_code: Mapped[str | None]


class Erasure(Base):
    """A citizen was erased: only the keyed fingerprint is kept, so that a restored back-up can be erased again."""

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]


class DutyRow(Base):
    """Work that comes back by itself. Claimed by moving `due_at`; `told` is what the last run said of itself."""

    __tablename__ = "duties"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    told: Mapped[str | None]
