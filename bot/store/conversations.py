"""Contacts, conversations and the inbox: who wrote, where the dialogue stands, what still has to be read."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.sealing import Sealer, WrongKey
from bot.store.tables import Contact, Conversation, Inbox, Message, table_of
from flows import codec
from flows.model import State

ALBUM_WAIT = timedelta(seconds=1.5)
"""How long after its last piece an album counts as whole."""
LONGEST_WAIT: Final = timedelta(minutes=1)
"""No row is put off for longer: a moment further ahead means that the clock went back."""
EACH: Final = 20
"""Messages of one conversation read at a time: a citizen who sends a thousand holds nobody else up."""
ALBUM_MOST: Final = 10
"""Pieces of an album that are kept together beyond that."""
AT_A_TIME: Final = 200
"""Rows of one INSERT: databases take some 32,000 values in a statement."""


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


Who = tuple[str, str]
"""A citizen at a channel: the channel and the fingerprint of the address."""


def insert_of(session: AsyncSession, table: type[Any], unique: Sequence[str]) -> Any:
    """An INSERT that leaves alone what is there already by its `unique` columns. On both databases.

    Given rows beside it, not in it: so it is compiled once and runs over any number of rows.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(table_of(table)).on_conflict_do_nothing(index_elements=list(unique))


async def insert_new(session: AsyncSession, table: type[Any], unique: Sequence[str], row: dict[str, Any]) -> bool:
    """Insert a row unless its `unique` columns exist already; whether it is new."""
    done = await session.execute(insert_of(session, table, unique), row)
    return cast("sa.CursorResult[Any]", done).rowcount == 1


def _held(query: Any, skip: bool = False) -> Any:
    """The conversations of this query, locked in one order everywhere; `skip` those that another process holds."""
    return query.order_by(Conversation.id).with_for_update(key_share=True, skip_locked=skip)


def _wait_for_staff(conversation: Conversation, waits: bool) -> None:
    """The wait counts from the message that asked for a person."""
    conversation.waiting_for_staff = waits
    conversation.waiting_since = (conversation.waiting_since or conversation.last_inbound_at) if waits else None


def _never_waits() -> sa.ColumnElement[bool]:
    """A fresh message that is no piece of an album: ready whatever the clock says."""
    return sa.and_(Inbox.attempts == 0, Inbox.album.is_(None))


