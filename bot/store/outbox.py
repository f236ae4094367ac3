"""The outbox: what has to leave the house, in lanes, claimed by a lease and never lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.store.conversations import insert_new
from bot.store.sealing import Sealer
from bot.store.tables import Delivery, Outbox


class Lane(IntEnum):
    """Smaller goes first; each lane has workers of its own, so a stuck one delays no other."""

    EMERGENCY = 0
    REPLY = 1
    NOTIFICATION = 2
    FILING = 3


@dataclass(frozen=True, slots=True)
class Item:
    """A claimed piece of work."""

    id: int
    lane: Lane
    kind: str
    key: str
    conversation_id: int
    payload: dict[str, Any]
    attempts: int
    created_at: datetime


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
    ) -> int | None:
        """Enqueue once per (kind, key); None when that was enqueued before."""  # fmt: skip
        row = {
            "lane": int(lane), "kind": kind, "key": key, "conversation_id": conversation_id,
            "payload_enc": self._sealer.seal_json(payload), "state": "pending", "attempts": 0, "due_at": due_at,
            "created_at": now,
        }  # fmt: skip
        if not await insert_new(self._session, Outbox, ("kind", "key"), row):
            return None
        found = await self._session.scalar(sa.select(Outbox.id).where(Outbox.kind == kind, Outbox.key == key))
        return int(found or 0)

    async def claim(self, lane: Lane, now: datetime, lease: timedelta, most: int = 20) -> list[Item]:
        """Take the oldest due items and hide them from other workers until their lease runs out.

        A reply waits for the earlier replies of its conversation; emergencies wait for nothing.
        """
        query = (
            sa.select(Outbox.id)
            .where(Outbox.lane == int(lane), Outbox.state == "pending", Outbox.due_at <= now)
            .order_by(Outbox.due_at, Outbox.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        if lane in (Lane.REPLY, Lane.NOTIFICATION):
            query = query.where(~_earlier_pending())
        ids = list((await self._session.scalars(query)).all())
        if not ids:
            return []
        await self._session.execute(sa.update(Outbox).where(Outbox.id.in_(ids)).values(due_at=now + lease))
        return await self.items(ids)

    async def items(self, ids: Sequence[int]) -> list[Item]:
        rows = await self._session.scalars(sa.select(Outbox).where(Outbox.id.in_(ids)).order_by(Outbox.id))
        return [
            Item(
                r.id, Lane(r.lane), r.kind, r.key, r.conversation_id, self._sealer.open_json(r.payload_enc),
                r.attempts, r.created_at,
            )
            for r in rows
        ]  # fmt: skip

    async def waits_behind(self, ids: Sequence[int]) -> set[int]:
        """Conversations of these items in which an earlier reply is still pending."""
        rows = await self._session.scalars(
            sa.select(Outbox.conversation_id).where(Outbox.id.in_(ids), _earlier_pending(ids))
        )
        return set(rows)

    async def release(self, ids: Sequence[int], due_at: datetime) -> None:
        """Give claimed items back to the workers."""
        if ids:
            await self._session.execute(
                sa.update(Outbox).where(Outbox.id.in_(ids), Outbox.state == "pending").values(due_at=due_at)
            )

    async def start_sending(self, item_id: int, until: datetime) -> bool:
        """Mark that the request is about to leave: from here on it is never repeated by itself."""
        changed = await self._session.execute(
            sa.update(Outbox)
            .where(Outbox.id == item_id, Outbox.state == "pending")
            .values(state="sending", due_at=until)
        )
        return cast("sa.CursorResult[Any]", changed).rowcount == 1

    async def settle(self, item_id: int, state: str, reason: str | None, due_at: datetime | None = None) -> None:
        """The attempt is over: done, pending again at `due_at`, parked or unknown."""
        values: dict[str, Any] = {"state": state, "reason": reason[:500] if reason else None}
        if state != "parked" or due_at:
            values["attempts"] = Outbox.attempts + 1
        if due_at:
            values["due_at"] = due_at
        await self._session.execute(sa.update(Outbox).where(Outbox.id == item_id).values(**values))

    async def record(self, item: Item, started: datetime, finished: datetime, outcome: str, reference: str | None,
                     detail: str | None) -> None:  # fmt: skip
        """One row for every attempt."""
        self._session.add(
            Delivery(
                outbox_id=item.id, attempt=item.attempts + 1, started_at=started, finished_at=finished, outcome=outcome,
                reference=reference, detail=detail[:500] if detail else None,
            )
        )  # fmt: skip

    async def told_later(self, reference: str, outcome: str, detail: str | None, park: bool) -> bool:
        """The provider's later word on a delivery it had accepted; `park` when it did not arrive after all."""
        delivery = (
            await self._session.scalars(sa.select(Delivery).where(Delivery.reference == reference).limit(1))
        ).one_or_none()
        if delivery is None:
            return False
        delivery.outcome = outcome
        delivery.detail = detail[:500] if detail else delivery.detail
        if park:
            await self._session.execute(
                sa.update(Outbox)
                .where(Outbox.id == delivery.outbox_id)
                .values(state="parked", reason=detail[:500] if detail else outcome)
            )
        return True

    async def cut_off(self, now: datetime) -> list[Item]:
        """Filings whose request left and whose lease ran out: nobody knows how they ended."""
        ids = await self._session.scalars(
            sa.select(Outbox.id)
            .where(Outbox.state == "sending", Outbox.due_at <= now)
            .with_for_update(skip_locked=True)
        )
        return await self.items(list(ids))

    async def next_due(self, lane: Lane) -> datetime | None:
        """When the lane's next item is due, whether or not it waits for another."""
        found = await self._session.scalar(
            sa.select(sa.func.min(Outbox.due_at)).where(Outbox.lane == int(lane), Outbox.state == "pending")
        )
        return found if isinstance(found, datetime) else None

    async def oldest_overdue(self, now: datetime, last_lane: Lane = Lane.FILING) -> float:
        """Age in seconds of the longest overdue item in the lanes up to this one, 0 when there is none."""
        found = await self._session.scalar(
            sa.select(sa.func.min(Outbox.due_at)).where(
                Outbox.state == "pending", Outbox.due_at <= now, Outbox.lane <= int(last_lane)
            )
        )
        return max(0.0, (now - found).total_seconds()) if isinstance(found, datetime) else 0.0

    async def listing(
        self, states: Sequence[str] = ("pending", "sending", "parked", "unknown"), most: int = 500
    ) -> list[Outbox]:
        """What is not done, newest first."""
        rows = await self._session.scalars(
            sa.select(Outbox).where(Outbox.state.in_(states)).order_by(Outbox.id.desc()).limit(most)
        )
        return list(rows)


def _earlier_pending(besides: Sequence[int] = ()) -> sa.Exists:
    earlier = aliased(Outbox)
    query = sa.select(earlier.id).where(
        earlier.conversation_id == Outbox.conversation_id,
        earlier.id < Outbox.id,
        earlier.state == "pending",
        earlier.kind == "say",
    )
    if besides:
        query = query.where(earlier.id.not_in(besides))
    return query.exists()
