"""What the admin pages read, within one transaction. What they change goes through the service's actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.masking import mask_name, mask_phone, mask_words
from bot.store.reports import OPEN_INCIDENT
from bot.store.sealing import Sealer
from bot.store.tables import (
    Contact,
    Conversation,
    Inbox,
    Incident,
    IncidentStep,
    Media,
    Message,
    Report,
    ReportPhoto,
    ReportStep,
)  # fmt: skip
from bot.store.views import (
    ConversationRow,
    ConversationView,
    Counts,
    Filter,
    IncidentView,
    Line,
    PhotoView,
    ReportRow,
    ReportView,
    StepView,
)  # fmt: skip

PAGE: Final = 50
"""Rows of one page of a list."""
CLOSED_INCIDENT: Final = ("resolved", "not_emergency", "false_report", "duplicate")
QUEUE: Final = ("queued", "filing_unknown", "failed")
"""Reports that wait for a person."""


@dataclass(frozen=True, slots=True)
class _Citizen:
    name: str | None
    phone: str | None


class Desk:
    """Lists and pages for petugas. Names and numbers come masked; only `revealed=True` opens them."""

    def __init__(self, session: AsyncSession, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer

    async def counts(self) -> Counts:
        """How much is waiting, everywhere."""
        incidents = await self._by_state(Incident.state)
        reports = await self._by_state(Report.state)
        waiting = await self._count(Conversation.waiting_for_staff)
        held = await self._count(Conversation.held_by.is_not(None))
        return Counts(
            incidents_open=sum(n for state, n in incidents.items() if state not in CLOSED_INCIDENT),
            incidents_unanswered=sum(incidents.get(state, 0) for state in OPEN_INCIDENT),
            queue=reports.get("queued", 0), unknown=reports.get("filing_unknown", 0), failed=reports.get("failed", 0),
            waiting=waiting, held=held,
        )  # fmt: skip

    async def _by_state(self, column: Any) -> dict[str, int]:
        rows = await self._session.execute(sa.select(column, sa.func.count()).group_by(column))
        return {str(row[0]): int(row[1]) for row in rows}

    async def _count(self, condition: Any) -> int:
        query = sa.select(sa.func.count()).select_from(Conversation).where(condition)
        return int(await self._session.scalar(query) or 0)

    # --- conversations ---

    async def conversations(self, wanted: Filter, page: int = 0) -> list[ConversationRow]:
        """One page, the latest first; one row more than PAGE when there is a next page."""
        danger = (
            sa.select(Incident.id)
            .where(Incident.conversation_id == Conversation.id, Incident.state.not_in(CLOSED_INCIDENT))
            .exists()
        )
        query = (
            sa.select(Conversation, Contact.name_enc, danger)
            .join(Contact, Contact.id == Conversation.contact_id)
            .where(*_conditions(wanted, danger))
            .order_by(Conversation.last_inbound_at.desc(), Conversation.id.desc())
            .offset(page * PAGE)
            .limit(PAGE + 1)
        )
        rows = (await self._session.execute(query)).all()
        last = await self._last_lines([row[0].id for row in rows])
        return [self._conversation_row(row[0], row[1], bool(row[2]), last.get(row[0].id)) for row in rows]

    async def _last_lines(self, ids: Sequence[int]) -> dict[int, Message]:
        newest = (
            sa.select(sa.func.max(Message.id))
            .where(Message.conversation_id.in_(ids), Message.direction == "in")
            .group_by(Message.conversation_id)
        )
        rows = await self._session.scalars(sa.select(Message).where(Message.id.in_(newest)))
        return {message.conversation_id: message for message in rows}

    def _conversation_row(
        self, conversation: Conversation, name_enc: bytes | None, danger: bool, last: Message | None
    ) -> ConversationRow:
        name = self._sealer.open_or_none(name_enc)
        return ConversationRow(
            conversation.id, conversation.channel, mask_name(name), conversation.last_inbound_at,
            conversation.waiting_for_staff, conversation.held_by, danger,
            mask_words(last.text, name) if last else "", (last.understanding or {}).get("intent") if last else None,
        )  # fmt: skip

    async def conversation(
        self, conversation_id: int, *, revealed: bool = False, most: int = 300
    ) -> ConversationView | None:
        """A conversation with the newest `most` lines of its transcript, oldest first."""
        conversation = await self._session.get(Conversation, conversation_id)
        if conversation is None:
            return None
        citizen = await self._citizen(conversation_id)
        messages = await self._session.scalars(
            sa.select(Message).where(Message.conversation_id == conversation_id).order_by(Message.id.desc()).limit(most)
        )
        titles: dict[str, str] = {}
        lines = [self._line(m, citizen, revealed, titles) for m in reversed(messages.all())]
        tickets = await self._session.execute(
            sa.select(Report.ticket, Report.state)
            .where(Report.conversation_id == conversation_id)
            .order_by(Report.created_at.desc())
        )
        incidents = await self._session.execute(
            sa.select(Incident.id, Incident.state)
            .where(Incident.conversation_id == conversation_id)
            .order_by(Incident.created_at.desc())
        )
        name, phone = _shown(citizen, revealed)
        return ConversationView(
            conversation.id, conversation.channel, name, phone, revealed, conversation.waiting_for_staff,
            conversation.held_by, conversation.last_inbound_at, tuple(lines),
            tuple((row[0], row[1]) for row in tickets), tuple((row[0], row[1]) for row in incidents),
        )  # fmt: skip

    @staticmethod
    def _line(message: Message, citizen: _Citizen, revealed: bool, titles: dict[str, str]) -> Line:
        text = _title(message, titles)
        text = text if revealed else mask_words(text, citizen.name)
        return Line(
            message.id, message.direction, message.kind, text, message.at, message.data or {}, message.understanding
        )

    async def _citizen(self, conversation_id: int) -> _Citizen:
        row = (
            await self._session.execute(
                sa.select(Contact.name_enc, Contact.phone_enc)
                .join(Conversation, Conversation.contact_id == Contact.id)
                .where(Conversation.id == conversation_id)
            )
        ).one()
        return _Citizen(self._sealer.open_or_none(row[0]), self._sealer.open_or_none(row[1]))

    # --- reports ---

    async def reports(self, states: Sequence[str] = (), page: int = 0) -> list[ReportRow]:
        """One page, what waits longest first; one row more than PAGE when there is a next page."""
        query = sa.select(Report).order_by(Report.created_at, Report.ticket).offset(page * PAGE).limit(PAGE + 1)
        if states:
            query = query.where(Report.state.in_(states))
        return [
            ReportRow(
                r.ticket, r.state, r.channel, r.category, r.classification, r.kecamatan, r.desa, r.tracking_id,
                r.anonymity, r.created_at, r.changed_at,
            )
            for r in await self._session.scalars(query)
        ]  # fmt: skip

    async def report(self, ticket: str, *, revealed: bool = False) -> ReportView | None:
        """A report with its history and photos."""
        r = await self._session.get(Report, ticket)
        if r is None:
            return None
        steps = await self._session.scalars(
            sa.select(ReportStep).where(ReportStep.ticket == ticket).order_by(ReportStep.id)
        )
        photos = await self._session.scalars(
            sa.select(Media)
            .join(ReportPhoto, ReportPhoto.hash == Media.hash)
            .where(ReportPhoto.ticket == ticket)
            .order_by(ReportPhoto.position)
        )
        reporter = _Citizen(self._sealer.open_or_none(r.reporter_enc), self._sealer.open_or_none(r.phone_enc))
        name, phone = _shown(reporter, revealed)
        return ReportView(
            r.ticket, r.conversation_id, r.channel, r.state, r.category, r.classification, r.kecamatan, r.desa,
            r.place_detail, r.place_uncertain, r.lat, r.lon, mask_words(r.description), r.incident_date, r.anonymity,
            name, phone, revealed, r.agency, r.tracking_id, r.note, r.created_at,
            tuple(StepView(s.state, s.who, s.note, s.at) for s in steps),
            tuple(PhotoView(m.hash, m.content_type, m.size) for m in photos),
        )  # fmt: skip

    async def ticket_with_tracking(self, tracking_id: str) -> str | None:
        """The ticket that already has this tracking ID."""
        return await self._session.scalar(sa.select(Report.ticket).where(Report.tracking_id == tracking_id))

    # --- incidents ---

    async def incidents(self, *, closed: bool = False, most: int = 100) -> list[IncidentView]:
        """The open incidents, unanswered first and then the oldest; or the closed ones, the latest first."""
        query = sa.select(Incident).limit(most)
        if closed:
            query = query.where(Incident.state.in_(CLOSED_INCIDENT)).order_by(Incident.changed_at.desc())
        else:
            unanswered = sa.case((Incident.state.in_(OPEN_INCIDENT), 0), else_=1)
            query = query.where(Incident.state.not_in(CLOSED_INCIDENT)).order_by(unanswered, Incident.created_at)
        return [self._incident(i, (), revealed=False) for i in await self._session.scalars(query)]

    async def incident(self, incident_id: str, *, revealed: bool = False) -> IncidentView | None:
        """An incident with its timeline."""
        incident = await self._session.get(Incident, incident_id)
        if incident is None:
            return None
        steps = await self._session.scalars(
            sa.select(IncidentStep).where(IncidentStep.incident_id == incident_id).order_by(IncidentStep.id)
        )
        shown = tuple(
            StepView(s.what, s.who, s.note if revealed or s.note is None else mask_words(s.note), s.at) for s in steps
        )
        return self._incident(incident, shown, revealed=revealed)

    def _incident(self, i: Incident, steps: tuple[StepView, ...], *, revealed: bool) -> IncidentView:
        phone = self._sealer.open_or_none(i.phone_enc)
        return IncidentView(
            i.id, i.conversation_id, i.channel, i.type, i.level, i.state,
            i.words if revealed else mask_words(i.words), i.kecamatan, i.desa, i.place_detail, i.lat, i.lon, i.outside,
            i.victims if revealed or not i.victims else mask_words(i.victims),
            (phone or "") if revealed else mask_phone(phone), revealed, tuple(map(str, i.photos)), i.duplicate_of,
            i.acknowledged_by, i.created_at, i.acknowledged_at, f"{i.version}-{i.state}-{i.changed_at.timestamp()}",
            steps,
        )  # fmt: skip

    # --- photos and the web chat ---

    async def photo_type(self, digest: str) -> str | None:
        """The content type of a stored photo; None when there is no such photo."""
        return await self._session.scalar(sa.select(Media.content_type).where(Media.hash == digest))

    async def chat_history(self, conversation_id: int, most: int = 200) -> list[dict[str, Any]]:
        """The newest lines as the web chat shows them to their own citizen, oldest first.

        Each: `id` (the message id as taken in, else the line's), `direction` (in, out), `kind`, `text`, `at` (ISO,
        UTC), `buttons`, `photos` (a number), `urgent`, `request`.
        """
        rows = await self._session.execute(
            sa.select(Message, Inbox.message_id)
            .outerjoin(Inbox, Inbox.id == Message.inbox_id)
            .where(Message.conversation_id == conversation_id)
            .order_by(Message.id.desc())
            .limit(most)
        )
        titles: dict[str, str] = {}
        return [_chat_line(row[0], row[1], titles) for row in reversed(rows.all())]


def _title(message: Message, titles: dict[str, str]) -> str:
    """The words of a line; a tap shows the title that its button had. `titles` gathers them from line to line."""
    titles.update({b["id"]: b["title"] for b in (message.data or {}).get("buttons", ())})
    return titles.get(message.text, message.text) if message.kind == "tap" else message.text


def _chat_line(message: Message, message_id: str | None, titles: dict[str, str]) -> dict[str, Any]:
    data = message.data or {}
    return {
        "id": message_id or f"line-{message.id}",
        "direction": "in" if message.direction == "in" else "out",
        "kind": message.kind,
        "text": _title(message, titles),
        "at": message.at.isoformat(),
        "buttons": list(data.get("buttons", ())),
        "photos": len(data.get("photos", ())),
        "urgent": bool(data.get("urgent", False)),
        "request": data.get("request"),
    }


def _shown(citizen: _Citizen, revealed: bool) -> tuple[str, str]:
    if revealed:
        return citizen.name or "", citizen.phone or ""
    return mask_name(citizen.name), mask_phone(citizen.phone)


def _conditions(wanted: Filter, danger: sa.Exists) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.channel:
        conditions.append(Conversation.channel == wanted.channel)
    if wanted.emergency:
        conditions.append(danger)
    if wanted.waiting:
        conditions.append(Conversation.waiting_for_staff.is_(True))
    if wanted.held:
        conditions.append(Conversation.held_by.is_not(None))
    if wanted.failed:
        trouble = sa.select(Inbox.id).where(Inbox.conversation_id == Conversation.id, Inbox.error.is_not(None))
        conditions.append(trouble.exists())
    if wanted.since:
        conditions.append(Conversation.last_inbound_at >= wanted.since)
    if wanted.until:
        conditions.append(Conversation.last_inbound_at < wanted.until)
    understood: list[sa.ColumnElement[bool]] = []
    if wanted.intent:
        understood.append(Message.understanding["intent"].as_string() == wanted.intent)
    if wanted.category:
        understood.append(Message.understanding[("category", "code")].as_string() == wanted.category)
    if wanted.confidence is not None:
        understood.append(Message.understanding["confidence"].as_float() < wanted.confidence)
    if understood:
        spoke = sa.select(Message.id).where(Message.conversation_id == Conversation.id, *understood)
        conditions.append(spoke.exists())
    return conditions
