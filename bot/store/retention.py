"""What has been kept long enough: found and removed in small steps, so that nobody waits behind it.

Never touched: reports that are still open, incidents that are still open, conversations a person is busy with,
and the audit. Every step takes at most BATCH rows in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.conversations import Conversations
from bot.store.desk import CLOSED_INCIDENT
from bot.store.sealing import Sealer, WrongKey
from bot.store.tables import (
    Conversation,
    Delivery,
    Inbox,
    Incident,
    Media,
    Message,
    Outbox,
    Report,
    ReportPhoto,
    Session,
)  # fmt: skip
from bot.store.tables_accounts import RetentionRun
from flows import codec
from flows.model import State

BATCH: Final = 300
CLOSED_REPORT: Final = ("done", "closed", "archived", "rejected")
FORGOTTEN_WORDS: Final = "…"
"""What stands in a transcript where words were."""
_LABELS: Final = ("key", "did", "urgent", "kind", "problems", "live")
"""What stays beside a forgotten message."""
_CODES: Final = ("intent", "confidence", "emergency", "category", "anonymity", "no_photo", "language", "tone", "act",
                 "faq", "over")  # fmt: skip
"""What stays of its understanding; of the place, the codes alone."""


def _attended() -> Any:
    """Conversations in which a person is wanted or there, or an incident is open."""
    return sa.union(
        sa.select(Conversation.id).where(sa.or_(Conversation.waiting_for_staff, Conversation.held_by.is_not(None))),
        sa.select(Incident.conversation_id).where(Incident.state.not_in(CLOSED_INCIDENT)),
    )


def _reporting() -> Any:
    """Conversations with a report that is not closed."""
    return sa.select(Report.conversation_id).where(Report.state.not_in(CLOSED_REPORT))


class Retentions:
    """One transaction's share of the work. Methods named after a kind return how many rows they took."""

    def __init__(self, session: AsyncSession, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer

    # --- drafts ---

    async def stale_drafts(self, before: datetime, after: int) -> tuple[list[int], int | None]:
        """Of the next BATCH quiet conversations with a higher id than `after`: those whose dialogue still holds words.

        Second the id to go on from, None at the end.
        """
        rows = list(
            await self._session.scalars(
                sa.select(Conversation)
                .where(Conversation.id > after, Conversation.last_inbound_at < before)
                .where(Conversation.id.not_in(_attended()))
                .order_by(Conversation.id)
                .limit(BATCH)
            )
        )
        stale = [row.id for row in rows if self._emptied(row) is not None]
        return stale, rows[-1].id if len(rows) == BATCH else None

    async def drop_drafts(self, ids: Sequence[int], before: datetime) -> int:
        """Empty these dialogues, unless the citizen wrote meanwhile."""
        conversations = Conversations(self._session, self._sealer)
        dropped = 0
        for conversation in (await conversations.lock(ids)).values():
            state = self._emptied(conversation) if conversation.last_inbound_at < before else None
            if state is not None:
                conversations.save(conversation, state)
                dropped += 1
        return dropped

    def _emptied(self, conversation: Conversation) -> State | None:
        """The state without the words of a report; None when there are none, or when it cannot be read."""
        try:
            state = codec.decode_state(self._sealer.open_json(conversation.state_enc))
        except (codec.Unreadable, WrongKey):
            return None
        emptied = replace(
            state, draft=None, shelf=None, asked=None, further=(), question=None, case=None, wake_at=None,
            reminded=False,
        )  # fmt: skip
        holds = state.draft or state.shelf or state.asked or state.further or state.case
        return emptied if holds else None

    # --- transcripts ---

    async def old_messages(self, before: datetime) -> int:
        """How many messages would be forgotten."""
        return await self._count(sa.select(Message.id).where(*self._to_forget(before)))

    async def forget_messages(self, before: datetime) -> int:
        """Take the words out of the next BATCH messages; intent, category and the other labels stay."""
        query = sa.select(Message).where(*self._to_forget(before)).order_by(Message.at).limit(BATCH)
        rows = list(await self._session.scalars(query))
        if rows:
            await self._session.execute(
                sa.update(Message),
                [
                    {
                        "id": m.id, "text": FORGOTTEN_WORDS, "forgotten": True,
                        "data": {k: v for k, v in (m.data or {}).items() if k in _LABELS},
                        "understanding": labels_alone(m.understanding),
                    }
                    for m in rows
                ],
            )  # fmt: skip
        return len(rows)

    @staticmethod
    def _to_forget(before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            Message.at < before, ~Message.forgotten, Message.conversation_id.not_in(_attended()),
            Message.conversation_id.not_in(_reporting()),
        )  # fmt: skip

    # --- inbox, outbox, sessions ---

    async def old_inbox(self, before: datetime) -> int:
        return await self._count(self._read_before(before))

    async def drop_inbox(self, before: datetime) -> int:
        """Remove messages that were read. The newest row stays: SQLite would give its id away again."""
        return await self._delete(Inbox, self._read_before(before))

    @staticmethod
    def _read_before(before: datetime) -> Any:
        newest = sa.select(sa.func.max(Inbox.id)).scalar_subquery()
        return sa.select(Inbox.id).where(Inbox.processed_at < before, Inbox.id < newest)

    async def old_outbox(self, done_before: datetime, parked_before: datetime) -> int:
        return await self._count(self._left_before(done_before, parked_before))

    async def drop_outbox(self, done_before: datetime, parked_before: datetime) -> int:
        """Remove what has left the house with its deliveries, and bubbles that could not be brought."""
        query = self._left_before(done_before, parked_before)
        ids = list(await self._session.scalars(query.order_by(Outbox.id).limit(BATCH)))
        await self._session.execute(sa.delete(Delivery).where(Delivery.outbox_id.in_(ids)))
        await self._session.execute(sa.delete(Outbox).where(Outbox.id.in_(ids)))
        return len(ids)

    @staticmethod
    def _left_before(done_before: datetime, parked_before: datetime) -> Any:
        newest = sa.select(sa.func.max(Outbox.id)).scalar_subquery()
        done = sa.and_(Outbox.state == "done", Outbox.created_at < done_before)
        parked = sa.and_(Outbox.state == "parked", Outbox.kind == "say", Outbox.created_at < parked_before)
        return sa.select(Outbox.id).where(sa.or_(done, parked), Outbox.id < newest)

    async def dead_sessions(self, now: datetime) -> int:
        return await self._count(sa.select(Session.id_hash).where(Session.expires_at <= now))

    async def drop_sessions(self, now: datetime) -> int:
        return _rows(await self._session.execute(sa.delete(Session).where(Session.expires_at <= now)))

    # --- names and numbers of what is over ---

    async def old_names(self, before: datetime) -> int:
        return await self._count(self._named(before)) + await self._count(self._numbered(before))

    async def drop_names(self, before: datetime) -> int:
        """Closed reports lose the reporter's name and number, closed incidents the number."""
        tickets = self._named(before).limit(BATCH)
        reports = sa.update(Report).where(Report.ticket.in_(tickets)).values(reporter_enc=None, phone_enc=None)
        ids = self._numbered(before).limit(BATCH)
        incidents = sa.update(Incident).where(Incident.id.in_(ids)).values(phone_enc=None)
        options = {"synchronize_session": False}
        return _rows(await self._session.execute(reports, execution_options=options)) + _rows(
            await self._session.execute(incidents, execution_options=options)
        )

    @staticmethod
    def _named(before: datetime) -> Any:
        named = sa.or_(Report.reporter_enc.is_not(None), Report.phone_enc.is_not(None))
        return sa.select(Report.ticket).where(Report.state.in_(CLOSED_REPORT), Report.changed_at < before, named)

    @staticmethod
    def _numbered(before: datetime) -> Any:
        return sa.select(Incident.id).where(
            Incident.state.in_(CLOSED_INCIDENT), Incident.changed_at < before, Incident.phone_enc.is_not(None)
        )

    # --- files ---

    async def mentioned(self) -> set[str]:
        """Every file that a report, an incident or a message still names."""
        named = set(await self._session.scalars(sa.select(ReportPhoto.hash)))
        for photos in await self._session.scalars(sa.select(Incident.photos)):
            named |= set(map(str, photos or ()))
        data = sa.cast(Message.data, sa.Text)
        after = 0
        while True:
            query = (
                sa.select(Message.id, Message.data)
                .where(Message.id > after, ~Message.forgotten, Message.direction == "in")
                .where(sa.or_(data.contains('"photos"'), data.contains('"files"')))
                .order_by(Message.id)
                .limit(2000)
            )
            rows = (await self._session.execute(query)).all()
            for _, kept in rows:
                named |= {str(digest) for name in ("photos", "files") for digest in (kept or {}).get(name) or ()}
            if len(rows) < 2000:
                return named
            after = rows[-1][0]

    async def media(self, before: datetime) -> list[str]:
        """Every stored file that came before this moment."""
        return list(await self._session.scalars(sa.select(Media.hash).where(Media.created_at < before)))

    async def known_media(self) -> set[str]:
        return set(await self._session.scalars(sa.select(Media.hash)))

    async def drop_media(self, hashes: Sequence[str]) -> None:
        await self._session.execute(sa.delete(Media).where(Media.hash.in_(hashes)))

    # --- the record ---

    def record(self, now: datetime, milliseconds: int, counts: dict[str, int], *, dry_run: bool) -> None:
        self._session.add(RetentionRun(at=now, dry_run=dry_run, milliseconds=milliseconds, counts=counts))

    async def runs(self, most: int = 30) -> list[RetentionRun]:
        """The latest runs, newest first."""
        return list(await self._session.scalars(sa.select(RetentionRun).order_by(RetentionRun.id.desc()).limit(most)))

    async def _delete(self, table: type[Inbox], query: Any) -> int:
        ids = list(await self._session.scalars(query.order_by(table.id).limit(BATCH)))
        await self._session.execute(sa.delete(table).where(table.id.in_(ids)))
        return len(ids)

    async def _count(self, query: Any) -> int:
        return int(await self._session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0)


def labels_alone(understanding: dict[str, Any] | None) -> dict[str, Any] | None:
    """What was understood without a word of the citizen's: codes, levels and confidences."""
    if understanding is None:
        return None
    kept = {k: v for k, v in understanding.items() if k in _CODES}
    place = {k: v for k, v in (understanding.get("place") or {}).items() if k in ("kecamatan", "desa", "certainty")}
    return {**kept, "place": place} if place else kept


def _rows(result: Any) -> int:
    return cast("sa.CursorResult[Any]", result).rowcount
