"""The audit: who did what to which id. Rows are only ever inserted; each WITA day is sealed and chained.

Triggers refuse changes and deletions. Whoever may drop a trigger could still change a row: the seals show it.
A seal is keyed with SIAGA_SECRET_KEY, so the database alone is not enough to make a matching one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.sealing import Sealer
from bot.store.tables import Audit, User
from bot.store.tables_accounts import AuditDay
from flows.model import WITA

PAGE: Final = 50
SETTLES: Final = timedelta(minutes=15)
"""A day is sealed no earlier than this after its end: what was under way at midnight is written by then."""
OVERDUE: Final = timedelta(hours=36)
"""A day that ended longer ago and has no seal is a fault, not merely a duty still to come."""
_START: Final = "0" * 64
_AT_A_TIME: Final = 2000


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to look for; None is anything. `object` is the beginning of an object, such as `report:` or `user:3`."""

    user_id: int | None = None
    action: str | None = None
    object: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line; `user` is the shown name of whoever did it, None for the house itself."""

    id: int
    at: datetime
    user: str | None
    action: str
    object: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`days` sealed days match. `wrong` is the first that does not, `why` one sentence; both None when all match."""

    days: int
    wrong: str | None = None
    why: str | None = None


class Audits:
    """The audit within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def write(self, user_id: int | None, action: str, object_: str, now: datetime, reason: str | None = None) -> None:
        """Write down who did what to which id. Never pass a name, a number or words."""
        self._session.add(Audit(at=now, user_id=user_id, action=action, object=object_, reason_code=reason))

    async def page(self, wanted: AuditFilter, page: int = 0) -> list[AuditRow]:
        """One page, the newest first; one row more than PAGE when there is a next page."""
        query = (
            sa.select(Audit, User.shown_name)
            .outerjoin(User, User.id == Audit.user_id)
            .order_by(Audit.id.desc())
            .offset(page * PAGE)
            .limit(PAGE + 1)
        )
        if wanted.user_id is not None:
            query = query.where(Audit.user_id == wanted.user_id)
        if wanted.action:
            query = query.where(Audit.action == wanted.action)
        if wanted.object:
            query = query.where(Audit.object.startswith(wanted.object, autoescape=True))
        if wanted.since:
            query = query.where(Audit.at >= wanted.since)
        if wanted.until:
            query = query.where(Audit.at < wanted.until)
        rows = await self._session.execute(query)
        return [AuditRow(a.id, a.at, name, a.action, a.object, a.reason_code) for a, name in rows]

    async def actions(self) -> list[str]:
        """Every action that occurs, in order."""
        return list(await self._session.scalars(sa.select(Audit.action).distinct().order_by(Audit.action)))

    async def last_seal(self) -> tuple[str, str] | None:
        """The newest sealed day and its digest."""
        query = sa.select(AuditDay.day, AuditDay.digest).order_by(AuditDay.day.desc()).limit(1)
        row = (await self._session.execute(query)).one_or_none()
        return None if row is None else (row[0], row[1])

    # --- the chain of days ---

    async def seal_days(self, sealer: Sealer, now: datetime) -> list[tuple[str, str]]:
        """Seal every day that is over and not sealed, days without a row as well; each with its digest."""
        last = await self.last_seal()
        if last is not None:
            day, previous = date.fromisoformat(last[0]) + timedelta(days=1), last[1]
        else:
            first = await self._first_day()
            if first is None:
                return []
            day, previous = first, _START
        done: list[tuple[str, str]] = []
        while _begins(day + timedelta(days=1)) + SETTLES <= now:
            rows, digest = await self._digest(sealer, day, previous)
            self._session.add(AuditDay(day=day.isoformat(), rows=rows, previous=previous, digest=digest, sealed_at=now))
            done.append((day.isoformat(), digest))
            day, previous = day + timedelta(days=1), digest
        await self._session.flush()
        return done

    async def verify(self, sealer: Sealer, now: datetime) -> Verdict:
        """Compute every seal anew and compare."""
        first = await self._first_day()
        days = list(await self._session.scalars(sa.select(AuditDay).order_by(AuditDay.day)))
        expected, previous = first, _START
        if days and (expected is None or expected > date.fromisoformat(days[0].day)):
            # The rows of the first days are gone; their seals are still here and will not match.
            expected = date.fromisoformat(days[0].day)
        for number, sealed in enumerate(days):
            assert expected is not None
            if sealed.day != expected.isoformat():
                return Verdict(number, expected.isoformat(), "the day has rows or neighbours, and no seal")
            if sealed.previous != previous:
                return Verdict(number, sealed.day, "its seal does not follow the day before")
            rows, digest = await self._digest(sealer, expected, previous)
            if (rows, digest) != (sealed.rows, sealed.digest):
                return Verdict(number, sealed.day, f"{sealed.rows} rows were sealed, {rows} rows do not match the seal")
            expected, previous = expected + timedelta(days=1), digest
        if expected is not None and _begins(expected + timedelta(days=1)) + OVERDUE <= now:
            return Verdict(len(days), expected.isoformat(), "the day is long over and has no seal")
        return Verdict(len(days))

    async def _first_day(self) -> date | None:
        at = await self._session.scalar(sa.select(Audit.at).order_by(Audit.at).limit(1))
        return None if at is None else at.astimezone(WITA).date()

    async def _digest(self, sealer: Sealer, day: date, previous: str) -> tuple[int, str]:
        """How many rows the day has, and its seal: keyed, over the day before, the day and all its rows."""
        content, rows = hashlib.sha256(), 0
        async for row in self._rows_of(day):
            line = [row.id, row.at.astimezone(UTC).isoformat(), row.user_id, row.action, row.object, row.reason_code]
            content.update(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            rows += 1
        return rows, sealer.sign(f"audit\0{previous}\0{day.isoformat()}\0{rows}\0{content.hexdigest()}")

    async def _rows_of(self, day: date) -> AsyncIterator[Audit]:
        after = 0
        within = (Audit.at >= _begins(day), Audit.at < _begins(day + timedelta(days=1)))
        while True:
            query = sa.select(Audit).where(*within, Audit.id > after).order_by(Audit.id).limit(_AT_A_TIME)
            rows = list(await self._session.scalars(query.execution_options(populate_existing=True)))
            for row in rows:
                yield row
            if len(rows) < _AT_A_TIME:
                return
            after = rows[-1].id


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), WITA)
