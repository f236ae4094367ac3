"""The duty behind the ladder: an incident that nobody has answered is never without its next rung.

Rung follows rung in one transaction, so this finds nothing unless something went wrong in a way nobody foresaw.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from bot.alerts import climb
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store

log = structlog.get_logger(__name__)


class Vigil:
    """Begins the ladder anew where it broke off; `wake` tells the workers of this process."""

    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self._store = store
        self._wake = wake

    async def work(self, now: datetime) -> str:
        """One round; one sentence of what was done."""
        async with reading(self._store) as tx:
            if not await tx.incidents.unattended():
                return "every open incident has its next rung"
        async with writing(self._store) as tx:
            left = await tx.incidents.unattended()
            for incident in left:
                log.error("ladder_broke_off", incident=incident.id)
                tx.incidents.step(incident.id, "handoff_failed", "siaga", "tangga dimulai lagi", now)
                await climb(tx, incident, now, run=f"/again{int(now.timestamp())}")
        self._wake()
        return f"{len(left)} ladders begun anew"
