"""The three kinds of work that leave the house: say something, file a report, alert 112."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import structlog

from bot.channels.base import Button, Channel, Outgoing
from bot.effects import next_rung
from bot.failures import Rejected, SiagaError, TemporaryFailure, UnknownOutcome, told
from bot.gateways.base import Alert, AlertTransport, Lapor, Photo, Receipt, ReportToFile
from bot.gateways.ladder import Rung
from bot.media import MediaFolder
from bot.metrics import ANSWER_SECONDS
from bot.store.outbox import Item, Lane
from bot.store.reports import OPEN_INCIDENT
from bot.store.sealing import Sealer, WrongKey
from bot.store.tables import Incident, Report
from bot.store.transaction import Transaction, reading, writing
from bot.store.unit_of_work import Store
from bot.worker import TakenOver
from flows.model import WITA

log = structlog.get_logger(__name__)

TOLD_AGAIN: Final = 3
"""How many rounds of the ladder tell the citizen again to call 112; after that silence is kinder."""

SEND_SECONDS: Final = 20.0
URGENT_SECONDS: Final = 10.0
ALERT_SECONDS: Final = 8.0
"""How long one attempt may take: less than the leases of its lane."""

RUNG_TRIES: Final = 3
"""How often one rung is tried, seconds apart, before the ladder goes on without it."""

_RECEIPTS_KEPT: Final = 1000
"""Far more than can be under way between an answer and its mark."""

Clock = Callable[[], datetime]
PlaceName = Callable[[str], str]


def now_utc() -> datetime:
    return datetime.now(UTC)


class SayHandler:
    """Sends a bubble to the citizen."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels

    async def do(self, item: Item) -> str | None:
        if item.channel not in self._channels:
            raise Rejected(f"the channel {item.channel} is switched off")
        if item.address is None:
            raise Rejected("the citizen's address was sealed with another SIAGA_SECRET_KEY")
        payload = dict(item.needs)
        payload["buttons"] = tuple(Button(**b) for b in payload["buttons"])
        outgoing = Outgoing(**payload)
        try:
            async with asyncio.timeout(URGENT_SECONDS if outgoing.urgent else SEND_SECONDS):
                reference = await self._channels[item.channel].send(item.address, outgoing)
        except TimeoutError:
            raise UnknownOutcome(f"{item.channel} did not answer in time") from None
        ANSWER_SECONDS.observe(max(0.0, (now_utc() - item.created_at).total_seconds()))
        return reference

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
        self._receipts: dict[int, Receipt | None] = {}

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
            upload_id = photo.upload_id
            if upload_id is None:
                upload_id = await self._upload(Photo(media.hash, media.content_type, await self._read(media.hash)))
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
            if not await tx.outbox.start_sending(item, self._clock() + self._sending_lease):
                raise TakenOver
            await tx.reports.move(ticket, "filing", "siaga", self._clock())
        self._receipts[item.id] = await self._file(to_file, attachments)
        while len(self._receipts) > _RECEIPTS_KEPT:
            del self._receipts[next(iter(self._receipts))]
        receipt = self._receipts[item.id]
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
            raise Rejected("a photo of this report is missing in the media folder") from None
        except OSError as error:
            raise TemporaryFailure(f"the media folder cannot be read: {error.strerror}") from error

    async def _upload(self, photo: Photo) -> str:
        try:
            return await self._lapor.upload(photo)
        except UnknownOutcome as error:
            # A photo uploaded twice harms nobody; only the complaint itself must not be.
            raise TemporaryFailure(str(error)) from error

    async def done(self, tx: Transaction, item: Item, reference: str | None, now: datetime) -> None:
        ticket = str(item.needs["ticket"])
        if item.id not in self._receipts:
            # It was filed by hand before its turn came.
            return
        # Not taken out: a mark whose transaction failed is written once more.
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
) -> Report:
    """Move a report and let its conversation hear of it, in one transaction."""  # fmt: skip
    report = await tx.reports.move(
        ticket, state, who, now, note=note, complaint_id=complaint_id, tracking_id=tracking_id
    )
    event: dict[str, Any] = {"is": "ReportChanged", "ticket": ticket, "state": state}
    if report.tracking_id:
        event["tracking_id"] = report.tracking_id
    if note and state not in ("failed", "filing_unknown"):
        event["note"] = note
    key = f"{ticket}/{state}/{now.isoformat()}"
    await tx.conversations.happened(report.conversation_id, "lapor", key, event, now)
    return report


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


