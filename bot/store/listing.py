"""Lists of conversations, reports and incidents: filtered, counted, and paged by key: page 100 costs as page 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.desk import CLOSED_INCIDENT, names_of
from bot.store.masking import mask_name, mask_words
from bot.store.reports import OPEN_INCIDENT
from bot.store.sealing import Sealer
from bot.store.tables import Contact, Conversation, Inbox, Incident, Message, Outbox, Report, ReportStep, UtcDateTime
from bot.store.undelivered import STUCK, WAITING
from bot.store.views import ConversationRow, Filter, IncidentFilter, IncidentRow, ReportFilter, ReportRow

PAGE: Final = 50
"""Rows of one page of a list."""
INCOMPLETE: Final = ("failed", "need_info", "rejected")
"""A report that ever stood in one of these was not complete on first submit."""
UNSENT: Final = ("queued", "filing", "filing_unknown")
MOST_COUNTED: Final = 10_000
"""Conversations are counted up to here; beyond it, more is said."""
SEARCHED: Final = 200_000
"""Words are looked for in so many of the latest lines."""
_NEAR: Final = 0.00225
"""Degrees that are 250 metres, near the equator."""
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Part(Generic[Row]):
    """One page of a list; `after` is the key that the next page is asked for by, None at the end."""

    rows: tuple[Row, ...]
    after: str | None


class Lists:
    """Lists within one transaction; names and numbers in them are masked."""

    def __init__(self, session: AsyncSession, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer

    # --- conversations ---

    async def conversations(self, wanted: Filter, after: str | None = None) -> Part[ConversationRow]:
        """One page, the latest first."""
        query = (
            sa.select(Conversation, Contact.name_enc, Conversation.id.in_(_in_danger()))
            .join(Contact, Contact.id == Conversation.contact_id)
            .where(*await self._conditions(wanted))
            .order_by(Conversation.last_inbound_at.desc(), Conversation.id.desc())
            .limit(PAGE + 1)
        )
        if (key := _key(after, number=True)) is not None:
            query = query.where(sa.tuple_(Conversation.last_inbound_at, Conversation.id) < key)
        rows = (await self._session.execute(query)).all()
        last = await self._last_lines([row[0].id for row in rows[:PAGE]])
        shown = [self._conversation(row[0], row[1], bool(row[2]), last.get(row[0].id)) for row in rows[:PAGE]]
        end = rows[PAGE - 1][0] if len(rows) > PAGE else None
        return Part(tuple(shown), f"{_micros(end.last_inbound_at)}.{end.id}" if end else None)

    async def count_conversations(self, wanted: Filter) -> int:
        """How many there are, but not further than MOST_COUNTED + 1."""
        some = sa.select(Conversation.id).where(*await self._conditions(wanted)).limit(MOST_COUNTED + 1).subquery()
        return int(await self._session.scalar(sa.select(sa.func.count()).select_from(some)) or 0)

    async def conversation_of(self, channel: str, address: str) -> int | None:
        """The conversation of exactly this address."""
        query = (
            sa.select(Conversation.id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .where(Contact.channel == channel, Contact.address_hash == self._sealer.fingerprint(channel, address))
        )
        return await self._session.scalar(query)

    async def ticket_like(self, number: str) -> str | None:
        """The report with this ticket or tracking ID."""
        query = sa.select(Report.ticket).where(sa.or_(Report.ticket == number, Report.tracking_id == number))
        return await self._session.scalar(query.limit(1))

    async def _last_lines(self, ids: Sequence[int]) -> dict[int, Message]:
        newest = (
            sa.select(sa.func.max(Message.id))
            .where(Message.conversation_id.in_(ids), Message.direction == "in")
            .group_by(Message.conversation_id)
        )
        rows = await self._session.scalars(sa.select(Message).where(Message.id.in_(newest)))
        return {message.conversation_id: message for message in rows}

    def _conversation(
        self, conversation: Conversation, name_enc: bytes | None, danger: bool, last: Message | None
    ) -> ConversationRow:
        name = self._sealer.open_or_none(name_enc)
        return ConversationRow(
            conversation.id, conversation.channel, mask_name(name), conversation.last_inbound_at,
            conversation.waiting_for_staff, conversation.held_by, danger,
            mask_words(last.text, name) if last else "", last.intent if last else None,
        )  # fmt: skip

    async def _conditions(self, wanted: Filter) -> list[sa.ColumnElement[bool]]:
        found: list[sa.ColumnElement[bool]] = []
        if wanted.channel:
            found.append(Conversation.channel == wanted.channel)
        if wanted.since:
            found.append(Conversation.last_inbound_at >= wanted.since)
        if wanted.until:
            found.append(Conversation.last_inbound_at < wanted.until)
        if wanted.waiting:
            found.append(sa.and_(Conversation.waiting_for_staff))
        if wanted.held:
            found.append(Conversation.held_by.is_not(None))
        if wanted.emergency:
            found.append(Conversation.id.in_(_in_danger()))
        if wanted.danger:
            found.append(Conversation.id.in_(sa.select(Message.conversation_id).where(Message.danger == wanted.danger)))
        if wanted.failed:
            unread = sa.select(Inbox.conversation_id).where(Inbox.error.is_not(None))
            # One question for each partial index: of an "or" of both SQLite uses neither.
            stuck, waiting = (
                sa.select(Outbox.conversation_id).where(state, Outbox.kind == "say") for state in (STUCK, WAITING)
            )
            found.append(sa.or_(*(Conversation.id.in_(ids) for ids in (unread, stuck, waiting))))
        if wanted.intent or wanted.category or wanted.confidence is not None:
            understood = [Message.conversation_id == Conversation.id, Message.intent.is_not(None)]
            if wanted.intent:
                understood.append(Message.intent == wanted.intent)
            if wanted.category:
                understood.append(Message.category == wanted.category)
            if wanted.confidence is not None:
                understood.append(Message.confidence < wanted.confidence)
            found.append(sa.select(Message.id).where(*understood).exists())
        if wanted.words:
            newest = int(await self._session.scalar(sa.select(sa.func.max(Message.id))) or 0)
            saying = sa.select(Message.conversation_id).where(
                Message.id > newest - SEARCHED, Message.text.icontains(wanted.words, autoescape=True)
            )
            found.append(Conversation.id.in_(saying))
        return found

    # --- reports ---

    async def reports(self, wanted: ReportFilter, after: str | None = None) -> Part[ReportRow]:
        """One page: what waits longest first, or with `newest` the latest first."""
        rows = list(await self._session.scalars(_reports(wanted, after).limit(PAGE + 1)))
        shown = tuple(_report_row(r) for r in rows[:PAGE])
        return Part(shown, _report_key(rows[PAGE - 1]) if len(rows) > PAGE else None)

    async def count_reports(self, wanted: ReportFilter) -> int:
        query = sa.select(sa.func.count()).select_from(Report).where(*report_conditions(wanted))
        return int(await self._session.scalar(query) or 0)

    async def report_batch(self, wanted: ReportFilter, after: str | None, most: int) -> tuple[list[Report], str | None]:
        """Whole rows for an export, and the key of the next batch."""
        rows = list(await self._session.scalars(_reports(wanted, after).limit(most)))
        return rows, _report_key(rows[-1]) if len(rows) == most else None

    async def citizens(self, reports: Sequence[Report]) -> dict[int, str | None]:
        """Conversation -> profile name: what their words are masked by, also where the reporter is hidden."""
        return await names_of(self._session, self._sealer, [r.conversation_id for r in reports])

    async def alike(self, ticket: str, most: int = 8) -> list[ReportRow]:
        """Other reports of the same category, in the same desa or some 250 metres around, within 30 days."""
        r = await self._session.get_one(Report, ticket)
        near = [Report.desa == r.desa] if r.desa else []
        if r.lat is not None and r.lon is not None:
            near.append(
                sa.and_(*(c.between(x - _NEAR, x + _NEAR) for c, x in ((Report.lat, r.lat), (Report.lon, r.lon))))
            )
        if not near:
            return []
        month = timedelta(days=30)
        query = sa.select(Report).where(
            Report.category == r.category, Report.created_at.between(r.created_at - month, r.created_at + month),
            Report.ticket != ticket, sa.or_(*near),
        )  # fmt: skip
        return [_report_row(o) for o in await self._session.scalars(query.order_by(Report.created_at).limit(most))]

    async def agencies(self) -> list[str]:
        """Every agency that some report goes to."""
        found = await self._session.scalars(sa.select(Report.agency).where(Report.agency.is_not(None)).distinct())
        return sorted(agency for agency in found if agency)

    # --- incidents ---

    async def incidents(self, wanted: IncidentFilter, after: str | None = None) -> Part[IncidentRow]:
        """One page, the latest first."""
        query = sa.select(Incident).where(*incident_conditions(wanted))
        if (key := _key(after)) is not None:
            query = query.where(sa.tuple_(Incident.created_at, Incident.id) < key)
        query = query.order_by(Incident.created_at.desc(), Incident.id.desc()).limit(PAGE + 1)
        rows = list(await self._session.scalars(query))
        names = await names_of(self._session, self._sealer, [i.conversation_id for i in rows])
        shown = tuple(
            IncidentRow(
                i.id,
                i.type,
                i.level,
                i.state,
                i.kecamatan,
                i.desa,
                mask_words(i.words, names.get(i.conversation_id)),
                i.created_at,
            )
            for i in rows[:PAGE]
        )
        end = rows[PAGE - 1] if len(rows) > PAGE else None
        return Part(shown, f"{_micros(end.created_at)}.{end.id}" if end else None)

    async def count_incidents(self, wanted: IncidentFilter) -> int:
        query = sa.select(sa.func.count()).select_from(Incident).where(*incident_conditions(wanted))
        return int(await self._session.scalar(query) or 0)


def report_conditions(wanted: ReportFilter) -> list[sa.ColumnElement[bool]]:
    """A list's filter as conditions on the reports."""
    found: list[sa.ColumnElement[bool]] = []
    if wanted.states:
        found.append(Report.state.in_(wanted.states))
    for column, value in (
        (Report.category, wanted.category), (Report.kecamatan, wanted.kecamatan), (Report.agency, wanted.agency),
    ):  # fmt: skip
        if value == "":
            found.append(column.is_(None))
        elif value is not None:
            found.append(column == value)
    if wanted.since:
        found.append(Report.created_at >= wanted.since)
    if wanted.until:
        found.append(Report.created_at < wanted.until)
    if wanted.tickets is not None:
        found.append(Report.ticket.in_(wanted.tickets))
    if wanted.words:
        columns: tuple[Any, ...] = (Report.ticket, Report.tracking_id)
        if not wanted.ids_alone:
            columns = (Report.description, Report.place_detail, *columns)
        found.append(sa.or_(*(column.icontains(wanted.words, autoescape=True) for column in columns)))
    if wanted.complete is not None:
        lacking = sa.select(ReportStep.id).where(ReportStep.ticket == Report.ticket, ReportStep.state.in_(INCOMPLETE))
        sent = Report.state.not_in(UNSENT)
        found.append(sa.and_(sent, ~lacking.exists()) if wanted.complete else lacking.exists())
    return found


