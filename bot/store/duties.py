"""When each recurring duty is due next, kept so that of many processes one does it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.conversations import insert_of
from bot.store.tables import DutyRow


class DutyRows:
    """The duties within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def enter(self, first: Mapping[str, datetime]) -> None:
        """Make duties known that are not yet, with the moment each is due first."""
        rows = [{"name": name, "due_at": due} for name, due in first.items()]
        await self._session.execute(insert_of(self._session, DutyRow, ("name",)), rows)

    async def due(self, names: list[str], now: datetime) -> list[tuple[str, datetime]]:
        """Those of `names` that are due, with the moment they were due at."""
        rows = await self._session.execute(
            sa.select(DutyRow.name, DutyRow.due_at).where(DutyRow.name.in_(names), DutyRow.due_at <= now)
        )
        return [(row[0], row[1]) for row in rows]

    async def claim(self, name: str, was_due: datetime, until: datetime) -> bool:
        """Hide it from other processes until then; False when another was faster."""
        changed = await self._session.execute(
            sa.update(DutyRow).where(DutyRow.name == name, DutyRow.due_at == was_due).values(due_at=until)
        )
        return cast("sa.CursorResult[Any]", changed).rowcount == 1

    async def settle(self, name: str, outcome: str, told: str, done_at: datetime, due_at: datetime) -> None:
        """Write how a run ended and when the next is due."""
        await self._session.execute(
            sa.update(DutyRow)
            .where(DutyRow.name == name)
            .values(outcome=outcome, told=told[:500], done_at=done_at, due_at=due_at)
        )

    async def listing(self) -> list[DutyRow]:
        """Every duty by name, for operators."""
        return list(await self._session.scalars(sa.select(DutyRow).order_by(DutyRow.name)))
