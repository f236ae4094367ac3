"""Keys pressed in calls of ours, so that none counts twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.conversations import insert_new
from bot.store.tables_desk import CallAnswer


class Calls:
    """Answers to calls within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def answered(self, call: str, incident_id: str, now: datetime) -> bool:
        """Remember that the 1 was pressed in this call; False when it was before: a replay."""
        row = {"call": call, "incident_id": incident_id, "at": now}
        return await insert_new(self._session, CallAnswer, ("call",), row)
