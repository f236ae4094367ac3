"""The door for keys pressed in calls: Twilio tells what was pressed and speaks what is answered."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Request, Response

from bot.alerts import alert_of
from bot.failures import TemporaryFailure
from bot.gateways.base import Alert
from bot.gateways.call import PATH, NotOurs, Pressed, VoiceCall, announcement, closing
from bot.handlers import PlaceName
from bot.metrics import FORGED
from bot.staff import Staff
from bot.store.transaction import reading
from bot.store.unit_of_work import Store
from bot.webhooks import TooLarge, bounded_body, public_request

log = structlog.get_logger(__name__)

_MOST_BYTES = 16 * 1024


def voice_router(call: VoiceCall, staff: Staff, store: Store, place_name: PlaceName, public_url: str) -> APIRouter:
    """POST /webhooks/twilio/voice: the 1 acknowledges the incident, any other key has it read out again."""
    router = APIRouter()

    @router.post(PATH, include_in_schema=False)
    async def pressed(request: Request) -> Response:
        try:
            received = public_request(request, await bounded_body(request, _MOST_BYTES), public_url)
            key = call.pressed(received.url, received.headers, received.body)
        except TooLarge:
            return Response("the body is too large", 413)
        except NotOurs as error:
            FORGED.labels("voice").inc()
            log.warning("voice_forged", reason=str(error))
            return Response("not an answer to a call of ours", 403)
        try:
            return await answer(key, received.url)
        except TemporaryFailure:
            return _spoken(closing("Sistem sedang terganggu. Terima kejadian ini di meja 112."), 200)

    async def answer(key: Pressed, url: str) -> Response:
        if not key.accepts:
            alert = await _alert(key.incident)
            return _spoken(announcement(alert, url)) if alert else _spoken(closing("Kejadian ini tidak ditemukan."))
        match await staff.answer_call(key.incident, key.who, key.call):
            case "acknowledged":
                return _spoken(closing("Terima kasih. Kejadian ini sudah Anda terima.", "Rinciannya ada di meja 112."))
            case "before":
                return _spoken(closing("Kejadian ini sudah ditangani. Rinciannya ada di meja 112."))
            case "unknown":
                return _spoken(closing("Kejadian ini tidak ditemukan."))
            case "replayed":
                FORGED.labels("voice").inc()
                log.warning("voice_replayed")
                return Response("this call was answered before", 403)

    async def _alert(incident_id: str) -> Alert | None:
        async with reading(store) as tx:
            incident = await tx.incidents.get(incident_id)
            if incident is None:
                return None
            others = await tx.linking.duplicates(incident_id)
            return alert_of(incident, others, store.sealer, place_name, "")

    return router


def _spoken(twiml: str, status: int = 200) -> Response:
    return Response(twiml, status, media_type="application/xml")