class Conversations:
    """Everything about conversations within one transaction."""

    def __init__(self, session: AsyncSession, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer

    # --- taking in ---

    async def take_in(self, arrivals: Sequence[Arrival], now: datetime) -> list[int | None]:
        """Put messages into the inbox, in their order; each one's row, or None for a repeated delivery."""
        taken: list[int | None] = []
        for start in range(0, len(arrivals), AT_A_TIME):
            taken += await self._take_in(arrivals[start : start + AT_A_TIME], now)
        return taken

    async def _take_in(self, arrivals: Sequence[Arrival], now: datetime) -> list[int | None]:
        conversations = await self._conversations_of(arrivals, now)
        ids = sorted(set(conversations))
        # Held until the commit, a citizen's messages become visible in the order of their ids, whoever takes them in.
        await self._session.execute(_held(sa.select(Conversation.id).where(Conversation.id.in_(ids))))
        await self._session.execute(sa.update(Conversation).where(Conversation.id.in_(ids)).values(last_inbound_at=now))
        rows = [
            self._row(
                conversation, arrival.channel, arrival.message_id, arrival.payload, now, arrival.album,
                now + ALBUM_WAIT if arrival.album else now,
            )
            for arrival, conversation in zip(arrivals, conversations, strict=True)
        ]  # fmt: skip
        await self._insert(rows)
        new = await self._inserted(rows)
        for conversation, album in {(row["conversation_id"], row["album"]) for row in rows if row["album"]}:
            await self._session.execute(
                sa.update(Inbox)
                .where(Inbox.conversation_id == conversation, Inbox.album == album, Inbox.processed_at.is_(None))
                .values(ready_at=now + ALBUM_WAIT)
            )
        return [new.pop((arrival.channel, arrival.message_id), None) for arrival in arrivals]

    async def known_ids(self, source: str, message_ids: Sequence[str]) -> set[str]:
        """Those of these messages that were taken in before."""
        query = sa.select(Inbox.message_id).where(Inbox.source == source, Inbox.message_id.in_(message_ids))
        return set(await self._session.scalars(query))

    async def _insert(self, rows: Sequence[dict[str, Any]]) -> None:
        await self._session.execute(insert_of(self._session, Inbox, ("source", "message_id")), list(rows))

    async def _inserted(self, rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], int]:
        """The ids, by source and message id, of those of these rows that were not there before: they have our token."""
        tokens = {row["token"] for row in rows}
        new: dict[tuple[str, str], int] = {}
        for source in {row["source"] for row in rows}:
            names = [row["message_id"] for row in rows if row["source"] == source]
            found = await self._session.execute(
                sa.select(Inbox.id, Inbox.message_id, Inbox.token).where(
                    Inbox.source == source, Inbox.message_id.in_(names)
                )
            )
            new |= {(source, row[1]): int(row[0]) for row in found if row[2] in tokens}
        return new

    def _row(
        self, conversation_id: int, source: str, message_id: str, payload: dict[str, Any], now: datetime,
        album: str | None, ready_at: datetime,
    ) -> dict[str, Any]:  # fmt: skip
        return {
            "source": source, "message_id": message_id, "conversation_id": conversation_id,
            "payload_enc": self._sealer.seal_json(payload), "token": secrets.token_hex(16), "album": album,
            "received_at": now, "ready_at": ready_at, "attempts": 0,
        }  # fmt: skip

    async def happened(self, conversation_id: int, source: str, key: str, event: dict[str, Any], now: datetime) -> None:
        """Put an event of the house (a clock, a petugas, LAPOR!) in line with the citizen's messages, once per key."""
        await self._insert([self._row(conversation_id, source, key, event, now, None, now)])

    async def _conversations_of(self, arrivals: Sequence[Arrival], now: datetime) -> list[int]:
        """The conversation of each message; a citizen who writes for the first time gets one."""
        whose = [(a.channel, self._sealer.fingerprint(a.channel, a.address)) for a in arrivals]
        known = await self._known(set(whose))
        first: dict[Who, Arrival] = {}
        for who, arrival in zip(whose, arrivals, strict=True):
            if who not in known:
                first.setdefault(who, arrival)
        if first:
            await self._begin(dict(sorted(first.items())), now)
            known |= await self._known(set(first))
        return [known[who] for who in whose]

    async def _known(self, whose: set[Who]) -> dict[Who, int]:
        known: dict[Who, int] = {}
        for channel in {channel for channel, _ in whose}:
            rows = await self._session.execute(
                sa.select(Contact.address_hash, Conversation.id)
                .join(Conversation, Conversation.contact_id == Contact.id)
                .where(Contact.channel == channel, Contact.address_hash.in_([h for c, h in whose if c == channel]))
            )
            known |= {(channel, row[0]): int(row[1]) for row in rows}
        return known

    async def _begin(self, first: Mapping[Who, Arrival], now: datetime) -> None:
        """Contacts and conversations for these citizens, in the order given: so two processes never wait crosswise."""
        contacts = [
            {
                "channel": channel, "address_hash": fingerprint, "address_enc": self._sealer.seal(arrival.address),
                "name_enc": self._sealer.seal_or_none(arrival.profile_name),
                "phone_enc": self._sealer.seal_or_none(arrival.phone), "created_at": now,
            }
            for (channel, fingerprint), arrival in first.items()
        ]  # fmt: skip
        await self._session.execute(insert_of(self._session, Contact, ("channel", "address_hash")), contacts)
        found = await self._session.execute(
            sa.select(Contact.channel, Contact.address_hash, Contact.id)
            .where(Contact.address_hash.in_([fingerprint for _, fingerprint in first]))
            .where(Contact.channel.in_({channel for channel, _ in first}))
        )
        contact_of = {(row[0], row[1]): row[2] for row in found}
        conversations = [
            {
                "contact_id": contact_of[who], "channel": arrival.channel, "waiting_for_staff": False,
                "state_enc": self._sealer.seal_json(
                    codec.encode_state(State(reporter=arrival.profile_name, phone=arrival.phone))
                ),
                "created_at": now, "last_inbound_at": now,
            }
            for who, arrival in first.items()
        ]  # fmt: skip
        await self._session.execute(insert_of(self._session, Conversation, ("contact_id",)), conversations)

    # --- reading ---

    async def waiting(
        self, now: datetime, most: int, busy: Sequence[int] = (), only: Sequence[int] | None = None
    ) -> list[list[Waiting]]:
        """The open rows of up to `most` conversations, the longest waiting first; of each, the first EACH in order.

        A row that failed waits for its next try without holding up those behind it; an album holds them up until it
        is whole. `busy` conversations are left out; `only` these are looked at.
        """
        open_ = Inbox.processed_at.is_(None)
        ready = sa.or_(Inbox.ready_at <= now, Inbox.ready_at > now + LONGEST_WAIT, _never_waits())
        if only is not None:
            whose = list(only)
        else:
            query = sa.select(Inbox.conversation_id).where(open_, ready).group_by(Inbox.conversation_id)
            if busy:
                query = query.where(Inbox.conversation_id.not_in(busy))
            # What failed before comes after what is fresh: a crowd of broken messages keeps nobody waiting.
            query = query.order_by(sa.func.min(Inbox.attempts), sa.func.min(Inbox.id)).limit(most)
            whose = list(await self._session.scalars(query))
        if not whose:
            return []
        place = sa.func.row_number().over(partition_by=Inbox.conversation_id, order_by=Inbox.id)
        numbered = sa.select(Inbox.id, place.label("place")).where(open_, Inbox.conversation_id.in_(whose)).subquery()
        rows = await self._session.execute(
            sa.select(Inbox, ready)
            .join(numbered, numbered.c.id == Inbox.id)
            .where(numbered.c.place <= EACH + ALBUM_MOST)
            .order_by(Inbox.id)
        )
        by_conversation: dict[int, list[Inbox]] = {conversation: [] for conversation in whose}
        closed: set[int] = set()
        for row, is_ready in rows:
            if row.conversation_id in closed:
                continue
            taken = by_conversation[row.conversation_id]
            if not is_ready and row.attempts:
                continue
            if not is_ready or (len(taken) >= EACH and not (row.album and row.album == taken[-1].album)):
                closed.add(row.conversation_id)
                continue
            taken.append(row)
        return [[self._waiting(row) for row in taken] for taken in by_conversation.values() if taken]

    async def rows(self, ids: Sequence[int]) -> list[Waiting]:
        """Those of these rows that nobody has read, in order."""
        query = sa.select(Inbox).where(Inbox.id.in_(ids), Inbox.processed_at.is_(None)).order_by(Inbox.id)
        return [self._waiting(row) for row in await self._session.scalars(query)]

    def _waiting(self, row: Inbox) -> Waiting:
        try:
            payload = self._sealer.open_json(row.payload_enc)
        except WrongKey:
            # One row that cannot be opened must not stop the reading of all others: its own reading fails.
            payload = {}
        return Waiting(
            row.id, row.source, row.message_id, row.conversation_id, payload, row.token, row.album, row.received_at,
            row.attempts,
        )  # fmt: skip

    async def next_ready(self) -> datetime | None:
        """When the next row not yet ready will be."""
        found = await self._session.scalar(sa.select(sa.func.min(Inbox.ready_at)).where(Inbox.processed_at.is_(None)))
        return found if found is None or isinstance(found, datetime) else None

    async def still_open(self, ids: Sequence[int]) -> set[int]:
        """Which of these rows nobody has read in the meantime."""
        rows = await self._session.scalars(sa.select(Inbox.id).where(Inbox.id.in_(ids), Inbox.processed_at.is_(None)))
        return set(rows)

    async def lock(self, ids: Sequence[int]) -> dict[int, Conversation]:
        """These conversations, held against other processes until the transaction ends, in the order of their ids.

        Others may still add to their inbox meanwhile (FOR NO KEY UPDATE lets rows refer to them).
        """
        held = _held(sa.select(Conversation).where(Conversation.id.in_(ids)))
        return {conversation.id: conversation for conversation in await self._session.scalars(held)}

    def state_of(self, conversation: Conversation) -> State:
        return codec.decode_state(self._sealer.open_json(conversation.state_enc))

    def save(self, conversation: Conversation, state: State) -> None:
        """Store the state, and beside it what lists and clocks look for."""
        conversation.state_enc = self._sealer.seal_json(codec.encode_state(state))
        conversation.wake_at = state.wake_at
        conversation.held_by = state.held_by
        _wait_for_staff(conversation, state.waiting_for_staff)

    def call_staff(self, conversation: Conversation) -> None:
        """A person is wanted here, whatever the dialogue made of it; a state that can be read remembers it."""
        _wait_for_staff(conversation, True)
        with contextlib.suppress(codec.Unreadable, WrongKey):
            state = replace(self.state_of(conversation), waiting_for_staff=True)
            conversation.state_enc = self._sealer.seal_json(codec.encode_state(state))

    async def mark_read(self, ids: Sequence[int], now: datetime) -> None:
        """These rows have been read for good."""
        await self._session.execute(sa.update(Inbox).where(Inbox.id.in_(ids)).values(processed_at=now, error=None))

    async def mark_failed(self, ids: Sequence[int], error: str, again_at: datetime, given_up: datetime | None) -> None:
        """Remember why rows could not be read; `given_up` closes them for good. What another read meanwhile stays read.

        The next try draws anew: a ticket number that was taken already is the likeliest clash.
        """
        await self._session.execute(
            sa.update(Inbox)
            .where(Inbox.id.in_(ids), Inbox.processed_at.is_(None))
            .values(
                attempts=Inbox.attempts + 1,
                error=error[:500],
                ready_at=again_at,
                processed_at=given_up,
                token=secrets.token_hex(16),
            )
        )

    async def due_wakes(self, now: datetime, most: int = 100) -> list[int]:
        """Conversations whose dialogue wants a Tick by now."""
        due = sa.select(Conversation.id).where(Conversation.wake_at <= now).order_by(Conversation.wake_at).limit(most)
        return list(await self._session.scalars(due))

    async def ring(self, ids: Sequence[int], now: datetime) -> None:
        """Put a Tick in line for those of these conversations that still want one and that nobody holds."""
        due = sa.select(Conversation.id, Conversation.wake_at).where(
            Conversation.id.in_(ids), Conversation.wake_at <= now
        )
        rows = (await self._session.execute(_held(due, skip=True))).all()
        if not rows:
            return
        # The clock is set aside until the dialogue has heard the tick and sets it anew.
        await self._session.execute(
            sa.update(Conversation)
            .where(Conversation.id.in_([row[0] for row in rows]))
            .values(wake_at=now + timedelta(minutes=5))
        )
        ticks = [
            self._row(row[0], "clock", f"{row[0]}/{row[1].isoformat()}", {"is": "Tick"}, now, None, now) for row in rows
        ]
        await self._insert(ticks)

    async def oldest_unread(self, now: datetime) -> float:
        """How long, in seconds, the message that waits longest has been waiting; 0 when none does."""
        oldest = sa.select(sa.func.min(Inbox.received_at)).where(Inbox.processed_at.is_(None))
        found = await self._session.scalar(oldest)
        return max(0.0, (now - found).total_seconds()) if isinstance(found, datetime) else 0.0

    # --- addresses and transcript ---

    async def address(self, conversation_id: int) -> tuple[str, str]:
        """Channel and address of the citizen; the address of one who was erased is empty."""
        row = (
            await self._session.execute(
                sa.select(Contact.channel, Contact.address_enc)
                .join(Conversation, Conversation.contact_id == Contact.id)
                .where(Conversation.id == conversation_id)
            )
        ).one()
        return row[0], self._sealer.open(row[1]) if row[1] else ""

    async def of_address(self, channel: str, address: str) -> int | None:
        """The conversation of this citizen at this channel."""
        fingerprint = self._sealer.fingerprint(channel, address)
        found = await self._session.scalar(
            sa.select(Conversation.id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .where(Contact.channel == channel, Contact.address_hash == fingerprint)
        )
        return None if found is None else int(found)

    async def transcript(self, conversation_id: int, after: int = 0, most: int = 500) -> list[Message]:
        """The lines of a conversation, oldest first."""
        rows = await self._session.scalars(
            sa.select(Message)
            .where(Message.conversation_id == conversation_id, Message.id > after)
            .order_by(Message.id)
            .limit(most)
        )
        return list(rows)
