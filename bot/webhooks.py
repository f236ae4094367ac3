"""The doors for providers: read a bounded body, check the signature, store, answer 200. Nothing else happens here.

401/403 for a forged call, 400 for one that cannot be read, 413 for one too large, 503 when it could not be
stored: Telegram tries again. Twilio hardly does, so its calls have a spool behind the database, and the channel's
catch-up behind both.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import structlog
from fastapi import APIRouter, Request, Response

from bot.channels.base import Channel, Forged, Incoming, Malformed, StaffTap, WebhookRequest, webhook_answer
from bot.channels.whatsapp import WhatsAppChannel
from bot.failures import TemporaryFailure
from bot.gateways.emergency_webhook import verify
from bot.inbound import Inbound
from bot.metrics import FORGED
from bot.spooled import Spooled, word_of
from bot.staff import Staff

log = structlog.get_logger(__name__)

MOST_BYTES: Final = 1024 * 1024
"""Updates and forms are a few kB; files come by reference."""
_PATHS: Final = {"telegram": "/webhooks/telegram", "whatsapp": "/webhooks/twilio"}


class TooLarge(Exception):
    """The body is larger than any honest one."""


async def bounded_body(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body, read no further than `most` bytes. Raises TooLarge."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most:
        raise TooLarge
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def public_request(request: Request, body: bytes, public_url: str) -> WebhookRequest:
    """The request as the provider signed it: its URL is the public one, whatever proxy stands between."""
    query = f"?{request.url.query}" if request.url.query else ""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return WebhookRequest(f"{public_url}{request.url.path}{query}", headers, body)


class Doors:
    """Takes what channels received into the house; also used by polling channels."""

    def __init__(
        self, channels: Mapping[str, Channel], inbound: Inbound, staff: Staff, spooled: Spooled | None = None
    ) -> None:
        self._channels = channels
        self._inbound = inbound
        self._spooled = spooled
        self._staff = staff
        self.refused = asyncio.Event()
        """Set when a call could not be stored: a provider that never repeats must be asked for what it sent."""
        self._answering: set[asyncio.Task[None]] = set()

    async def take(self, channel: Channel, received: list[Incoming | StaffTap]) -> None:
        """Store citizens' messages, carry out staff's taps. Raises TemporaryFailure when not stored."""
        messages = [r for r in received if isinstance(r, Incoming)]
        if channel.name == "whatsapp" and self._spooled:
            await self._spooled.messages(messages)
        else:
            await self._inbound.take_in(messages)
        for tap in received:
            if isinstance(tap, StaffTap):
                await self._staff.move_incident(tap.incident, "acknowledged", tap.by)
            task = asyncio.create_task(channel.answered(tap))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def close(self) -> None:
        for task in list(self._answering):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(task, 2)


def provider_router(doors: Doors, channels: Mapping[str, Channel], public_url: str) -> APIRouter:
    """One door for each channel that is called by its provider."""
    router = APIRouter()
    for name, path in _PATHS.items():
        if name in channels:
            router.add_api_route(
                path, _door(doors, channels[name], public_url), methods=["POST"], include_in_schema=False
            )
    return router


def _door(doors: Doors, channel: Channel, public_url: str):  # type: ignore[no-untyped-def]
    async def door(request: Request) -> Response:
        try:
            body = await bounded_body(request)
            received = list(channel.receive(public_request(request, body, public_url)))
        except TooLarge:
            return Response("the body is too large", 413)
        except Forged:
            FORGED.labels(channel.name).inc()
            log.warning("webhook_forged", channel=channel.name)
            return Response("the signature or token is wrong", 403)
        except Malformed as error:
            log.warning("webhook_malformed", channel=channel.name, reason=str(error))
            return Response("the body cannot be read", 400)
        try:
            await doors.take(channel, received)
        except TemporaryFailure as error:
            log.error("webhook_not_stored", channel=channel.name, reason=str(error))
            doors.refused.set()
            return Response("not stored, try again", 503)
        except Exception:
            log.exception("webhook_not_stored", channel=channel.name)
            doors.refused.set()
            return Response("not stored, try again", 503)
        text, content_type = webhook_answer(channel.name)
        return Response(text, 200, media_type=content_type)

    return door


def twilio_status_router(spooled: Spooled, whatsapp: WhatsAppChannel, public_url: str) -> APIRouter:
    """Twilio's later word on messages it had accepted: most refusals outside the 24-hour window arrive here."""
    router = APIRouter()

    @router.post("/webhooks/twilio/status", include_in_schema=False)
    async def status(request: Request) -> Response:
        try:
            body = await bounded_body(request, 64 * 1024)
            report = whatsapp.report(public_request(request, body, public_url))
        except TooLarge:
            return Response("the body is too large", 413)
        except Forged:
            FORGED.labels("whatsapp_status").inc()
            return Response("the signature is wrong", 403)
        except Malformed:
            return Response("the body cannot be read", 400)
        try:
            await spooled.word(word_of(report))
        except TemporaryFailure:
            return Response("not stored, try again", 503)
        return Response(status_code=204)

    return router


def emergency_router(staff: Staff, secret: str) -> APIRouter:
    """Signed acknowledgements of the system behind the emergency webhook."""
    router = APIRouter()

    @router.post("/webhooks/emergency", include_in_schema=False)
    async def acknowledge(request: Request) -> Response:
        try:
            body = await bounded_body(request, 64 * 1024)
        except TooLarge:
            return Response("the body is too large", 413)
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not verify(secret, headers, body, datetime.now(UTC)):
            FORGED.labels("emergency").inc()
            return Response("the signature is wrong or too old", 403)
        try:
            data = json.loads(body.replace(b"\\u0000", b""))
            incident, state, by = str(data["incident"]), str(data["state"]), str(data.get("by") or "112")
        except (ValueError, KeyError, TypeError):
            return Response("the body needs incident and state", 400)
        if state not in ("acknowledged", "dispatched", "on_scene", "resolved"):
            return Response(f"the state {state[:40]} is not known", 400)
        try:
            changed = await staff.move_incident(incident, state, by[:80])
        except TemporaryFailure:
            return Response("not stored, try again", 503)
        return Response("changed" if changed else "unchanged", 200)

    return router
