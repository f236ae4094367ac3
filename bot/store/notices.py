"""Words to the petugas: each is written once, told to the staff group, and shown on the start page all the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.conversations import AT_A_TIME, insert_new
from bot.store.tables import Conversation, Report
from bot.store.tables_desk import Notice

SHOWN_FOR: Final = timedelta(hours=24)
KEPT_FOR: Final = timedelta(days=30)


class Notices:
    """Staff notices within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, key: str, words: str, now: datetime) -> bool:
        """Write it down; False when there is one of this key already."""
        return await insert_new(self._session, Notice, ("key",), {"key": key, "words": words, "made_at": now})

    async def known(self, keys: Sequence[str]) -> set[str]:
        """Which of these keys have been written before."""
        found: set[str] = set()
        for start in range(0, len(keys), AT_A_TIME):
            some = keys[start : start + AT_A_TIME]
            found |= set(await self._session.scalars(sa.select(Notice.key).where(Notice.key.in_(some))))
        return found

    async def untold(self, since: datetime, most: int = 50) -> list[Notice]:
        """What the group was not told yet of the time since then, oldest first."""
        query = sa.select(Notice).where(Notice.told_at.is_(None), Notice.made_at >= since)
        return list(await self._session.scalars(query.order_by(Notice.id).limit(most)))

    async def told(self, ids: Sequence[int], now: datetime) -> None:
        """The group has these."""
        await self._session.execute(sa.update(Notice).where(Notice.id.in_(ids)).values(told_at=now, reason=None))

    async def failed(self, ids: Sequence[int], reason: str) -> None:
        """The group could not be told these."""
        await self._session.execute(sa.update(Notice).where(Notice.id.in_(ids)).values(reason=reason[:500]))

    async def latest(self, now: datetime, most: int = 10) -> list[Notice]:
        """What the start page shows: the last day's, newest first."""
        query = sa.select(Notice).where(Notice.made_at >= now - SHOWN_FOR).order_by(Notice.id.desc()).limit(most)
        return list(await self._session.scalars(query))

    async def forget(self, now: datetime) -> None:
        """Drop what is older than 30 days."""
        await self._session.execute(sa.delete(Notice).where(Notice.made_at < now - KEPT_FOR))

    # --- what waits ---

    async def handovers(self, since: datetime) -> list[tuple[int, datetime]]:
        """Conversations that have waited for a petugas since before then, with the moment it began."""
        rows = await self._session.execute(
            sa.select(Conversation.id, Conversation.waiting_since)
            .where(Conversation.waiting_for_staff, Conversation.waiting_since <= since)
            .order_by(Conversation.waiting_since)
        )
        return [(int(row[0]), row[1]) for row in rows if row[1]]

    async def filings(self, state: str, since: datetime | None = None) -> list[tuple[str, datetime]]:
        """Tickets in this state (since before then), with the moment they came into it."""
        query = sa.select(Report.ticket, Report.changed_at).where(Report.state == state)
        if since is not None:
            query = query.where(Report.changed_at <= since)
        return [(row[0], row[1]) for row in await self._session.execute(query.order_by(Report.changed_at))]
