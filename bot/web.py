"""The HTTP face of the house: providers' doors, web chat, admin pages, health and metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import structlog
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, RedirectResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.admin.actions import FormField
from bot.admin.pages import Policy
from bot.admin.router import admin_pages
from bot.app import House, build
from bot.catalogue import Catalogue
from bot.channels.webchat import WebChatChannel
from bot.channels.webchat_pages import webchat_router
from bot.channels.whatsapp import WhatsAppChannel
from bot.failures import SiagaError
from bot.gateways.base import ReportToFile
from bot.gateways.call import VoiceCall
from bot.gateways.lapor_terms import categories, content_of, title_of
from bot.handlers import report_to_file
from bot.settings import Settings, load
from bot.stopping import when_told_to_stop
from bot.store.accounts import FACTOR_ROLES
from bot.store.conversations import Conversations
from bot.store.desk import Desk
from bot.store.outbox import Lane
from bot.store.transaction import answers, reading
from bot.texts import Texts
from bot.voice import voice_router
from bot.webhooks import emergency_router, provider_router, twilio_status_router
from nlu.understand import Guarded

log = structlog.get_logger(__name__)

LATE_SECONDS: Final = 120.0
"""A reply or alert overdue for longer than this means that the service is not doing its work."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application as uvicorn serves it."""
    house = build(settings or load())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await house.start()
        log.info("started", channels=sorted(house.channels), lapor=house.settings.lapor_mode)
        try:
            with when_told_to_stop(app.state.end_streams):
                yield
        finally:
            await house.stop()
            log.info("stopped")

    app = FastAPI(
        title="Kutim Siaga", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", lifespan=lifespan
    )
    app.state.house = house
    app.include_router(provider_router(house.doors, house.channels, house.settings.public_url))
    whatsapp = house.channels.get("whatsapp")
    if isinstance(whatsapp, WhatsAppChannel):
        app.include_router(twilio_status_router(house.spooled, whatsapp, house.settings.public_url))
    if house.settings.emergency_webhook_secret:
        secret = house.settings.emergency_webhook_secret.get_secret_value()
        app.include_router(emergency_router(house.staff, secret))
    call = house.transports.get("call")
    if isinstance(call, VoiceCall):
        place_name = partial(house.texts.name, "place")
        app.include_router(voice_router(call, house.staff, house.store, place_name, house.settings.public_url))
    _add_pages(app, house)
    _add_health(app, house)
    return app


def _add_pages(app: FastAPI, house: House) -> None:
    webchat = house.channels["webchat"]
    assert isinstance(webchat, WebChatChannel)

    async def history(visitor: str) -> list[dict[str, Any]]:
        async with house.store.read() as session:
            conversation = await Conversations(session, house.store.sealer).of_address("webchat", visitor)
            return await Desk(session, house.store.sealer).chat_history(conversation) if conversation else []

    async def form(ticket: str) -> list[FormField]:
        async with reading(house.store) as tx:
            report = await tx.reports.get(ticket)
            if report is None:
                return []
            place_name = partial(house.texts.name, "place")
            return lapor_form(report_to_file(report, house.store.sealer, place_name), house.texts)

    app.include_router(webchat_router(webchat, house.inbound.take_in, history))
    factor_for = FACTOR_ROLES if house.settings.second_factor == "required" else frozenset()
    policy = Policy(factor_for, house.settings.demo)
    name, public_url = house.texts.name, house.settings.public_url
    catalogue = Catalogue.of(house.gazetteer, house.settings.boundaries)
    pages = admin_pages(
        house.store, house.staff, form, house.media.read, name, public_url, policy=policy, watch=house.watch,
        catalogue=catalogue,
    )  # fmt: skip
    app.state.admin = pages
    app.include_router(pages.router)

    def end_streams() -> None:
        pages.close()
        app.state.ending = asyncio.ensure_future(webchat.close())

    app.state.end_streams = end_streams


def lapor_form(report: ReportToFile, texts: Texts) -> list[FormField]:
    """The fields of LAPOR!'s own web form in its order, ready to be copied."""
    category = categories().get(report.category)
    names = [category.lapor_category, category.lapor_subcategory] if category else []
    return [
        FormField("Klasifikasi", texts.name("classification", report.classification)),
        FormField("Judul laporan", title_of(report)),
        FormField("Isi laporan", content_of(report), "Nomor tiket di akhir harus ikut disalin.", long=True),
        FormField("Tanggal kejadian", report.incident_date.strftime("%d-%m-%Y")),
        FormField("Lokasi kejadian", report.place_text),
        FormField("Instansi tujuan", report.agency or ""),
        FormField("Kategori", " / ".join(n for n in names if n)),
        FormField("Anonim", "Ya" if report.is_anonymous else "Tidak"),
        FormField("Rahasia", "Ya" if report.is_secret else "Tidak"),
    ]


def _add_health(app: FastAPI, house: House) -> None:
    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/chat")

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        checks = await readiness(house)
        return JSONResponse(checks, 200 if checks["ready"] else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def readiness(house: House) -> dict[str, Any]:
    """Database, model, media folder, the age of what should be read or have left, and whether every task still runs.

    `spooled`: messages that wait for the database outside of it.
    """
    trouble = house.understander.trouble if isinstance(house.understander, Guarded) else None
    checks: dict[str, Any] = {"ready": True, "database": "ok", "model": trouble or "ok"}
    checks |= {"media": await house.media.trouble() or "ok", "spooled": house.spooled.spool.waiting}
    checks |= {"outbox_seconds": 0.0, "inbox_seconds": 0.0}
    try:
        await answers(house.store)
        checks["database"] = house.store.trouble or "ok"
        async with reading(house.store) as tx:
            now = datetime.now(UTC)
            checks["outbox_seconds"] = round(await tx.outbox.oldest_overdue(now, Lane.REPLY), 1)
            checks["inbox_seconds"] = round(await tx.conversations.oldest_unread(now), 1)
    except SiagaError as error:
        checks["database"] = str(error)
    checks["tasks"] = "ok" if not any(t.done() for t in house.tasks) else "a task has ended"
    late = max(checks["outbox_seconds"], checks["inbox_seconds"])
    whole = all(checks[part] == "ok" for part in ("database", "model", "media", "tasks"))
    checks["ready"] = whole and late < LATE_SECONDS
    return checks
