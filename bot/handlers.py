"""What leaves the house for a citizen: a bubble, and a report to LAPOR!. Alerts to 112 are in bot.alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, cast

import structlog

from bot.channels.base import Button, Channel, Outgoing
from bot.failures import Rejected, SiagaError, TemporaryFailure, TooFast, Unfit, UnknownOutcome, told
from bot.gateways.base import Lapor, Photo, Receipt, ReportToFile
from bot.media import MediaFolder
from bot.metrics import ANSWER_SECONDS
from bot.pace import Pace
from bot.receipts import Receipts
from bot.store.outbox import Item, Lane
from bot.store.sealing import Sealer
from bot.store.tables import Report
from bot.store.transaction import Transaction, reading, writing
from bot.store.undelivered import EXPIRED
from bot.store.unit_of_work import Store
from bot.worker import TakenOver
from flows import codec
from flows.model import WITA, Attachment, Filed, Place

log = structlog.get_logger(__name__)

SEND_SECONDS: Final = 20.0
URGENT_SECONDS: Final = 10.0
"""How long one attempt may take: less than the leases of its lane."""

UPLOAD_TRIES: Final = 3
"""From so many failed uploads of a photo on, a petugas may have the report filed without it."""

Clock = Callable[[], datetime]
PlaceName = Callable[[str], str]


def now_utc() -> datetime:
    return datetime.now(UTC)


class SayHandler:
    """Sends a bubble to the citizen, at the pace that its provider bears and while it is worth reading."""

    def __init__(self, channels: Mapping[str, Channel], clock: Clock = now_utc) -> None:
        self._channels = channels
        self._clock = clock
        self._pace = Pace(clock)

    async def do(self, item: Item) -> str | None:
        if item.channel not in self._channels:
            raise Rejected(f"the channel {item.channel} is switched off")
        if item.address is None:
            raise Rejected("the citizen's address was sealed with another SIAGA_SECRET_KEY")
        if item.expires_at and self._clock() >= item.expires_at:
            raise Rejected(EXPIRED)
        payload = dict(item.needs)
        payload["buttons"] = tuple(Button(**b) for b in payload["buttons"])
        channel = self._channels[item.channel]
        outgoing = replace(Outgoing(**payload), closed=item.by_template or self._is_closed(channel, item))
        self._pace.check(item.channel, item.address, item.lane)
        try:
            async with asyncio.timeout(URGENT_SECONDS if outgoing.urgent else SEND_SECONDS):
                reference = await channel.send(item.address, outgoing)
        except TimeoutError:
            raise UnknownOutcome(f"{item.channel} did not answer in time") from None
        except TooFast as error:
            self._pace.told(item.channel, item.address, error)
            raise
        if item.lane <= Lane.REPLY and item.expires_at is None:
            ANSWER_SECONDS.observe(max(0.0, (self._clock() - item.created_at).total_seconds()))
        return reference

    def _is_closed(self, channel: Channel, item: Item) -> bool:
        window = channel.limits.window
        return window is not None and self._clock() - item.last_contact >= window

    async def done(self, tx: Transaction, item: Item, reference: str | None, now: datetime) -> None:
        """The delivery row says it all."""

    async def parked(self, tx: Transaction, item: Item, state: str, reason: str, now: datetime) -> None:
        """The admin sees the reason beside the message."""

    def repeats_unknown(self) -> bool:
        # A citizen who reads a sentence twice is better off than one who waits for it.
        return True


class FileHandler:
    """Files a report with LAPOR!: photos first, then the one request that is never repeated by itself."""

    def __init__(
        self, store: Store, lapor: Lapor, media: MediaFolder, place_name: PlaceName, sending_lease: timedelta,
        clock: Clock = now_utc,
    ) -> None:  # fmt: skip
        self._store = store
        self._lapor = lapor
        self._media = media
        self._place_name = place_name
        self._sending_lease = sending_lease
        self._clock = clock
        self._receipts: Receipts[Receipt | None] = Receipts()

    async def do(self, item: Item) -> str | None:
        ticket = str(item.needs["ticket"])
        async with reading(self._store) as tx:
            report = await tx.reports.get(ticket)
            photos = await tx.reports.photos(ticket)
            if report is None:
                raise Rejected(f"there is no report {ticket}")
            to_file = report_to_file(report, self._store.sealer, self._place_name)
        if report.tracking_id:
            return report.tracking_id
        attachments: list[str] = []
        for photo, media in photos:
            if photo.left_out_by:
                continue
            upload_id = photo.upload_id
            if upload_id is None:
                upload_id = await self._upload(item, photo.position, media.hash, media.content_type)
                if not upload_id:
                    # Assisted mode: the petugas downloads the photos and uploads them by hand.
                    continue
                async with writing(self._store) as tx:
                    await tx.reports.uploaded(ticket, photo.position, upload_id)
                    if not await tx.outbox.keep(item, self._clock() + self._sending_lease):
                        raise TakenOver
            attachments.append(upload_id)
        async with writing(self._store) as tx:
            # A petugas may have typed the tracking ID in while the photos went up.
            report = await tx.reports.locked(ticket)
            if report is None or report.tracking_id:
                return report.tracking_id if report else None
            if report.description != to_file.description or len(await tx.reports.photos(ticket)) != len(photos):
                raise TemporaryFailure("the citizen added to the report while its photos went up")
            # A photo that a petugas left out meanwhile went up all the same, and does no harm.
            if not await tx.outbox.start_sending(item, self._clock() + self._sending_lease):
                raise TakenOver
            await tx.reports.move(ticket, "filing", "siaga", self._clock())
        receipt = await self._file(to_file, attachments)
        self._receipts.keep(item.id, receipt)
        return receipt.complaint_id if receipt else None

    async def _file(self, report: ReportToFile, attachments: list[str]) -> Receipt | None:
        """The one request. Whatever goes wrong in a way that nobody foresaw may have reached LAPOR! all the same."""
        try:
            async with asyncio.timeout(self._sending_lease.total_seconds()):
                return await self._lapor.file(report, attachments)
        except SiagaError:
            raise
        except Exception as error:
            log.exception("filing_failed", ticket=report.ticket)
            raise UnknownOutcome(f"it failed after it may have been sent ({told(error)})") from error

    async def _read(self, digest: str) -> bytes:
        try:
            return await self._media.read(digest)
        except FileNotFoundError:
            raise Unfit("a photo of this report is missing in the media folder") from None
        except OSError as error:
            raise TemporaryFailure(f"the media folder cannot be read: {error.strerror}") from error

    async def _upload(self, item: Item, position: int, digest: str, content_type: str) -> str:
        """Upload one photo. What it fails by is noted beside it, so that a person may decide to file without it."""
        ticket = str(item.needs["ticket"])
        try:
            return await self._lapor.upload(Photo(digest, content_type, await self._read(digest)))
        except UnknownOutcome as error:
            # A photo uploaded twice harms nobody; only the complaint itself must not be.
            raise TemporaryFailure(str(error)) from error
        except (Unfit, TemporaryFailure) as error:
            if isinstance(error, Unfit) or item.attempts + 1 >= UPLOAD_TRIES:
                async with writing(self._store) as tx:
                    await tx.at_lapor.photo_refused(ticket, position, str(error))
            raise

    async def done(self, tx: Transaction, item: Item, reference: str | None, now: datetime) -> None:
        ticket = str(item.needs["ticket"])
        if item.id not in self._receipts:
            # It was filed by hand before its turn came.
            return
        receipt = self._receipts[item.id]
        if receipt is None:
            # Assisted mode: the report lies in the petugas's queue.
            await tx.reports.move(ticket, "queued", "siaga", now, note="menunggu petugas")
            return
        await report_moved(
            tx, ticket, "submitted", "siaga", now, complaint_id=receipt.complaint_id, tracking_id=receipt.tracking_id
        )

    async def parked(self, tx: Transaction, item: Item, state: str, reason: str, now: datetime) -> None:
        """`failed` with LAPOR!'s words, or `filing_unknown`: both wait for a petugas."""
        ticket = str(item.needs["ticket"])
        await report_moved(tx, ticket, "filing_unknown" if state == "unknown" else "failed", "siaga", now, note=reason)

    def repeats_unknown(self) -> bool:
        return False