def incident_conditions(wanted: IncidentFilter) -> list[sa.ColumnElement[bool]]:
    """A list's filter as conditions on the incidents."""
    found: list[sa.ColumnElement[bool]] = []
    if wanted.type:
        found.append(Incident.type == wanted.type)
    if wanted.kecamatan is not None:
        found.append(Incident.kecamatan == wanted.kecamatan if wanted.kecamatan else Incident.kecamatan.is_(None))
    if wanted.state == "open":
        found.append(Incident.state.not_in(CLOSED_INCIDENT))
    elif wanted.state == "unanswered":
        found.append(Incident.state.in_(OPEN_INCIDENT))
    elif wanted.state:
        found.append(Incident.state == wanted.state)
    if wanted.since:
        found.append(Incident.created_at >= wanted.since)
    if wanted.until:
        found.append(Incident.created_at < wanted.until)
    return found


def _in_danger() -> sa.Select[int]:
    return sa.select(Incident.conversation_id).where(Incident.state.not_in(CLOSED_INCIDENT))


def _reports(wanted: ReportFilter, after: str | None) -> sa.Select[Report]:
    query = sa.select(Report).where(*report_conditions(wanted))
    row = sa.tuple_(Report.created_at, Report.ticket)
    key = _key(after)
    if wanted.newest:
        query = query.where(row < key) if key is not None else query
        return query.order_by(Report.created_at.desc(), Report.ticket.desc())
    query = query.where(row > key) if key is not None else query
    return query.order_by(Report.created_at, Report.ticket)


def _report_row(r: Report) -> ReportRow:
    return ReportRow(
        r.ticket, r.state, r.channel, r.category, r.classification, r.kecamatan, r.desa, r.tracking_id, r.anonymity,
        r.created_at, r.changed_at,
    )  # fmt: skip


def _report_key(r: Report) -> str:
    return f"{_micros(r.created_at)}.{r.ticket}"


# --- keys ---

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _key(key: str | None, *, number: bool = False) -> sa.ColumnElement[Any] | None:
    """A page's key as the database compares it with a moment and an id; None for none, and for one nobody made here."""
    micros, _, last = (key or "").partition(".")
    if not micros.isascii() or not micros.isdigit() or len(micros) > 16 or not 0 < len(last) < 64:
        return None
    if not last.isascii() or not last.isprintable() or (number and not (last.isdigit() and len(last) < 16)):
        return None
    at = sa.literal(_EPOCH + timedelta(microseconds=int(micros)), UtcDateTime())
    return sa.tuple_(at, sa.literal(int(last)) if number else sa.literal(last))