class AlertHandler:
    """Climbs the ladder of an incident, one rung an item, until a person acknowledges."""

    def __init__(
        self, store: Store, ladder: tuple[Rung, ...], transports: Mapping[str, AlertTransport], place_name: PlaceName,
        desk_url: str, clock: Clock = now_utc,
    ) -> None:  # fmt: skip
        self._store = store
        self._ladder = ladder
        self._transports = transports
        self._place_name = place_name
        self._desk_url = desk_url
        self._clock = clock

    async def do(self, item: Item) -> str | None:
        async with reading(self._store) as tx:
            incident = await tx.incidents.get(str(item.needs["incident"]))
        if incident is None:
            raise Rejected("there is no such incident")
        update = item.needs.get("update")
        if update:
            # An alert tells all that is known, so of many updates in a row only the last goes out.
            return await self._tell_all(item, incident) if int(update) >= incident.version else "told with a later one"
        if incident.state not in OPEN_INCIDENT:
            return "acknowledged before"
        _, rung = self._place(item)
        try:
            return await self._tell(self._ladder[rung].transport, incident)
        except Exception as error:
            self._out_of_patience(item, error)
            raise

    async def _tell_all(self, item: Item, incident: Incident) -> str:
        """Bring an update to everyone on the ladder, side by side: one that is away keeps it from no other."""
        names = dict.fromkeys(rung.transport for rung in self._ladder if rung.transport != "desk")
        told_to = await asyncio.gather(*(self._tell(name, incident) for name in names), return_exceptions=True)
        for answer in told_to:
            if isinstance(answer, Exception):
                self._out_of_patience(item, answer)
                raise answer
        return ",".join(map(str, told_to)) or "desk"

    async def _tell(self, transport: str, incident: Incident) -> str:
        try:
            async with asyncio.timeout(ALERT_SECONDS):
                return await self._transports[transport].alert(self._alert(incident))
        except TimeoutError:
            raise TemporaryFailure(f"{transport} did not answer in time") from None

    @staticmethod
    def _out_of_patience(item: Item, error: Exception) -> None:
        """Patience belongs to filings: after a few tries the next contact is worth more than this one."""
        if not isinstance(error, Rejected) and item.attempts + 1 >= RUNG_TRIES:
            raise Rejected(told(error)) from error

    def _place(self, item: Item) -> tuple[int, int]:
        """Round and rung; a ladder that was made shorter meanwhile is climbed from its foot."""
        round_, rung = int(item.needs["round"]), int(item.needs["rung"])
        return round_, rung if rung < len(self._ladder) else 0

    async def done(self, tx: Transaction, item: Item, reference: str | None, now: datetime) -> None:
        if item.needs.get("update"):
            return
        incident = await tx.incidents.get(str(item.needs["incident"]))
        if incident is None or incident.state not in OPEN_INCIDENT:
            return
        round_, rung = self._place(item)
        await tx.incidents.handed_off(incident.id, self._ladder[rung].name, now)
        if (round_, rung) != (0, 0) and round_ < TOLD_AGAIN:
            event = {"is": "IncidentChanged", "incident": incident.id, "state": "unanswered"}
            key = f"{incident.id}/unanswered/{round_}/{rung}"
            await tx.conversations.happened(incident.conversation_id, "desk", key, event, now)
        await self._next(tx, incident, round_, rung, now)

    async def _next(self, tx: Transaction, incident: Incident, round_: int, rung: int, now: datetime) -> None:
        next_round, following, wait = next_rung(self._ladder, round_, rung)
        payload = {"incident": incident.id, "round": next_round, "rung": following}
        key = f"{incident.id}/{next_round}/{following}"
        await tx.outbox.add(Lane.EMERGENCY, "alert", key, incident.conversation_id, payload, now, now + wait)

    async def parked(self, tx: Transaction, item: Item, state: str, reason: str, now: datetime) -> None:
        """This rung is broken: write it on the timeline and go on to the next without waiting."""
        incident = await tx.incidents.get(str(item.needs["incident"]))
        if incident is None or item.needs.get("update"):
            return
        round_, rung = self._place(item)
        tx.incidents.step(incident.id, "handoff_failed", self._ladder[rung].name, reason, now)
        next_round, following, _ = next_rung(self._ladder, round_, rung)
        # From the top again with growing pauses: a ladder of broken rungs must not fill the database.
        wait = timedelta(0) if following else timedelta(seconds=min(30 * 2 ** min(round_, 5), 900))
        payload = {"incident": incident.id, "round": next_round, "rung": following}
        key = f"{incident.id}/{next_round}/{following}"
        await tx.outbox.add(Lane.EMERGENCY, "alert", key, incident.conversation_id, payload, now, now + wait)

    def repeats_unknown(self) -> bool:
        return True

    def _phone(self, incident: Incident) -> str | None:
        try:
            return self._store.sealer.open_or_none(incident.phone_enc)
        except WrongKey:
            # Better an alert without the number than none.
            return None

    def _alert(self, incident: Incident) -> Alert:
        return Alert(
            incident=incident.id, version=incident.version, type=incident.type, level=incident.level,
            words=incident.words, at=incident.created_at, channel=incident.channel,
            place_text=place_text(incident.kecamatan, incident.desa, incident.place_detail, self._place_name) or None,
            kecamatan=incident.kecamatan, desa=incident.desa, lat=incident.lat, lon=incident.lon,
            victims=incident.victims, phone=self._phone(incident),
            outside=incident.outside, desk_url=self._desk_url,
        )  # fmt: skip
