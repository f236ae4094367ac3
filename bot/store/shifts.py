"""Who sits at the 112 desk: a shift begins by hand and lasts as long as the desk's page is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import User
from bot.store.tables_desk import Shift
from bot.store.unit_of_work import Store

AWAY_AFTER: Final = timedelta(minutes=2)
"""A page that was not seen for so long is closed, asleep or cut off: its shift has ended."""
_WRITTEN_EVERY: Final = timedelta(seconds=20)
"""How exactly the last sign is kept: a page that asks every two seconds need not write every time."""


@dataclass(frozen=True, slots=True)
class OnShift:
    """A petugas at the desk."""

    user_id: int
    name: str
    since: datetime


class Shifts:
    """The shifts within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def start(self, user_id: int, now: datetime) -> None:
        """Begin a shift; one that is on goes on."""
        await self._end_those_away(now)
        goes_on = await self._session.execute(sa.update(Shift).where(_open_of(user_id)).values(seen_at=now))
        if not cast("sa.CursorResult[Any]", goes_on).rowcount:
            self._session.add(Shift(user_id=user_id, started_at=now, seen_at=now, ended_at=None))

    async def end(self, user_id: int, now: datetime) -> None:
        """End this petugas's shift, if one is on."""
        await self._end_those_away(now)
        await self._session.execute(sa.update(Shift).where(_open_of(user_id)).values(ended_at=now))

    async def seen(self, user_id: int, now: datetime) -> None:
        """The desk's page of this petugas is open; a shift that has ended does not begin again by that."""
        await self._session.execute(sa.update(Shift).where(_on(now), Shift.user_id == user_id).values(seen_at=now))

    async def should_write(self, user_id: int, now: datetime) -> bool:
        """Whether the last sign of this petugas's shift is old enough to be written anew."""
        stale = sa.select(Shift.id).where(_on(now), Shift.user_id == user_id, Shift.seen_at <= now - _WRITTEN_EVERY)
        return await self._session.scalar(stale.limit(1)) is not None

    async def now(self, now: datetime) -> list[OnShift]:
        """Who is on shift at this moment, in the order in which they began."""
        rows = await self._session.execute(
            sa.select(User.id, User.shown_name, Shift.started_at)
            .join(User, User.id == Shift.user_id)
            .where(_on(now), User.active)
            .order_by(Shift.started_at, Shift.id)
        )
        return [OnShift(int(row[0]), str(row[1]), row[2]) for row in rows]

    async def is_manned(self, now: datetime) -> bool:
        """Whether anybody is on shift."""
        return bool(await self.now(now))

    async def _end_those_away(self, now: datetime) -> None:
        gone = sa.and_(Shift.ended_at.is_(None), Shift.seen_at < now - AWAY_AFTER)
        await self._session.execute(sa.update(Shift).where(gone).values(ended_at=Shift.seen_at))


async def at_the_desk(store: Store, user_id: int, now: datetime) -> None:
    """Count an open desk page as presence. Cheap: call it with every poll, and with every beat of a live connection."""
    async with store.read() as session:
        if not await Shifts(session).should_write(user_id, now):
            return
    async with store.write() as session:
        await Shifts(session).seen(user_id, now)


def _open_of(user_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(Shift.user_id == user_id, Shift.ended_at.is_(None))


def _on(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(Shift.ended_at.is_(None), Shift.seen_at >= now - AWAY_AFTER)
