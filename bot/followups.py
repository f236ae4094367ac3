"""What leaves the house after a report has: additions that follow it to LAPOR!, and the erasure of a citizen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.failures import Rejected, TemporaryFailure
from bot.gateways.base import Lapor, Photo
from bot.media import MediaFolder
from bot.store.outbox import Item
from bot.store.transaction import Transaction, reading, writing
from bot.store.unit_of_work import Store
from bot.worker import TakenOver

log = structlog.get_logger(__name__)

FAREWELL: Final = timedelta(minutes=10)
"""How long an erasure waits for the bubble that tells of it; after that it goes on without."""
_PHOTOS_ALONE: Final = "Foto tambahan dari pelapor."
_NOT_SURE: Final = "tindak lanjut warga belum pasti masuk LAPOR!: periksa di sana, lalu tambahkan bila belum ada"
_NOT_SENT: Final = "tindak lanjut warga belum masuk LAPOR!: tambahkan di sana"


class FollowHandler:
    """Adds a citizen's words and photos to a report that LAPOR! holds. Like the filing, it is never sent twice."""

    def __init__(
        self, store: Store, lapor: Lapor, media: MediaFolder, sending_lease: timedelta, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._lapor = lapor
        self._media = media
        self._sending_lease = sending_lease
        self._clock = clock

    async def do(self, item: Item) -> str | None:
        ticket = str(item.needs["ticket"])
        wanted = set(item.needs.get("attachments") or ())
        async with reading(self._store) as tx:
            report = await tx.reports.get(ticket)
            photos = await tx.reports.photos(ticket)
        if report is None:
            raise Rejected(f"there is no report {ticket}")
        if report.complaint_id is None:
            raise TemporaryFailure(f"LAPOR! does not have the report {ticket} yet")
        # What was uploaded went along with the report itself.
        files = [
            Photo(media.hash, media.content_type, await self._read(media.hash))
            for photo, media in photos
            if media.hash in wanted and photo.upload_id is None
        ]
        words = item.needs.get("words")
        if not words and not files:
            return "it went along with the report"
        async with writing(self._store) as tx:
            if not await tx.outbox.start_sending(item, self._clock() + self._sending_lease):
                raise TakenOver
        await self._lapor.add_followup(
            report.complaint_id, words or _PHOTOS_ALONE, files, is_secret=report.anonymity == "rahasia"
        )
        return report.complaint_id

    async def _read(self, digest: str) -> bytes:
        try:
            return await self._media.read(digest)
        except FileNotFoundError:
            raise Rejected("a photo of this report is missing in the media folder") from None
        except OSError as error:
            raise TemporaryFailure(f"the media folder cannot be read: {error.strerror}") from error

    async def done(self, tx: Transaction, item: Item, reference: str | None, now: datetime) -> None:
        """The history holds what the citizen added since the moment it was added."""

    async def parked(self, tx: Transaction, item: Item, state: str, reason: str, now: datetime) -> None:
        """The petugas reads in the report's history what is to be done by hand."""
        note = _NOT_SURE if state == "unknown" else _NOT_SENT
        await tx.reports.note(str(item.needs["ticket"]), "siaga", note, now)

    def repeats_unknown(self) -> bool:
        return False


class EraseHandler:
    """Erases a citizen once the last bubble has left, which still needed the address."""

    def __init__(self, media: MediaFolder, store: Store, clock: Callable[[], datetime]) -> None:
        self._media = media
        self._store = store
        self._clock = clock

    async def do(self, item: Item) -> str | None:
        async with reading(self._store) as tx:
            waits = await tx.outbox.speaks(item.conversation_id)
        if waits and self._clock() - item.created_at < FAREWELL:
            raise TemporaryFailure("the bubble that tells of the erasure is still on its way")
        return "erased"

    async def done(self, tx: Transaction, item: Item, reference: str | None, now: datetime) -> None:
        await self._erase(tx, item, now)

    async def parked(self, tx: Transaction, item: Item, state: str, reason: str, now: datetime) -> None:
        """An erasure that was promised is carried out, whatever stood in its way."""
        await self._erase(tx, item, now)

    async def _erase(self, tx: Transaction, item: Item, now: datetime) -> None:
        for digest in await tx.erasures.erase(item.conversation_id, now):
            try:
                await asyncio.to_thread(self._media.remove, digest)
            except OSError as error:
                log.error("file_not_erased", reason=error.strerror)

    def repeats_unknown(self) -> bool:
        return True
