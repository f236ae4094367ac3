"""What did not reach the other side: bubbles that wait for the citizen, and what a person tries again or parks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.outbox import OPEN, Item, Lane
from bot.store.tables import Conversation, Outbox

LASTS: Final[Mapping[Lane, timedelta]] = {
    Lane.EMERGENCY: timedelta(hours=1), Lane.REPLY: timedelta(days=1), Lane.NOTIFICATION: timedelta(days=7),
    Lane.FILING: timedelta(days=7),
}  # fmt: skip
"""How long after it was written a bubble is still worth reading, when its citizen could not be reached meanwhile."""
UNSENT: Final = ("pending", "sending", "waiting", "parked", "unknown")
EXPIRED: Final = "kedaluwarsa: tidak dikirim karena sudah terlalu lama; warga dapat menanyakan statusnya kapan saja"
WAITING: Final = cast("sa.ColumnElement[bool]", sa.literal_column("outbox.state = 'waiting'"))
STUCK: Final = cast("sa.ColumnElement[bool]", sa.literal_column("outbox.state IN ('parked', 'unknown')"))
"""Written out as the partial indexes have them, so that what is done is never read."""
_INDEXED: Final = ((OPEN, ("pending", "sending")), (STUCK, ("parked", "unknown")), (WAITING, ("waiting",)))


@dataclass(frozen=True, slots=True)
class Unsent:
    """An outbox item that has not left the house, or did not arrive. `lane` is its name in small letters."""

    id: int
    lane: str
    kind: str
    key: str
    state: str
    attempts: int
    due_at: datetime
    created_at: datetime
    reason: str | None
    conversation_id: int
    channel: str


class Undelivered:
    """Within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # --- what waits for the citizen ---

    async def wait(self, item: Item, reason: str, now: datetime) -> bool:
        """Let the item wait for the citizen's next contact; False when it was taken over, as in OutboxRows.settle.

        A citizen who wrote while the attempt was under way is not waited for: then it is due at once.
        """
        wrote = await last_contact(self._session, item.conversation_id) > item.last_contact
        changed = await self._session.execute(
            sa.update(Outbox)
            .where(Outbox.id == item.id, Outbox.state == "pending", Outbox.attempts <= item.attempts + 1)
            .values(
                state="pending" if wrote else "waiting", reason=reason[:500], due_at=now, by_template=False,
                expires_at=item.expires_at or item.created_at + LASTS[item.lane],
            )
        )  # fmt: skip
        return cast("sa.CursorResult[Any]", changed).rowcount == 1

    async def free(self, conversations: Sequence[int], now: datetime) -> int:
        """These citizens have written: what waited for that goes out, in its order and before what is said now."""
        if not conversations:
            return 0
        reply = sa.case((Outbox.lane > int(Lane.REPLY), int(Lane.REPLY)), else_=Outbox.lane)
        changed = await self._session.execute(
            sa.update(Outbox)
            .where(WAITING, Outbox.conversation_id.in_(conversations))
            .values(state="pending", due_at=now, reason=None, lane=reply)
            .execution_options(synchronize_session=False)
        )
        return cast("sa.CursorResult[Any]", changed).rowcount

    async def expire(self, now: datetime) -> int:
        """Park what waited in vain until nobody wants to read it any more; how many there were."""
        changed = await self._session.execute(
            sa.update(Outbox)
            .where(WAITING, Outbox.expires_at <= now)
            .values(state="parked", reason=EXPIRED)
            .execution_options(synchronize_session=False)
        )
        return cast("sa.CursorResult[Any]", changed).rowcount

    async def is_old(self, now: datetime) -> bool:
        """Whether `expire` has anything to do."""
        query = sa.select(Outbox.id).where(WAITING, Outbox.expires_at <= now).limit(1)
        return await self._session.scalar(query) is not None

    # --- to read ---

    async def listing(self, states: Collection[str] = UNSENT, most: int = 500) -> list[Unsent]:
        """What is in one of these states (of UNSENT), newest first."""
        wanted = sorted(set(states) & set(UNSENT))
        found: list[Unsent] = []
        for literal, states_there in _INDEXED:
            some = [state for state in wanted if state in states_there]
            if some:
                # By the id itself, SQLite would read the whole table backwards and leave the small index aside.
                newest = (Outbox.id + 0).desc()
                query = self._rows().where(literal, Outbox.state.in_(some)).order_by(newest).limit(most)
                found += [Unsent(*row) for row in await self._session.execute(query)]
        found.sort(key=lambda item: item.id, reverse=True)
        return [_named(item) for item in found[:most]]

    async def counts(self) -> dict[str, int]:
        """How many there are in each state of UNSENT."""
        counts = dict.fromkeys(UNSENT, 0)
        for literal, _ in _INDEXED:
            rows = await self._session.execute(
                sa.select(Outbox.state, sa.func.count()).where(literal).group_by(Outbox.state)
            )
            counts |= {str(row[0]): int(row[1]) for row in rows}
        return counts

    async def of(self, ids: Sequence[int]) -> dict[int, tuple[str, str | None]]:
        """State and reason of those of these items that are in trouble: waiting, parked, unknown, or failed before."""
        rows = await self._session.execute(
            sa.select(Outbox.id, Outbox.state, Outbox.reason).where(
                Outbox.id.in_(ids), Outbox.state != "done",
                sa.or_(Outbox.state.in_(("waiting", "parked", "unknown")), Outbox.reason.is_not(None)),
            )
        )  # fmt: skip
        return {int(row[0]): (str(row[1]), row[2]) for row in rows}

    @staticmethod
    def _rows() -> Any:
        return sa.select(
            Outbox.id, sa.cast(Outbox.lane, sa.Text), Outbox.kind, Outbox.key, Outbox.state, Outbox.attempts,
            Outbox.due_at, Outbox.created_at, Outbox.reason, Outbox.conversation_id, Conversation.channel,
        ).join(Conversation, Conversation.id == Outbox.conversation_id)  # fmt: skip

    # --- by hand ---

    async def held(self, item_id: int) -> Unsent | None:
        """The item in whatever state, kept from other processes until the transaction ends; None when there is none."""
        query = self._rows().where(Outbox.id == item_id).with_for_update(of=Outbox)
        row = (await self._session.execute(query)).one_or_none()
        return None if row is None else _named(Unsent(*row))

    async def again(self, item_id: int, now: datetime) -> None:
        """Due now, whatever stood in its way; a bubble is worth reading for another day."""
        expires = sa.case((Outbox.kind == "say", now + LASTS[Lane.REPLY]), else_=Outbox.expires_at)
        await self._session.execute(
            sa.update(Outbox)
            .where(Outbox.id == item_id)
            .values(state="pending", due_at=now, reason=None, expires_at=expires)
        )

    async def park(self, item_id: int, reason: str) -> None:
        """Not tried again before a person wants it."""
        await self._session.execute(
            sa.update(Outbox).where(Outbox.id == item_id).values(state="parked", reason=reason[:500])
        )


async def last_contact(session: AsyncSession, conversation_id: int) -> datetime:
    """When the citizen last wrote. Nothing newer is heard before this transaction ends, so nothing waits too long."""
    query = sa.select(Conversation.last_inbound_at).where(Conversation.id == conversation_id)
    return cast("datetime", await session.scalar(query.with_for_update(key_share=True)))


def _named(item: Unsent) -> Unsent:
    return Unsent(
        item.id, Lane(int(item.lane)).name.lower(), item.kind, item.key, item.state, item.attempts, item.due_at,
        item.created_at, item.reason, item.conversation_id, item.channel,
    )  # fmt: skip
