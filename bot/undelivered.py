"""The duty behind the outbox: late words of providers are heard, and what nobody wants to read any more is let go."""

from __future__ import annotations

from datetime import datetime

from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store


class Undelivered:
    """Looks after what has not arrived."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def work(self, now: datetime) -> str:
        """One round; one sentence of what was done."""
        async with reading(self._store) as tx:
            early, old = await tx.reported.is_early(now), await tx.undelivered.is_old(now)
        if early or old:
            async with writing(self._store) as tx:
                heard = await tx.reported.catch_up(now)
                old_ones = await tx.undelivered.expire(now)
            return f"{heard} late words heard, {old_ones} messages expired"
        return "nothing was due"
