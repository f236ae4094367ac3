"""The provider's later word on messages that it had accepted. It may come in any order, and before our own mark."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.outbox import Lane
from bot.store.tables import Delivery, Outbox
from bot.store.tables_notifier import EarlyWord
from bot.store.undelivered import LASTS, last_contact

Verdict = Literal["arrives", "again", "closed", "parked"]
"""It is on its way or arrived; it did not and may be tried again; free text is not allowed; a person is needed."""

_ORDER: Final = {
    "done": 0, "accepted": 1, "queued": 1, "sending": 2, "sent": 3, "undelivered": 4, "failed": 4, "delivered": 5,
    "read": 6,
}  # fmt: skip
"""Later words stand higher: what was read was delivered, whatever comes after."""
_ARRIVED: Final = _ORDER["delivered"]
KEPT: Final = timedelta(days=1)
"""How long a word about a message that nobody knows is kept."""


@dataclass(frozen=True, slots=True)
class DeliveryWord:
    """What became of the message `reference`; `state` is the provider's, `reason` why it did not arrive."""

    reference: str
    state: str
    verdict: Verdict
    reason: str | None = None


class Reported:
    """Within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hear(self, word: DeliveryWord, now: datetime) -> None:
        """Write it down beside the delivery; one that is not written down yet is heard by `catch_up`."""
        if not await self._apply(word, now):
            self._session.add(
                EarlyWord(reference=word.reference, state=word.state, verdict=word.verdict, reason=word.reason, at=now)
            )

    async def catch_up(self, now: datetime) -> int:
        """Hear what came too early, and forget what is about no message of ours; how many words that were."""
        known = sa.select(Delivery.id).where(Delivery.reference == EarlyWord.reference).exists()
        rows = list(
            await self._session.scalars(
                sa.select(EarlyWord).where(sa.or_(known, EarlyWord.at < now - KEPT)).order_by(EarlyWord.id).limit(500)
            )
        )
        for row in rows:
            await self._apply(DeliveryWord(row.reference, row.state, cast("Verdict", row.verdict), row.reason), now)
            await self._session.delete(row)
        return len(rows)

    async def is_early(self, now: datetime) -> bool:
        """Whether `catch_up` has anything to do."""
        known = sa.select(Delivery.id).where(Delivery.reference == EarlyWord.reference).exists()
        query = sa.select(EarlyWord.id).where(sa.or_(known, EarlyWord.at < now - KEPT)).limit(1)
        return await self._session.scalar(query) is not None

    async def _apply(self, word: DeliveryWord, now: datetime) -> bool:
        query = sa.select(Delivery).where(Delivery.reference == word.reference).order_by(Delivery.id.desc()).limit(1)
        delivery = (await self._session.scalars(query.with_for_update())).one_or_none()
        if delivery is None:
            return False
        order = _ORDER.get(word.state, 1)
        if order <= _ORDER.get(delivery.outcome, 0):
            return True
        delivery.outcome = word.state
        delivery.detail = word.reason[:500] if word.reason else None
        await self._session.flush()
        latest = await self._session.scalar(
            sa.select(sa.func.max(Delivery.id)).where(Delivery.outbox_id == delivery.outbox_id)
        )
        if latest == delivery.id:
            await self._settle(delivery, word, order, now)
        return True

    async def _settle(self, delivery: Delivery, word: DeliveryWord, order: int, now: datetime) -> None:
        """The item follows the word about its latest attempt."""
        whose = await self._session.scalar(
            sa.select(Outbox.conversation_id).where(Outbox.id == delivery.outbox_id, Outbox.kind == "say")
        )
        if whose is None:
            return
        # The conversation before the item, as everybody else locks them.
        wrote_since = await last_contact(self._session, whose) > delivery.started_at
        outbox = await self._session.get(Outbox, delivery.outbox_id, with_for_update=True)
        assert outbox is not None
        if word.verdict == "arrives":
            if order >= _ARRIVED and outbox.state != "done":
                outbox.state, outbox.reason = "done", None
            return
        outbox.reason = (word.reason or word.state)[:500]
        outbox.expires_at = outbox.expires_at or outbox.created_at + LASTS[Lane(outbox.lane)]
        match word.verdict:
            case "again":
                wait = min(600, 10 * 2 ** min(outbox.attempts, 6))
                outbox.state, outbox.due_at = "pending", now + timedelta(seconds=wait)
            case "closed":
                # Free text was not allowed: once more by a template; where that was one, after the next contact.
                waits = outbox.by_template and not wrote_since
                outbox.state, outbox.due_at = "waiting" if waits else "pending", now
                outbox.by_template = not waits and not wrote_since
            case _:
                outbox.state = "parked"
