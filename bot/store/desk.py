"""What the admin pages read, within one transaction. What they change goes through the service's actions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.linking import LINKED
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
    Outbox,
    Report,
    ReportPhoto,
    ReportStep,
)  # fmt: skip
from bot.store.tables_desk import Shift
from bot.store.undelivered import STUCK, WAITING, Undelivered
from bot.store.views import (
    ConversationView,
    Counts,
    IncidentView,
    Line,
    PhotoView,
    ReportView,
    StepView,
    Trouble,
)  # fmt: skip

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

    async def conversation(
        self, conversation_id: int, *, revealed: bool = False, most: int = 300
    ) -> ConversationView | None:
        """A conversation with the newest `most` lines of its transcript, oldest first."""
        conversation = await self._session.get(Conversation, conversation_id)
        if conversation is None:
            return None
        citizen = await self._citizen(conversation_id)
        found = await self._session.scalars(
            sa.select(Message).where(Message.conversation_id == conversation_id).order_by(Message.id.desc()).limit(most)
        )
        messages = list(reversed(found.all()))
        troubles = await Undelivered(self._session).of([m.outbox_id for m in messages if m.outbox_id])
        titles: dict[str, str] = {}
        lines = [self._line(m, citizen, revealed, titles, troubles) for m in messages]
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
    def _line(
        message: Message, citizen: _Citizen, revealed: bool, titles: dict[str, str],
        troubles: Mapping[int, tuple[str, str | None]],
    ) -> Line:  # fmt: skip
        text = _title(message, titles)
        text = text if revealed else mask_words(text, citizen.name)
        state, reason = troubles.get(message.outbox_id or 0, (None, None))
        data, understanding = message.data or {}, message.understanding
        if not revealed:
            # Places and further problems are the citizen's own words, and a button may bear their name.
            understanding, reason = _masked(understanding, citizen.name), _masked(reason, citizen.name)
            if data.get("buttons"):
                data = {**data, "buttons": _masked(data["buttons"], citizen.name)}
        return Line(
            message.id, message.direction, message.kind, text, message.at, data, understanding,
            Trouble(state, reason) if state else None,
        )  # fmt: skip

    async def _name(self, conversation_id: int) -> str | None:
        return (await names_of(self._session, self._sealer, [conversation_id])).get(conversation_id)

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
        profile = await self._name(r.conversation_id)

        def words(text: str) -> str:
            return text if revealed else mask_words(mask_words(text, reporter.name), profile)

        return ReportView(
            r.ticket, r.conversation_id, r.channel, r.state, r.category, r.classification, r.kecamatan, r.desa,
            r.place_detail and words(r.place_detail), r.place_uncertain, r.lat, r.lon, words(r.description),
            r.incident_date, r.anonymity, name, phone, revealed, r.agency, r.tracking_id, r.note and words(r.note),
            r.created_at, tuple(StepView(s.state, s.who, s.note and words(s.note), s.at) for s in steps),
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
        rows = list(await self._session.scalars(query))
        names = await names_of(self._session, self._sealer, [i.conversation_id for i in rows])
        return [self._incident(i, (), names.get(i.conversation_id), revealed=False) for i in rows]

    async def callers(self, first: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The incidents of other callers about the same event, by the first one's id."""
        query = sa.select(Incident.duplicate_of, Incident.id).where(
            Incident.duplicate_of.in_(first), Incident.state == LINKED
        )  # fmt: skip
        found: dict[str, tuple[str, ...]] = {}
        for row in await self._session.execute(query.order_by(Incident.created_at, Incident.id)):
            found[str(row[0])] = (*found.get(str(row[0]), ()), str(row[1]))
        return found

    async def incident(self, incident_id: str, *, revealed: bool = False) -> IncidentView | None:
        """An incident with its timeline."""
        incident = await self._session.get(Incident, incident_id)
        if incident is None:
            return None
        steps = await self._session.scalars(
            sa.select(IncidentStep).where(IncidentStep.incident_id == incident_id).order_by(IncidentStep.id)
        )
        name = await self._name(incident.conversation_id)
        shown = tuple(
            StepView(s.what, s.who, s.note if revealed or s.note is None else mask_words(s.note, name), s.at)
            for s in steps
        )
        return self._incident(incident, shown, name, revealed=revealed)

    def _incident(self, i: Incident, steps: tuple[StepView, ...], name: str | None, *, revealed: bool) -> IncidentView:
        phone = self._sealer.open_or_none(i.phone_enc)

        def words(text: str) -> str:
            return text if revealed else mask_words(text, name)

        return IncidentView(
            i.id, i.conversation_id, i.channel, i.type, i.level, i.state,
            words(i.words), i.kecamatan, i.desa, i.place_detail and words(i.place_detail), i.lat, i.lon, i.outside,
            i.victims and words(i.victims),
            (phone or "") if revealed else mask_phone(phone), revealed, tuple(map(str, i.photos)), i.duplicate_of,
            i.acknowledged_by, i.created_at, i.acknowledged_at, f"{i.version}-{i.state}-{i.changed_at.timestamp()}",
            steps, i.rounds, i.over,
        )  # fmt: skip

    async def desk_revision(self) -> str:
        """Changes with everything that the desk's list shows of incidents and shifts."""
        rows = await self._session.execute(
            sa.select(Incident.id, Incident.version, Incident.state, Incident.changed_at)
            .order_by(Incident.changed_at.desc(), Incident.id)
            .limit(120)
        )
        shifts = await self._session.scalars(sa.select(Shift.user_id).where(Shift.ended_at.is_(None)))
        parts = [*(f"{row[0]}/{row[1]}/{row[2]}/{row[3].timestamp()}" for row in rows), *map(str, sorted(shifts))]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()

    async def conversation_revision(self, conversation_id: int) -> str:
        """Changes with every line, with who holds the conversation, and with what could not be delivered."""
        row = (
            await self._session.execute(
                sa.select(Conversation.waiting_for_staff, Conversation.held_by).where(
                    Conversation.id == conversation_id
                )
            )
        ).one_or_none()
        newest = sa.select(sa.func.max(Message.id)).where(Message.conversation_id == conversation_id)
        stuck = sa.select(sa.func.count()).where(Outbox.conversation_id == conversation_id, sa.or_(STUCK, WAITING))
        return f"{row}/{await self._session.scalar(newest)}/{await self._session.scalar(stuck)}"

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


async def names_of(session: AsyncSession, sealer: Sealer, conversations: Sequence[int]) -> dict[int, str | None]:
    """Conversation -> the citizen's profile name, which is never shown but hidden wherever their words stand."""
    rows = await session.execute(
        sa.select(Conversation.id, Contact.name_enc)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Conversation.id.in_(set(conversations)))
    )
    return {int(row[0]): sealer.open_or_none(row[1]) for row in rows}


def _masked(value: Any, name: str | None) -> Any:
    """The same JSON with every text in it masked."""
    match value:
        case str():
            return mask_words(value, name)
        case list():
            return [_masked(one, name) for one in value]
        case dict():
            return {key: _masked(one, name) for key, one in value.items()}
        case _:
            return value


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
