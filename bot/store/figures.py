"""The numbers of the dashboard. Each counts exactly what the list of the same filter shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.listing import incident_conditions, report_conditions
from bot.store.tables import Conversation, Delivery, Inbox, Incident, Outbox, Report
from bot.store.views import IncidentFilter, ReportFilter

MOST_BUBBLES: Final = 5_000
"""Answer times are taken from so many of a period's latest bubbles."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the bot: `seconds` from the citizen's message to its first bubble at the provider."""

    conversation_id: int
    at: datetime
    seconds: float


class Figures:
    """Counting within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._sqlite = session.get_bind().dialect.name == "sqlite"

    async def reports_by_day(self, wanted: ReportFilter) -> dict[date, int]:
        return await self._by_day(Report.created_at, report_conditions(wanted))

    async def incidents_by_day(self, wanted: IncidentFilter) -> dict[date, int]:
        return await self._by_day(Incident.created_at, incident_conditions(wanted))

    async def reports_by(
        self, what: Literal["category", "agency", "kecamatan", "state"], wanted: ReportFilter
    ) -> list[tuple[str | None, int]]:
        """The counts, most first; None is for reports that have none."""
        return await self._by(getattr(Report, what), report_conditions(wanted))

    async def incidents_by(
        self, what: Literal["type", "kecamatan"], wanted: IncidentFilter
    ) -> list[tuple[str | None, int]]:
        """The counts, most first; None is for incidents that have none."""
        return await self._by(getattr(Incident, what), incident_conditions(wanted))

    async def _by(self, column: Any, conditions: Sequence[Any]) -> list[tuple[str | None, int]]:
        count = sa.func.count().label("found")
        query = sa.select(column, count).where(*conditions).group_by(column).order_by(count.desc(), column)
        return [(row[0], int(row[1])) for row in await self._session.execute(query)]

    async def _by_day(self, column: Any, conditions: Sequence[Any]) -> dict[date, int]:
        """Counts by the day in WITA."""
        if self._sqlite:
            day: Any = sa.func.date(column, "+8 hours")
        else:
            day = sa.func.to_char(sa.func.timezone("Asia/Makassar", column), "YYYY-MM-DD")
        query = sa.select(day.label("day"), sa.func.count()).where(*conditions).group_by("day")
        return {date.fromisoformat(row[0]): int(row[1]) for row in await self._session.execute(query)}

    async def answers(self, since: datetime, until: datetime) -> list[Answer]:
        """The answers among the latest MOST_BUBBLES bubbles of a period, the slowest first."""
        # The key of a bubble begins with the id of what it answers.
        cause: Any = (
            sa.cast(Outbox.key, sa.BigInteger)
            if self._sqlite
            else sa.cast(sa.func.substring(Outbox.key, "^[0-9]{1,18}"), sa.BigInteger)
        )
        latest = (
            sa.select(Delivery.outbox_id, Delivery.finished_at)
            .where(Delivery.finished_at >= since, Delivery.finished_at < until, Delivery.outcome == "done")
            .order_by(Delivery.finished_at.desc())
            .limit(MOST_BUBBLES)
            .subquery()
        )
        first = sa.func.min(latest.c.finished_at)
        query = (
            sa.select(Inbox.conversation_id, Inbox.received_at, first)
            .select_from(latest)
            .join(Outbox, Outbox.id == latest.c.outbox_id)
            .join(Inbox, Inbox.id == cause)
            .join(Conversation, Conversation.id == Inbox.conversation_id)
            .where(
                Outbox.kind == "say", Inbox.source == Conversation.channel,
                Inbox.conversation_id == Outbox.conversation_id,
            )
            .group_by(Inbox.id, Inbox.conversation_id, Inbox.received_at)
        )  # fmt: skip
        found = [
            Answer(row[0], row[1], max(0.0, (row[2] - row[1]).total_seconds()))
            for row in await self._session.execute(query)
        ]
        return sorted(found, key=lambda answer: -answer.seconds)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that this share (0 to 1) of the values does not pass; None of none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else None
