"""The outbox: what has to leave the house, in lanes, claimed by a lease and never lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.failures import Rejected
from bot.store.conversations import AT_A_TIME, insert_of
from bot.store.sealing import Sealer, WrongKey
from bot.store.tables import Contact, Conversation, Delivery, Outbox, table_of

LONGEST_WAIT: Final = timedelta(hours=2)
"""No item is put off for longer than an hour and a half, whatever the other side wishes."""


class Lane(IntEnum):
    """Smaller goes first; each lane has workers of its own, so a stuck one delays no other."""

    EMERGENCY = 0
    REPLY = 1
    NOTIFICATION = 2
    FILING = 3


OPEN: Final = cast("sa.ColumnElement[bool]", sa.literal_column("outbox.state IN ('pending', 'sending')"))
"""Written out as the index outbox_due has it, so that SQLite uses the index and never reads what is done.

Without a type: SQLite has no booleans, and of a typed literal SQLAlchemy makes "... = 1", which no index knows.
"""


_ITEMS: Final = (
    sa.select(
        Outbox.id, Outbox.lane, Outbox.kind, Outbox.key, Outbox.conversation_id, Outbox.payload_enc, Outbox.attempts,
        Outbox.created_at, Outbox.due_at, Outbox.by_template, Outbox.expires_at, Contact.channel, Contact.address_enc,
        Conversation.last_inbound_at,
    )
    .join(Conversation, Conversation.id == Outbox.conversation_id)
    .join(Contact, Contact.id == Conversation.contact_id)
    .order_by(Outbox.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """A claimed piece of work, ours until `until`. `attempts` were made before; this one is number attempts + 1.

    `payload` is None when it was sealed with another SIAGA_SECRET_KEY. `last_contact`: when the citizen last wrote, as
    known when it was claimed. `by_template` and `expires_at` as in the table.
    """

    id: int
    lane: Lane
    kind: str
    key: str
    conversation_id: int
    payload: dict[str, Any] | None
    attempts: int
    created_at: datetime
    until: datetime
    channel: str
    address: str | None
    last_contact: datetime
    by_template: bool = False
    expires_at: datetime | None = None

    @property
    def needs(self) -> dict[str, Any]:
        """The payload. Raises Rejected when it cannot be opened."""
        if self.payload is None:
            raise Rejected("it was sealed with another SIAGA_SECRET_KEY")
        return self.payload


class OutboxRows:
    """The outbox within one transaction."""

    def __init__(self, session: AsyncSession, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer

    async def add(
        self,
        lane: Lane,
        kind: str,
        key: str,
        conversation_id: int,
        payload: dict[str, Any],
        now: datetime,
        due_at: datetime,
    ) -> None:
        """Enqueue once per (kind, key): what was enqueued before stays as it is."""  # fmt: skip
        await self._insert([self.row(lane, kind, key, conversation_id, payload, now, due_at)])

    def row(
        self, lane: Lane, kind: str, key: str, conversation_id: int, payload: dict[str, Any], now: datetime,
        due_at: datetime, attempts: int = 0, expires_at: datetime | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """A row to be added; with `attempts` 1 it is born claimed by its writer until `due_at`."""
        return {
            "lane": int(lane), "kind": kind, "key": key, "conversation_id": conversation_id,
            "payload_enc": self._sealer.seal_json(payload), "state": "pending", "attempts": attempts, "due_at": due_at,
            "created_at": now, "expires_at": expires_at,
        }  # fmt: skip

    async def add_all(self, rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], int]:
        """Enqueue many in their order; the ids, by kind and key, of those that are new."""
        new: dict[tuple[str, str], int] = {}
        for start in range(0, len(rows), AT_A_TIME):
            some = rows[start : start + AT_A_TIME]
            await self._insert(some)
            found = await self._session.execute(
                sa.select(Outbox.id, Outbox.kind, Outbox.key).where(
                    Outbox.kind.in_({row["kind"] for row in some}), Outbox.key.in_([row["key"] for row in some]),
                    Outbox.created_at == some[0]["created_at"],
                )
            )  # fmt: skip
            new |= {(row[1], row[2]): int(row[0]) for row in found}
        return new

    async def _insert(self, rows: Sequence[dict[str, Any]]) -> None:
        await self._session.execute(insert_of(self._session, Outbox, ("kind", "key")), list(rows))

    async def claim(
        self, lane: Lane, now: datetime, lease: timedelta, most: int = 20, not_for: Sequence[str] = ()
    ) -> list[Item]:
        """Take the oldest due items and hide them from other workers until their lease runs out.

        A bubble waits for the earlier bubbles of its conversation, of its own lane or a more urgent one; alerts and
        filings wait for nothing. Bubbles of the channels `not_for` are left to others.
        """
        query = (
            sa.select(Outbox.id)
            .where(OPEN, Outbox.lane == int(lane), Outbox.state == "pending", _due(now))
            .where(sa.or_(Outbox.kind != "say", ~_earlier_pending()))
            .order_by(Outbox.due_at, Outbox.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        if not_for:
            theirs = sa.select(Conversation.id).where(
                Conversation.id == Outbox.conversation_id, Conversation.channel.in_(not_for)
            )
            query = query.where(sa.or_(Outbox.kind != "say", ~theirs.exists()))
        ids = list((await self._session.scalars(query)).all())
        if not ids:
            return []
        await self._session.execute(
            sa.update(Outbox).where(Outbox.id.in_(ids)).values(due_at=now + lease, attempts=Outbox.attempts + 1)
        )
        return await self.items(ids)

    async def items(self, ids: Sequence[int]) -> list[Item]:
        """These items in their order, with the channel and address of their conversation."""
        rows = await self._session.execute(_ITEMS.where(Outbox.id.in_(ids)))
        return [self._item(row) for row in rows]

    async def mine(self, ids: Sequence[int], now: datetime) -> tuple[list[Item], list[int]]:
        """Those of these newborn items that are still their writer's own, in their order.

        First those that may go out at once; then the ids of those that wait for an earlier bubble, not among these.
        """
        rows = await self._session.execute(
            _ITEMS.add_columns(_earlier_pending(ids).label("waits")).where(
                Outbox.id.in_(ids), Outbox.state == "pending", Outbox.attempts == 1, Outbox.due_at > now
            )
        )
        found = [(self._item(row), bool(row.waits)) for row in rows]
        return [item for item, waits in found if not waits], [item.id for item, waits in found if waits]

    def _item(self, row: Any) -> Item:
        return Item(
            row.id, Lane(row.lane), row.kind, row.key, row.conversation_id, self._opened(row.payload_enc),
            max(row.attempts - 1, 0), row.created_at, row.due_at, row.channel, self._address(row.address_enc),
            row.last_inbound_at, row.by_template, row.expires_at,
        )  # fmt: skip

    def _opened(self, blob: bytes) -> dict[str, Any] | None:
        # One item that cannot be opened must not stop its whole lane.
        try:
            return cast("dict[str, Any]", self._sealer.open_json(blob))
        except WrongKey:
            return None

    def _address(self, blob: bytes) -> str | None:
        try:
            return self._sealer.open(blob)
        except WrongKey:
            return None

    async def release(self, ids: Sequence[int], due_at: datetime) -> None:
        """Give claimed items back to the workers, as if they had not been claimed."""
        if ids:
            await self._session.execute(
                sa.update(Outbox)
                .where(Outbox.id.in_(ids), Outbox.state == "pending")
                .values(due_at=due_at, attempts=Outbox.attempts - 1)
            )

    async def keep(self, item: Item, until: datetime) -> bool:
        """Make the lease longer; False when the item is no longer ours."""
        return await self._change(item, ("pending",), due_at=until)

    async def start_sending(self, item: Item, until: datetime) -> bool:
        """Mark that the request is about to leave: from here on it is never repeated by itself. False as in `keep`."""
        return await self._change(item, ("pending",), state="sending", due_at=until)

    async def settle(self, item: Item, state: str, reason: str | None, due_at: datetime | None = None) -> bool:
        """The attempt is over: pending again at `due_at`, parked or unknown.

        False, and nothing changed, when the item was taken over meanwhile: then it is another attempt's to settle.
        """
        values: dict[str, Any] = {"state": state, "reason": reason[:500] if reason else None}
        if due_at:
            values["due_at"] = due_at
        return await self._change(item, ("pending", "sending"), **values)

    async def _change(self, item: Item, states: Sequence[str], **values: Any) -> bool:
        changed = await self._session.execute(
            sa.update(Outbox)
            .where(Outbox.id == item.id, Outbox.state.in_(states), Outbox.attempts <= item.attempts + 1)
            .values(**values)
        )
        return cast("sa.CursorResult[Any]", changed).rowcount == 1

    async def done(self, ids: Sequence[int]) -> set[int]:
        """Mark as done, whoever holds them by now: what succeeded has succeeded. Those that were not done before."""
        changed = await self._session.scalars(
            sa.update(Outbox)
            .where(Outbox.id.in_(ids), Outbox.state != "done")
            .values(state="done", reason=None)
            .returning(Outbox.id)
        )
        return set(changed)

    async def record(self, deliveries: Sequence[dict[str, Any]]) -> None:
        """One row for every attempt: outbox_id, attempt, started_at, finished_at, outcome, reference, detail."""
        if deliveries:
            await self._session.execute(sa.insert(table_of(Delivery)), list(deliveries))

    async def speaks(self, conversation_id: int) -> bool:
        """Whether a bubble to this citizen is still to be brought."""
        query = sa.select(Outbox.id).where(
            Outbox.conversation_id == conversation_id, Outbox.kind == "say", Outbox.state == "pending"
        )
        return await self._session.scalar(query.limit(1)) is not None

    async def cut_off(self, now: datetime) -> list[Item]:
        """Filings whose request left and whose lease ran out: nobody knows how they ended."""
        ids = await self._session.scalars(
            sa.select(Outbox.id)
            .where(OPEN, Outbox.state == "sending", _due(now))
            .order_by(Outbox.id)
            .with_for_update(skip_locked=True)
        )
        return await self.items(list(ids))

    async def is_cut_off(self, now: datetime) -> bool:
        """Whether there are such."""
        found = sa.select(Outbox.id).where(OPEN, Outbox.state == "sending", _due(now)).limit(1)
        return await self._session.scalar(found) is not None

    async def is_due(self, lane: Lane, now: datetime) -> bool:
        """Whether something of the lane is due, whether or not it waits for another."""
        due = sa.select(Outbox.id).where(OPEN, Outbox.lane == int(lane), _due(now)).limit(1)
        return await self._session.scalar(due) is not None

    async def oldest_overdue(self, now: datetime, last_lane: Lane = Lane.FILING) -> float:
        """Age in seconds of the longest overdue item in the lanes up to this one, 0 when there is none."""
        found = await self._session.scalar(
            sa.select(sa.func.min(Outbox.due_at)).where(
                OPEN, Outbox.state == "pending", Outbox.due_at <= now, Outbox.lane <= int(last_lane)
            )
        )
        return max(0.0, (now - found).total_seconds()) if isinstance(found, datetime) else 0.0


def _due(now: datetime) -> sa.ColumnElement[bool]:
    # Nothing is ever put off for so long: a moment that far ahead means that the clock went back.
    return sa.or_(Outbox.due_at <= now, Outbox.due_at > now + LONGEST_WAIT)


def _earlier_pending(besides: Sequence[int] = ()) -> sa.Exists:
    earlier = aliased(Outbox)
    query = sa.select(earlier.id).where(
        earlier.conversation_id == Outbox.conversation_id,
        earlier.id < Outbox.id,
        earlier.state == sa.literal_column("'pending'"),
        earlier.kind == "say",
        earlier.lane <= Outbox.lane,
    )
    if besides:
        query = query.where(earlier.id.not_in(besides))
    return query.exists()