async def report_moved(
    tx: Transaction,
    ticket: str,
    state: str,
    who: str,
    now: datetime,
    *,
    note: str | None = None,
    complaint_id: str | None = None,
    tracking_id: str | None = None,
    addressee: str | None = None,
) -> Report:
    """Move a report and let its conversation hear of it, in one transaction. `addressee` has it now."""  # fmt: skip
    report = await tx.reports.move(
        ticket, state, who, now, note=note, complaint_id=complaint_id, tracking_id=tracking_id
    )
    await tx.at_lapor.moved(ticket, state, now, addressee)
    event: dict[str, Any] = {"is": "ReportChanged", "ticket": ticket, "state": state}
    if report.tracking_id:
        event["tracking_id"] = report.tracking_id
    if note and state not in ("failed", "filing_unknown"):
        event["note"] = note
    if addressee:
        event["addressee"] = addressee
    if state == "archived":
        event["filed"] = codec.encode(await _filed(tx, report))
    key = f"{ticket}/{state}/{now.isoformat()}"
    await tx.conversations.happened(report.conversation_id, "lapor", key, event, now)
    return report


async def _filed(tx: Transaction, report: Report) -> Filed:
    """What the report said, for whoever wants to write it anew."""
    files = [Attachment(m.hash, m.content_type, m.size) for _, m in await tx.reports.photos(report.ticket)]
    place = Place(
        report.kecamatan, report.desa, report.place_detail, lat=report.lat, lon=report.lon,
        certainty="unknown" if report.place_uncertain else "sure",
    )  # fmt: skip
    return Filed(
        report.description, report.category, cast("Any", report.classification), place,
        date.fromisoformat(report.incident_date) if report.incident_date else None,
        tuple(f for f in files if f.content_type.startswith("image/")),
        tuple(f for f in files if not f.content_type.startswith("image/")), cast("Any", report.anonymity),
    )  # fmt: skip


def report_to_file(report: Report, sealer: Sealer, place_name: PlaceName) -> ReportToFile:
    """A stored report in the gateway's terms; hidden means that no name and no number leave the house."""
    day = date.fromisoformat(report.incident_date) if report.incident_date else None
    day = day or report.created_at.astimezone(WITA).date()
    return ReportToFile(
        ticket=report.ticket, category=report.category, classification=report.classification,
        place_text=place_text(report.kecamatan, report.desa, report.place_detail, place_name),
        kecamatan=report.kecamatan, desa=report.desa, lat=report.lat, lon=report.lon, description=report.description,
        incident_date=day,
        is_anonymous=report.anonymity == "anonim", is_secret=report.anonymity == "rahasia",
        reporter=sealer.open_or_none(report.reporter_enc), phone=sealer.open_or_none(report.phone_enc),
        channel=report.channel, agency=report.agency,
    )  # fmt: skip


def place_text(kecamatan: str | None, desa: str | None, detail: str | None, place_name: PlaceName) -> str:
    """The place in words, most exact first."""
    code = desa or kecamatan
    return ", ".join(part for part in (detail, place_name(code) if code else None) if part)
