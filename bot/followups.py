"""What leaves the house after a report has: additions that follow it to LAPOR!, and the erasure of a citizen."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.failures import Rejected, TemporaryFailure
from bot.gateways.base import FollowupReceipt, Lapor, Photo
from bot.gateways.lapor_terms import redact
from bot.media import MediaFolder
from bot.notices import notify_staff
from bot.receipts import Receipts
from bot.store.outbox import Item
from bot.store.transaction import Transaction, reading, writing
from bot.store.unit_of_work import Store
from bot.worker import TakenOver

log = structlog.get_logger(__name__)

FAREWELL: Final = timedelta(minutes=10)
"""How long an erasure waits for the bubble that tells of it; after that it goes on without."""
_PHOTOS_ALONE: Final = "Foto tambahan dari pelapor."
NOT_SURE: Final = "tindak lanjut warga belum pasti masuk LAPOR!: periksa di sana, lalu tambahkan bila belum ada"
_NOT_SENT: Final = "tindak lanjut warga belum masuk LAPOR!: tambahkan di sana"


def recognised(words: str) -> str:
    """A digest by which the same words are known again, however they are spaced; NIK and phone do not count."""
    return hashlib.sha256(" ".join(redact(words).split()).casefold().encode()).hexdigest()


def ours(item: int) -> str:
    """The id of a follow-up of ours while LAPOR!'s own is not known."""
    return f"outbox/{item}"


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
        self._receipts: Receipts[FollowupReceipt | None] = Receipts()

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
        words = words or _PHOTOS_ALONE
        async with writing(self._store) as tx:
            if not await tx.outbox.start_sending(item, self._clock() + self._sending_lease):
                raise TakenOver
            # Known before it leaves: whoever reads LAPOR!'s follow-ups in between must not take it for an answer.
            await tx.at_lapor.add_followup(ticket, ours(item.id), recognised(words), self._clock(), ours=True)
        receipt = await self._lapor.add_followup(
            report.complaint_id, words, files, is_secret=report.anonymity == "rahasia"
        )
        self._receipts.keep(item.id, receipt)
        return (receipt.id if receipt else None) or report.complaint_id

    async def _read(self, digest: str) -> bytes:
        try:
            return await self._media.read(digest)
        except FileNotFoundError:
            raise Rejected("a photo of this report is missing in the media folder") from None
        except OSError as error:
            raise TemporaryFailure(f"the media folder cannot be read: {error.strerror}") from error

    async def done(self, tx: Transaction, item: Item, reference: str | None, now: datetime) -> None:
        """The history holds what the citizen added since the moment it was added; in assisted mode a person adds it."""
        if item.id not in self._receipts:
            return
        ticket, receipt = str(item.needs["ticket"]), self._receipts[item.id]
        if receipt is None:
            await tx.at_lapor.forget_followup(ticket, ours(item.id))
            await tx.at_lapor.needs(ticket, _NOT_SENT)
        elif receipt.id:
            await tx.at_lapor.rename_followup(ticket, ours(item.id), receipt.id)

    async def parked(self, tx: Transaction, item: Item, state: str, reason: str, now: datetime) -> None:
        """The petugas reads in the report's history what is to be done by hand."""
        ticket, unknown = str(item.needs["ticket"]), state == "unknown"
        note = NOT_SURE if unknown else _NOT_SENT
        if not unknown:
            await tx.at_lapor.forget_followup(ticket, ours(item.id))
        await tx.reports.note(ticket, "siaga", note, now)
        await tx.at_lapor.needs(ticket, note)
        await notify_staff(tx, f"followup/{item.id}", f"Laporan {ticket}: {note}.", now)

    def repeats_unknown(self) -> bool:
        return False


class EraseHandler:
    """Erases a citizen once the last bubble has left, which still needed the address."""

    def __init__(self, media: MediaFolder, store: Store, clock: Callable[[], datetime]) -> None:
        self._media = media
        self._store = store
        self._clock = clock
        self._scrubbing: set[asyncio.Task[None]] = set()

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

        # Not before this transaction is committed, and without keeping the outbox waiting.
        task = asyncio.create_task(self._scrub())
        self._scrubbing.add(task)
        task.add_done_callback(self._scrubbing.discard)

    async def _scrub(self) -> None:
        """Make the erasure reach the disk; the nightly retention does it for good where this does not."""
        for pause in (1, 2, 4, 8, 16):
            await asyncio.sleep(pause)
            try:
                if await self._store.scrub():
                    return
            except TemporaryFailure as error:
                log.warning("scrub_later", reason=str(error))

    def repeats_unknown(self) -> bool:
        return True
