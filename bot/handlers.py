"""The three kinds of work that leave the house: say something, file a report, alert 112."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from bot.channels.base import Button, Channel, Outgoing
from bot.effects import next_rung
from bot.failures import Rejected, TemporaryFailure, UnknownOutcome
from bot.gateways.base import Alert, AlertTransport, Lapor, Photo, Receipt, ReportToFile
from bot.gateways.ladder import Rung
from bot.media import MediaFolder
from bot.metrics import ANSWER_SECONDS
from bot.store.outbox import Item, Lane
from bot.store.reports import OPEN_INCIDENT
from bot.store.sealing import Sealer
from bot.store.tables import Incident, Report
from bot.store.transaction import Transaction, reading, writing
from bot.store.unit_of_work import Store
from bot.worker import TakenOver
from flows.model import WITA

TOLD_AGAIN: Final = 3
"""How many rounds of the ladder tell the citizen again to call 112; after that silence is kinder."""

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

    def __init__(self, store: Store, channels: Mapping[str, Channel]) -> None:
        self._store = store
        self._channels = channels

    async def do(self, item: Item) -> str | None:
        async with reading(self._store) as tx:
            channel, address = await tx.conversations.address(item.conversation_id)
        if channel not in self._channels:
            raise Rejected(f"the channel {channel} is switched off")
        payload = dict(item.payload)
        payload["buttons"] = tuple(Button(**b) for b in payload["buttons"])
        reference = await self._channels[channel].send(address, Outgoing(**payload))
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
        ticket = str(item.payload["ticket"])
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
                    await tx.outbox.release([item.id], self._clock() + self._sending_lease)
            attachments.append(upload_id)
        async with writing(self._store) as tx:
            if not await tx.outbox.start_sending(item.id, self._clock() + self._sending_lease):
                raise TakenOver
            await tx.reports.move(ticket, "filing", "siaga", self._clock())
        receipt = await self._lapor.file(to_file, attachments)
        self._receipts[item.id] = receipt
        while len(self._receipts) > _RECEIPTS_KEPT:
            del self._receipts[next(iter(self._receipts))]
        return receipt.complaint_id if receipt else None

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
        ticket = str(item.payload["ticket"])
        # Not taken out: a mark whose transaction failed is written once more.
        receipt = self._receipts.get(item.id)
        if receipt is None:
            # Assisted mode: the report lies in the petugas's queue.
            await tx.reports.move(ticket, "queued", "siaga", now, note="menunggu petugas")
            return
        await report_moved(
            tx, ticket, "submitted", "siaga", now, complaint_id=receipt.complaint_id, tracking_id=receipt.tracking_id
        )

    async def parked(self, tx: Transaction, item: Item, state: str, reason: str, now: datetime) -> None:
        """`failed` with LAPOR!'s words, or `filing_unknown`: both wait for a petugas."""
        ticket = str(item.payload["ticket"])
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
            incident = await tx.incidents.get(str(item.payload["incident"]))
        if incident is None:
            raise Rejected("there is no such incident")
        alert = self._alert(incident)
        if item.payload.get("update"):
            names = dict.fromkeys(rung.transport for rung in self._ladder)
            references = [await self._transports[name].alert(alert) for name in names if name != "desk"]
            return ",".join(references) or "desk"
        if incident.state not in OPEN_INCIDENT:
            return "acknowledged before"
        rung = self._ladder[int(item.payload["rung"])]
        try:
            return await self._transports[rung.transport].alert(alert)
        except (TemporaryFailure, UnknownOutcome) as error:
            if item.attempts + 1 < RUNG_TRIES:
                raise
            # Patience belongs to filings; here the next contact is worth more than this one.
            raise Rejected(str(error)) from error

    async def done(self, tx: Transaction, item: Item, reference: str | None, now: datetime) -> None:
        if item.payload.get("update"):
            return
        incident = await tx.incidents.get(str(item.payload["incident"]))
        if incident is None or incident.state not in OPEN_INCIDENT:
            return
        round_, rung = int(item.payload["round"]), int(item.payload["rung"])
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
        incident = await tx.incidents.get(str(item.payload["incident"]))
        if incident is None or item.payload.get("update"):
            return
        round_, rung = int(item.payload["round"]), int(item.payload["rung"])
        tx.incidents.step(incident.id, "handoff_failed", self._ladder[rung].name, reason, now)
        next_round, following, _ = next_rung(self._ladder, round_, rung)
        wait = timedelta(0) if following else timedelta(seconds=30)
        payload = {"incident": incident.id, "round": next_round, "rung": following}
        key = f"{incident.id}/{next_round}/{following}"
        await tx.outbox.add(Lane.EMERGENCY, "alert", key, incident.conversation_id, payload, now, now + wait)

    def repeats_unknown(self) -> bool:
        return True

    def _alert(self, incident: Incident) -> Alert:
        return Alert(
            incident=incident.id, version=incident.version, type=incident.type, level=incident.level,
            words=incident.words, at=incident.created_at, channel=incident.channel,
            place_text=place_text(incident.kecamatan, incident.desa, incident.place_detail, self._place_name) or None,
            kecamatan=incident.kecamatan, desa=incident.desa, lat=incident.lat, lon=incident.lon,
            victims=incident.victims, phone=self._store.sealer.open_or_none(incident.phone_enc),
            outside=incident.outside, desk_url=self._desk_url,
        )  # fmt: skip
