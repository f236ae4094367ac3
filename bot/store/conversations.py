"""Contacts, conversations and the inbox: who wrote, where the dialogue stands, what still has to be read."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.sealing import Sealer
from bot.store.tables import Contact, Conversation, Inbox, Message
from flows import codec
from flows.model import State

ALBUM_WAIT = timedelta(seconds=1.5)
"""How long after its last piece an album counts as whole."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One inbound message to be taken in: `payload` is the channel's message as JSON values."""

    channel: str
    message_id: str
    address: str
    payload: dict[str, Any]
    at: datetime
    album: str | None = None
    profile_name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An inbox row that is to be read now."""

    id: int
    source: str
    message_id: str
    conversation_id: int
    payload: dict[str, Any]
    token: str
    album: str | None
    received_at: datetime
    attempts: int


async def insert_new(session: AsyncSession, table: type[Any], unique: Sequence[str], row: dict[str, Any]) -> bool:
    """Insert a row unless its `unique` columns exist already; whether it is new. On both databases."""
    build = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    done = await session.execute(build(table).values(row).on_conflict_do_nothing(index_elements=list(unique)))
    return cast("sa.CursorResult[Any]", done).rowcount == 1


class Conversations:
    """Everything about conversations within one transaction."""

    def __init__(self, session: AsyncSession, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer

    # --- taking in ---

    async def take_in(self, arrival: Arrival, now: datetime) -> bool:
        """Put a message into the inbox; False when it was there already (a repeated delivery)."""
        conversation = await self._conversation_of(arrival, now)
        ready = now + ALBUM_WAIT if arrival.album else now
        row = {
            "source": arrival.channel,
            "message_id": arrival.message_id,
            "conversation_id": conversation,
            "payload_enc": self._sealer.seal_json(arrival.payload),
            "token": secrets.token_hex(16),
            "album": arrival.album,
            "received_at": now,
            "ready_at": ready,
            "attempts": 0,
        }
        if not await insert_new(self._session, Inbox, ("source", "message_id"), row):
            return False
        if arrival.album:
            await self._session.execute(
                sa.update(Inbox)
                .where(
                    Inbox.conversation_id == conversation, Inbox.album == arrival.album, Inbox.processed_at.is_(None)
                )
                .values(ready_at=ready)
            )
        return True

    async def happened(self, conversation_id: int, source: str, key: str, event: dict[str, Any], now: datetime) -> None:
        """Put an event of the house (a clock, a petugas, LAPOR!) in line with the citizen's messages, once per key."""
        row = {
            "source": source,
            "message_id": key,
            "conversation_id": conversation_id,
            "payload_enc": self._sealer.seal_json(event),
            "token": secrets.token_hex(16),
            "received_at": now,
            "ready_at": now,
            "attempts": 0,
        }
        await insert_new(self._session, Inbox, ("source", "message_id"), row)

    async def _conversation_of(self, arrival: Arrival, now: datetime) -> int:
        fingerprint = self._sealer.fingerprint(arrival.channel, arrival.address)
        find = (
            sa.select(Conversation.id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .where(Contact.channel == arrival.channel, Contact.address_hash == fingerprint)
        )
        known = await self._session.scalar(find)
        if known is not None:
            await self._session.execute(
                sa.update(Conversation).where(Conversation.id == known).values(last_inbound_at=now)
            )
            return int(known)
        contact = {
            "channel": arrival.channel,
            "address_hash": fingerprint,
            "address_enc": self._sealer.seal(arrival.address),
            "name_enc": self._sealer.seal_or_none(arrival.profile_name),
            "phone_enc": self._sealer.seal_or_none(arrival.phone),
            "created_at": now,
        }
        await insert_new(self._session, Contact, ("channel", "address_hash"), contact)
        contact_id = await self._session.scalar(
            sa.select(Contact.id).where(Contact.channel == arrival.channel, Contact.address_hash == fingerprint)
        )
        fresh = State(reporter=arrival.profile_name, phone=arrival.phone)
        conversation = {
            "contact_id": contact_id,
            "channel": arrival.channel,
            "state_enc": self._sealer.seal_json(codec.encode_state(fresh)),
            "waiting_for_staff": False,
            "created_at": now,
            "last_inbound_at": now,
        }
        await insert_new(self._session, Conversation, ("contact_id",), conversation)
        return int(await self._session.scalar(find) or 0)

    # --- reading ---

    async def waiting(self, now: datetime, most: int, busy: Sequence[int] = ()) -> list[list[Waiting]]:
        """The open rows of up to `most` conversations, each conversation's in order and cut at what is not ready."""
        query = sa.select(Inbox).where(Inbox.processed_at.is_(None)).order_by(Inbox.id).limit(most * 4)
        if busy:
            query = query.where(Inbox.conversation_id.not_in(busy))
        rows = (await self._session.scalars(query)).all()
        by_conversation: dict[int, list[Waiting]] = {}
        closed: set[int] = set()
        for row in rows:
            if row.conversation_id in closed:
                continue
            if row.ready_at > now:
                closed.add(row.conversation_id)
                continue
            if row.conversation_id not in by_conversation and len(by_conversation) >= most:
                continue
            by_conversation.setdefault(row.conversation_id, []).append(self._waiting(row))
        return list(by_conversation.values())

    def _waiting(self, row: Inbox) -> Waiting:
        return Waiting(
            row.id, row.source, row.message_id, row.conversation_id, self._sealer.open_json(row.payload_enc), row.token,
            row.album, row.received_at, row.attempts,
        )  # fmt: skip

    async def next_ready(self) -> datetime | None:
        """When the next row not yet ready will be."""
        found = await self._session.scalar(sa.select(sa.func.min(Inbox.ready_at)).where(Inbox.processed_at.is_(None)))
        return found if found is None or isinstance(found, datetime) else None

    async def still_open(self, ids: Sequence[int]) -> set[int]:
        """Which of these rows nobody has read in the meantime."""
        rows = await self._session.scalars(sa.select(Inbox.id).where(Inbox.id.in_(ids), Inbox.processed_at.is_(None)))
        return set(rows)

    async def lock(self, conversation_id: int) -> Conversation:
        """The conversation, held against other processes until the transaction ends."""
        query = sa.select(Conversation).where(Conversation.id == conversation_id).with_for_update()
        return (await self._session.scalars(query)).one()

    def state_of(self, conversation: Conversation) -> State:
        return codec.decode_state(self._sealer.open_json(conversation.state_enc))

    def save(self, conversation: Conversation, state: State) -> None:
        """Store the state, and beside it what lists and clocks look for."""
        conversation.state_enc = self._sealer.seal_json(codec.encode_state(state))
        conversation.wake_at = state.wake_at
        conversation.held_by = state.held_by
        conversation.waiting_for_staff = state.waiting_for_staff

    async def mark_read(self, ids: Sequence[int], now: datetime) -> None:
        await self._session.execute(sa.update(Inbox).where(Inbox.id.in_(ids)).values(processed_at=now, error=None))

    async def mark_failed(self, ids: Sequence[int], error: str, again_at: datetime, given_up: datetime | None) -> None:
        """Remember why a row could not be read; `given_up` closes it for good.

        The next try draws anew: a ticket number that was taken already is the likeliest clash.
        """
        await self._session.execute(
            sa.update(Inbox)
            .where(Inbox.id.in_(ids))
            .values(
                attempts=Inbox.attempts + 1,
                error=error[:500],
                ready_at=again_at,
                processed_at=given_up,
                token=secrets.token_hex(16),
            )
        )

    async def due_wakes(self, now: datetime, most: int = 100) -> list[tuple[int, datetime]]:
        """Conversations whose dialogue wants a Tick by now."""
        rows = await self._session.execute(
            sa.select(Conversation.id, Conversation.wake_at)
            .where(Conversation.wake_at <= now)
            .order_by(Conversation.wake_at)
            .limit(most)
        )
        return [(row[0], row[1]) for row in rows if row[1]]

    async def push_wake(self, conversation_id: int, to: datetime | None) -> None:
        await self._session.execute(
            sa.update(Conversation).where(Conversation.id == conversation_id).values(wake_at=to)
        )

    # --- addresses and transcript ---

    async def address(self, conversation_id: int) -> tuple[str, str]:
        """Channel and address of the citizen."""
        row = (
            await self._session.execute(
                sa.select(Contact.channel, Contact.address_enc)
                .join(Conversation, Conversation.contact_id == Contact.id)
                .where(Conversation.id == conversation_id)
            )
        ).one()
        return row[0], self._sealer.open(row[1])

    async def of_address(self, channel: str, address: str) -> int | None:
        """The conversation of this citizen at this channel."""
        fingerprint = self._sealer.fingerprint(channel, address)
        found = await self._session.scalar(
            sa.select(Conversation.id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .where(Contact.channel == channel, Contact.address_hash == fingerprint)
        )
        return None if found is None else int(found)

    def write_down(
        self, conversation_id: int, direction: str, kind: str, text: str, at: datetime, **more: Any
    ) -> Message:
        """Add a line to the transcript."""
        message = Message(
            conversation_id=conversation_id, direction=direction, kind=kind, text=text, at=at,
            data=more.pop("data", {}), **more,
        )  # fmt: skip
        self._session.add(message)
        return message

    async def transcript(self, conversation_id: int, after: int = 0, most: int = 500) -> list[Message]:
        """The lines of a conversation, oldest first."""
        rows = await self._session.scalars(
            sa.select(Message)
            .where(Message.conversation_id == conversation_id, Message.id > after)
            .order_by(Message.id)
            .limit(most)
        )
        return list(rows)
