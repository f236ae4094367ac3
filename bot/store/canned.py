"""Sentences that petugas keep at hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.failures import Rejected
from bot.store.tables_review import CannedReply

MOST_WORDS: Final = 1000
_SHORTCUT: Final = re.compile(r"[a-z0-9-]{1,20}")


@dataclass(frozen=True, slots=True)
class Canned:
    """A sentence and the letters it is found by, without their slash."""

    id: int
    shortcut: str
    text: str


class CannedReplies:
    """The list within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self) -> list[Canned]:
        """Every sentence, by its letters."""
        rows = await self._session.scalars(sa.select(CannedReply).order_by(CannedReply.shortcut))
        return [Canned(row.id, row.shortcut, row.text) for row in rows]

    async def put(self, id_: int | None, shortcut: str, text: str, now: datetime) -> int:
        """Add a sentence, or change the one of this id; its id. Raises Rejected with one Indonesian sentence."""
        shortcut, text = shortcut.strip().lower().removeprefix("/"), text.strip()
        if not _SHORTCUT.fullmatch(shortcut):
            raise Rejected("Singkatan terdiri atas 1 sampai 20 huruf kecil, angka, atau tanda hubung.")
        if not text or len(text) > MOST_WORDS:
            raise Rejected(f"Isi balasan harus diisi, paling banyak {MOST_WORDS} huruf.")
        taken = await self._session.scalar(sa.select(CannedReply.id).where(CannedReply.shortcut == shortcut))
        if taken is not None and taken != id_:
            raise Rejected(f"Singkatan /{shortcut} sudah dipakai.")
        row = await self._session.get(CannedReply, id_) if id_ is not None else CannedReply()
        if row is None:
            raise Rejected("Balasan ini sudah tidak ada.")
        row.shortcut, row.text, row.changed_at = shortcut, text, now
        self._session.add(row)
        await self._session.flush()
        return row.id

    async def remove(self, id_: int) -> None:
        await self._session.execute(sa.delete(CannedReply).where(CannedReply.id == id_))
