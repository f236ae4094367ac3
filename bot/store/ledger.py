"""What a transaction says and hears, gathered and written at its end: many bubbles in a handful of statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.outbox import OutboxRows
from bot.store.tables import Message, table_of


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the transcript. `direction`: in, out, staff; `inbox_id` the row that a citizen's line came in."""

    conversation_id: int
    direction: str
    kind: str
    text: str
    at: datetime
    data: dict[str, Any]
    inbox_id: int | None = None
    understanding: dict[str, Any] | None = None


class Ledger:
    """The transcript's new lines and the bubbles among them, in their order."""

    def __init__(self, session: AsyncSession, outbox: OutboxRows) -> None:
        self._session = session
        self._outbox = outbox
        self._lines: list[tuple[Line, dict[str, Any] | None]] = []

    def heard(self, line: Line) -> None:
        """The citizen said this."""
        self._lines.append((line, None))

    def say(self, line: Line, item: dict[str, Any]) -> None:
        """Say this by an outbox row (`OutboxRows.row`); a row that was enqueued before is not said again."""
        self._lines.append((line, item))

    async def write(self) -> list[int]:
        """Write everything down; returns the ids of the outbox items, in their order."""
        lines, self._lines = self._lines, []
        new = await self._outbox.add_all([item for _, item in lines if item])
        ids = [new.get((item["kind"], item["key"])) if item else None for _, item in lines]
        rows = [
            {
                "conversation_id": line.conversation_id, "inbox_id": line.inbox_id, "outbox_id": outbox_id,
                "direction": line.direction, "kind": line.kind, "text": line.text, "data": line.data,
                "understanding": line.understanding, **labels(line.understanding), "at": line.at,
            }
            for (line, item), outbox_id in zip(lines, ids, strict=True)
            if outbox_id is not None or item is None
        ]  # fmt: skip
        if rows:
            await self._session.execute(sa.insert(table_of(Message)), rows)
        return [outbox_id for outbox_id in ids if outbox_id is not None]


def labels(understanding: Mapping[str, Any] | None) -> dict[str, Any]:
    """The columns of a message that repeat its understanding (flows.codec's JSON, which leaves defaults out)."""
    if understanding is None:
        return dict.fromkeys(("intent", "category", "confidence", "danger"))
    level = (understanding.get("emergency") or {}).get("level", "none")
    return {
        "intent": understanding.get("intent", "luar_topik"),
        "category": (understanding.get("category") or {}).get("code"),
        "confidence": float(understanding.get("confidence", 0.0)),
        "danger": None if level == "none" else level,
    }
